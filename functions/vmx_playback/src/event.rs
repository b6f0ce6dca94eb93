//! The function's events.

use serde_json::Value;

/// One invocation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Asked<'a> {
    /// A request to the function URL, payload format 2.0.
    /// Source: AWS Lambda developer guide, "Invoking Lambda function URLs".
    Request { method: &'a str, path: &'a str, source_ip: &'a str },
    /// The block of a contact flow.
    /// Source: Amazon Connect administrator guide, "Invoke a Lambda function".
    Flow { instance_arn: &'a str, id: &'a str, minutes: Option<&'a str> },
    /// Anything else.
    Other,
}

/// What a request wants from a voicemail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    Page,
    Audio,
    Download,
}

impl What {
    /// Its name in logs.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Audio => "audio",
            Self::Download => "download",
        }
    }
}

impl<'a> Asked<'a> {
    /// Reads an event. The invoker decides its kind, never an outside caller: AWS Lambda writes `requestContext`.
    pub(crate) fn of(event: &'a Value) -> Self {
        let text = |pointer: &str| event.pointer(pointer).and_then(Value::as_str);
        if let Some(method) = text("/requestContext/http/method") {
            let path = text("/rawPath").unwrap_or_default();
            let source_ip = text("/requestContext/http/sourceIp").unwrap_or_default();
            return Self::Request { method, path, source_ip };
        }
        match (text("/Name"), text("/Details/ContactData/InstanceARN")) {
            (Some("ContactFlowEvent"), Some(instance_arn)) => Self::Flow {
                instance_arn,
                id: text("/Details/Parameters/contact_id").unwrap_or_default(),
                minutes: text("/Details/Parameters/minutes"),
            },
            _ => Self::Other,
        }
    }
}

/// What a path wants, and its token's text.
pub(crate) fn route(path: &str) -> Option<(&str, What)> {
    let rest = path.strip_prefix("/v/")?;
    match rest.split_once('/') {
        None => Some((rest, What::Page)),
        Some((token, "audio")) => Some((token, What::Audio)),
        Some((token, "download")) => Some((token, What::Download)),
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn paths_lead_to_three_things_and_nowhere_else() {
        assert_eq!(route("/v/t"), Some(("t", What::Page)));
        assert_eq!(route("/v/t/audio"), Some(("t", What::Audio)));
        assert_eq!(route("/v/t/download"), Some(("t", What::Download)));
        for nowhere in ["", "/", "/v", "/V/t", "/v/t/", "/v/t/audio/", "/v/t/x", "//v/t", "/favicon.ico"] {
            assert_eq!(route(nowhere), None, "{nowhere}");
        }
    }

    #[test]
    fn an_event_is_told_by_who_writes_it() {
        let request = json!({"rawPath": "/v/t", "requestContext": {"http": {"method": "GET", "sourceIp": "192.0.2.1"}}});
        let asked = Asked::Request { method: "GET", path: "/v/t", source_ip: "192.0.2.1" };
        assert_eq!(Asked::of(&request), asked);
        let flow = json!({"Name": "ContactFlowEvent", "Details": {
            "ContactData": {"InstanceARN": "arn"}, "Parameters": {"contact_id": "c"},
        }});
        assert_eq!(Asked::of(&flow), Asked::Flow { instance_arn: "arn", id: "c", minutes: None });
        for other in [json!(null), json!([]), json!({"Name": "ContactFlowEvent"}), json!({"rawPath": "/v/t"})]
        {
            assert_eq!(Asked::of(&other), Asked::Other);
        }
    }
}
