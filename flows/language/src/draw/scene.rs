//! A flow as shapes: cards, their ports, and the wires between them.

use super::layout::{self, GRID};
use super::route::{Route, Router};
use super::text;
use super::words::{self, Sort};
use crate::Flow;
use crate::designer::{Designer, Position};
use crate::graph::Graph;

/// A card's width, in pixels like everything here.
pub(super) const CARD_WIDTH: f64 = 200.0;
/// From the top of a card, or of the entry, to where wires come in.
pub(super) const PORT_IN: f64 = 20.0;
/// A row's height.
pub(super) const ROW: f64 = 20.0;
/// A line's height in a card's body.
pub(super) const LINE: f64 = 15.0;
/// The entry's size.
pub(super) const ENTRY: (f64, f64) = (60.0, 40.0);
/// The room around everything.
const MARGIN: f64 = 60.0;
/// The most lines in a card's body.
const MOST_LINES: usize = 4;

/// The drawing of a flow.
pub(super) struct Scene {
    pub(super) width: f64,
    pub(super) height: f64,
    pub(super) entry: Position,
    pub(super) cards: Vec<Card>,
    pub(super) wires: Vec<Wire>,
}

/// A block.
pub(super) struct Card {
    pub(super) corner: Position,
    pub(super) height: f64,
    pub(super) sort: Sort,
    /// Its name, in one or two lines.
    pub(super) name: Vec<String>,
    /// Below it: the console's name of its type.
    pub(super) kind: String,
    pub(super) body: Vec<String>,
    pub(super) rows: Vec<Row>,
    /// All of it as text.
    pub(super) description: String,
}

/// A branch on its card.
pub(super) struct Row {
    pub(super) label: String,
    pub(super) is_error: bool,
    /// The block that it leads to; `None` if it does not exist.
    pub(super) to: Option<usize>,
}

/// A branch to another card.
pub(super) struct Wire {
    /// The card that it comes from; `None` for the entry.
    pub(super) from: Option<usize>,
    pub(super) to: usize,
    pub(super) is_error: bool,
    pub(super) way: Way,
}

pub(super) enum Way {
    /// Around the cards.
    Around(Route),
    /// Straight, because no path around was found.
    Curve(Position, Position),
}

impl Card {
    /// Where the lines of the name end and the type is.
    pub(super) fn head(&self) -> f64 {
        25.0 + LINE * self.name.len() as f64
    }

    /// Where the rows start.
    pub(super) fn rows_top(&self) -> f64 {
        self.height - ROW * self.rows.len() as f64
    }

    fn port(&self, row: usize) -> Position {
        let y = self.corner.y + self.rows_top() + ROW * row as f64 + ROW / 2.0;
        Position { x: self.corner.x + CARD_WIDTH, y }
    }

    fn port_in(&self) -> Position {
        Position { x: self.corner.x, y: self.corner.y + PORT_IN }
    }
}

/// Draws up a flow.
pub(super) fn of(flow: &Flow) -> Scene {
    let graph = Graph::of(flow);
    let mut cards: Vec<Card> = (0..graph.blocks.len()).map(|block| card(flow, &graph, block)).collect();
    let heights: Vec<f64> = cards.iter().map(|card| card.height).collect();
    for (card, place) in cards.iter_mut().zip(layout::places(flow, &graph, CARD_WIDTH, &heights)) {
        card.corner = place;
    }
    let mut entry = entry(flow, &graph, &cards);
    let corners = || cards.iter().map(|card| card.corner).chain([entry]);
    let left = corners().map(|corner| corner.x).fold(f64::MAX, f64::min);
    let top = corners().map(|corner| corner.y).fold(f64::MAX, f64::min);
    let shift = |corner: &mut Position| {
        corner.x += MARGIN - left;
        corner.y += MARGIN - top;
    };
    shift(&mut entry);
    cards.iter_mut().for_each(|card| shift(&mut card.corner));
    let right = cards.iter().map(|card| card.corner.x + CARD_WIDTH).fold(entry.x + ENTRY.0, f64::max);
    let bottom = cards.iter().map(|card| card.corner.y + card.height).fold(entry.y + ENTRY.1, f64::max);
    let (width, height) = (right + MARGIN, bottom + MARGIN);
    let wires = wires(&graph, &cards, entry, width, height);
    Scene { width, height, entry, cards, wires }
}

/// Positions for blocks without one.
pub(super) fn places(flow: &Flow) -> Vec<Position> {
    let graph = Graph::of(flow);
    let heights: Vec<f64> = (0..graph.blocks.len()).map(|block| card(flow, &graph, block).height).collect();
    layout::layered(&graph, CARD_WIDTH, &heights)
}

