//! What an earlier system becomes, for people.

use super::table::Table;
use super::terminal::{BOLD, GREEN, MAGENTA, PLAIN};
use crate::event::{EarlierParameter, EarlierSystem};
use vmx_engine::migrate::{FlowChange, OwnFlow};
use vmx_model::ancestor::Fate;

/// The earlier systems.
pub(super) fn systems(systems: &[EarlierSystem]) -> Vec<String> {
    let mut table = Table::plain().indented(2);
    for EarlierSystem { stack, system } in systems {
        table.row([stack.clone(), system.clone()]);
    }
    let heading = match systems {
        [] => "no earlier systems".to_owned(),
        [_] => "1 earlier system:".to_owned(),
        several => format!("{} earlier systems:", several.len()),
    };
    [format!("{BOLD}{heading}{PLAIN}")].into_iter().chain(table.lines()).collect()
}

/// What one of them becomes.
pub(super) fn migration(parameters: &[EarlierParameter], flows: &[OwnFlow]) -> Vec<String> {
    let mut lines = Vec::new();
    let mut group = |heading: &str, color: &str, tell: &dyn Fn(&Fate) -> Option<String>| {
        let mut table = Table::plain().indented(2);
        let rows: Vec<_> =
            parameters.iter().filter_map(|one| Some((one.name.clone(), tell(&one.fate)?))).collect();
        if rows.is_empty() {
            return;
        }
        lines.push(format!("{color}{BOLD}{heading}{PLAIN}"));
        rows.into_iter().for_each(|(name, told)| table.row([name, told]));
        lines.extend(table.lines());
    };
    group("taken over:", GREEN, &|fate| match fate {
        Fate::Became(what) => Some(what.join(", ")),
        Fate::Needless(_) | Fate::Open(_) => None,
    });
    group("not needed:", PLAIN, &|fate| match fate {
        Fate::Needless(why) => Some(why.clone()),
        Fate::Became(_) | Fate::Open(_) => None,
    });
    group("for you to decide:", MAGENTA, &|fate| match fate {
        Fate::Open(why) => Some(why.clone()),
        Fate::Became(_) | Fate::Needless(_) => None,
    });
    if flows.is_empty() {
        lines.push(format!("{BOLD}your flows:{PLAIN} none refers to the earlier system's flows"));
        return lines;
    }
    lines.push(format!("{BOLD}your flows to change:{PLAIN}"));
    for flow in flows {
        let kind = if flow.is_module { "flow module" } else { "flow" };
        lines.push(format!("  {kind} “{}”", flow.name));
        let mut table = Table::plain().indented(4);
        for FlowChange { block, from, to, set } in &flow.changes {
            let to = to.as_ref().map_or("see docs/migrating.md".to_owned(), |to| format!("“{to}”"));
            let set = set.map(|set| format!(", after you set {set}")).unwrap_or_default();
            let block = block.clone().unwrap_or_else(|| "block not known".to_owned());
            table.row([block, format!("“{from}” → {to}{set}")]);
        }
        lines.extend(table.lines());
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::terminal::{BREAK, shown};

    #[test]
    fn everything_is_told_and_fits_a_terminal() {
        let parameter = |name: &str, fate| EarlierParameter { name: name.into(), fate };
        let parameters = [
            parameter(
                "ConnectInstanceARN",
                Fate::Became(vec!["region=eu-west-2".into(), "instance=shop".into()]),
            ),
            parameter("AWSRegion", Fate::Needless("the instance is named by its ARN".into())),
            parameter(
                "VMTestAgentId",
                Fate::Open("name the test line's agent by ID: `flows.test_agent`".into()),
            ),
        ];
        let change = |block: Option<&str>, to: Option<&str>, set| FlowChange {
            block: block.map(str::to_owned),
            from: "VMX3_Main_VM_Module_shop".into(),
            to: to.map(str::to_owned),
            set,
        };
        let flows = [OwnFlow {
            is_module: false,
            name: "Main line".into(),
            changes: vec![
                change(
                    Some("Take a message (Invoke module)"),
                    Some("voicemail-express voicemail module"),
                    Some("flows.voicemail_module=true"),
                ),
                change(None, None, None),
            ],
        }];
        let system =
            |stack: &str| EarlierSystem { stack: stack.into(), system: "Voicemail Express V2".into() };
        let mut lines = systems(&[system("VMX2"), system("VMX2-test")]);
        lines.extend(migration(&parameters, &flows));
        let text = shown(&lines.join(BREAK));
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        insta::assert_snapshot!(text);
        assert!(shown(&migration(&parameters, &[]).join(BREAK)).contains("none refers"));
    }
}
