//! What to do after an installation: whatever the program cannot do itself.

use vmx_contract::mode::Mode;
use vmx_model::params::{Params, Topic};
use vmx_model::parts::FlowKey;
use vmx_model::plan::Plan;

/// What to do next, one step a line.
pub(super) fn next(plan: &Plan, params: &Params) -> Vec<String> {
    let look = "see how it does with `vmx-install status` and `vmx-install open dashboard`".to_owned();
    if !plan.is_first_installation() {
        return vec![look, "undo this with `vmx-install rollback`".to_owned()];
    }
    let name = |key| plan.flows.iter().find(|flow| flow.key == key).map(|flow| flow.name.as_str());
    let mut steps = Vec::new();
    if let Some(flow) = name(FlowKey::Voicemail) {
        steps.push(format!(
            "to take voicemails, transfer contacts to the flow “{flow}” from any inbound flow"
        ));
    }
    if let Some(flow) = name(FlowKey::TestLine) {
        steps.push(format!("to try it, attach a phone number to the flow “{flow}” and call it"));
    }
    if params.modes.has(Mode::Task) || params.modes.has(Mode::GuidedTask) {
        steps.push(
            "give the agents who answer voicemails the Task channel: in the instance, under Users, Routing \
             profiles"
                .to_owned(),
        );
    }
    steps.push(match (&params.alarms.topic, params.alarms.emails.get()) {
        (Topic::None, _) => {
            "no one is told of alarms: set `alarms` in the parameters and install again".to_owned()
        }
        (Topic::New, []) => {
            "subscribe to the stack's alarm topic: no one is told of alarms before that".to_owned()
        }
        (Topic::New, emails) => {
            format!("confirm the subscription to alarms that AWS mails to {}", emails.join(", "))
        }
        (Topic::Arn(arn), _) => format!("alarms go to {arn}: check who is subscribed to it"),
    });
    steps.push(look);
    steps.push("to undo it, run `vmx-install teardown`, which keeps voicemails".to_owned());
    steps
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use vmx_model::plan::{PlanOptions, plan};
    use vmx_model::render::render;
    use vmx_model::testing::{after, artifacts, first_plan, nothing_there};

    fn with(lines: &str) -> (Params, String) {
        let yaml = format!("version: 1\nregion: eu-west-2\ninstance: shop\nstack: vmx\n{lines}");
        let params = Params::from_yaml("params.yaml", &yaml).unwrap();
        let (actual, files) = (nothing_there(), artifacts());
        let rendered = render(&params, &actual.facts()).unwrap();
        let plan = plan(&params, &actual, &rendered, &files, PlanOptions::default()).unwrap();
        let told = next(&plan, &params).join("\n");
        (params, told)
    }

    #[test]
    fn a_new_installation_says_what_it_cannot_do_itself() {
        let (_, told) = with("");
        for step in [
            "the flow “vmx voicemail”",
            "the Task channel",
            "no one is told of alarms: set `alarms`",
            "`vmx-install status`",
            "`vmx-install open dashboard`",
            "`vmx-install teardown`",
        ] {
            assert!(told.contains(step), "{step}\n{told}");
        }
        assert!(!told.contains("attach a phone number"), "there is no test line: {told}");
        let (_, told) = with(
            "modes: [other]\nflows: {test_line: true}\nalarms: {topic: new, emails: [operations@example.com]}\n",
        );
        for step in ["attach a phone number to the flow “vmx", "AWS mails to operations@example.com"] {
            assert!(told.contains(step), "{step}\n{told}");
        }
        assert!(!told.contains("the Task channel"), "{told}");
    }

    #[test]
    fn a_change_is_undone_by_going_back() {
        let params = vmx_model::testing::params();
        let actual = after(&first_plan(), nothing_there());
        let rendered = render(&params, &actual.facts()).unwrap();
        let plan = plan(&params, &actual, &rendered, &artifacts(), PlanOptions::default()).unwrap();
        let told = next(&plan, &params).join("\n");
        assert!(told.contains("`vmx-install rollback`") && !told.contains("teardown"), "{told}");
    }
}
