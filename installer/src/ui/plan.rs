//! The details of a plan as lines.

use super::tone::Tone;
use std::collections::{BTreeMap, BTreeSet};

use super::table::Table;
use super::terminal::{BREAK, clean, width};
use super::words::wrapped;
use vmx_model::change::{Action, Change};
use vmx_model::permissions::Statement;
use vmx_model::plan::{BlockDifference, Details, Estimate, FlowDifference, FlowFate, Presence, Usage};
use vmx_model::template::{ResourceAction, ResourceChange};

/// The most characters of a value to show. A flow's text may be long.
const LONGEST_VALUE: usize = 480;

/// The most new permissions to list on one screen. What they broaden needs an approval.
const MOST_STATEMENTS: usize = 8;

/// The changes, those of a kind on one line. What is deleted has a line each.
pub(super) fn changes(all: &[Change]) -> Vec<String> {
    let is_shared = |one: &Change, other: &Change| {
        let loses = matches!(one.action, Action::Deleted | Action::Emptied | Action::Disassociated);
        (one.action, one.kind) == (other.action, other.kind) && !loses
    };
    let told = |some: &[Change]| match some {
        [one] => one.to_string(),
        some => {
            let names: Vec<&str> = some.iter().map(|one| one.name.as_str()).collect();
            format!("{} {} {}", some[0].action.imperative(), some[0].kind, names.join(", "))
        }
    };
    all.chunk_by(is_shared).map(told).collect()
}

/// The details on one screen: counts of what comes, and all of what is replaced, removed or blocked.
pub(super) fn brief(details: &Details, columns: usize) -> Vec<(Tone, String)> {
    let mut out = Lines { lines: Vec::new(), columns };
    let is_new = |change: &&ResourceChange| change.action == ResourceAction::Added;
    let (new, others): (Vec<_>, Vec<_>) = details.resources.iter().partition(is_new);
    let (changed, lost): (Vec<_>, Vec<_>) =
        others.into_iter().partition(|change| change.action == ResourceAction::Changed);
    if !new.is_empty() {
        let mut types: BTreeMap<&str, usize> = BTreeMap::new();
        for change in &new {
            *types.entry(change.resource_type.rsplit("::").next().unwrap_or_default()).or_default() += 1;
        }
        let types: Vec<String> = types.into_iter().map(|(name, count)| format!("{count} {name}")).collect();
        let text = format!("{} new resources: {}", new.len(), types.join(", "));
        out.push(Tone::Comes, format!("  + {}", wrapped(&text, 6)));
    }
    if !changed.is_empty() {
        let names: Vec<&str> = changed.iter().map(|change| change.logical_id.as_str()).collect();
        out.push(Tone::Plain, format!("  ~ {}", wrapped(&format!("changed: {}", names.join(", ")), 6)));
    }
    for change in lost {
        out.resource(change);
    }
    for difference in &details.flows {
        let (flow, blocks) = (clean(&difference.flow), difference.blocks.len());
        let text = match difference.fate {
            FlowFate::Updated => format!("flow “{flow}”: {blocks} blocks differ"),
            FlowFate::Overwritten => format!("flow “{flow}”: {blocks} blocks differ; OVERWRITES its edits"),
            FlowFate::Kept => format!("flow “{flow}”: {blocks} blocks were edited by hand, and are kept"),
        };
        out.push(Tone::Plain, format!("  ~ {}", wrapped(&text, 6)));
    }
    let first = details.resources.iter().all(|change| change.action == ResourceAction::Added);
    let broadening = &details.permissions.broadening;
    if first || broadening.len() > MOST_STATEMENTS {
        let holders: BTreeSet<&str> = broadening.iter().map(|statement| statement.holder.as_str()).collect();
        let roles = holders.iter().filter(|holder| holder.ends_with("Role")).count();
        let needs = if first { "" } else { " (need --allow-iam)" };
        if !broadening.is_empty() {
            let text = format!(
                "permissions{needs}: {} statements, of {roles} roles and {} other policies",
                broadening.len(),
                holders.len() - roles
            );
            out.push(Tone::Plain, format!("  {}", wrapped(&text, 4)));
        }
    } else {
        out.statements("new permissions (need --allow-iam):", Tone::Comes, broadening);
    }
    if let narrowing @ 1.. = details.permissions.narrowing.len()
        && !first
    {
        out.push(Tone::Plain, format!("  {narrowing} statements of permissions are removed"));
    }
    if let Some(cost) = &details.cost {
        let Usage { voicemails, seconds } = cost.usage;
        let text = format!("${:.0} a month for {voicemails} voicemails of {seconds} seconds", cost.total());
        let sized = details.rates.iter().find(|rate| rate.expected);
        let sized = sized.map(|rate| {
            format!("; sized for {} an hour, which cost ${:.0} a month", rate.capacity.per_hour, rate.usd)
        });
        let text = format!("cost: about {text}{}", sized.unwrap_or_default());
        out.push(Tone::Plain, format!("  {}", wrapped(&text, 4)));
    }
    let expected = details.rates.iter().filter(|rate| rate.expected && details.rates_matter);
    for one in expected.flat_map(|rate| rate.capacity.in_the_way()) {
        out.push(Tone::Loud, format!("  {}", wrapped(&super::capacity::request(one), 4)));
    }
    if !out.lines.is_empty() {
        let text = "-v shows every resource, permission, flow block and price";
        out.push(Tone::Plain, format!("  {}", wrapped(text, 4)));
    }
    out.lines
}

