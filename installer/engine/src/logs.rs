//! What the functions logged, from Amazon CloudWatch Logs.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::{Map, Value};
use vmx_contract::voicemail_id::VoicemailId;

use crate::cloud::{Cloud, CloudError, wrap};
use crate::trace::names_contact;
use vmx_model::parts::Function;

/// The most responses to read of a log group. Each is a part of the log, with or without matches.
const PAGES: usize = 100;
/// CloudWatch Logs shows a line some seconds after it was written: what is followed is read again from so long before
/// the newest line.
const DELAY: SignedDuration = SignedDuration::from_secs(30);

/// A line of a function's log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LogLine {
    /// When it was written. Every event has its own time.
    pub logged_at: Timestamp,
    /// The function.
    pub function: Function,
    /// Its level, if it has one.
    pub level: Option<String>,
    /// Its message and fields, for people.
    pub text: String,
    /// The whole line as it was logged.
    pub line: String,
}

/// Reads logs, and again what was logged since.
#[derive(Debug)]
pub struct Reader<'a> {
    groups: Vec<(Function, &'a str)>,
    about: Option<&'a VoicemailId>,
    since: Timestamp,
    /// The lines that were read. That an event's ID is the only one in all groups is not documented.
    seen: BTreeSet<(Function, Timestamp, String, String)>,
}

