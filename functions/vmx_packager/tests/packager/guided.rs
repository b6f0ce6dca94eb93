//! Guided tasks.

use vmx_contract::mode::Mode;

use crate::world::{CONTACT, GUIDE_FUNCTION, GUIDED_TASK_FLOW, TASK_FLOW, World};

#[tokio::test(start_paused = true)]
async fn a_voicemail_may_be_a_task_and_a_guided_task() {
    let world = World::with(|voicemail| {
        voicemail.modes = vec![Mode::Task, Mode::GuidedTask];
        // The flow that a contact names routes its task; a guided one would lose its guide by it.
        voicemail.task_flow = Some("00000000-0000-4000-8000-0000000000f3".to_owned());
    });
    assert!(world.transcribed().await);
    assert!(world.transcribed().await);
    let state = world.state();
    assert_eq!(state.tasks.len(), 2);
    let guided = &state.tasks[&format!("{CONTACT}-guided")];
    assert_eq!(guided["ContactFlowId"], GUIDED_TASK_FLOW);
    assert_eq!(guided["RelatedContactId"], CONTACT);
    assert_eq!(guided["Attributes"]["vm_task_contact_id"], CONTACT);
    assert_eq!(guided["Attributes"]["vm_task_guide_function"], GUIDE_FUNCTION);
    assert_eq!(guided["References"].get("Recording"), None);
    let task = &state.tasks[CONTACT];
    assert_ne!(task["ContactFlowId"], TASK_FLOW);
    assert_eq!(task["Attributes"].get("vm_task_guide_function"), None);
    assert!(task["References"].get("Recording").is_some());
}
