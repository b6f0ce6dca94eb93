//! The IAM action of a request for a proxied service.

use http::Request;

use crate::service::percent_decode;

/// The IAM action of a request for a proxied service, if recognized: by its line and headers and, if the service uses
/// forms, by its `form`.
#[must_use]
pub fn proxied_action<B>(service: &str, request: &Request<B>, form: Option<&[u8]>) -> Option<String> {
    if let Some(target) = request.headers().get("x-amz-target").and_then(|value| value.to_str().ok()) {
        return Some(format!("{service}:{}", target.rsplit('.').next().unwrap_or(target)));
    }
    if let Some(form) = form {
        let form = std::str::from_utf8(form).ok()?;
        let action = form.split('&').find_map(|pair| pair.strip_prefix("Action="))?;
        return Some(format!("{service}:{action}"));
    }
    let path = percent_decode(request.uri().path());
    match service {
        "s3" => s3_action(request.method().as_str(), &path, request.uri().query().unwrap_or_default()),
        "lambda" if path.ends_with("/invocations") => Some("lambda:InvokeFunction".to_owned()),
        "ses" if path.ends_with("/outbound-emails") => Some("ses:SendEmail".to_owned()),
        "bedrock" if path.ends_with("/converse") => Some("bedrock:InvokeModel".to_owned()),
        _ => None,
    }
}

fn s3_action(method: &str, path: &str, query: &str) -> Option<String> {
    let is_object = path.trim_start_matches('/').split_once('/').is_some_and(|(_, key)| !key.is_empty());
    let action = match (method, is_object) {
        // All calls of a multipart upload need the same permission, except aborting it.
        ("DELETE", true) if query.contains("uploadId=") => "AbortMultipartUpload",
        ("PUT" | "POST", true) => "PutObject",
        ("GET" | "HEAD", true) => "GetObject",
        ("DELETE", true) => "DeleteObject",
        ("GET", false) if query.contains("list-type=") => "ListBucket",
        _ => return None,
    };
    Some(format!("s3:{action}"))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn requests_name_their_actions() {
        let action = |service, method: &str, uri: &str, target: Option<&str>, form: Option<&str>| {
            let mut request = Request::builder().method(method).uri(uri);
            if let Some(target) = target {
                request = request.header("x-amz-target", target);
            }
            proxied_action(service, &request.body(()).unwrap(), form.map(str::as_bytes))
        };
        let named = |service, method, uri| action(service, method, uri, None, None).unwrap();
        let put = action("kinesis", "POST", "/", Some("Kinesis_20131202.PutRecord"), None);
        assert_eq!(put.unwrap(), "kinesis:PutRecord");
        let publish = action("sns", "POST", "/", None, Some("Version=2010-03-31&Action=Publish&Message=m"));
        assert_eq!(publish.unwrap(), "sns:Publish");
        assert_eq!(named("s3", "PUT", "/bucket/a/b.wav?partNumber=1&uploadId=x"), "s3:PutObject");
        assert_eq!(named("s3", "DELETE", "/bucket/k?uploadId=x"), "s3:AbortMultipartUpload");
        assert_eq!(named("s3", "HEAD", "/bucket/k"), "s3:GetObject");
        assert_eq!(named("s3", "GET", "/bucket?list-type=2"), "s3:ListBucket");
        assert_eq!(action("s3", "PUT", "/bucket", None, None), None);
        assert_eq!(named("ses", "POST", "/v2/email/outbound-emails"), "ses:SendEmail");
        assert_eq!(named("bedrock", "POST", "/model/m/converse"), "bedrock:InvokeModel");
        let function = "/2015-03-31/functions/f/invocations";
        assert_eq!(named("lambda", "POST", function), "lambda:InvokeFunction");
    }
}
