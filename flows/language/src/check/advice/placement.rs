//! How the designer will show the flow.

use std::collections::{BTreeMap, HashSet};

use super::names;
use crate::Flow;
use crate::check::{Code, Finding};
use crate::designer::Designer;

pub(super) fn check(flow: &Flow) -> Vec<Finding> {
    let designer = Designer::new(&flow.metadata);
    let mut findings = Vec::new();
    let unplaced: Vec<usize> = (0..flow.actions.len())
        .filter(|number| !designer.is_placed(&flow.actions[*number].identifier))
        .collect();
    let fix = "write \"position\": {\"x\": …, \"y\": …}, in lower case, under Metadata.ActionMetadata and the identifier";
    let upper_case =
        unplaced.iter().any(|number| designer.position(&flow.actions[*number].identifier).is_some());
    let why = if upper_case { ": the designer reads only the lower-case keys" } else { "" };
    if unplaced.len() == flow.actions.len() && unplaced.len() > 1 {
        let what = format!("no block has a position, so the designer draws all of them at its origin{why}");
        findings.push(Finding::advice(Code::NoPosition, what, fix));
    } else {
        for number in unplaced {
            let what = format!("the block has no position, so the designer draws it at its origin{why}");
            findings.push(Finding::advice(Code::NoPosition, what, fix).at(flow, number, ""));
        }
    }
    let mut places: BTreeMap<(i64, i64), Vec<usize>> = BTreeMap::new();
    for (number, action) in flow.actions.iter().enumerate() {
        if let Some(place) = designer.position(&action.identifier) {
            #[expect(clippy::cast_possible_truncation, reason = "a place beyond i64 is as good as its end")]
            places.entry((place.x.round() as i64, place.y.round() as i64)).or_default().push(number);
        }
    }
    for numbers in places.into_values().filter(|numbers| numbers.len() > 1) {
        let what = format!(
            "these blocks have the same position and hide each other: {}",
            names(flow, numbers.clone())
        );
        let fix = "move them apart in the designer or in Metadata.ActionMetadata";
        findings.push(Finding::advice(Code::SamePosition, what, fix).at(flow, numbers[0], ""));
    }
    let identifiers: HashSet<&str> = flow.actions.iter().map(|action| action.identifier.as_str()).collect();
    for stale in designer.identifiers().filter(|identifier| !identifiers.contains(identifier)) {
        let what = format!("Metadata.ActionMetadata has {stale:?}, but there is no such block");
        let fix = "remove the entry, or give it the block's new name";
        findings.push(Finding {
            path: "Metadata.ActionMetadata".to_owned(),
            ..Finding::advice(Code::StaleMetadata, what, fix)
        });
    }
    findings
}
