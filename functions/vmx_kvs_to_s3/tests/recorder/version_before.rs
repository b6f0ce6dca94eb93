//! Inputs that the version before messages and states got wrong, each with its right outcome.

use serde_json::{Value, json};

use crate::done;
use crate::world::{RECORDING, World, speech};

fn changed(world: &World, change: impl FnOnce(&mut Value)) -> String {
    let mut record = serde_json::from_str(&world.record()).unwrap();
    change(&mut record);
    record.to_string()
}

fn recordings(world: &World) -> usize {
    world.state().buckets.objects.keys().filter(|key| key.starts_with("recordings/")).count()
}

macro_rules! kept {
    ($name:ident, $expected:expr, $change:expr) => {
        #[tokio::test(start_paused = true)]
        async fn $name() {
            let world = World::with(&speech(20 * 16_384));
            let record = changed(&world, $change);
            let answer = world.stream(std::slice::from_ref(&record)).await;
            let queue = world.state().queue.len();
            assert_eq!((answer == done(), recordings(&world), queue), $expected, "{record}");
        }
    };
}

// Saved, and then canceled by an agent.
kept!(saved_and_an_agent_later, (true, 1, 0), |r| {
    r["Attributes"] = json!({"vm_flag": "0", "vm_saved_1": "saved", "vm_taking": "0"});
    r["DisconnectTimestamp"] = json!("2024-01-26T03:20:12Z");
    r["Agent"] = json!({"ConnectedToAgentTimestamp": "2024-01-26T03:09:50Z", "AgentInteractionDuration": 60});
});
kept!(second_saved_and_flag_taken_back, (true, 1, 0), |r| {
    r["Attributes"] = json!({"vm_flag": "0", "vm_saved_1": "done", "vm_saved_2": "saved", "vm_taking": "0"});
});
// Two messages, streams in any order.
fn two(r: &mut Value, saved: &[&str]) {
    let mut first = r["Recordings"][0].clone();
    let mut second = first.clone();
    let number = first["FragmentStartNumber"].as_str().unwrap().to_owned();
    let at = |n: u32| format!("{}{n:02}", &number[..number.len() - 2]);
    (first["FragmentStartNumber"], first["FragmentStopNumber"]) = (json!(at(0)), json!(at(5)));
    (first["StartTimestamp"], first["StopTimestamp"]) =
        (json!("2024-01-26T03:07:41Z"), json!("2024-01-26T03:07:47Z"));
    (second["FragmentStartNumber"], second["FragmentStopNumber"]) = (json!(at(8)), json!(at(15)));
    (second["StartTimestamp"], second["StopTimestamp"]) =
        (json!("2024-01-26T03:07:49Z"), json!("2024-01-26T03:07:57Z"));
    r["Recordings"] = json!([second, first]);
    for slot in saved {
        r["Attributes"][*slot] = json!("saved");
    }
    r["Attributes"]["vm_taking"] = json!("0");
}
kept!(two_saved, (true, 2, 0), |r| two(r, &["vm_saved_1", "vm_saved_2"]));
#[tokio::test(start_paused = true)]
async fn latest_stream_is_first_in_the_list() {
    let pcm = speech(20 * 16_384);
    let world = World::with(&pcm);
    let record = changed(&world, |r| {
        two(r, &[]);
        r["Attributes"].as_object_mut().unwrap().remove("vm_taking");
    });
    assert_eq!(world.stream(&[record]).await, done());
    let state = world.state();
    let body = &state.buckets.objects[RECORDING].body;
    assert!(body[44..] == pcm[8 * 16_384..16 * 16_384], "{} bytes", body.len());
}
// A hang-up at the beep is no dead letter.
kept!(no_fragments_in_a_second, (true, 0, 0), |r| {
    r["Recordings"][0]["FragmentStartNumber"] = json!(null);
    r["Recordings"][0]["FragmentStopNumber"] = json!(null);
    r["Recordings"][0]["StopTimestamp"] = json!("2024-01-26T03:07:42Z");
});
#[tokio::test(start_paused = true)]
async fn a_second_of_nothing() {
    let world = World::with(&[0; 16_384]);
    let record = changed(&world, |r| r["Recordings"][0]["StopTimestamp"] = json!("2024-01-26T03:07:42Z"));
    assert_eq!(world.stream(&[record]).await, done());
    assert_eq!((recordings(&world), world.state().queue.len()), (0, 0));
}
// The beginning is missing.
macro_rules! begins_late {
    ($name:ident, $gone:expr) => {
        #[tokio::test(start_paused = true)]
        async fn $name() {
            let world = World::with(&speech(20 * 16_384));
            let record = world.record();
            world.state().stream.drain(..$gone);
            world.stream(&[record]).await;
            assert_eq!((recordings(&world), world.state().queue.len()), (0, 1));
        }
    };
}
begins_late!(the_first_fragment_is_missing, 1);
begins_late!(half_is_missing, 10);
// An agent answers while an earlier system's flow records.
kept!(v3_and_an_agent, (true, 0, 0), |r| {
    r["Attributes"] = json!({"vmx3_flag": "1"});
    r["Agent"] = json!({"ConnectedToAgentTimestamp": "2024-01-26T03:07:50Z", "AgentInteractionDuration": 14,
                        "AfterContactWorkStartTimestamp": "2024-01-26T03:08:12Z"});
});
kept!(an_agent_to_the_end, (true, 0, 0), |r| {
    r["Attributes"] = json!({"vmx_flag": "1"});
    r["Agent"] = json!({"ConnectedToAgentTimestamp": "2024-01-26T03:07:45Z"});
});
// Spelling.
kept!(a_space_behind_the_flag, (true, 1, 0), |r| r["Attributes"]["vm_flag"] = json!("1 "));
kept!(customer_in_another_case, (true, 1, 0), |r| r["Recordings"][0]["ParticipantType"] = json!("Customer"));
