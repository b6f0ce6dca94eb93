//! The implementation of each action type.

pub(super) mod streaming;

mod contact;
mod control;
mod input;
mod iterate;
mod lambda;
mod queue;
mod speech;
mod task;

use flow_language::Action;

use super::error::CallError;
use super::interpreter::{Interpreter, Outcome};

impl Interpreter<'_> {
    /// Performs a block. An unsupported type is an error that names it: nothing is skipped silently.
    pub(super) async fn perform(&mut self, action: &Action) -> Result<Outcome, CallError> {
        match action.kind.as_str() {
            "MessageParticipant" => self.message_participant(action),
            "MessageParticipantIteratively" => self.message_iteratively(action),
            "GetParticipantInput" => self.get_participant_input(action),
            "UpdateContactTextToSpeechVoice" => self.update_voice(action),
            "UpdateFlowLoggingBehavior" => Ok(Outcome::Done),
            "UpdateContactAttributes" => self.update_attributes(action),
            "UpdateFlowAttributes" => self.update_flow_attributes(action),
            "UpdateContactEventHooks" => self.update_event_hooks(action),
            "UpdateContactRecordingBehavior" => self.update_recording(action),
            "TagContact" => self.tag_contact(action),
            "UpdateContactMediaStreamingBehavior" => self.update_streaming(action),
            "UpdateContactTargetQueue" => self.update_target_queue(action),
            "UpdateContactRoutingCriteria" => self.update_routing_criteria(action),
            "TransferContactToQueue" => Ok(self.transfer_to_queue()),
            "DequeueContactAndTransferToQueue" => self.dequeue_and_transfer(action),
            "CheckHoursOfOperation" => self.check_hours(action),
            "CheckMetricData" => self.check_metric(action),
            "CreateTask" => self.create_task(action).await,
            "ShowView" => self.show_view(action),
            "Loop" => self.repeat(action),
            "Compare" => self.compare(action),
            "Wait" => self.wait(action),
            "TransferToFlow" => self.transfer_to_flow(action),
            "InvokeLambdaFunction" => self.invoke_function(action).await,
            "InvokeFlowModule" => self.invoke_module(action),
            "EndFlowModuleExecution" => self.return_from_module(action),
            "EndFlowExecution" => Ok(self.end_flow()),
            "DisconnectParticipant" => Ok(self.disconnect()),
            kind => Err(self.unsupported(action, format!("the action type {kind}"))),
        }
    }
}
