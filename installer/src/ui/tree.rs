//! The stack's resources in progress, as lines that change in place on a terminal.

use std::time::{Duration, Instant};

use vmx_engine::progress::{StackEvent, StackOperation};

/// The most resources to list, so that earlier output stays visible.
const LISTED: usize = 10;
/// The progress animation.
pub(super) const WHEEL: [char; 4] = ['◐', '◓', '◑', '◒'];

/// A stack in progress.
#[derive(Debug)]
pub(super) struct Tree {
    stack: String,
    operation: StackOperation,
    begun: Instant,
    under_way: Vec<Resource>,
    done: usize,
    rolls_back: bool,
}

#[derive(Debug)]
struct Resource {
    logical_id: String,
    resource_type: String,
    status: String,
    since: Instant,
}

impl Tree {
    pub(super) fn new(stack: &str, operation: StackOperation, now: Instant) -> Self {
        Self {
            stack: stack.to_owned(),
            operation,
            begun: now,
            under_way: Vec::new(),
            done: 0,
            rolls_back: false,
        }
    }

    /// Adds an event.
    pub(super) fn note(&mut self, event: &StackEvent, now: Instant) {
        if event.is_of_the_stack() {
            let backwards = event.status.contains("ROLLBACK")
                || (event.status == "DELETE_IN_PROGRESS" && self.operation != StackOperation::Delete);
            if backwards && !self.rolls_back {
                // A rollback starts: count from zero.
                self.rolls_back = true;
                self.done = 0;
            }
            return;
        }
        let known = self.under_way.iter().position(|resource| resource.logical_id == event.logical_id);
        let under_way = event.status.ends_with("_IN_PROGRESS");
        match known {
            Some(place) if under_way => self.under_way[place].status.clone_from(&event.status),
            Some(place) => {
                self.under_way.remove(place);
            }
            None if under_way => self.under_way.push(Resource {
                logical_id: event.logical_id.clone(),
                resource_type: event.resource_type.clone(),
                status: event.status.clone(),
                since: now,
            }),
            None => {}
        }
        if event.status.ends_with("_COMPLETE") {
            self.done += 1;
        }
    }

    /// The lines, at most as wide as the terminal and fewer than its height.
    pub(super) fn lines(&self, now: Instant, rows: usize, columns: usize) -> Vec<String> {
        let room = rows.saturating_sub(3).clamp(1, LISTED);
        let doing = match (self.rolls_back, self.operation) {
            (true, _) => "rolling back",
            (_, StackOperation::Create) => "creating",
            (_, StackOperation::Update) => "updating",
            (_, StackOperation::Delete) => "deleting",
        };
        let elapsed = now.duration_since(self.begun);
        let mut lines =
            vec![format!("stack {}: {doing}, {}, {} done", self.stack, seconds(elapsed), self.done)];
        let width = self.under_way.iter().map(|resource| resource.logical_id.len()).max().unwrap_or_default();
        let turn = WHEEL[elapsed.as_millis() as usize / 250 % WHEEL.len()];
        for resource in self.under_way.iter().take(room) {
            let Resource { logical_id, resource_type, status, since } = resource;
            let kind = resource_type.trim_start_matches("AWS::");
            let status = status.trim_end_matches("_IN_PROGRESS").to_lowercase();
            let since = seconds(now.duration_since(*since));
            lines.push(format!("  {turn} {logical_id:<width$}  {status:<6} {since:>5}  {kind}"));
        }
        let more = self.under_way.len().saturating_sub(room);
        if more > 0 {
            lines.push(format!("    and {more} more"));
        }
        for line in &mut lines {
            // A full line would wrap on some terminals.
            *line = line.chars().take(columns.saturating_sub(1)).collect();
        }
        lines
    }

    /// The line that remains when it is over.
    pub(super) fn summary(&self, now: Instant) -> String {
        let elapsed = seconds(now.duration_since(self.begun));
        format!("stack {}: {} done in {elapsed}", self.stack, self.done)
    }
}

fn seconds(time: Duration) -> String {
    let seconds = time.as_secs();
    if seconds < 120 { format!("{seconds} s") } else { format!("{} min", seconds / 60) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(logical_id: &str, status: &str) -> StackEvent {
        let resource_type =
            if logical_id == "vmx" { "AWS::CloudFormation::Stack" } else { "AWS::SQS::Queue" };
        StackEvent {
            id: String::new(),
            at_ms: 0,
            logical_id: logical_id.into(),
            resource_type: resource_type.into(),
            status: status.into(),
            reason: None,
        }
    }

    #[test]
    fn what_is_under_way_is_listed_and_what_is_done_is_counted() {
        let begin = Instant::now();
        let mut tree = Tree::new("vmx", StackOperation::Update, begin);
        for (id, status) in [
            ("vmx", "UPDATE_IN_PROGRESS"),
            ("Queue", "UPDATE_IN_PROGRESS"),
            ("Role", "CREATE_IN_PROGRESS"),
            ("Role", "CREATE_COMPLETE"),
        ] {
            tree.note(&event(id, status), begin);
        }
        let lines = tree.lines(begin + Duration::from_secs(12), 24, 80);
        assert_eq!(lines, ["stack vmx: updating, 12 s, 1 done", "  ◐ Queue  update  12 s  SQS::Queue"]);
        assert_eq!(tree.summary(begin + Duration::from_secs(300)), "stack vmx: 1 done in 5 min");
        tree.note(&event("vmx", "UPDATE_ROLLBACK_IN_PROGRESS"), begin);
        assert_eq!(tree.lines(begin, 24, 80)[0], "stack vmx: rolling back, 0 s, 0 done");
    }

    #[test]
    fn it_fits_the_terminal() {
        let begin = Instant::now();
        let mut tree = Tree::new("a-stack-with-a-rather-long-name", StackOperation::Create, begin);
        for n in 0..40 {
            tree.note(&event(&format!("AResourceWithALongName{n}"), "CREATE_IN_PROGRESS"), begin);
        }
        for (rows, columns) in [(24, 80), (10, 30), (3, 10), (1, 1)] {
            let lines = tree.lines(begin, rows, columns);
            assert!(lines.len() <= rows.max(3), "{rows}: {lines:#?}");
            assert!(lines.iter().all(|line| line.chars().count() < columns.max(2)), "{columns}: {lines:#?}");
        }
        assert_eq!(tree.lines(begin, 24, 80).last().map(String::as_str), Some("    and 30 more"));
    }
}
