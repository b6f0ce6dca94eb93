//! Writes parameters into a file's text, and keeps its comments and order.

use std::ops::Range;

use serde_json::{Map, Value};

use super::locate::{Part, locate};
use super::read::defaults;
use super::{Params, Prompts, VERSION};

/// The file that explains every key.
const EXAMPLE: &str = include_str!("../../../params.example.yaml");
/// The first line of a new file.
const HEADER: &str =
    "# Parameters of Voicemail Express, written by `vmx-install wizard`. You can edit this file.\n";

/// The text of a file with these parameters: an existing one with its values changed in place and its comments kept, or
/// a new one with every key explained.
#[must_use]
pub fn written(existing: Option<&str>, params: &Params) -> String {
    let holds = |text: &String| Params::from_yaml("", text).is_ok_and(|read| read == *params);
    // What cannot be changed in place, such as anchors, is rewritten.
    existing.map(|text| edited(text, params)).filter(holds).unwrap_or_else(|| {
        let body = EXAMPLE.find("\n\n").map_or(EXAMPLE, |end| &EXAMPLE[end + 1..]);
        edited(&format!("{HEADER}{body}"), params)
    })
}

fn edited(text: &str, params: &Params) -> String {
    let mut text = text.to_owned();
    let (wanted, known) = (lean(params.tree()), defaults());
    let there = Params::from_yaml("", &text).ok().map(|there| Value::from(lean(there.tree())));
    let mut set = |key: &str, value: &Value| {
        let pointer = format!("/{}", key.replace('.', "/"));
        let is_there = there.as_ref().and_then(|there| there.pointer(&pointer)) == Some(value);
        if !is_there {
            put(&mut text, key, value);
        }
    };
    for (key, value) in &wanted {
        match (value, known.get(key)) {
            (Value::Object(keys), Some(Value::Object(known))) if !known.is_empty() => {
                keys.iter().for_each(|(inner, value)| set(&format!("{key}.{inner}"), value));
            }
            _ => set(key, value),
        }
    }
    if locate(&text, "version", Part::Key).is_none() {
        text.insert_str(0, &format!("version: {VERSION}\n"));
    }
    text
}

/// Removes what equals a language's defaults.
fn lean(mut params: Map<String, Value>) -> Map<String, Value> {
    let anyway = serde_json::to_value(Prompts::default()).unwrap_or_default();
    let languages = params.get_mut("languages").and_then(Value::as_object_mut).into_iter().flatten();
    for (_, prompts) in languages {
        if let Some(prompts) = prompts.as_object_mut() {
            prompts.retain(|key, value| anyway.get(key) != Some(value));
        }
    }
    params
}

/// Changes a value in place, or adds its key.
fn put(text: &mut String, key: &str, value: &Value) {
    if let Some(span) = value_span(text, key) {
        let in_flow = in_flow(text, key);
        text.replace_range(span, &format!(" {}", form(value, in_flow)));
        return;
    }
    let (group, name) = key.split_once('.').unwrap_or(("", key));
    let line = format!("{name}: {}", form(value, true));
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    match value_span(text, group) {
        _ if group.is_empty() => text.push_str(&format!("{line}\n")),
        Some(span) if text[span.clone()].trim_start().starts_with('{') => {
            let open = span.start + text[span].find('{').unwrap_or_default() + 1;
            let comma = if text[open..].trim_start().starts_with('}') { "" } else { ", " };
            text.insert_str(open, &format!("{line}{comma}"));
        }
        Some(span) => {
            let after = text[span.start..].find('\n').map_or(text.len(), |end| span.start + end + 1);
            let child = text[after..].lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
            let indent = " ".repeat((child.len() - child.trim_start_matches(' ').len()).max(1));
            text.insert_str(after, &format!("{indent}{line}\n"));
        }
        None => text.push_str(&format!("{group}:\n  {line}\n")),
    }
}

/// Whether a key is within braces.
fn in_flow(text: &str, key: &str) -> bool {
    let group = key.split_once('.').and_then(|(group, _)| value_span(text, group));
    group.is_some_and(|span| text[span].trim_start().starts_with('{'))
}

