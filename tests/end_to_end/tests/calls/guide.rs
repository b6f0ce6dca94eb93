//! Guided tasks as agents open them.

use std::collections::BTreeMap;

use local_cloud::call::{AgentStep, detail_page};
use serde::Deserialize;
use serde_json::{Value, json};
use vmx_contract::attributes::task;

use crate::center::{Answer, Center, SUPPORT};

const FUNCTION: &str = "arn:aws:lambda:us-east-1:111122223333:function:playback";
const AGENT: &str = "c0ffee00-0000-4000-8000-000000000041";
const VOICEMAIL: &str = "c0ffee00-0000-4000-8000-0000000000cc";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    tasks: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    /// Whether flows may invoke the function.
    #[serde(default = "yes")]
    associated: bool,
    /// The function's responses in order: `fails`, `late`, or the response itself.
    answers: Vec<Value>,
    /// What the agent does with each view, in order.
    agent: Vec<String>,
    /// What the data of each view must contain.
    sees: Vec<Vec<String>>,
    /// More lines that the guide's conversation must contain.
    #[serde(default)]
    told: Vec<String>,
}

fn yes() -> bool {
    true
}

fn answer(value: &Value) -> Answer {
    match value.as_str() {
        Some("fails") => Answer::Fails,
        Some("late") => Answer::Late,
        _ => Answer::Given(value.clone()),
    }
}

fn step(words: &str) -> AgentStep {
    match words {
        "again" => {
            let (action, data) = ("ActionSelected".to_owned(), json!({"actionName": "Get a new link"}));
            AgentStep::Choose { action, data }
        }
        "idle" => AgentStep::Idle,
        other => panic!("an agent cannot {other}"),
    }
}

/// The attributes that the packager sets on a task.
fn given(center: &Center, extra: &[(&str, &str)]) -> BTreeMap<String, String> {
    let mut given = BTreeMap::from([
        (task::TARGET.to_owned(), task::TARGET_QUEUE.to_owned()),
        (task::QUEUE_ARN.to_owned(), center.queue(SUPPORT)),
        (task::CONTACT_ID.to_owned(), VOICEMAIL.to_owned()),
        (task::GUIDE_FUNCTION.to_owned(), FUNCTION.to_owned()),
        ("secret".to_owned(), "must not be shown".to_owned()),
    ]);
    given.extend(extra.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    given
}

// The runtime's clock advances by itself while everything waits.
#[tokio::test(start_paused = true)]
async fn an_agent_opens_a_guided_task() {
    let table: Table = serde_yaml::from_str(include_str!("guide.yaml")).unwrap();
    for case in &table.tasks {
        let name = &case.name;
        let center = Center::new("modes: [task, guided_task]", true, true).await;
        if case.associated {
            center.associate(FUNCTION).await;
        }
        center.answers(case.answers.iter().map(answer));
        let task = center.start_task("guided_task", given(&center, &[])).await;
        let steps = case.agent.iter().map(|words| step(words)).collect();
        let guide = center.open_guide(&task, steps).await;
        let seen: Vec<String> = guide.views.iter().map(|view| view.data.to_string()).collect();
        assert_eq!(seen.len(), case.sees.len(), "{name}: {seen:#?}\n{}", guide.conversation);
        for (seen, expected) in seen.iter().zip(&case.sees) {
            for expected in expected {
                assert!(seen.contains(expected.as_str()), "{name}: {expected} in {seen}");
            }
            assert!(!seen.contains("must not be shown"), "{name}: {seen}");
        }
        for told in &case.told {
            assert!(guide.conversation.to_string().contains(told), "{name}: {told}\n{}", guide.conversation);
        }
        if let Some(view) = guide.views.first() {
            let page = detail_page(&view.data);
            assert!(!page.contains("<b>"), "{name}: {page}");
            // For a screenshot.
            if let (Ok(path), "the voicemail, with a link that was made when the task was opened") =
                (std::env::var("VMX_GUIDE_PAGE"), name.as_str())
            {
                std::fs::write(path, &page).unwrap();
            }
        }
        for event in center.invocations() {
            let asked = json!({"contact_id": VOICEMAIL, "minutes": "60"});
            assert_eq!(event["Details"]["Parameters"], asked, "{name}");
        }
        let shown = center.task();
        assert!(shown.open && shown.queue.as_deref() == Some("Support"), "{name}: {shown:?}");
    }
}

/// The queue of a task for an agent's voicemail, and to whom it is offered first.
#[tokio::test]
async fn an_agents_task_waits_for_the_agent_as_the_parameters_say() {
    let of_agent = [(task::TARGET, task::TARGET_AGENT), (task::AGENT_ID, AGENT)];
    for key in ["task", "guided_task"] {
        let lines = "modes: [task, guided_task]\n";
        let center = Center::new(lines, true, true).await;
        center.start_task(key, given(&center, &of_agent)).await;
        let own = center.task();
        assert_eq!((own.queue, own.agent.as_deref()), (None, Some("agent.one")), "{key}");
        assert_eq!(own.preferred_agents, Vec::<String>::new());

        let lines = format!("{lines}flows: {{agent_first_seconds: 3600}}\n");
        let center = Center::new(&lines, true, true).await;
        center.start_task(key, given(&center, &of_agent)).await;
        let shared = center.task();
        assert_eq!((shared.queue.as_deref(), shared.agent), (Some("Support"), None), "{key}");
        assert_eq!(shared.preferred_agents, ["agent.one"]);
        // A queue's voicemail is offered to nobody first, and a missing queue loses none.
        let gone = format!("{}x", center.queue(SUPPORT));
        let center = Center::new(&lines, true, true).await;
        center.start_task(key, given(&center, &[(task::QUEUE_ARN, &gone)])).await;
        let shared = center.task();
        assert_eq!((shared.queue, shared.preferred_agents), (Some("BasicQueue".to_owned()), vec![]), "{key}");
    }
}
