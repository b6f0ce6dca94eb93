//! A flow as a graph: which block leads to which.

use std::collections::{HashMap, HashSet};

use crate::rules::{NextActionRule, rules};
use crate::{Action, Flow};

/// The blocks of a flow and the branches between them. Of several blocks with one identifier, the first counts.
#[derive(Debug)]
pub(crate) struct Graph<'a> {
    pub(crate) blocks: &'a [Action],
    /// The branches of each block, in the order `NextAction`, conditions, errors.
    pub(crate) branches: Vec<Vec<Branch<'a>>>,
    /// The branches of each block to a missing block, and its identifier.
    pub(crate) lost: Vec<Vec<(BranchKind<'a>, &'a str)>>,
    /// The block that runs first.
    pub(crate) start: Option<usize>,
}

/// A branch from one block to another.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Branch<'a> {
    pub(crate) kind: BranchKind<'a>,
    pub(crate) to: usize,
}

/// Why a contact takes a branch.
#[derive(Debug, Clone, Copy)]
pub(crate) enum BranchKind<'a> {
    /// Nothing else applied.
    Next,
    /// A result: how it is compared, and with what.
    Condition(&'a str, &'a [String]),
    /// An error, by its name.
    Error(&'a str),
}

impl BranchKind<'_> {
    /// Whether the block failed. No match or no key pressed is an ordinary result.
    pub(crate) fn is_failure(self) -> bool {
        const RESULTS: [&str; 3] = ["NoMatchingCondition", "InputTimeLimitExceeded", "TimeLimitExceeded"];
        matches!(self, Self::Error(error) if !RESULTS.contains(&error))
    }
}

impl<'a> Graph<'a> {
    pub(crate) fn of(flow: &'a Flow) -> Self {
        let mut index: HashMap<&str, usize> = HashMap::new();
        for (number, action) in flow.actions.iter().enumerate() {
            index.entry(&action.identifier).or_insert(number);
        }
        let (mut branches, mut lost) = (Vec::new(), Vec::new());
        for action in &flow.actions {
            let (mut here, mut lost_here) = (Vec::new(), Vec::new());
            for (kind, target) in targets(action) {
                match index.get(target) {
                    Some(to) => here.push(Branch { kind, to: *to }),
                    None => lost_here.push((kind, target)),
                }
            }
            branches.push(here);
            lost.push(lost_here);
        }
        Self { blocks: &flow.actions, branches, lost, start: index.get(flow.start_action.as_str()).copied() }
    }

    /// The branches that a contact can take from a block. If every result has its own branch, as in a Loop,
    /// `NextAction` exists but is never taken.
    pub(crate) fn taken(&self, block: usize) -> impl Iterator<Item = Branch<'a>> {
        let all_results = rules()
            .actions
            .get(&self.blocks[block].kind)
            .and_then(|rule| rule.conditions.as_ref())
            .is_some_and(|conditions| conditions.all_operands);
        let skip_next = all_results && self.branches[block].len() > 1;
        self.branches[block]
            .iter()
            .copied()
            .filter(move |branch| !(skip_next && matches!(branch.kind, BranchKind::Next)))
    }

    /// Which blocks a contact can reach.
    pub(crate) fn reachable(&self) -> Vec<bool> {
        let mut reached = vec![false; self.blocks.len()];
        let mut open: Vec<usize> = self.start.into_iter().collect();
        while let Some(block) = open.pop() {
            if !std::mem::replace(&mut reached[block], true) {
                open.extend(self.branches[block].iter().map(|branch| branch.to));
            }
        }
        reached
    }

    /// Whether a contact can leave the flow at a block, other than by hanging up: the block ends the flow, or passes
    /// the contact on.
    pub(crate) fn leaves(&self, block: usize) -> bool {
        let kind = self.blocks[block].kind.as_str();
        match rules().actions.get(kind) {
            Some(rule) => rule.next_action == NextActionRule::Refused || hands_on(kind),
            // For an unknown block, nothing else is visible.
            None => self.branches[block].is_empty(),
        }
    }

    /// The cycles among some of the blocks: each is a largest set in which every block leads to every other. Kosaraju's
    /// algorithm, without recursion, because an untrusted flow may be a very long chain.
    pub(crate) fn cycles(&self, among: impl Fn(usize) -> bool) -> Vec<HashSet<usize>> {
        let count = self.blocks.len();
        let mut before: Vec<Vec<usize>> = vec![Vec::new(); count];
        let mut after: Vec<Vec<usize>> = vec![Vec::new(); count];
        for from in (0..count).filter(|block| among(*block)) {
            for to in self.taken(from).map(|branch| branch.to).filter(|block| among(*block)) {
                after[from].push(to);
                before[to].push(from);
            }
        }
        let mut finished = Vec::with_capacity(count);
        let mut seen = vec![false; count];
        for root in 0..count {
            let mut open = vec![(root, 0)];
            while let Some((block, tried)) = open.pop() {
                if tried == 0 && std::mem::replace(&mut seen[block], true) {
                    continue;
                }
                match after[block].get(tried) {
                    Some(next) => open.extend([(block, tried + 1), (*next, 0)]),
                    None => finished.push(block),
                }
            }
        }
        let mut cycles = Vec::new();
        let mut taken = vec![false; count];
        for root in finished.into_iter().rev() {
            let mut cycle = HashSet::new();
            let mut open = vec![root];
            while let Some(block) = open.pop() {
                if !std::mem::replace(&mut taken[block], true) {
                    cycle.insert(block);
                    open.extend(&before[block]);
                }
            }
            if cycle.len() > 1 || cycle.iter().any(|block| after[*block].contains(block)) {
                cycles.push(cycle);
            }
        }
        cycles
    }
}

