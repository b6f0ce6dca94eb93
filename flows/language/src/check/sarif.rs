//! Reports as SARIF 2.1.0, which code hosts and editors show beside the lines.

use serde_json::{Value, json};
use strum::{EnumMessage as _, IntoEnumIterator as _};

use super::{Code, Finding, Report, Severity};

/// One run with all findings. Rules are the [codes](Code) of findings.
#[must_use]
pub fn sarif(reports: &[Report]) -> Value {
    let rules: Vec<Value> = Code::iter()
        .map(|code| {
            let description = code.get_documentation().unwrap_or_default();
            json!({"id": <&str>::from(code), "shortDescription": {"text": description}})
        })
        .collect();
    let results: Vec<Value> = reports
        .iter()
        .flat_map(|report| report.findings.iter().map(move |finding| result(report, finding)))
        .collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "vmx-install flows check",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            }},
            "results": results,
        }],
    })
}

fn result(report: &Report, finding: &Finding) -> Value {
    let level = match finding.severity {
        Severity::Refused => "error",
        Severity::Advice => "warning",
        Severity::Note => "note",
    };
    let block = finding.block.as_ref().map(|block| format!("{block}: ")).unwrap_or_default();
    let mut physical = json!({"artifactLocation": {"uri": uri(&report.source)}});
    if let Some(line) = finding.line {
        physical["region"] = json!({ "startLine": line });
    }
    let mut location = json!({ "physicalLocation": physical });
    let places = [report.place.as_str(), finding.path.as_str()];
    let place = places.into_iter().filter(|place| !place.is_empty()).collect::<Vec<_>>().join(".");
    if !place.is_empty() {
        location["logicalLocations"] = json!([{ "fullyQualifiedName": place }]);
    }
    json!({
        "ruleId": <&str>::from(finding.code),
        "ruleIndex": Code::iter().position(|code| code == finding.code),
        "level": level,
        "message": {"text": format!("{block}{}. Fix: {}.", finding.what, finding.fix)},
        "locations": [location],
    })
}

/// A path as a URI reference: relative to where the program runs, unless the path is absolute.
fn uri(path: &str) -> String {
    let path = path.strip_prefix("./").unwrap_or(path);
    let scheme = if path.starts_with('/') { "file://" } else { "" };
    let escaped = path.bytes().map(|byte| match byte {
        b'/' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        byte if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    });
    std::iter::once(scheme.to_owned()).chain(escaped).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_uri_references() {
        assert_eq!(uri("./flows/main line.json"), "flows/main%20line.json");
        assert_eq!(uri("/home/é:x"), "file:///home/%C3%A9%3Ax");
    }
}
