//! Block positions in the drawing: the designer's, spread out where blocks would overlap; without them, layers from
//! left to right.

use crate::Flow;
use crate::designer::{Designer, Position};
use crate::graph::Graph;

/// Everything is placed on multiples of this many pixels, so that wires meet ports.
pub(super) const GRID: f64 = 10.0;

/// The horizontal gap between two blocks, for a few wires.
const BESIDE: f64 = 50.0;

/// The vertical gap between two blocks.
const BELOW: f64 = 30.0;

/// How far the designer's positions are spread out before our own layout is better.
const FARTHEST: f64 = 4.0;

/// The largest drawing with the designer's positions, in pixels.
const LARGEST: f64 = 60_000.0;

/// Each block's upper left corner. `heights` are the blocks' own.
pub(super) fn places(flow: &Flow, graph: &Graph<'_>, width: f64, heights: &[f64]) -> Vec<Position> {
    let places = designed(flow, width, heights).unwrap_or_else(|| layered(graph, width, heights));
    let snap = |value: f64| (value / GRID).round() * GRID;
    places.into_iter().map(|place| Position { x: snap(place.x), y: snap(place.y) }).collect()
}

/// The designer's positions. `None` if too few blocks have one or they cannot be spread out.
fn designed(flow: &Flow, width: f64, heights: &[f64]) -> Option<Vec<Position>> {
    let designer = Designer::new(&flow.metadata);
    let given: Vec<Option<Position>> =
        flow.actions.iter().map(|action| designer.position(&action.identifier)).collect();
    let placed = given.iter().flatten().count();
    if placed * 2 < given.len() {
        return None;
    }
    // Spreading out from the entry keeps neighbors together.
    let origin = given.iter().flatten().fold(Position { x: f64::MAX, y: f64::MAX }, |corner, place| {
        Position { x: corner.x.min(place.x), y: corner.y.min(place.y) }
    });
    let (mut across, mut down) = (1.0_f64, 1.0_f64);
    for (number, one) in given.iter().enumerate() {
        for (other_number, other) in given.iter().enumerate().take(number) {
            let (Some(one), Some(other)) = (one, other) else { continue };
            let upper = if one.y <= other.y { number } else { other_number };
            let need_across = (width + BESIDE) / (one.x - other.x).abs();
            let need_down = (heights[upper] + BELOW) / (one.y - other.y).abs();
            if need_across > across && need_down > down {
                if need_across / across <= need_down / down { across = need_across } else { down = need_down }
            }
            if !(across <= FARTHEST && down <= FARTHEST) {
                return None;
            }
        }
    }
    let mut bottom = 0.0_f64;
    let mut places: Vec<Option<Position>> = Vec::with_capacity(given.len());
    for (place, height) in given.into_iter().zip(heights) {
        let place =
            place.map(|place| Position { x: (place.x - origin.x) * across, y: (place.y - origin.y) * down });
        if let Some(place) = place {
            bottom = bottom.max(place.y + height);
            // Also if it is not a number.
            if !(place.x <= LARGEST && place.y <= LARGEST) {
                return None;
            }
        }
        places.push(place);
    }
    // Those without a position go in a row below.
    let mut right = 0.0;
    let below = |place: Option<Position>| {
        place.unwrap_or_else(|| {
            right += width + BESIDE;
            Position { x: right - width - BESIDE, y: bottom + 2.0 * BELOW }
        })
    };
    Some(places.into_iter().map(below).collect())
}

/// Layers: each block is right of all that lead to it, except through a loop, and near their height.
pub(super) fn layered(graph: &Graph<'_>, width: f64, heights: &[f64]) -> Vec<Position> {
    let (order, before) = without_loops(graph);
    let mut layers = vec![0_usize; heights.len()];
    for block in &order {
        layers[*block] = before[*block].iter().map(|from| layers[*from] + 1).max().unwrap_or(0);
    }
    let mut by_layer: Vec<Vec<usize>> = vec![Vec::new(); layers.iter().max().map_or(0, |last| last + 1)];
    for block in order {
        by_layer[layers[block]].push(block);
    }
    let mut places = vec![Position { x: 0.0, y: 0.0 }; heights.len()];
    for (layer, mut blocks) in by_layer.into_iter().enumerate() {
        let wish = |block: &usize| {
            let heights_before = before[*block].iter().map(|from| places[*from].y);
            let count = before[*block].len().max(1) as f64;
            heights_before.sum::<f64>() / count
        };
        let mut wishes: Vec<(f64, usize)> = blocks.drain(..).map(|block| (wish(&block), block)).collect();
        wishes.sort_by(|one, other| one.0.total_cmp(&other.0));
        let mut free = 0.0_f64;
        for (wished, block) in wishes {
            let y = wished.max(free);
            places[block] = Position { x: layer as f64 * (width + 1.5 * BESIDE), y };
            free = y + heights[block] + 1.5 * BELOW;
        }
    }
    places
}

/// The blocks in an order in which each comes after those that lead to it, and which those are, without branches that
/// lead back.
fn without_loops(graph: &Graph<'_>) -> (Vec<usize>, Vec<Vec<usize>>) {
    let count = graph.blocks.len();
    let mut finished = Vec::with_capacity(count);
    let mut before: Vec<Vec<usize>> = vec![Vec::new(); count];
    let (mut seen, mut on_way) = (vec![false; count], vec![false; count]);
    for root in graph.start.into_iter().chain(0..count) {
        if std::mem::replace(&mut seen[root], true) {
            continue;
        }
        let mut way = vec![(root, 0)];
        on_way[root] = true;
        while let Some((block, tried)) = way.pop() {
            // The last branch first, so that the first one's blocks come first in the end.
            let branches = &graph.branches[block];
            let Some(branch) = branches.len().checked_sub(tried + 1).map(|index| branches[index]) else {
                on_way[block] = false;
                finished.push(block);
                continue;
            };
            way.push((block, tried + 1));
            if on_way[branch.to] {
                continue;
            }
            before[branch.to].push(block);
            if !std::mem::replace(&mut seen[branch.to], true) {
                on_way[branch.to] = true;
                way.push((branch.to, 0));
            }
        }
    }
    finished.reverse();
    (finished, before)
}
