//! The functions at work: starts, memory, processor time.

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use end_to_end::{Error, Site, Voice};
use serde_json::{Value, json};

use crate::function::{FUNCTIONS, Package, Running, environment};
use crate::process::Memory;
use crate::report;

/// How often a start is measured.
pub(crate) const STARTS: usize = 20;
/// How many voicemails of a minute a function handles, warm, for its processor time.
const VOICEMAILS: usize = 10;
/// The lengths of messages for which memory is measured: a minute, and the longest.
pub(crate) const LENGTHS: [Duration; 2] = [Duration::from_secs(60), Duration::from_secs(1200)];

/// The length of each message of a soak.
const SOAK_LENGTH: Duration = Duration::from_secs(2);

/// How a function starts.
pub(crate) struct Starts {
    /// Its crate.
    pub(crate) function: &'static str,
    /// From the start of the process to the first poll, the median.
    pub(crate) start: Duration,
    /// Its memory then.
    pub(crate) memory: Memory,
}

/// The most memory that a function has taken, for each of [`LENGTHS`], in KiB.
pub(crate) struct Peaks {
    pub(crate) function: &'static str,
    pub(crate) peaks_kib: Vec<u64>,
}

/// The processor time of a function for a voicemail of a minute, the median.
pub(crate) struct Work {
    pub(crate) function: &'static str,
    pub(crate) cpu: Duration,
}

/// An installed site whose functions are run by hand.
pub(crate) struct Bench<'a> {
    site: &'a Site,
    functions: Vec<(&'a Package, BTreeMap<String, String>)>,
    recordings: String,
    transcripts: String,
}

impl<'a> Bench<'a> {
    /// Nothing invokes the installed functions from now on: every event is for those that are measured.
    pub(crate) async fn new(site: &'a Site, packages: &'a [Package]) -> Result<Self, Error> {
        site.disable_triggers().await?;
        let mut functions = Vec::new();
        for package in packages {
            functions.push((package, environment(site, package).await?));
        }
        let recordings = site.output("RecordingsBucket").await?;
        let transcripts = site.output("TranscriptsBucket").await?;
        Ok(Self { site, functions, recordings, transcripts })
    }

    /// Starts each function many times.
    pub(crate) async fn starts(&self) -> Result<Vec<Starts>, Error> {
        let mut all = Vec::new();
        for (package, environment) in &self.functions {
            let mut times = Vec::new();
            let mut memory = None;
            for _ in 0..STARTS {
                let running = Running::start(package, environment).await?;
                times.push(running.start);
                memory = Some(running.memory()?);
            }
            let memory = memory.ok_or("no start was measured")?;
            all.push(Starts { function: package.name, start: median(times), memory });
        }
        Ok(all)
    }

    /// Has fresh processes handle one message of each length.
    pub(crate) async fn memory(&self) -> Result<Vec<Peaks>, Error> {
        let mut all: Vec<Peaks> =
            FUNCTIONS.map(|(function, _)| Peaks { function, peaks_kib: Vec::new() }).into();
        for length in LENGTHS {
            let mut running = self.start().await?;
            self.handle(&mut running, length).await?;
            for (peaks, function) in all.iter_mut().zip(&running) {
                peaks.peaks_kib.push(function.memory()?.peak_kib);
            }
        }
        Ok(all)
    }

