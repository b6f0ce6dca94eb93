//! Writes a scene as SVG.

use std::fmt::Write as _;

use super::route::Route;
use super::scene::{CARD_WIDTH, Card, ENTRY, LINE, PORT_IN, ROW, Scene, Way, Wire};
use super::text::{escape, wrap};
use crate::designer::Position;

/// The radius of the wires' corners.
const BEND: f64 = 6.0;

/// The drawing as one `svg` element. It uses the page's styles, and the symbols and markers of [`DEFINITIONS`].
pub(super) fn write(scene: &Scene, title: &str) -> String {
    let Scene { width, height, .. } = scene;
    let mut svg = format!(
        "<svg class=\"flow\" viewBox=\"0 0 {width} {height}\" data-width=\"{width}\" data-height=\"{height}\" \
         tabindex=\"0\" role=\"group\" aria-label=\"{}\">\n<g class=\"wires\" aria-hidden=\"true\">\n",
        escape(&format!("Flow {title}: {} blocks", scene.cards.len())),
    );
    // Errors below, so that results are on top.
    for wire in scene
        .wires
        .iter()
        .filter(|wire| wire.is_error)
        .chain(scene.wires.iter().filter(|wire| !wire.is_error))
    {
        self::wire(&mut svg, wire);
    }
    svg.push_str("</g>\n");
    let Position { x, y } = scene.entry;
    let (width, height) = ENTRY;
    line(
        &mut svg,
        format_args!(
            "<g class=\"entry\" role=\"img\" aria-label=\"Start\"><rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"20\"/>\
         <text x=\"{}\" y=\"{}\">Start</text></g>",
            x + width / 2.0,
            y + height / 2.0 + 4.0,
        ),
    );
    for (number, card) in scene.cards.iter().enumerate() {
        self::card(&mut svg, number, card);
    }
    svg.push_str("</svg>\n");
    svg
}

/// Writing to a string cannot fail.
fn line(svg: &mut String, arguments: std::fmt::Arguments<'_>) {
    let _ = svg.write_fmt(arguments);
    svg.push('\n');
}

fn wire(svg: &mut String, wire: &Wire) {
    let kind = if wire.is_error { " error" } else { "" };
    let marker = if wire.is_error { "arrow-error" } else { "arrow" };
    let from = wire.from.map_or_else(|| "entry".to_owned(), |from| from.to_string());
    let mut path = |class: &str, end: &str, path: &str| {
        let to = wire.to;
        line(
            svg,
            format_args!(
                "<path class=\"{class}{kind}\" data-from=\"{from}\" data-to=\"{to}\"{end} d=\"{path}\"/>"
            ),
        );
    };
    let arrow = format!(" marker-end=\"url(#{marker})\"");
    match &wire.way {
        Way::Curve(from, to) => {
            let pull = ((to.x - from.x).abs() / 2.0).max(60.0);
            let (left, right) = (from.x + pull, to.x - pull);
            let curve =
                format!("M{} {}C{left} {} {right} {} {} {}", from.x, from.y, from.y, to.y, to.x, to.y);
            path("wire", &arrow, &curve);
        }
        Way::Around(Route { corners, joins: None }) => path("wire", &arrow, &around(corners)),
        Way::Around(Route { corners, joins: Some(end) }) => {
            // Overlapping dashes would look solid, so it is drawn up to where it joins another; whole only when
            // highlighted.
            path("wire", "", &around(&up_to(corners, *end)));
            path("wire whole", &arrow, &around(corners));
        }
    }
}

/// A path with round corners.
fn around(corners: &[Position]) -> String {
    let mut path = String::new();
    for (index, corner) in corners.iter().enumerate() {
        let before = index.checked_sub(1).and_then(|before| corners.get(before));
        let _ = match before.zip(corners.get(index + 1)) {
            None if index == 0 => write!(path, "M{} {}", corner.x, corner.y),
            None => write!(path, "L{} {}", corner.x, corner.y),
            Some((before, after)) => {
                let (start, end) = (toward(*corner, *before), toward(*corner, *after));
                write!(path, "L{} {}Q{} {} {} {}", start.x, start.y, corner.x, corner.y, end.x, end.y)
            }
        };
    }
    path
}

