//! Voicemails from recordings of the automated interaction, beside those from media streams. The local cloud does not
//! make such recordings; the test plays Amazon Connect and the flow.

use std::f64::consts::TAU;
use std::time::Duration;

use end_to_end::{Error, Site, Voice};
use jiff::{SignedDuration, Timestamp};
use local_cloud::call::read_wav;
use serde_json::{Value, json};

const BUCKET: &str = "amazon-connect-0123456789ab";
const PREFIX: &str = "connect/shop/CallRecordings";
/// Samples in a second.
const SECOND: usize = 8000;

/// A stereo recording: on one side the system with a prompt, a beep from 4.0 to 4.5 s and a goodbye, on the other the
/// caller, who speaks from 4.5 s on.
fn interaction(said: &[u8]) -> Vec<u8> {
    let said: Vec<i16> = said.as_chunks::<2>().0.iter().map(|sample| i16::from_le_bytes(*sample)).collect();
    let beep = 4 * SECOND;
    let begins = beep + SECOND / 2;
    let ends = begins + said.len();
    let mut audio = Vec::new();
    for n in 0..ends + 2 * SECOND {
        let t = n as f64 / 8000.0;
        let system = match n {
            _ if (beep..begins).contains(&n) => 9000.0 * (TAU * 1000.0 * t).sin(),
            _ if (begins..ends).contains(&n) => 0.0,
            _ => 4000.0 * (TAU * (180.0 * t + 9.0 * (TAU * 3.0 * t).sin())).sin(),
        };
        let caller = n.checked_sub(begins).and_then(|n| said.get(n)).copied().unwrap_or_default();
        audio.extend((system as i16).to_le_bytes());
        audio.extend(caller.to_le_bytes());
    }
    let size = |bytes: usize| (bytes as u32).to_le_bytes();
    let mut file = b"RIFF".to_vec();
    file.extend(size(audio.len() + 36));
    file.extend(b"WAVEfmt \x10\0\0\0\x01\0\x02\0");
    file.extend(size(SECOND));
    file.extend(size(SECOND * 4));
    file.extend(b"\x04\0\x10\0data");
    file.extend(size(audio.len()));
    file.extend(audio);
    file
}

fn second(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// The record of a call whose interaction was recorded, made of another call's.
fn record(of: &str, id: &str, attributes: &Value, key: &str) -> Result<Value, Error> {
    let mut record: Value = serde_json::from_str(of)?;
    let ended: Timestamp = record["DisconnectTimestamp"].as_str().ok_or("the call has no end")?.parse()?;
    record["ContactId"] = json!(id);
    record["Attributes"] = attributes.clone();
    let entry = |participant: &str, key: &str| {
        json!({
            "ParticipantType": participant, "StorageType": "S3", "MediaStreamType": "AUDIO", "Status": "AVAILABLE",
            "Location": format!("{BUCKET}/{key}"), "FragmentStartNumber": null, "FragmentStopNumber": null,
            "StartTimestamp": second(start(ended)), "StopTimestamp": second(ended),
        })
    };
    record["Recordings"] = json!([entry("IVR", key), entry("CUSTOMER", &format!("{PREFIX}/agent.wav"))]);
    Ok(record)
}

/// When a recording started, of a call that ended then.
fn start(ended: Timestamp) -> Timestamp {
    let whole = Timestamp::from_second(ended.as_second()).unwrap_or(ended);
    whole.saturating_sub(SignedDuration::from_secs(30)).unwrap_or(whole)
}

#[tokio::test(flavor = "multi_thread")]
async fn both_sources_bring_the_callers_voice_to_the_sample() -> Result<(), Error> {
    let site = Site::with("read_ivr_recordings: true\n").await?;
    let refused = site.install().await?;
    assert_eq!(refused.code, Some(1), "{refused:#?}");
    assert!(refused.stderr.contains("the instance has no bucket for call recordings"), "{refused:#?}");
    site.store_call_recordings(BUCKET, PREFIX).await?;
    let run = site.install().await?;
    assert_eq!(run.code, Some(0), "{run:#?}");

    // A media stream.
    let said = Voice::AmiableWoman.pcm()?;
    let call = site.leave(Voice::AmiableWoman).await?;
    let of = call.contact_record.as_ref().ok_or("no contact record was sent")?.json.clone();

    let recordings = site.output("RecordingsBucket").await?;
    // A flow with slots that marks its message, and one of an earlier system that notes the second.
    let ended: Timestamp = {
        let record: Value = serde_json::from_str(&of)?;
        record["DisconnectTimestamp"].as_str().ok_or("the call has no end")?.parse()?
    };
    let at = |ms: i64| start(ended).as_millisecond() + ms;
    let length = said.len() as i64 / 16;
    let marked = json!({
        "vm_flag": "1", "vm_taking": "0", "vm_lang": "en-GB",
        "vm_saved_1": "saved", "vm_saved_1_fragment": at(4400).to_string(),
        "vm_saved_1_until": at(4900 + length).to_string(),
    });
    let noted = start(ended).saturating_add(SignedDuration::from_secs(4))?;
    let timed = json!({"vmx3_flag": "1", "vmx3_timestamp": second(noted)});
    for (number, (attributes, is_late)) in [(marked, true), (timed, false)].into_iter().enumerate() {
        let id = format!("00000000-0000-4000-8000-0000000000e{number}");
        let key = format!("{PREFIX}/ivr/2026/01/01/{id}_20260101T10:00_UTC.wav");
        let record = record(&of, &id, &attributes, &key)?;
        if is_late {
            site.put_contact_record(&call, &record).await?;
            tokio::time::sleep(Duration::from_secs(3)).await;
            assert_eq!(site.outcome(&id).await?, None);
        }
        site.put_object(BUCKET, &key, interaction(&said)).await?;
        if !is_late {
            site.put_contact_record(&call, &record).await?;
        }
        // Nobody called as this contact, so its task has no link to it.
        site.delivered(&[&id]).await?;
        let heard = read_wav(&site.cloud.backend().get_object(&recordings, &format!("{id}.wav")).await?)?;
        assert!(heard[..1600] == said[..1600], "{attributes}: the first 100 ms are not what was spoken");
        assert!(heard.starts_with(&said), "{attributes}: the recording is not what was spoken");
        if is_late {
            let last = |pcm: &[u8]| pcm[pcm.len() - 1600..].to_vec();
            assert!(last(&heard) == last(&said), "{attributes}: the last 100 ms are not what was spoken");
            assert_eq!(heard.len(), said.len(), "{attributes}");
        }
    }
    let streamed = site.listen(&site.task(&call.contact_id).await?).await?;
    let spoken = streamed.windows(1600).any(|window| window == &said[..1600]);
    assert!(spoken, "the message from the stream is not what was spoken");
    Ok(())
}