fn card(flow: &Flow, graph: &Graph<'_>, block: usize) -> Card {
    let action = &graph.blocks[block];
    let (sort, type_name) = words::kind(action);
    let (name, kind) = words::title(action);
    let name = text::wrap(&name, 20, 2);
    let details = words::details(flow, action);
    let mut body: Vec<String> = Vec::new();
    for detail in &details {
        // A long prompt may use all lines, but the next detail gets at least one.
        let room = MOST_LINES.saturating_sub(body.len());
        if room == 0 {
            break;
        }
        body.extend(text::wrap(detail, 30, room));
    }
    let shown = words::shown(graph, block).into_iter().map(|branch| Row {
        label: words::branch(branch.kind),
        is_error: branch.kind.is_failure(),
        to: Some(branch.to),
    });
    let lost = graph.lost[block].iter().map(|(kind, target)| Row {
        label: format!("{} → {target}?", words::branch(*kind)),
        is_error: kind.is_failure(),
        to: None,
    });
    let rows: Vec<Row> = shown.chain(lost).collect();
    let mut description = format!("{}: {type_name}.", action.identifier);
    for detail in &details {
        description.push_str(&format!(" {detail}."));
    }
    for row in &rows {
        let to = row.to.map_or("a missing block", |to| graph.blocks[to].identifier.as_str());
        description.push_str(&format!(" {}: to {to}.", row.label));
    }
    let mut card =
        Card { corner: Position { x: 0.0, y: 0.0 }, height: 0.0, sort, name, kind, body, rows, description };
    let lines = if card.body.is_empty() { 0.0 } else { 8.0 + LINE * card.body.len() as f64 };
    let rows = ROW * card.rows.len() as f64;
    // Whole steps of the grid, so that the ports are on it.
    card.height = ((card.head() + 8.0 + lines) / GRID).ceil() * GRID + rows;
    card
}

/// The entry's position: the designer's, unless a card covers it.
fn entry(flow: &Flow, graph: &Graph<'_>, cards: &[Card]) -> Position {
    let first = graph
        .start
        .and_then(|start| cards.get(start))
        .map_or(Position { x: 0.0, y: 0.0 }, |card| card.corner);
    let beside = Position { x: first.x - ENTRY.0 - 50.0, y: first.y };
    // The cards' positions are the designer's, relative to their own corner.
    let designer = Designer::new(&flow.metadata);
    let Some((given, start)) = designer.entry().zip(designer.position(&flow.start_action)) else {
        return beside;
    };
    let snap = |value: f64| (value / GRID).round() * GRID;
    let place = Position { x: first.x + snap(given.x - start.x), y: first.y + snap(given.y - start.y) };
    let far = (place.x - first.x).abs() > 1000.0 || (place.y - first.y).abs() > 1000.0;
    let covered = cards.iter().any(|card| {
        place.x < card.corner.x + CARD_WIDTH + GRID
            && card.corner.x < place.x + ENTRY.0 + GRID
            && place.y < card.corner.y + card.height + GRID
            && card.corner.y < place.y + ENTRY.1 + GRID
    });
    if covered || far { beside } else { place }
}

fn wires(graph: &Graph<'_>, cards: &[Card], entry: Position, width: f64, height: f64) -> Vec<Wire> {
    let mut router = Router::new(width, height);
    if let Some(router) = &mut router {
        router.block(entry, ENTRY.0, ENTRY.1);
        for card in cards {
            router.block(card.corner, CARD_WIDTH, card.height);
        }
    }
    let mut ends: Vec<(Option<usize>, usize, bool, Position)> = Vec::new();
    if let Some(start) = graph.start {
        ends.push((None, start, false, Position { x: entry.x + ENTRY.0, y: entry.y + PORT_IN }));
    }
    for (from, card) in cards.iter().enumerate() {
        for (number, row) in card.rows.iter().enumerate() {
            if let Some(to) = row.to {
                ends.push((Some(from), to, row.is_error, card.port(number)));
            }
        }
    }
    // Short ones first, and results before errors: they get the straight paths.
    let far = |to: usize, port: Position| {
        let end = cards[to].port_in();
        (end.x - port.x).abs() + (end.y - port.y).abs() + if end.x < port.x { 10_000.0 } else { 0.0 }
    };
    ends.sort_by(|one, other| one.2.cmp(&other.2).then(far(one.1, one.3).total_cmp(&far(other.1, other.3))));
    ends.into_iter()
        .map(|(from, to, is_error, port)| {
            let end = cards[to].port_in();
            let target = u32::try_from(to).unwrap_or(u32::MAX);
            let route = router.as_mut().and_then(|router| router.route(port, end, target));
            let way = route.map_or(Way::Curve(port, end), Way::Around);
            Wire { from, to, is_error, way }
        })
        .collect()
}