/// A value as YAML on one line. Within braces, a comma or a brace would end unquoted text.
fn form(value: &Value, quoted: bool) -> String {
    match value {
        Value::String(text) if !quoted && !text.contains('\n') => {
            serde_yaml::to_string(text).unwrap_or_default().trim_end().to_owned()
        }
        Value::Object(keys) => flow(keys),
        Value::Array(values) => {
            format!("[{}]", values.iter().map(|value| form(value, true)).collect::<Vec<_>>().join(", "))
        }
        value => value.to_string(),
    }
}

fn flow(keys: &Map<String, Value>) -> String {
    let pairs: Vec<_> =
        keys.iter().map(|(key, value)| format!("{}: {value}", Value::from(key.as_str()))).collect();
    format!("{{{}}}", pairs.join(", "))
}

/// From a key's colon to its value's end, without a trailing comment.
fn value_span(text: &str, key: &str) -> Option<Range<usize>> {
    let at = locate(text, key, Part::Key)?.offset();
    let name = key.rsplit('.').next().unwrap_or(key);
    let colon = at + text[at..].find(name)? + name.len();
    let colon = colon + text[colon..].find(':')? + 1;
    let line_start = text[..at].rfind('\n').map_or(0, |end| end + 1);
    let indent = text[line_start..].bytes().take_while(|byte| *byte == b' ').count();
    let rest = &text[colon..];
    let value = rest.trim_start_matches(' ');
    let start = colon + rest.len() - value.len();
    let in_flow = text[line_start..at].contains('{');
    let end = match value.chars().next() {
        Some('"') => start + quoted_end(value, '"'),
        Some('\'') => start + quoted_end(value, '\''),
        Some('{') => start + braces_end(value),
        _ if in_flow => start + value.find([',', '}', '\n'])?,
        _ => {
            // A value on the key's line, its further lines, or a block below: everything with a deeper indent.
            let first = value.lines().next().unwrap_or_default();
            let own = if first.starts_with('#') { "" } else { first.split(" #").next().unwrap_or_default() };
            let block = block_end(text, start, indent, own.trim().is_empty());
            if block > start + first.len() { block } else { start + own.trim_end().len() }
        }
    };
    Some(colon..end.max(colon))
}

/// The end of the lines below a byte's line that are indented more than `indent`, or equally for a list. Trailing
/// comments do not count.
fn block_end(text: &str, from: usize, indent: usize, may_be_list: bool) -> usize {
    let mut at = text[from..].find('\n').map_or(text.len(), |end| from + end);
    let mut end = at;
    while at < text.len() {
        let line = text[at + 1..].lines().next().unwrap_or_default();
        let deep = line.len() - line.trim_start_matches(' ').len();
        if !line.trim().is_empty() {
            let is_item = may_be_list && deep == indent && line.trim_start().starts_with('-');
            if deep <= indent && !is_item {
                break;
            }
            if !line.trim_start().starts_with('#') {
                end = at + 1 + line.len();
            }
        }
        at += 1 + line.len();
        if at + 1 >= text.len() {
            break;
        }
    }
    end
}

fn quoted_end(value: &str, quote: char) -> usize {
    let mut characters = value.char_indices().skip(1).peekable();
    while let Some((at, c)) = characters.next() {
        let doubled = quote == '\'' && characters.peek().is_some_and(|(_, next)| *next == '\'');
        if c == '\\' && quote == '"' || c == quote && doubled {
            characters.next();
        } else if c == quote {
            return at + 1;
        }
    }
    value.len()
}