/// All lines to show, each with its tone.
pub(super) fn lines(details: &Details, columns: usize) -> Vec<(Tone, String)> {
    let mut out = Lines { lines: Vec::new(), columns };
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
        out.lines.extend(super::capacity::lines(&details.rates));
    }
    out.lines
}

struct Lines {
    lines: Vec<(Tone, String)>,
    columns: usize,
}

impl Lines {
    fn push(&mut self, tone: Tone, text: String) {
        self.lines.push((tone, text));
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
            self.push(Tone::Comes, format!("  + {}", wrapped(&format!("{resource_type}: {which}"), 6)));
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
        self.push(tone, format!("  {sign} {}", wrapped(&text, 6)));
        if let Some(loses) = &change.loses {
            self.push(Tone::Loud, format!("      {}", wrapped(&format!("LOST with it: {loses}"), 8)));
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
            self.push(Tone::Heading, wrapped(&heading, 2));
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
        if width(&short) <= self.columns {
            self.push(Tone::Plain, short);
            return;
        }
        self.push(Tone::Plain, format!("      {name}"));
        for (tone, sign, value) in [(Tone::Goes, '-', from), (Tone::Comes, '+', to)] {
            if let Some(value) = value {
                self.push(tone, format!("        {sign} {}", broken(&clean(value), 10, self.columns)));
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
                conditions: statement.conditions.iter().map(|one| words_of(one)).collect(),
                ..statement.clone()
            };
            let who = short.principal.as_ref().map(|who| format!("{}: ", words_of(who))).unwrap_or_default();
            let end = match (short.denies, tone) {
                (false, _) => "",
                (true, Tone::Comes) => " is no longer denied",
                (true, _) => " is denied",
            };
            let text = format!("{who}{}{end}", short.what());
            self.push(tone, format!("    {}", wrapped(&clean(&text), 6)));
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
        let mut table = Table::numbered().indented(2);
        cost.lines.iter().for_each(|line| table.row([format!("{:.2}", line.usd), line.what.clone()]));
        table.lines().into_iter().for_each(|line| self.push(Tone::Plain, line));
        let caveat = format!(
            "US dollars at list prices of {} of {}; other regions differ by up to 50 %. Call charges and \
             free tiers are not included.",
            cost.prices_of, cost.prices_year
        );
        self.push(Tone::Plain, format!("  {}", wrapped(&caveat, 2)));
    }
}

/// A long text, broken anywhere.
fn broken(text: &str, indent: usize, columns: usize) -> String {
    let all: Vec<char> = text.chars().collect();
    let shown = all.len().min(LONGEST_VALUE);
    let lines: Vec<String> =
        all[..shown].chunks(columns - indent).map(|line| line.iter().collect()).collect();
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

/// Each word in its short form.
fn words_of(text: &str) -> String {
    text.split(' ').map(short).collect::<Vec<_>>().join(" ")
}

/// `${Queue.Arn}` and `${Queue}` become `Queue`, `${AWS::StackName}` becomes `STACK`.
fn references(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        out.push_str(before);
        let Some((name, after)) = after.split_once('}') else {
            rest = after;
            break;
        };
        out.push_str(match name {
            "AWS::StackName" => "STACK",
            "AWS::AccountId" => "ACCOUNT",
            "AWS::Region" => "REGION",
            "AWS::Partition" => "aws",
            name => name.strip_suffix(".Arn").unwrap_or(name),
        });
        rest = after;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::page::WIDTH;
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
            lines(details, WIDTH).into_iter().map(|(_, line)| shown(&line)).collect::<Vec<_>>().join("\n")
        };
        let first = text(&details);
        assert!(first.lines().all(|line| line.chars().count() <= WIDTH), "{first}");
        assert!(!first.contains("${") && !first.contains("AWS::AccountId"), "{first}");
        insta::assert_snapshot!("first_installation", first);
        let brief_text = |details: &Details| {
            brief(details, WIDTH).into_iter().map(|(_, line)| shown(&line)).collect::<Vec<_>>().join("\n")
        };
        let plan = first_plan();
        let first = format!("{}\n{}", changes(&plan.changes()).join("\n"), brief_text(&details));
        // A screen of 24 lines, with the account above and the question below.
        assert!(first.lines().count() <= 16, "{first}");
        insta::assert_snapshot!("first_installation_in_brief", first);
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
        insta::assert_snapshot!("update_in_brief", brief_text(&details));
    }
}