fn targets(action: &Action) -> impl Iterator<Item = (BranchKind<'_>, &str)> {
    let transitions = &action.transitions;
    let next = transitions.next_action.iter().map(|to| (BranchKind::Next, to.as_str()));
    let conditions = transitions.conditions.iter().map(|branch| {
        let condition = &branch.condition;
        (BranchKind::Condition(&condition.operator, &condition.operands), branch.next_action.as_str())
    });
    let errors = transitions
        .errors
        .iter()
        .map(|branch| (BranchKind::Error(&branch.error_type), branch.next_action.as_str()));
    next.chain(conditions).chain(errors)
}

/// Whether a block, when it succeeds, passes the contact on, so that what follows it runs only if it fails.
pub(crate) fn hands_on(kind: &str) -> bool {
    matches!(kind, "TransferContactToQueue" | "TransferToFlow" | "DequeueContactAndTransferToQueue")
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn flow(blocks: &[(&str, &[&str])]) -> Flow {
        let actions: Vec<String> = blocks
            .iter()
            .map(|(name, targets)| {
                let errors: Vec<String> = targets
                    .iter()
                    .map(|target| format!("{{\"NextAction\": \"{target}\", \"ErrorType\": \"E\"}}"))
                    .collect();
                format!(
                    "{{\"Identifier\": \"{name}\", \"Type\": \"T\", \"Transitions\": {{\"Errors\": [{}]}}}}",
                    errors.join(",")
                )
            })
            .collect();
        let text =
            format!("{{\"Version\": \"\", \"StartAction\": \"a\", \"Actions\": [{}]}}", actions.join(","));
        Flow::parse(&text).unwrap()
    }

    #[test]
    fn cycles_are_the_largest_ones() {
        let flow = flow(&[
            ("a", &["b"]),
            ("b", &["c", "d"]),
            ("c", &["b", "nowhere"]),
            ("d", &["d"]),
            ("e", &["f", "b"]),
            ("f", &["e"]),
        ]);
        let graph = Graph::of(&flow);
        let sorted = |cycles: Vec<HashSet<usize>>| {
            let mut cycles: Vec<Vec<usize>> = cycles
                .into_iter()
                .map(|cycle| {
                    let mut cycle: Vec<usize> = cycle.into_iter().collect();
                    cycle.sort_unstable();
                    cycle
                })
                .collect();
            cycles.sort();
            cycles
        };
        assert_eq!(sorted(graph.cycles(|_| true)), [vec![1, 2], vec![3], vec![4, 5]]);
        assert_eq!(sorted(graph.cycles(|block| block != 2)), [vec![3], vec![4, 5]]);
        assert_eq!(graph.reachable(), [true, true, true, true, false, false]);
    }

    #[test]
    fn a_very_long_chain_is_no_deep_recursion() {
        let names: Vec<String> =
            (0..20_000).map(|n| if n == 0 { "a".to_owned() } else { format!("b{n}") }).collect();
        let nexts: Vec<[&str; 1]> = (0..20_000).map(|n| [names[(n + 1) % 20_000].as_str()]).collect();
        let blocks: Vec<(&str, &[&str])> =
            names.iter().zip(&nexts).map(|(name, next)| (name.as_str(), next.as_slice())).collect();
        let flow = flow(&blocks);
        let cycles = Graph::of(&flow).cycles(|_| true);
        assert_eq!(cycles.len(), 1);
        assert_eq!(cycles[0].len(), 20_000);
    }
}
