//! AWS Lambda: event source mappings that pass batches to processes.
//! Source: the AWS Lambda developer guide, "Using Lambda with Amazon SQS" and "with Kinesis".

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{Instant, sleep, timeout};

use crate::chain::Part;
use crate::fault::Function;
use crate::process::Process;
use crate::world::{QueueName, STATE, World, stream};

/// The time that functions reserve for the response.
const MARGIN: Duration = Duration::from_secs(2);
/// The stream mapping's batch size, as in the stack's template.
pub(crate) const STREAM_BATCH: usize = 4;
/// The stream mapping's number of retries, as in the stack's template.
pub(crate) const STREAM_RETRIES: u32 = 20;
/// The queues' mappings: batch size, as in the stack's template, and concurrency.
const QUEUES: [Mapping; 3] = [
    Mapping { queue: QueueName::Retry, part: Part::RetryTrigger, function: Function::Recorder, batch: 1 },
    Mapping {
        queue: QueueName::Recordings,
        part: Part::RecordingsTrigger,
        function: Function::Transcriber,
        batch: 10,
    },
    Mapping {
        queue: QueueName::Transcripts,
        part: Part::TranscriptsTrigger,
        function: Function::Packager,
        batch: 10,
    },
];
/// The delay before the schedule's first invocation. It is at no full minute, when a run is looked at and redriven: an
/// operator who meets a round sees that it holds dead letters, and repeats the command.
const FIRST_ROUND: Duration = Duration::from_secs(75);
/// Older records are given up unread, as in the stack's template.
pub(crate) const RECORD_AGE: Duration = Duration::from_hours(23);
/// The concurrency of a mapping.
const AT_ONCE: usize = 5;

#[derive(Debug, Clone, Copy)]
struct Mapping {
    queue: QueueName,
    part: Part,
    function: Function,
    batch: usize,
}

/// Why an invocation returned nothing.
enum NoAnswer {
    /// Throttled: it did not start.
    Throttled,
    /// The process died or timed out.
    Crashed,
}

/// The processes and mappings of the functions.
pub(crate) struct Lambda {
    world: World,
    idle: RefCell<BTreeMap<Function, Vec<Process>>>,
    invocations: Cell<u64>,
}

/// The timeout of a function, as in the stack's template.
pub(crate) fn time_limit(function: Function) -> Duration {
    Duration::from_secs(match function {
        Function::Recorder => 300,
        Function::Transcriber => 60,
        Function::Packager => 120,
        Function::Watchdog => 120,
    })
}

impl Lambda {
    /// Starts the mappings, and the schedule with this interval. They run until the run's tasks are dropped.
    pub(crate) fn start(world: &World, every: Duration) {
        let lambda =
            Rc::new(Self { world: world.clone(), idle: RefCell::default(), invocations: Cell::new(0) });
        tokio::task::spawn_local(Rc::clone(&lambda).read_stream());
        for mapping in QUEUES {
            tokio::task::spawn_local(Rc::clone(&lambda).read_queue(mapping));
        }
        tokio::task::spawn_local(lambda.keep_watching(every));
    }

    /// Invokes a function with a batch and returns the IDs of the items to retry.
    async fn invoke(&self, function: Function, event: Value) -> Result<Vec<String>, NoAnswer> {
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
        let work = process.clock.within(process.handle(event, deadline));
        let response = tokio::select! {
            biased;
            () = process.line.killed() => None,
            response = timeout(limit, work) => response.ok(),
        };
        let mut state = self.world.state();
        state.running -= 1;
        state.center.over.insert(invocation);
        let (at, of) = (state.after(), ("FunctionName", function.resource()));
        let error = if response.is_some() { 0.0 } else { 1.0 };
        state.metrics.measure(at, "AWS/Lambda", "Errors", of, error);
        drop(state);
        self.world.announce();
        let response = response.ok_or(NoAnswer::Crashed)?;
        self.idle.borrow_mut().entry(function).or_default().push(process);
        Ok(response.batch_item_failures.into_iter().map(|item| item.item_identifier).collect())
    }