fn braces_end(value: &str) -> usize {
    let mut depth = 0usize;
    let mut at = 0;
    while let Some(c) = value[at..].chars().next() {
        match c {
            '"' | '\'' => {
                at += quoted_end(&value[at..], c);
                continue;
            }
            '{' => depth += 1,
            '}' if depth == 1 => return at + 1,
            '}' => depth -= 1,
            _ => {}
        }
        at += c.len_utf8();
    }
    value.len()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::params::{InstanceRef, Key, Region};

    fn read(text: &str) -> Params {
        Params::from_yaml("params.yaml", text).unwrap()
    }

    fn changed(text: &str, answers: &[(Key, &str)]) -> String {
        let change = |params: Params, (key, answer): &(Key, &str)| params.answered(*key, answer).unwrap();
        changed_to(text, answers.iter().fold(read(text), change))
    }

    fn changed_to(text: &str, params: Params) -> String {
        let new = written(Some(text), &params);
        assert_eq!(read(&new), params, "{new}");
        new
    }

    #[test]
    fn a_file_that_says_the_same_is_left_to_the_byte() {
        let text = "# mine\nversion: 1 # one\nregion:   eu-west-2\ninstance: 'shop'\n\n# end";
        assert_eq!(changed(text, &[]), text);
    }

    #[test]
    fn lists_change_in_place_however_they_are_written() {
        for (old, new) in [
            ("modes: [task] # one", "modes: [\"task\", \"other\"] # one"),
            ("modes:\n- task # one", "modes: [\"task\", \"other\"]"),
            ("modes:\n  - task\n  # two\n  - guided_task", "modes: [\"task\", \"other\"]"),
        ] {
            let text = |modes: &str| {
                format!("version: 1\nregion: eu-west-2\n{modes}\n# theirs\ninstance: shop # ours\n")
            };
            assert_eq!(changed(&text(old), &[(Key::Modes, "task, other")]), text(new));
        }
    }

    #[test]
    fn values_change_in_place_and_comments_stay() {
        let text = "# mine\nversion: 1\nregion: eu-west-2 # here\ninstance: \"shop # 1\"\n"
            .replace(" # 1", "")
            + "retention: # how long\n  # the recordings\n  recordings_days: 30   # a month\n  logs_days: 7\n# the last\n";
        let new = changed(
            &text,
            &[
                (Key::RecordingsDays, "60"),
                (Key::MediaHours, "24"),
                (Key::Goodbye, "Bye: \"now\" # {x}"),
                (Key::Tags, "team=a, b=c:d"),
                (Key::Languages, "de-DE, fr-FR"),
                (Key::Flows, "test_line"),
            ],
        );
        let (region, instance) = (Region::parse("eu-west-1").unwrap(), InstanceRef::parse("other").unwrap());
        let new = changed_to(&new, read(&new).moved(region, instance).unwrap());
        for line in [
            "languages: {\"de-DE\": {}, \"fr-FR\": {}}",
            "  test_line: true",
            "# mine",
            "region: eu-west-1 # here",
            "instance: other",
            "retention: # how long",
            "  # the recordings",
            "  recordings_days: 60   # a month",
            "  logs_days: 7",
            "  media_hours: 24",
            "# the last",
        ] {
            assert!(new.lines().any(|found| found == line), "{line}\n{new}");
        }
    }

    #[test]
    fn braces_blocks_and_quotes_are_understood() {
        let text = "version: 1\nregion: eu-west-2\ninstance: shop\nretention: {recordings_days: 30, logs_days: 7} # r\n\
                    prompts:\n  greeting: |\n    One\n    two\n  goodbye: 'it''s, done' # g\n  apology: \"a \\\" # b\" # c\n\
                    tags:\n  team: x # t\n  other: y\nlog_level: info\n";
        let new = changed(
            text,
            &[
                (Key::RecordingsDays, "31"),
                (Key::MediaHours, "48"),
                (Key::Greeting, "Hello"),
                (Key::Goodbye, "Bye, {now}"),
                (Key::Apology, "Sorry"),
                (Key::Tags, "team=z"),
                (Key::LogLevel, "debug"),
            ],
        );
        for part in
            ["# r\n", "# g\n", "# c\n", "greeting: Hello\n", "apology: Sorry # c", "recordings_days: 31"]
        {
            assert!(new.contains(part), "{part}\n{new}");
        }
    }

    #[test]
    fn a_new_file_explains_every_key() {
        let params = read("version: 1\nregion: eu-west-2\ninstance: shop\n");
        let params = params.answered(Key::Tags, "cost-center=4711").unwrap();
        let params = params.answered(Key::DefaultQueue, "Support: \"night\"").unwrap();
        let new = written(None, &params);
        assert_eq!(read(&new), params, "{new}");
        assert!(new.starts_with(HEADER));
        assert!(!new.contains("Copy this file"));
        assert!(new.matches("\n# ").count() > 15, "{new}");
        // A file that cannot be changed in place is written anew.
        let anchored = "version: 1\nregion: eu-west-2\ninstance: &a shop\nstack: *a\n";
        assert_eq!(read(&written(Some(anchored), &params)), params);
    }
}
