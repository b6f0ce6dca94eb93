//! Where a flow goes on.

use std::time::Duration;

use flow_language::{Action, Condition};

use crate::call::error::CallError;
use crate::call::interpreter::{Interpreter, Outcome, failed};
use crate::call::line::{Event, samples};

impl Interpreter<'_> {
    /// Goes round as often as the count says, then on. The count begins anew when the block is reached again.
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
        for branch in &action.transitions.conditions {
            let holds = self.holds(action, &branch.condition, &value)?;
            if holds {
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
        let moment = self.line.now() + samples(Duration::from_secs(seconds));
        // Keys pressed meanwhile are lost.
        while let Event::Key(_) = self.line.pass_until(moment) {}
        Ok(Outcome::Result("WaitCompleted".to_owned()))
    }

    pub(super) fn transfer_to_flow(&mut self, action: &Action) -> Result<Outcome, CallError> {
        let flow = self.text(action, "ContactFlowId")?.unwrap_or_default();
        let centre = self.connect.centre();
        Ok(match centre.flow(&flow) {
            Some(found) if found.published.is_some() => Outcome::Flow(found.id.clone()),
            Some(_) => failed(format!("the flow {flow} has not been published")),
            None => failed(format!("there is no flow {flow}")),
        })
    }
}
