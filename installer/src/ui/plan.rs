//! The details of a plan as lines of 80 columns.

use super::tone::Tone;
use std::collections::BTreeMap;

use super::terminal::{BREAK, clean};
use super::words::{WIDTH, wrap_words};
use vmx_model::permissions::Statement;
use vmx_model::plan::{BlockDifference, Details, Estimate, FlowDifference, FlowFate, Presence};
use vmx_model::template::{ResourceAction, ResourceChange};

/// The most characters of a value to show. A flow's text may be long.
const LONGEST_VALUE: usize = 480;

/// Lines to show, each with its tone.
pub(super) fn lines(details: &Details) -> Vec<(Tone, String)> {
    let mut out = Lines(Vec::new());
    out.resources(&details.resources);
    out.flows(&details.flows);
    let first = details.resources.iter().all(|change| change.action == ResourceAction::Added);
    let heading =
        if first { "permissions of its roles and policies:" } else { "new permissions (need --allow-iam):" };
    out.statements(heading, Tone::Comes, &details.permissions.broadening);
    if !first {
        out.statements("removed permissions:", Tone::Goes, &details.permissions.narrowing);
    }
    if let Some(cost) = &details.cost {
        out.cost(cost);
    }
    if details.rates_matter {
        out.0.extend(super::capacity::lines(&details.rates));
    }
    out.0
}

struct Lines(Vec<(Tone, String)>);

impl Lines {
    fn push(&mut self, tone: Tone, text: String) {
        self.0.push((tone, text));
    }

    fn resources(&mut self, changes: &[ResourceChange]) {
        let (new, others): (Vec<_>, Vec<_>) =
            changes.iter().partition(|change| change.action == ResourceAction::Added);
        if changes.is_empty() {
            return;
        }
        self.push(Tone::Heading, "the stack's resources:".to_owned());
        let mut types: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for change in new {
            types.entry(&change.resource_type).or_default().push(&change.logical_id);
        }
        for (resource_type, names) in types {
            // A first installation has many resources of a type, so their names are omitted.
            let which = if others.is_empty() { names.len().to_string() } else { names.join(", ") };
            self.push(Tone::Comes, format!("  + {}", wrap_words(&format!("{resource_type}: {which}"), 4, 6)));
        }
        for change in others {
            self.resource(change);
        }
    }

    fn resource(&mut self, change: &ResourceChange) {
        let (tone, sign, fate) = match change.action {
            ResourceAction::Added => (Tone::Comes, '+', ""),
            ResourceAction::Changed => (Tone::Plain, '~', ""),
            ResourceAction::Replaced => (Tone::Loud, '!', " is REPLACED by a new one"),
            ResourceAction::Removed => (Tone::Goes, '-', " is removed"),
            ResourceAction::Released => (Tone::Goes, '-', " leaves the stack but is kept"),
        };
        let text = format!("{} ({}){fate}", change.logical_id, change.resource_type);
        self.push(tone, format!("  {sign} {}", wrap_words(&text, 4, 6)));
        if let Some(loses) = &change.loses {
            self.push(Tone::Loud, format!("      {}", wrap_words(&format!("LOST with it: {loses}"), 6, 8)));
        }
        for property in &change.properties {
            let note = if property.replaces { " (cannot be changed in place)" } else { "" };
            self.member(
                &format!("{}{note}", property.path),
                property.from.as_deref(),
                property.to.as_deref(),
            );
        }
    }

    fn flows(&mut self, differences: &[FlowDifference]) {
        for difference in differences {
            let flow = clean(&difference.flow);
            let heading = match difference.fate {
                FlowFate::Updated => format!("changes in the flow “{flow}”:"),
                FlowFate::Overwritten => format!("changes in the flow “{flow}”, overwriting edits:"),
                FlowFate::Kept => format!("edits in the flow “{flow}”, which are kept:"),
            };
            self.push(Tone::Heading, wrap_words(&heading, 0, 2));
            if difference.blocks.is_empty() {
                self.push(Tone::Plain, "  it cannot be compared block by block".to_owned());
            }
            for block in &difference.blocks {
                self.block(block);
            }
        }
    }

    fn block(&mut self, block: &BlockDifference) {
        let (tone, sign) = match block.presence {
            Presence::Added => (Tone::Comes, '+'),
            Presence::Removed => (Tone::Goes, '-'),
            Presence::Both => (Tone::Plain, '~'),
        };
        self.push(tone, format!("  {sign} {} ({})", clean(&block.block), clean(&block.kind)));
        for member in &block.members {
            self.member(&clean(&member.name), member.from.as_deref(), member.to.as_deref());
        }
    }

    /// A name with its old and new value, on one line if it fits.
    fn member(&mut self, name: &str, from: Option<&str>, to: Option<&str>) {
        let short = match (from, to) {
            (Some(from), Some(to)) => format!("      {name}: {} → {}", clean(from), clean(to)),
            (Some(from), None) => format!("      {name}: {} → nothing", clean(from)),
            (None, Some(to)) => format!("      {name}: {}", clean(to)),
            (None, None) => format!("      {name}"),
        };
        if short.chars().count() <= WIDTH {
            self.push(Tone::Plain, short);
            return;
        }
        self.push(Tone::Plain, format!("      {name}"));
        for (tone, sign, value) in [(Tone::Goes, '-', from), (Tone::Comes, '+', to)] {
            if let Some(value) = value {
                self.push(tone, format!("        {sign} {}", broken(&clean(value), 10)));
            }
        }
    }