impl<'a> Reader<'a> {
    /// Reads these log groups from a time on; only lines about one contact if asked.
    #[must_use]
    pub fn new(groups: Vec<(Function, &'a str)>, about: Option<&'a VoicemailId>, since: Timestamp) -> Self {
        Self { groups, about, since, seen: BTreeSet::new() }
    }

    /// The lines that were not read yet, oldest first, and why some could not be read.
    pub async fn read(&mut self, cloud: &Cloud) -> (Vec<LogLine>, Vec<CloudError>) {
        let groups = self
            .groups
            .iter()
            .map(|(function, group)| lines(cloud, *function, group, self.about, self.since));
        let (mut new, mut unread) = (Vec::new(), Vec::new());
        for (read, error) in join_all(groups).await {
            let is_new = |(id, line): &(String, LogLine)| {
                self.seen.insert((line.function, line.logged_at, id.clone(), line.line.clone()))
            };
            new.extend(read.into_iter().filter(is_new).map(|(_, line)| line));
            unread.extend(error);
        }
        new.sort_by_key(|line| line.logged_at);
        if let Some(newest) = new.last() {
            self.since = self.since.max(newest.logged_at - DELAY);
        }
        (new, unread)
    }
}

/// The lines of a log group with their IDs, and why the rest could not be read.
async fn lines(
    cloud: &Cloud,
    function: Function,
    group: &str,
    about: Option<&VoicemailId>,
    since: Timestamp,
) -> (Vec<(String, LogLine)>, Option<CloudError>) {
    let request = cloud.logs.filter_log_events().log_group_name(group).start_time(since.as_millisecond());
    let pattern = about.map(|id| format!("\"{}\"", id.contact()));
    let mut pages = request.set_filter_pattern(pattern).into_paginator().send();
    let wanted = format!("read the log {group}");
    let mut lines = Vec::new();
    for _ in 0..PAGES {
        let Some(page) = pages.next().await else { return (lines, None) };
        let page = match page.map_err(wrap(&wanted)) {
            Ok(page) => page,
            Err(error) => return (lines, Some(error)),
        };
        lines.extend(page.events().iter().filter_map(|event| {
            let logged_at = Timestamp::from_millisecond(event.timestamp()?).ok()?;
            let line = event.message()?.trim_end();
            let is_about = about.is_none_or(|id| names_contact(line, id));
            let (level, text) = told(line).filter(|_| is_about)?;
            let line = LogLine { logged_at, function, level, text, line: line.to_owned() };
            Some((event.event_id().unwrap_or_default().to_owned(), line))
        }));
    }
    (lines, Some(CloudError::incomplete(wanted, "end; use a shorter --since")))
}

/// A line's level and its text, or `None` for metrics, which are not for people.
fn told(line: &str) -> Option<(Option<String>, String)> {
    let Ok(Value::Object(mut fields)) = serde_json::from_str(line) else {
        return Some((None, line.to_owned()));
    };
    if fields.contains_key("_aws") {
        return None;
    }
    // What is shown beside the text, and what says nothing.
    for name in ["timestamp", "time", "target"] {
        fields.shift_remove(name);
    }
    let mut text = |name: &str| match fields.shift_remove(name) {
        Some(Value::String(text)) => Some(text),
        _ => None,
    };
    let level = text("level");
    let message = text("message").or_else(|| text("type"));
    let mut told: Vec<String> = message.into_iter().collect();
    flat("", &fields, &mut told);
    Some((level, told.join(" ")))
}

/// Adds fields as `name=value`, those within others by their last name.
fn flat(within: &str, fields: &Map<String, Value>, told: &mut Vec<String>) {
    for (name, value) in fields {
        match value {
            Value::Object(fields) => flat(name, fields, told),
            // A span's name is the same for all.
            _ if within == "span" && name == "name" => {}
            Value::String(text) => told.push(format!("{name}={text}")),
            value => told.push(format!("{name}={value}")),
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use aws_sdk_cloudwatchlogs::Client as Logs;
    use aws_sdk_cloudwatchlogs::operation::filter_log_events::FilterLogEventsOutput;
    use aws_sdk_cloudwatchlogs::types::FilteredLogEvent;
    use aws_smithy_mocks::{RuleMode, mock, mock_client};

    use super::*;
    use crate::testing::cloud;

    const CONTACT: &str = "00000000-0000-4000-8000-00000000c0de";

    #[test]
    fn a_line_is_told_by_its_message_and_fields_and_metrics_are_none() {
        let line = format!(
            r#"{{"timestamp":"t","level":"WARN","message":"waits","reason":"no flow","count":2,"target":"vmx_packager","span":{{"contact_id":"{CONTACT}","name":"voicemail"}}}}"#
        );
        let text = format!("waits reason=no flow count=2 contact_id={CONTACT}");
        assert_eq!(told(&line), Some((Some("WARN".to_owned()), text)));
        let platform = r#"{"time":"t","type":"platform.report","record":{"status":"timeout","metrics":{"durationMs":900}}}"#;
        let text = "platform.report status=timeout durationMs=900".to_owned();
        assert_eq!(told(platform), Some((None, text)));
        assert_eq!(told("plain [text]"), Some((None, "plain [text]".to_owned())));
        assert_eq!(told(r#"{"_aws":{"Timestamp":1},"Captured":1}"#), None);
    }

    #[tokio::test]
    async fn lines_of_all_functions_are_in_order_and_each_is_read_once() {
        let event = |id: &str, at: i64, text: String| {
            FilteredLogEvent::builder().event_id(id).timestamp(at).message(text).build()
        };
        let found = mock!(Logs::filter_log_events)
            .match_requests(|request| {
                request.filter_pattern() == Some(&format!("\"{CONTACT}\""))
                    && request.start_time() == Some(1000)
            })
            .then_compute_output(move |request| {
                let group = request.log_group_name().unwrap();
                let at = if group == "record" { 3000 } else { 2000 };
                FilterLogEventsOutput::builder()
                    .events(event("1", at, format!("{group} {CONTACT}")))
                    .events(event("2", at, format!("{CONTACT}-3")))
                    .build()
            });
        let mut cloud = cloud(&[], &[], &[]);
        cloud.logs = mock_client!(aws_sdk_cloudwatchlogs, RuleMode::MatchAny, &[&found]);
        let second = VoicemailId::parse(&format!("{CONTACT}-2")).unwrap();
        let groups = vec![(Function::KvsToS3, "record"), (Function::Packager, "deliver")];
        let mut reader = Reader::new(groups, Some(&second), Timestamp::from_millisecond(1000).unwrap());
        let (lines, unread) = reader.read(&cloud).await;
        assert_eq!(unread, []);
        let texts: Vec<&str> = lines.iter().map(|line| line.text.as_str()).collect();
        assert_eq!(texts, [format!("deliver {CONTACT}"), format!("record {CONTACT}")]);
        assert_eq!(reader.read(&cloud).await.0, []);
    }

    #[tokio::test]
    async fn a_log_that_cannot_be_read_hides_no_other() {
        let found = mock!(Logs::filter_log_events)
            .match_requests(|request| request.log_group_name() == Some("record"))
            .then_output(|| {
                let line = FilteredLogEvent::builder().event_id("1").timestamp(1).message("here").build();
                FilterLogEventsOutput::builder().events(line).build()
            });
        let denied = mock!(Logs::filter_log_events)
            .match_requests(|request| request.log_group_name() == Some("deliver"))
            .sequence()
            .http_status(400, Some(r#"{"__type":"AccessDeniedException","message":"no"}"#.to_owned()))
            .build();
        let mut cloud = cloud(&[], &[], &[]);
        cloud.logs = mock_client!(aws_sdk_cloudwatchlogs, RuleMode::MatchAny, &[&found, &denied]);
        let groups = vec![(Function::Packager, "deliver"), (Function::KvsToS3, "record")];
        let (lines, unread) = Reader::new(groups, None, Timestamp::UNIX_EPOCH).read(&cloud).await;
        assert_eq!(lines.len(), 1);
        assert!(unread[0].to_string().contains("read the log deliver"), "{unread:?}");
    }
}
