//! References in a flow's parameters, such as `$.Attributes.name`.

use serde_json::Value;

/// A reference to something that does not exist in flows, or not here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the reference {0}")]
pub(super) struct UnknownReference(pub(super) String);

/// Replaces a text's references with their values in a context. Known but unset references are empty.
///
/// # Errors
/// If a reference's first name is not in the context.
pub(super) fn resolve(text: &str, context: &Value) -> Result<String, UnknownReference> {
    let mut resolved = String::new();
    let mut rest = text;
    while let Some(start) = rest.find('$') {
        let (before, reference) = rest.split_at(start);
        resolved.push_str(before);
        let (names, length) = parse(reference);
        if names.is_empty() {
            resolved.push('$');
            rest = &reference[1..];
            continue;
        }
        resolved.push_str(
            &look_up(&names, context).ok_or_else(|| UnknownReference(reference[..length].to_owned()))?,
        );
        rest = &reference[length..];
    }
    resolved.push_str(rest);
    Ok(resolved)
}

/// A reference's names and its length in the text: `$.Attributes.a`, `$.Attributes['a b']`, `$['Attributes'].a`.
fn parse(text: &str) -> (Vec<String>, usize) {
    let mut names = Vec::new();
    let mut at = 1;
    loop {
        let rest = &text[at..];
        if let Some(after) = rest.strip_prefix("['")
            && let Some((name, _)) = after.split_once("']")
        {
            names.push(name.to_owned());
            at += name.len() + 4;
            continue;
        }
        let Some(after) = rest.strip_prefix('.') else {
            break;
        };
        let name: String = after
            .chars()
            .take_while(|character| character.is_alphanumeric() || "_-".contains(*character))
            .collect();
        // A final period belongs to the sentence.
        if name.is_empty() {
            break;
        }
        at += name.len() + 1;
        names.push(name);
    }
    (names, at)
}

fn look_up(names: &[String], context: &Value) -> Option<String> {
    let (first, deeper) = names.split_first()?;
    let mut value = context.get(first)?;
    for name in deeper {
        value = value.get(name).unwrap_or(&Value::Null);
    }
    Some(match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use serde_json::json;

    #[test]
    fn references_are_replaced_wherever_they_stand() {
        let context = json!({
            "ContactId": "c",
            "Attributes": {"a": "1", "two words": "2"},
            "External": {"deep": {"b": "3"}, "n": 4},
            "Queue": null,
        });
        for (text, expected) in [
            ("$.ContactId", "c"),
            ("$.Attributes.a", "1"),
            ("$.Attributes['two words']", "2"),
            ("$['Attributes']['a'].", "1."),
            ("$[Attributes] costs $5", "$[Attributes] costs $5"),
            ("$.External.deep.b", "3"),
            ("$.External.n", "4"),
            ("$.Attributes.missing", ""),
            ("$.Queue.ARN", ""),
            ("You said $.Attributes.a. Right?", "You said 1. Right?"),
            ("$.Attributes.a$.ContactId", "1c"),
            ("it costs 5$. Really", "it costs 5$. Really"),
            ("nothing", "nothing"),
        ] {
            assert_eq!(resolve(text, &context).unwrap(), expected, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_is_too_strange(text in "(\\$|\\.|\\['|'\\]|A|ü| ){0,20}") {
            let _ = resolve(&text, &json!({"A": {"A": "x"}}));
        }
    }

    #[test]
    fn an_unknown_name_is_told() {
        let error = resolve("x $.Weather.today y", &json!({})).unwrap_err();
        assert_eq!(error, UnknownReference("$.Weather.today".to_owned()));
    }
}