    fn statements(&mut self, heading: &str, tone: Tone, statements: &[Statement]) {
        if statements.is_empty() {
            return;
        }
        self.push(Tone::Heading, heading.to_owned());
        let mut holder = "";
        for statement in statements {
            if statement.holder != holder {
                holder = &statement.holder;
                self.push(Tone::Plain, format!("  {holder}"));
            }
            let short = Statement {
                resource: short(&statement.resource),
                conditions: statement.conditions.iter().map(|one| references(one)).collect(),
                ..statement.clone()
            };
            let who = short.principal.as_ref().map(|who| format!("{who}: ")).unwrap_or_default();
            let end = match (short.denies, tone) {
                (false, _) => "",
                (true, Tone::Comes) => " is no longer denied",
                (true, _) => " is denied",
            };
            let text = format!("{who}{}{end}", short.what());
            self.push(tone, format!("    {}", wrap_words(&clean(&text), 4, 6)));
        }
    }

    fn cost(&mut self, cost: &Estimate) {
        let heading = format!(
            "{} voicemails of {} seconds cost about ${:.0} a month:",
            cost.usage.voicemails,
            cost.usage.seconds,
            cost.total()
        );
        self.push(Tone::Heading, heading);
        for line in &cost.lines {
            self.push(Tone::Plain, format!("  {:>7.2}  {}", line.usd, line.what));
        }
        let caveat = format!(
            "US dollars at list prices of {} of {}; other regions differ by up to 50 %. Call charges and \
             free tiers are not included.",
            cost.prices_of, cost.prices_year
        );
        self.push(Tone::Plain, format!("  {}", wrap_words(&caveat, 2, 2)));
    }
}

/// A long text, broken anywhere.
fn broken(text: &str, indent: usize) -> String {
    let all: Vec<char> = text.chars().collect();
    let shown = all.len().min(LONGEST_VALUE);
    let lines: Vec<String> = all[..shown].chunks(WIDTH - indent).map(|line| line.iter().collect()).collect();
    let mut text = lines.join(&format!("{BREAK}{}", " ".repeat(indent)));
    if shown < all.len() {
        text.push_str(&format!("… ({} characters more)", all.len() - shown));
    }
    text
}

/// A short form of a statement's resource: `${Queue.Arn}` becomes `Queue`; an ARN becomes its service and resource,
/// with `…` for an ID. The account and region are shown above.
fn short(resource: &str) -> String {
    let parts: Vec<&str> = resource.splitn(6, ':').collect();
    // References contain colons too, so their parts are found in the whole text.
    let arn = ["arn:${AWS::Partition}:", "arn:aws:", "arn:aws-us-gov:", "arn:aws-cn:"]
        .iter()
        .find_map(|start| resource.strip_prefix(start));
    let Some(rest) = arn else { return references(resource) };
    let plain = rest.replace("${AWS::Region}", "r").replace("${AWS::AccountId}", "a");
    let named: Vec<&str> = plain.splitn(4, ':').collect();
    let [service, _, _, name] = named[..] else { return references(&parts.join(":")) };
    let name: Vec<&str> = name.split('/').map(|part| if is_id(part) { "…" } else { part }).collect();
    references(&format!("{service} {}", name.join("/")))
}

fn is_id(text: &str) -> bool {
    text.len() == 36 && text.bytes().filter(|&byte| byte == b'-').count() == 4
}

/// `${Queue.Arn}` and `${Queue}` become `Queue`.
fn references(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        out.push_str(before);
        let Some((name, after)) = after.split_once('}') else {
            rest = after;
            break;
        };
        out.push_str(name.strip_suffix(".Arn").unwrap_or(name));
        rest = after;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::terminal::shown;
    use vmx_model::testing::first_plan;

    #[test]
    fn resources_are_told_in_short() {
        for (resource, told) in [
            ("${Queue.Arn}", "Queue"),
            ("${RecordingsBucket.Arn}/*.wav", "RecordingsBucket/*.wav"),
            ("*", "*"),
            (
                "arn:${AWS::Partition}:transcribe:${AWS::Region}:${AWS::AccountId}:transcription-job/*",
                "transcribe transcription-job/*",
            ),
            (
                "arn:aws:connect:eu-west-2:111122223333:instance/00000000-0000-4000-8000-0000000000aa/queue/*",
                "connect instance/…/queue/*",
            ),
        ] {
            assert_eq!(short(resource), told);
        }
    }

    #[test]
    fn a_plan_fits_a_terminal() {
        let mut details = first_plan().details;
        let text = |details: &Details| {
            lines(details).into_iter().map(|(_, line)| shown(&line)).collect::<Vec<_>>().join("\n")
        };
        let first = text(&details);
        assert!(first.lines().all(|line| line.chars().count() <= WIDTH), "{first}");
        insta::assert_snapshot!("first_installation", first);
        // The same as an update of much.
        for (change, action) in details.resources.iter_mut().zip(
            [
                ResourceAction::Changed,
                ResourceAction::Replaced,
                ResourceAction::Removed,
                ResourceAction::Released,
            ]
            .into_iter()
            .cycle(),
        ) {
            change.action = action;
            change.loses = (action == ResourceAction::Replaced).then(|| "everything in it".to_owned());
            change.properties = vec![vmx_model::template::PropertyChange {
                path: "Code.S3Key".into(),
                from: Some("functions/a/".to_owned() + &"f".repeat(64)),
                to: Some("x\u{1b}[31m".into()),
                replaces: false,
            }];
        }
        details.resources.truncate(4);
        details.cost = None;
        details.permissions.broadening.truncate(2);
        details.permissions.narrowing.truncate(2);
        let update = text(&details);
        assert!(update.lines().all(|line| line.chars().count() <= WIDTH), "{update}");
        assert!(!update.contains('\u{1b}'));
        insta::assert_snapshot!("update", update);
    }
}
