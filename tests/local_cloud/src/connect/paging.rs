//! Paginates lists.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};

use super::error::{invalid_parameter, invalid_request};
use crate::service::{AwsError, AwsRequest};

/// One page of a list.
pub(super) struct Page {
    pub(super) items: Vec<Value>,
    pub(super) next_token: Option<String>,
}

impl Page {
    /// The page for a request with `maxResults` and `nextToken` in its query.
    pub(super) fn of_query(request: &AwsRequest, items: Vec<Value>, most: usize) -> Result<Self, AwsError> {
        let count = match request.query_value("maxResults") {
            None => None,
            Some(text) => Some(text.parse().map_err(|_| invalid_parameter("maxResults must be a number"))?),
        };
        Self::of(items, count, request.query_value("nextToken"), most)
    }

    /// The page that starts at the token.
    pub(super) fn of(
        items: Vec<Value>,
        count: Option<usize>,
        token: Option<&str>,
        most: usize,
    ) -> Result<Self, AwsError> {
        let count = count.unwrap_or(most);
        if !(1..=most).contains(&count) {
            return Err(invalid_parameter(format!("maxResults must be between 1 and {most}")));
        }
        let from = match token {
            None => 0,
            Some(token) => position(token).ok_or_else(|| invalid_request("the next token is not valid"))?,
        };
        let next = from.saturating_add(count);
        let next_token = (next < items.len()).then(|| BASE64.encode(format!("from {next}")));
        let items = items.into_iter().skip(from).take(count).collect();
        Ok(Self { items, next_token })
    }

    /// The page as a response whose list has this name.
    pub(super) fn into_response(self, name: &str) -> Value {
        let mut response = json!({ name: self.items });
        if let Some(token) = self.next_token {
            response["NextToken"] = token.into();
        }
        response
    }
}

fn position(token: &str) -> Option<usize> {
    let text = String::from_utf8(BASE64.decode(token).ok()?).ok()?;
    text.strip_prefix("from ")?.parse().ok()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn pages_add_up_to_the_list() {
        let items: Vec<Value> = (0..5).map(Value::from).collect();
        let mut seen = Vec::new();
        let mut token = None;
        for _ in 0..3 {
            let page = Page::of(items.clone(), Some(2), token.as_deref(), 10).unwrap();
            seen.extend(page.items);
            token = page.next_token;
        }
        assert_eq!(seen, items);
        assert_eq!(token, None);
    }

    #[test]
    fn a_wrong_token_or_size_is_refused() {
        assert!(Page::of(vec![], Some(0), None, 10).is_err());
        assert!(Page::of(vec![], Some(11), None, 10).is_err());
        for token in ["x", "ZnJvbSAtMQ=="] {
            assert!(Page::of(vec![], None, Some(token), 10).is_err());
        }
    }
}
