//! Writes a flow as a Mermaid flowchart.

use super::words::{self, Sort};
use crate::Flow;
use crate::graph::Graph;

/// How much of a prompt to show, in columns and lines.
const COLUMNS: usize = 40;
const LINES: usize = 3;

/// A flow as a flowchart, from left to right; error branches are dotted.
pub(super) fn write(flow: &Flow) -> String {
    let graph = Graph::of(flow);
    let mut chart = String::from("flowchart LR\n");
    if let Some(start) = graph.start {
        chart.push_str(&format!("    start([\"Start\"]) --> b{start}\n"));
    }
    for (block, action) in graph.blocks.iter().enumerate() {
        let sort = words::kind(action).0;
        let (name, kind) = words::title(action);
        let mut lines = vec![name, kind];
        let details = words::details(flow, action);
        lines.extend(details.iter().flat_map(|detail| super::text::wrap(detail, COLUMNS, LINES)).take(LINES));
        let lines: Vec<String> = lines.iter().map(|line| escape(line)).collect();
        chart.push_str(&format!("    b{block}[\"{}\"]:::{}\n", lines.join("<br/>"), class(sort)));
    }
    for block in 0..graph.blocks.len() {
        for branch in words::shown(&graph, block) {
            let line = if branch.kind.is_failure() { "-.->" } else { "-->" };
            let label = escape(&words::branch(branch.kind));
            chart.push_str(&format!("    b{block} {line}|\"{label}\"| b{}\n", branch.to));
        }
        for (number, (kind, target)) in graph.lost[block].iter().enumerate() {
            let label = escape(&words::branch(*kind));
            let target = escape(target);
            chart
                .push_str(&format!("    b{block} -.->|\"{label}\"| b{block}lost{number}([\"{target}?\"])\n"));
        }
    }
    for sort in Sort::ALL {
        chart.push_str(&format!("    classDef {} stroke:{},stroke-width:2px\n", class(sort), color(sort)));
    }
    chart
}

/// `end` is a keyword of Mermaid.
fn class(sort: Sort) -> String {
    format!("sort_{}", sort.name())
}

fn color(sort: Sort) -> &'static str {
    match sort {
        Sort::Speak => "#2f7fd0",
        Sort::Ask => "#8d5bd6",
        Sort::Decide => "#b0660f",
        Sort::Wait | Sort::Unknown => "#6d7786",
        Sort::Set => "#14847b",
        Sort::Stream => "#c43a80",
        Sort::Integrate => "#b05a0c",
        Sort::Route => "#3b8230",
        Sort::End => "#c2382c",
    }
}

/// A text between Mermaid's quotes. Anything that could be Mermaid, Markdown or HTML syntax becomes an entity in
/// Mermaid's spelling.
fn escape(text: &str) -> String {
    let mut escaped = String::new();
    for character in text.chars() {
        match character {
            control if control.is_control() => escaped.push(' '),
            // Two in a row would start a formula, in any spelling.
            '$' => escaped.push_str("#36;\u{200b}"),
            '"' | '#' | '&' | '<' | '>' | '`' | '\\' | '|' | '[' | ']' | '{' | '}' | '(' | ')' | ';'
            | '%' | '*' | '_' => {
                escaped.push_str(&format!("#{};", u32::from(character)));
            }
            other => escaped.push(other),
        }
    }
    // An empty label is a syntax error.
    if escaped.trim().is_empty() { "#32;".to_owned() } else { escaped }
}