    /// The schedule. A failed invocation is retried twice.
    /// Source: the AWS Lambda developer guide, "Asynchronous invocation".
    async fn keep_watching(self: Rc<Self>, every: Duration) {
        let mut next = Instant::now() + FIRST_ROUND;
        loop {
            tokio::time::sleep_until(next).await;
            next += every;
            if self.world.state().off_for(Part::Schedule).is_some() {
                continue;
            }
            for pause in [60, 120, 0] {
                let fails = self.world.state().off_for(Part::Watchdog).is_some();
                if !fails && self.invoke(Function::Watchdog, json!({})).await.is_ok() {
                    break;
                }
                sleep(Duration::from_secs(pause)).await;
            }
        }
    }

    /// Waits until a part of the chain is on.
    async fn on(&self, part: Part) {
        loop {
            let Some(rest) = self.world.state().off_for(part) else { return };
            sleep(rest).await;
        }
    }

    async fn read_queue(self: Rc<Self>, mapping: Mapping) {
        let Mapping { queue, part, function, batch } = mapping;
        let free = Rc::new(Cell::new(AT_ONCE));
        loop {
            while free.get() == 0 {
                self.world.change(None, || false).await;
            }
            self.on(part).await;
            let messages = self.world.state().receive(queue, batch, None);
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
                    json!({
                        "eventSource": "aws:sqs", "messageId": message.id, "body": message.body,
                        "attributes": {"ApproximateReceiveCount": message.receives.to_string()},
                    })
                });
                let event = json!({ "Records": records.collect::<Vec<_>>() });
                if let Ok(failed) = lambda.invoke(function, event).await {
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
            self.on(Part::StreamTrigger).await;
            let (from, to) = self.world.state().next_records(STREAM_BATCH);
            if from == to {
                self.world.change(None, || false).await;
                continue;
            }
            self.work_through(from, to).await;
            self.world.state().stream.read = to;
            self.world.announce();
        }
    }

    /// Passes on a batch until it is done or given up. If the process dies, the batch is split.
    async fn work_through(&self, from: usize, to: usize) {
        let age = self.world.state().stream.records[from].at.elapsed();
        let of = ("FunctionName", Function::Recorder.resource());
        {
            let mut state = self.world.state();
            let at = state.after();
            state.metrics.measure(at, "AWS/Lambda", "IteratorAge", of, age.as_secs_f64() * 1000.0);
        }
        if age > RECORD_AGE {
            return self.give_up(from, to);
        }
        let mut batches = vec![(from, to, 0)];
        while let Some((from, to, retries)) = batches.pop() {
            let records = self.wanted(from, to);
            if records.is_empty() {
                continue;
            }
            let event = json!({ "Records": records });
            let first_failed = match self.invoke(Function::Recorder, event).await {
                Ok(failed) => match failed.iter().filter_map(|number| number.parse::<usize>().ok()).min() {
                    None => continue,
                    Some(first) => first,
                },
                // This is not an attempt: the batch waits, whole.
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
                self.give_up(first_failed, to);
                continue;
            }
            batches.push((first_failed, to, retries));
            sleep(Duration::from_secs(1 << retries.min(6))).await;
        }
    }

    /// Gives up a batch and writes it to the bucket.
    fn give_up(&self, from: usize, to: usize) {
        if self.wanted(from, to).is_empty() {
            return;
        }
        let event = json!({ "Records": self.wanted(from, to) });
        let letter = stream::given_up(from, to - 1, Some(&event));
        let key = stream::letter_key(self.world.state().clock.now(), from);
        self.world.write_object(STATE, &key, letter.to_string().into_bytes());
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

/// The mapping's filters: a flag starts with `1`, or with a space, because the function trims it; or a flow with slots
/// has taken a message. Data other than JSON is filtered out.
fn is_flagged(data: &[u8]) -> bool {
    let record: Value = serde_json::from_slice(data).unwrap_or_default();
    let begins = |name: &str, value: &str| {
        let text = record["Attributes"][name].as_str().unwrap_or_default();
        text.starts_with(value) || text.starts_with(' ')
    };
    ["vm_flag", "vmx_flag", "vmx3_flag"].iter().any(|flag| begins(flag, "1"))
        || record["Attributes"]["vm_taking"].is_string()
}
