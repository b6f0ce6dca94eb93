//! Media streaming: when, and of which participants.

use flow_language::Action;
use serde_json::{Value, json};

use crate::call::contacts::moment;
use crate::call::error::CallError;
use crate::call::interpreter::{Interpreter, Outcome, failed};
use crate::call::line::milliseconds;
use crate::connect::{Channel, Connect};
use crate::kinesis_video::{Place, StreamSettings};

/// Streaming in progress.
#[derive(Debug)]
pub(in crate::call) struct Streaming {
    place: Place,
    /// The start, in samples.
    from: u64,
    /// Whether the audio to the customer is streamed as well.
    both: bool,
}

/// Finished streaming.
#[derive(Debug)]
pub(in crate::call) struct Streamed {
    pub(in crate::call) place: Place,
    /// The start, in samples.
    pub(in crate::call) from: u64,
    /// The end.
    pub(in crate::call) until: u64,
    /// Whether the audio to the customer was streamed as well.
    pub(in crate::call) both: bool,
}

impl Interpreter<'_> {
    pub(super) fn update_streaming(&mut self, action: &Action) -> Result<Outcome, CallError> {
        if self.channel != Channel::Voice {
            return Ok(failed("only a call has media"));
        }
        if action.parameters.get("MediaStreamingState").and_then(Value::as_str) != Some("Enabled") {
            self.stop_streaming();
            return Ok(Outcome::Done);
        }
        let directions = |participant: &Value| -> Vec<String> {
            let directions = participant.get("MediaDirections").and_then(Value::as_array);
            let directions = directions.into_iter().flatten();
            directions.filter_map(|direction| direction.as_str().map(str::to_owned)).collect()
        };
        let participants = action.parameters.get("Participants").and_then(Value::as_array);
        let customer = participants.into_iter().flatten().find(|participant| {
            participant.get("ParticipantType").and_then(Value::as_str) == Some("Customer")
        });
        let directions = customer.map(directions).unwrap_or_default();
        if !directions.iter().any(|direction| direction == "From") {
            return Err(self.unsupported(action, "streaming that leaves out what the customer says"));
        }
        if self.circumstances.streaming_failures > 0 {
            self.circumstances.streaming_failures -= 1;
            return Ok(failed("the stream is not there yet"));
        }
        if self.streaming.is_none() {
            let Some(place) = place(self.connect, &self.contact_id, self.line.now_ms()) else {
                return Ok(failed("the instance has no storage configuration for media streams"));
            };
            self.note("media streaming starts");
            self.streaming = Some(Streaming {
                place,
                from: self.line.now(),
                both: directions.iter().any(|direction| direction == "To"),
            });
        }
        Ok(Outcome::Done)
    }

    /// Stops streaming, if it is on: on the flow's request, or at the end of the contact.
    pub(in crate::call) fn stop_streaming(&mut self) {
        if let Some(Streaming { place, from, both }) = self.streaming.take() {
            let until = self.line.now();
            self.connect.kinesis_video().stop(&place, milliseconds(until - from).cast_signed());
            self.marks.streamed.push(Streamed { place, from, until, both });
            self.note("media streaming stops");
        }
    }

    /// The customer's media as references and functions see it: the streaming in progress, or else the last one. Empty
    /// if there was none.
    ///
    /// The times assume that the call ends now. If it continues they turn out to be earlier, because a call takes no
    /// time and ends at the present moment.
    pub(in crate::call) fn customer_audio(&self) -> Value {
        let (place, from, until) = match (&self.streaming, self.marks.streamed.last()) {
            (Some(streaming), _) => (&streaming.place, streaming.from, None),
            (None, Some(streamed)) => (&streamed.place, streamed.from, Some(streamed.until)),
            (None, None) => return Value::Null,
        };
        let now = self.connect.now();
        let at =
            |samples| moment(now, self.line.now_ms(), milliseconds(samples)).as_millisecond().to_string();
        json!({
            "StreamARN": place.stream_arn,
            "StartTimestamp": at(from),
            "StopTimestamp": until.map(at),
            "StartFragmentNumber": place.first_fragment(),
        })
    }
}

/// Starts streaming for a contact whose call began this many milliseconds ago. `None` if streaming is not configured.
fn place(connect: &Connect, contact_id: &str, elapsed_ms: u64) -> Option<Place> {
    let settings = connect.center().media_streams().cloned()?;
    let settings = StreamSettings {
        name_prefix: &settings.prefix,
        retention_hours: settings.retention_period_hours,
        key_id: &settings.encryption_config.key_id,
    };
    let began_ms = moment(connect.now(), elapsed_ms, 0).as_millisecond();
    Some(connect.kinesis_video().start(settings, contact_id, began_ms))
}