/// The corners up to a point on the path.
fn up_to(corners: &[Position], end: Position) -> Vec<Position> {
    let mut way = Vec::new();
    for pair in corners.windows(2) {
        let [from, to] = pair else { continue };
        way.push(*from);
        let within = |one: f64, other: f64, value: f64| one.min(other) <= value && value <= one.max(other);
        if within(from.x, to.x, end.x) && within(from.y, to.y, end.y) {
            break;
        }
    }
    way.push(end);
    way
}

/// A point a short distance from one to another, along an axis.
fn toward(from: Position, to: Position) -> Position {
    let step = |from: f64, to: f64| from + (to - from).clamp(-BEND, BEND);
    Position { x: step(from.x, to.x), y: step(from.y, to.y) }
}

fn card(svg: &mut String, number: usize, card: &Card) {
    let Position { x, y } = card.corner;
    let (height, sort) = (card.height, card.sort.name());
    let description = escape(&card.description);
    line(
        svg,
        format_args!(
            "<g class=\"block {sort}\" data-block=\"{number}\" transform=\"translate({x} {y})\" tabindex=\"0\" role=\"img\" \
         aria-label=\"{description}\"><title>{description}</title>\n\
         <rect class=\"card\" width=\"{CARD_WIDTH}\" height=\"{height}\" rx=\"8\"/>\n\
         <rect class=\"tile\" x=\"10\" y=\"10\" width=\"24\" height=\"24\" rx=\"6\"/>\
         <use href=\"#icon-{sort}\" x=\"14\" y=\"14\" width=\"16\" height=\"16\"/>\
         <circle class=\"port\" cy=\"{PORT_IN}\" r=\"3\"/>",
        ),
    );
    // The content is clipped at the card's edge, whatever the font.
    line(svg, format_args!("<svg width=\"{}\" height=\"{height}\">", CARD_WIDTH - 4.0));
    let mut baseline = 6.0;
    for name in &card.name {
        baseline += LINE;
        line(svg, format_args!("<text class=\"name\" x=\"42\" y=\"{baseline}\">{}</text>", escape(name)));
    }
    let kind = wrap(&card.kind, 26, 1).concat();
    line(
        svg,
        format_args!("<text class=\"kind\" x=\"42\" y=\"{}\">{}</text>", baseline + 14.0, escape(&kind)),
    );
    for (index, body) in card.body.iter().enumerate() {
        let baseline = card.head() + 16.0 + LINE * index as f64;
        line(svg, format_args!("<text class=\"body\" x=\"12\" y=\"{baseline}\">{}</text>", escape(body)));
    }
    svg.push_str("</svg>\n");
    for (index, row) in card.rows.iter().enumerate() {
        let top = card.rows_top() + ROW * index as f64;
        let error = if row.is_error { " error" } else { "" };
        let lost = if row.to.is_none() { " lost" } else { "" };
        let label = escape(&wrap(&row.label, 30, 1).concat());
        let (right, baseline, middle) = (CARD_WIDTH - 12.0, top + 14.0, top + ROW / 2.0);
        line(
            svg,
            format_args!(
                "<g class=\"row{error}{lost}\"><path class=\"rule\" d=\"M0 {top}H{CARD_WIDTH}\"/>\
             <svg width=\"{CARD_WIDTH}\" height=\"{height}\"><text x=\"{right}\" y=\"{baseline}\">{label}</text></svg>\
             <circle class=\"port\" cx=\"{CARD_WIDTH}\" cy=\"{middle}\" r=\"3.5\"/></g>",
            ),
        );
    }
    svg.push_str("</g>\n");
}

/// Icons and arrowheads: once per page.
pub(super) const DEFINITIONS: &str = include_str!("icons.svg");