    /// Has one process of each function handle several voicemails of a minute.
    pub(crate) async fn work(&self) -> Result<Vec<Work>, Error> {
        let mut running = self.start().await?;
        let mut times: Vec<Vec<Duration>> = vec![Vec::new(); running.len()];
        for _ in 0..VOICEMAILS {
            let cpu = self.handle(&mut running, LENGTHS[0]).await?;
            for (times, cpu) in times.iter_mut().zip(cpu) {
                times.push(cpu);
            }
        }
        let work = |((function, _), times): ((&'static str, _), Vec<Duration>)| Work {
            function,
            cpu: median(times),
        };
        Ok(FUNCTIONS.into_iter().zip(times).map(work).collect())
    }

    /// Leads many short messages through one process of each function, and tells their memory from time to time.
    pub(crate) async fn soak(&self, voicemails: u32) -> Result<(), Error> {
        let mut running = self.start().await?;
        report::soak_head()?;
        let steps = (voicemails / 10).max(1);
        for number in 1..=voicemails {
            self.handle(&mut running, SOAK_LENGTH).await?;
            if number == 1 || number % steps == 0 {
                let memory: Result<Vec<_>, _> = running.iter().map(Running::memory).collect();
                report::soak_row(number, &memory?)?;
            }
        }
        Ok(())
    }

    async fn start(&self) -> Result<Vec<Running>, Error> {
        let mut running = Vec::new();
        for (package, environment) in &self.functions {
            running.push(Running::start(package, environment).await?);
        }
        Ok(running)
    }

    /// Leads a message of that length through the functions, and has the watchdog make a round. Returns the processor
    /// time of each.
    async fn handle(&self, running: &mut [Running], length: Duration) -> Result<Vec<Duration>, Error> {
        let [recorder, transcriber, packager, playback, watchdog] = running else {
            return Err("not every function runs".into());
        };
        let (contact_id, record) = self.leave(length).await?;
        let (_, recording) = recorder.handle(&contact_record_event(&record)).await?;

        let created = self.site.object_created(&self.recordings, &format!("{contact_id}.wav"));
        let (_, transcription) = transcriber.handle(&queue_event(&created)).await?;

        // The recognizer's transcript comes too, or not: of a tone there is none.
        let key = format!("{contact_id}.json");
        let json = transcript(length).to_string().into_bytes();
        self.site
            .cloud
            .backend()
            .put_object(&self.transcripts, &key, "application/json", json.into())
            .await?;
        let (_, packaging) =
            packager.handle(&queue_event(&self.site.object_created(&self.transcripts, &key))).await?;

        let task = self.site.task(&contact_id).await?;
        let link = task.references.values().find(|reference| reference.kind == "URL");
        let path = link.and_then(|link| link.value.split_once("/v/")).ok_or("the task has no link")?.1;
        let (answer, playing) = playback.handle(&page_request(path)).await?;
        if answer["statusCode"] != 200 {
            return Err(format!("the page cannot be opened: {answer}").into());
        }
        let (_, watching) = watchdog.handle(&json!({"detail-type": "Scheduled Event"})).await?;
        Ok(vec![recording, transcription, packaging, playing, watching])
    }

    /// Leaves a message. Tells the contact's id and its record, JSON.
    async fn leave(&self, length: Duration) -> Result<(String, String), Error> {
        let call = self.site.leave(Voice::Tone(length)).await?;
        Ok((call.contact_id, call.contact_record.ok_or("no contact record was sent")?.json))
    }
}

/// The middle one of some times.
pub(crate) fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// What Lambda makes of a record on the stream.
fn contact_record_event(record: &str) -> Value {
    json!({"Records": [{
        "eventSource": "aws:kinesis", "eventID": "shardId-000000000000:1", "eventName": "aws:kinesis:record",
        "kinesis": {"kinesisSchemaVersion": "1.0", "partitionKey": "p", "sequenceNumber": "1", "data": BASE64.encode(record)},
    }]})
}

/// What Lambda makes of a message in a queue.
fn queue_event(body: &Value) -> Value {
    json!({"Records": [{
        "eventSource": "aws:sqs", "messageId": "m", "receiptHandle": "r", "body": body.to_string(),
        "attributes": {"ApproximateReceiveCount": "1"},
    }]})
}

/// What the function URL makes of a request for the page.
fn page_request(token: &str) -> Value {
    json!({
        "version": "2.0", "rawPath": format!("/v/{token}"), "rawQueryString": "", "headers": {},
        "requestContext": {"http": {"method": "GET", "path": format!("/v/{token}"), "sourceIp": "127.0.0.1"}},
        "isBase64Encoded": false,
    })
}

/// What Amazon Transcribe writes of a message of that length: two and a half words a second, each with its times.
fn transcript(length: Duration) -> Value {
    let words = length.as_secs() * 5 / 2;
    let items: Vec<Value> = (0..words)
        .map(|word| {
            json!({
                "id": word, "type": "pronunciation", "start_time": format!("{}.1", word * 2 / 5),
                "end_time": format!("{}.4", word * 2 / 5),
                "alternatives": [{"confidence": "0.998", "content": "express"}],
            })
        })
        .collect();
    let text = vec!["express"; words as usize].join(" ");
    json!({
        "jobName": "bench", "accountId": "111122223333", "status": "COMPLETED",
        "results": {"transcripts": [{"transcript": text}], "items": items},
    })
}
