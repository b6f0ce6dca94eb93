//! The page around the drawings.

use super::text::escape;
use super::{scene, svg};
use crate::Flow;
use crate::designer::Designer;

/// What pages of this program look like: colors, light and dark, and headings.
pub(super) const LOOK: &str = include_str!("look.css");
const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// What the page can do: run its own script and use its own styles, nothing else, and no network. The hash is the
/// script's; a test computes it.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; \
                      script-src 'sha256-ryF31dRu81T8jg+Ju/eDMk1AS965lgQGw4ITpOBhXSY='; base-uri 'none'; form-action 'none'";

/// One page that draws flows.
pub(super) fn write(flows: &[Flow]) -> String {
    let names: Vec<String> = flows.iter().zip(1..).map(|(flow, number)| name(flow, number)).collect();
    let mut navigation = String::new();
    let mut sections = String::new();
    for ((flow, name), number) in flows.iter().zip(&names).zip(1..) {
        let name_text = escape(name);
        navigation.push_str(&format!("<a href=\"#flow-{number}\">{name_text}</a>\n"));
        sections.push_str(&format!(
            "<section id=\"flow-{number}\" aria-labelledby=\"flow-{number}-name\">\n<div class=\"bar\">\
             <h2 id=\"flow-{number}-name\">{name_text}</h2>\n<p>{}</p>\n{TOOLS}</div>\n{}</section>\n",
            escape(&about(flow)),
            svg::write(&scene::of(flow), name),
        ));
    }
    if flows.is_empty() {
        sections.push_str("<p>There are no flows to draw.</p>\n");
    }
    let title = escape(&if names.is_empty() { "Contact flows".to_owned() } else { names.join(", ") });
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n\
         <style>\n{LOOK}{STYLE}</style>\n</head>\n<body>\n{}<header>\n<h1>Contact flows</h1>\n\
         <nav aria-label=\"Flows\">\n{navigation}</nav>\n{LEGEND}</header>\n<main>\n{sections}</main>\n\
         <script>\n{SCRIPT}</script>\n</body>\n</html>\n",
        svg::DEFINITIONS,
    )
}

const TOOLS: &str = "<div class=\"tools\" hidden>\
    <button type=\"button\" data-action=\"out\" aria-label=\"Zoom out\" title=\"Zoom out (−)\">−</button>\
    <button type=\"button\" data-action=\"in\" aria-label=\"Zoom in\" title=\"Zoom in (+)\">+</button>\
    <button type=\"button\" data-action=\"fit\" title=\"Show all (0)\">Show all</button>\
    <button type=\"button\" data-action=\"read\" title=\"Readable size, from the start (Home)\">Readable</button></div>";

const LEGEND: &str = "<p class=\"legend\">\
    <svg width=\"28\" height=\"8\" aria-hidden=\"true\"><path class=\"wire\" d=\"M0 4H28\"/></svg>result\
    <svg width=\"28\" height=\"8\" aria-hidden=\"true\"><path class=\"wire error\" d=\"M0 4H28\"/></svg>failure\
    </p>\n";

fn name(flow: &Flow, number: usize) -> String {
    let name = Designer::new(&flow.metadata).name();
    name.map_or_else(|| format!("Flow {number}"), str::to_owned)
}

fn about(flow: &Flow) -> String {
    let designer = Designer::new(&flow.metadata);
    let description = flow.metadata.get("description").and_then(|text| text.as_str()).unwrap_or_default();
    let word = designer.flow_type_word().unwrap_or("Flow");
    let kind = designer.flow_type().map_or(word, |flow_type| flow_type.console_name());
    let blocks = match flow.actions.len() {
        1 => "1 block".to_owned(),
        count => format!("{count} blocks"),
    };
    format!("{kind}, {blocks}. {description}").trim_end().to_owned()
}
