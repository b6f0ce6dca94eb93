//! AWS Lambda: event source mappings that hand batches to processes.
//! Source: the AWS Lambda developer guide, "Using Lambda with Amazon SQS" and "with Kinesis".

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{Instant, sleep, timeout};

use crate::fault::Function;
use crate::process::Process;
use crate::world::{QueueName, World, stream};

/// What the functions keep back of their time for the answer.
const MARGIN: Duration = Duration::from_secs(2);
/// Records that the stream's mapping takes at once, as the stack's template has it.
pub(crate) const STREAM_BATCH: usize = 4;
/// How often the stream's mapping tries again, as the stack's template has it.
pub(crate) const STREAM_RETRIES: u32 = 20;
/// The queues' mappings: messages at once, as the stack's template has it, and invocations at the same time.
const QUEUES: [(QueueName, Function, usize, usize); 3] = [
    (QueueName::Retry, Function::Recorder, 1, 5),
    (QueueName::Recordings, Function::Transcriber, 10, 5),
    (QueueName::Transcripts, Function::Packager, 10, 5),
];

/// Why an invocation has no answer.
enum NoAnswer {
    /// Too many ran already: it did not begin.
    Throttled,
    /// The process died, or ran out of time.
    Crashed,
}

/// The functions' processes and mappings.
pub(crate) struct Lambda {
    world: World,
    idle: RefCell<BTreeMap<Function, Vec<Process>>>,
    invocations: Cell<u64>,
}

/// How long an invocation of a function may take, in seconds: as the stack's template has it.
pub(crate) fn time_limit(function: Function) -> Duration {
    Duration::from_secs(match function {
        Function::Recorder => 300,
        Function::Transcriber => 60,
        Function::Packager => 120,
    })
}

impl Lambda {
    /// Starts the mappings. They work until the run's tasks are dropped.
    pub(crate) fn start(world: &World) {
        let lambda =
            Rc::new(Self { world: world.clone(), idle: RefCell::default(), invocations: Cell::new(0) });
        tokio::task::spawn_local(Rc::clone(&lambda).read_stream());
        for (queue, function, batch, at_once) in QUEUES {
            tokio::task::spawn_local(Rc::clone(&lambda).read_queue(queue, function, batch, at_once));
        }
    }

    /// Invokes a function and returns the ids of the items that are to be tried again.
    async fn invoke(&self, function: Function, records: Vec<Value>) -> Result<Vec<String>, NoAnswer> {
        if self.world.state().is_throttled() {
            return Err(NoAnswer::Throttled);
        }
        let idle = self.idle.borrow_mut().entry(function).or_default().pop();
        let process = idle.unwrap_or_else(|| Process::start(&self.world, function));
        self.invocations.set(self.invocations.get() + 1);
        let invocation = self.invocations.get();
        process.line.begin(invocation);
        self.world.state().running += 1;
        let limit = time_limit(function);
        let deadline = Instant::now() + limit.saturating_sub(MARGIN);
        let work = process.clock.within(process.handle(json!({ "Records": records }), deadline));
        let response = tokio::select! {
            biased;
            () = process.line.killed() => None,
            response = timeout(limit, work) => response.ok(),
        };
        let mut state = self.world.state();
        state.running -= 1;
        state.centre.over.insert(invocation);
        drop(state);
        self.world.announce();
        let response = response.ok_or(NoAnswer::Crashed)?;
        self.idle.borrow_mut().entry(function).or_default().push(process);
        Ok(response.batch_item_failures.into_iter().map(|item| item.item_identifier).collect())
    }

    async fn read_queue(self: Rc<Self>, queue: QueueName, function: Function, batch: usize, at_once: usize) {
        let free = Rc::new(Cell::new(at_once));
        loop {
            while free.get() == 0 {
                self.world.change(None, || false).await;
            }
            let messages = self.world.state().receive(queue, batch);
            if messages.is_empty() {
                let due = self.world.state().queues[&queue].next_due();
                let wait = due.map(|due| due.saturating_duration_since(Instant::now()));
                self.world.change(wait, || false).await;
                continue;
            }
            free.set(free.get() - 1);
            let free = Rc::clone(&free);
            let lambda = Rc::clone(&self);
            tokio::task::spawn_local(async move {
                let ids: Vec<String> = messages.iter().map(|message| message.id.clone()).collect();
                let records = messages.iter().map(|message| {
                    json!({"eventSource": "aws:sqs", "messageId": message.id, "body": message.body})
                });
                if let Ok(failed) = lambda.invoke(function, records.collect()).await {
                    let mut state = lambda.world.state();
                    let queue = state.queues.get_mut(&queue).unwrap();
                    ids.iter().filter(|id| !failed.contains(id)).for_each(|id| queue.delete(id));
                }
                free.set(free.get() + 1);
                lambda.world.announce();
            });
        }
    }

    async fn read_stream(self: Rc<Self>) {
        loop {
            let (from, to) = {
                let state = self.world.state();
                (state.stream.read, state.stream.records.len().min(state.stream.read + STREAM_BATCH))
            };
            if from == to {
                self.world.change(None, || false).await;
                continue;
            }
            self.work_through(from, to).await;
            self.world.state().stream.read = to;
            self.world.announce();
        }
    }

    /// Hands over a batch until it is done or given up. One whose process dies is halved.
    async fn work_through(&self, from: usize, to: usize) {
        let mut batches = vec![(from, to, 0)];
        while let Some((from, to, retries)) = batches.pop() {
            let records = self.wanted(from, to);
            if records.is_empty() {
                continue;
            }
            let first_failed = match self.invoke(Function::Recorder, records).await {
                Ok(failed) => match failed.iter().filter_map(|number| number.parse::<usize>().ok()).min() {
                    None => continue,
                    Some(first) => first,
                },
                // That is no attempt: the batch waits, whole.
                Err(NoAnswer::Throttled) => {
                    batches.push((from, to, retries));
                    sleep(Duration::from_secs(1)).await;
                    continue;
                }
                Err(NoAnswer::Crashed) if to - from > 1 => {
                    let middle = from + (to - from) / 2;
                    batches.extend([(middle, to, retries), (from, middle, retries)]);
                    sleep(Duration::from_secs(1)).await;
                    continue;
                }
                Err(NoAnswer::Crashed) => from,
            };
            let retries = if first_failed > from { 1 } else { retries + 1 };
            if retries > STREAM_RETRIES {
                let letter = stream::given_up(first_failed, to - 1).to_string();
                self.world.state().send(QueueName::RetryDead, letter, json!({}), Duration::ZERO);
                continue;
            }
            batches.push((first_failed, to, retries));
            sleep(Duration::from_secs(1 << retries.min(6))).await;
        }
    }

    /// The records of a part of the stream that pass the mapping's filter.
    fn wanted(&self, from: usize, to: usize) -> Vec<Value> {
        let state = self.world.state();
        let places = (from..to).filter(|place| is_flagged(&state.stream.records[*place].data));
        places
            .map(|place| {
                let data = aws_smithy_types::base64::encode(&state.stream.records[place].data);
                json!({
                    "eventSource": "aws:kinesis",
                    "kinesis": {"sequenceNumber": stream::number(place), "data": data},
                })
            })
            .collect()
    }
}

/// The mapping's filter: one of the flags is `1`. What is no JSON does not pass.
fn is_flagged(data: &[u8]) -> bool {
    let record: Value = serde_json::from_slice(data).unwrap_or_default();
    ["vm_flag", "vmx_flag", "vmx3_flag"].iter().any(|flag| record["Attributes"][*flag] == "1")
}
