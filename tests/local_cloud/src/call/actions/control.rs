//! Actions that control the flow's execution.

use std::time::Duration;

use flow_language::{Action, Condition};

use crate::call::error::CallError;
use crate::call::interpreter::{Interpreter, Leave, Outcome, failed};
use crate::call::line::samples;
use crate::call::running::{load, load_module};
use crate::connect::Channel;

impl Interpreter<'_> {
    /// Loops for the given count, then continues. Reaching the block again restarts the count.
    pub(super) fn repeat(&mut self, action: &Action) -> Result<Outcome, CallError> {
        let Some(count) = self.number(action, "LoopCount")? else {
            return Ok(failed("the number of rounds is no number"));
        };
        let key = (self.flow.id.clone(), action.identifier.clone());
        let rounds = self.loops.entry(key).or_insert(0);
        if u64::from(*rounds) < count {
            *rounds += 1;
            Ok(Outcome::Result("ContinueLooping".to_owned()))
        } else {
            *rounds = 0;
            Ok(Outcome::Result("DoneLooping".to_owned()))
        }
    }

    pub(super) fn compare(&mut self, action: &Action) -> Result<Outcome, CallError> {
        let value = self.text(action, "ComparisonValue")?.unwrap_or_default();
        self.branch_on(action, &value)
    }

    /// Continues at the first condition that a value meets.
    pub(super) fn branch_on(&self, action: &Action, value: &str) -> Result<Outcome, CallError> {
        for branch in &action.transitions.conditions {
            if self.holds(action, &branch.condition, value)? {
                return Ok(Outcome::Branch(branch.next_action.clone()));
            }
        }
        Ok(Outcome::Failed("NoMatchingCondition", format!("nothing fits {value:?}")))
    }

    fn holds(&self, action: &Action, condition: &Condition, value: &str) -> Result<bool, CallError> {
        let operand = condition.operands.first().map_or("", String::as_str);
        let operand = self.resolve(action, operand)?;
        let numbers = value.parse::<f64>().ok().zip(operand.parse::<f64>().ok());
        let number = |compare: fn(&f64, &f64) -> bool| numbers.is_some_and(|(a, b)| compare(&a, &b));
        Ok(match condition.operator.as_str() {
            "Equals" => value == operand,
            "TextStartsWith" => value.starts_with(&operand),
            "TextEndsWith" => value.ends_with(&operand),
            "TextContains" => value.contains(&operand),
            "NumberGreaterThan" => number(f64::gt),
            "NumberGreaterOrEqualTo" => number(f64::ge),
            "NumberLessThan" => number(f64::lt),
            "NumberLessOrEqualTo" => number(f64::le),
            operator => return Err(self.unsupported(action, format!("the operator {operator}"))),
        })
    }

    pub(super) fn wait(&mut self, action: &Action) -> Result<Outcome, CallError> {
        let Some(seconds) = self.number(action, "TimeLimitSeconds")? else {
            return Ok(failed("the time is no number"));
        };
        // Time does not pass for a task: nothing can happen on a line meanwhile.
        if self.channel == Channel::Voice {
            let moment = self.line.now() + samples(Duration::from_secs(seconds));
            self.line.pass_without_keys(moment);
        }
        Ok(Outcome::Result("WaitCompleted".to_owned()))
    }

    pub(super) fn transfer_to_flow(&mut self, action: &Action) -> Result<Outcome, CallError> {
        let flow = self.text(action, "ContactFlowId")?.unwrap_or_default();
        match load(self.connect, &flow) {
            Ok(found) => Ok(Outcome::Flow(found)),
            Err(error @ CallError::Unreadable { .. }) => Err(error),
            Err(error) => Ok(failed(error.to_string())),
        }
    }

    /// Runs a module, which cannot see the flow's own attributes, function results and keys.
    pub(super) fn invoke_module(&mut self, action: &Action) -> Result<Outcome, CallError> {
        let module = self.text(action, "FlowModuleId")?.unwrap_or_default();
        let input = self.document(action, "Input")?;
        Ok(match load_module(self.connect, &module)? {
            Ok(module) => Outcome::Module(module, input),
            Err(why) => failed(why),
        })
    }

    pub(super) fn return_from_module(&mut self, action: &Action) -> Result<Outcome, CallError> {
        let result = self.text(action, "Result")?;
        let data = self.document(action, "ResultData")?;
        self.note(match &result {
            Some(result) => format!("the module ends with {result}"),
            None => "the module ends".to_owned(),
        });
        Ok(Outcome::Return(result, data))
    }

    /// Ends a flow, not the contact. If it interrupted a queue's prompts, they restart.
    pub(super) fn end_flow(&mut self) -> Outcome {
        match self.interrupted.take() {
            Some(prompts) => Outcome::Branch(prompts),
            None => Outcome::Left(Leave::Ended),
        }
    }

    pub(super) fn disconnect(&mut self) -> Outcome {
        self.note("the flow ends the contact");
        Outcome::Left(Leave::Disconnected)
    }
}
