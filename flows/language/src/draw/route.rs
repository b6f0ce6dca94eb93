//! Routes wires around blocks: along a grid, with few bends, together if they lead to the same block and apart
//! otherwise.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::layout::GRID;
use crate::designer::Position;

/// The cost of a bend, in steps of the grid.
const BEND: u32 = 6;
/// The extra cost of a step beside another wire.
const SHARED: u32 = 8;
/// The cost of crossing another wire.
const CROSSING: u32 = 2;
/// How many points to examine for all wires of a drawing. The remaining wires are straight.
const PATIENCE: usize = 6_000_000;
/// The largest grid, in points.
const LARGEST_GRID: usize = 1_000_000;

/// Right, down, left, up.
const DIRECTIONS: [(i32, i32); 4] = [(1, 0), (0, 1), (-1, 0), (0, -1)];

/// A wire's path.
pub(super) struct Route {
    /// Its corners, including its ends.
    pub(super) corners: Vec<Position>,
    /// Where it joins a wire to the same block.
    pub(super) joins: Option<Position>,
}

/// A drawing's grid, with its blocks and wires.
pub(super) struct Router {
    columns: i32,
    rows: i32,
    blocked: Vec<bool>,
    /// The target of the wire at each point, horizontally and vertically.
    horizontal: Vec<Option<u32>>,
    vertical: Vec<Option<u32>>,
    /// For each point and direction the cost so far, valid if the stamp is the current wire's.
    cost: Vec<u32>,
    came_from: Vec<u8>,
    stamp: Vec<u32>,
    current: u32,
    patience: usize,
}

impl Router {
    /// A grid for a drawing of a size from 0,0 in pixels. `None` if it would be too large.
    pub(super) fn new(width: f64, height: f64) -> Option<Self> {
        let (columns, rows) = (steps(width) + 1, steps(height) + 1);
        let points = usize::try_from(columns).ok()?.checked_mul(usize::try_from(rows).ok()?)?;
        (points <= LARGEST_GRID).then(|| Self {
            columns,
            rows,
            blocked: vec![false; points],
            horizontal: vec![None; points],
            vertical: vec![None; points],
            cost: vec![0; points * 4],
            came_from: vec![0; points * 4],
            stamp: vec![0; points * 4],
            current: 0,
            patience: PATIENCE,
        })
    }

    /// Makes wires avoid a rectangle.
    pub(super) fn block(&mut self, corner: Position, width: f64, height: f64) {
        for y in steps(corner.y)..=steps(corner.y + height) {
            for x in steps(corner.x)..=steps(corner.x + width) {
                if let Some(point) = self.point(x, y) {
                    self.blocked[point] = true;
                }
            }
        }
    }

    /// The path of a wire from a port on the right of a block to one on the left of another, both on the grid. `target`
    /// is the block it leads to. `None` if there is no path or finding it takes too long.
    pub(super) fn route(&mut self, from: Position, to: Position, target: u32) -> Option<Route> {
        let (start_x, start_y) = (steps(from.x) + 1, steps(from.y));
        let (end_x, end_y) = (steps(to.x) - 1, steps(to.y));
        let start = self.point(start_x, start_y)?;
        let end = self.point(end_x, end_y)?;
        self.current += 1;
        let far = |x: i32, y: i32| (x.abs_diff(end_x)) + (y.abs_diff(end_y));
        let mut open = BinaryHeap::new();
        self.enter(start * 4, 0, 4);
        open.push(Reverse((far(start_x, start_y), start * 4)));
        while let Some(Reverse((_, state))) = open.pop() {
            self.patience = self.patience.checked_sub(1)?;
            let (point, direction) = (state / 4, state % 4);
            if point == end && direction == 0 {
                return Some(self.trace(state, from, to, target));
            }
            let (x, y) = self.place(point);
            for (next_direction, (dx, dy)) in DIRECTIONS.into_iter().enumerate() {
                // No turning in place.
                if (next_direction + 2) % 4 == direction {
                    continue;
                }
                let Some(next) = self.point(x + dx, y + dy) else { continue };
                if self.blocked[next] {
                    continue;
                }
                let bend = if next_direction == direction { 0 } else { BEND };
                let cost = self.cost[state] + 1 + bend + self.company(next, dx != 0, target);
                let next_state = next * 4 + next_direction;
                if self.stamp[next_state] != self.current || cost < self.cost[next_state] {
                    let back = u8::try_from(direction).unwrap_or_default();
                    self.enter(next_state, cost, back);
                    open.push(Reverse((cost + far(x + dx, y + dy), next_state)));
                }
            }
        }
        None
    }

    fn enter(&mut self, state: usize, cost: u32, came_from: u8) {
        self.stamp[state] = self.current;
        self.cost[state] = cost;
        self.came_from[state] = came_from;
    }

    /// The cost of other wires at a point.
    fn company(&self, point: usize, is_horizontal: bool, target: u32) -> u32 {
        let other = |wire: Option<u32>| wire.is_some_and(|wire| wire != target);
        let (along, across) = if is_horizontal {
            (self.horizontal[point], self.vertical[point])
        } else {
            (self.vertical[point], self.horizontal[point])
        };
        u32::from(other(along)) * SHARED + u32::from(other(across)) * CROSSING
    }

    /// Walks back to the start and claims the path.
    fn trace(&mut self, end: usize, from: Position, to: Position, target: u32) -> Route {
        let mut corners = vec![to];
        let mut states = vec![end];
        let mut state = end;
        while self.came_from[state] < 4 {
            let (point, direction) = (state / 4, state % 4);
            let back = usize::from(self.came_from[state]);
            let ((x, y), (dx, dy)) = (self.place(point), DIRECTIONS[direction]);
            let Some(previous) = self.point(x - dx, y - dy) else { break };
            if back != direction {
                corners.push(self.position(previous));
            }
            state = previous * 4 + back;
            states.push(state);
        }
        corners.push(from);
        corners.reverse();
        // From the end back, the path is shared as long as every point belongs to a wire to the same block.
        let is_shared = |point: usize| [self.horizontal[point], self.vertical[point]].contains(&Some(target));
        let shared = states.iter().take_while(|state| is_shared(*state / 4)).last();
        let joins = shared.map(|state| self.position(state / 4));
        for pair in states.windows(2) {
            let [state, before] = pair else { continue };
            // A corner is on both axes.
            for (point, direction) in [(state / 4, state % 4), (before / 4, state % 4)] {
                let wires = if direction % 2 == 0 { &mut self.horizontal } else { &mut self.vertical };
                wires[point] = Some(target);
            }
        }
        if let [only] = states[..] {
            self.horizontal[only / 4] = Some(target);
        }
        Route { corners, joins }
    }

    fn position(&self, point: usize) -> Position {
        let (x, y) = self.place(point);
        Position { x: f64::from(x) * GRID, y: f64::from(y) * GRID }
    }

    fn point(&self, x: i32, y: i32) -> Option<usize> {
        let inside = (0..self.columns).contains(&x) && (0..self.rows).contains(&y);
        inside.then(|| usize::try_from(y * self.columns + x).ok()).flatten()
    }

    fn place(&self, point: usize) -> (i32, i32) {
        let point = i32::try_from(point).unwrap_or_default();
        (point % self.columns, point / self.columns)
    }
}

#[expect(clippy::cast_possible_truncation, reason = "`as` saturates, and a drawing is far smaller")]
fn steps(pixels: f64) -> i32 {
    (pixels / GRID).round() as i32
}
