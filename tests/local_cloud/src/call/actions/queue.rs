//! Queues and routing.

use flow_language::Action;

use crate::call::error::CallError;
use crate::call::interpreter::{Interpreter, Leave, Outcome, failed};
use crate::connect::{Channel, QueueTarget, Queued, Transfer};

impl Interpreter<'_> {
    pub(super) fn update_target_queue(&mut self, action: &Action) -> Result<Outcome, CallError> {
        Ok(match self.named_queue(action)? {
            Ok(target) => {
                self.note(format!("working queue: {}", target.name()));
                self.target_queue = Some(target);
                Outcome::Done
            }
            Err(named) => failed(format!("there is no queue or agent {:?}", named.unwrap_or_default())),
        })
    }

    /// A block's queue, or the name that it gave if there is no such queue.
    fn named_queue(&self, action: &Action) -> Result<Result<QueueTarget, Option<String>>, CallError> {
        let queue = self.text(action, "QueueId")?;
        let agent = self.text(action, "AgentId")?;
        let center = self.connect.center();
        let target = match (&queue, &agent) {
            (Some(queue), _) => center.queue_target(queue),
            (None, Some(agent)) => center.agent_target(agent),
            (None, None) => None,
        };
        Ok(target.ok_or(queue.or(agent)))
    }

    pub(super) fn transfer_to_queue(&mut self) -> Outcome {
        match self.target_queue.clone() {
            Some(target) => self.enqueue(target),
            None => failed("no working queue is set"),
        }
    }

    /// Moves a call from its queue to another, which makes a new contact.
    pub(super) fn dequeue_and_transfer(&mut self, action: &Action) -> Result<Outcome, CallError> {
        let target = match self.named_queue(action)? {
            Ok(target) => target,
            Err(Some(named)) => return Ok(failed(format!("there is no queue or agent {named:?}"))),
            Err(None) => match self.target_queue.clone() {
                Some(target) => target,
                None => return Ok(failed("no working queue is set")),
            },
        };
        if self.channel == Channel::Voice && self.marks.queued_at.is_some() {
            self.begin_next_contact(Transfer::BetweenQueues);
        }
        self.target_queue = Some(target.clone());
        Ok(self.enqueue(target))
    }

    fn enqueue(&mut self, target: QueueTarget) -> Outcome {
        self.note(format!("waits in the queue {}", target.name()));
        self.marks.queued_at = Some(self.line.now());
        let since = self.connect.now();
        if let Some(contact) = self.connect.center().contact_mut(&self.contact_id) {
            contact.queued = Some(Queued { target, since });
        }
        Outcome::Left(Leave::Queued)
    }

    /// Whether the hours of operation are open now: the block's, or the working queue's.
    pub(super) fn check_hours(&mut self, action: &Action) -> Result<Outcome, CallError> {
        let named = self.text(action, "HoursOfOperationId")?;
        let center = self.connect.center();
        let hours = match (&named, &self.target_queue) {
            (Some(named), _) => center.hours_of_operation(named),
            (None, Some(QueueTarget::Standard { id, .. })) => {
                center.queue(id).and_then(|queue| center.hours_of_operation(&queue.hours_of_operation_id))
            }
            // An agent's queue has no hours: it is always open.
            (None, Some(QueueTarget::Agent { .. })) => return Ok(Outcome::Result("True".to_owned())),
            (None, None) => return Ok(failed("no working queue is set whose hours could be checked")),
        };
        let Some(hours) = hours else {
            return Ok(failed(format!("there are no hours of operation {:?}", named.unwrap_or_default())));
        };
        Ok(match hours.is_open(self.connect.now()) {
            Some(true) => Outcome::Result("True".to_owned()),
            Some(false) => Outcome::Result("False".to_owned()),
            None => failed(format!("{:?} is no time zone", hours.time_zone)),
        })
    }

    /// Compares a metric of a queue. All agents are at work, and none is free until the caller's script says so.
    pub(super) fn check_metric(&mut self, action: &Action) -> Result<Outcome, CallError> {
        let target = match self.named_queue(action)? {
            Ok(target) => target,
            Err(Some(named)) => return Ok(failed(format!("there is no queue or agent {named:?}"))),
            Err(None) => match &self.target_queue {
                Some(target) => target.clone(),
                None => return Ok(failed("no working queue is set")),
            },
        };
        let metric = self.text(action, "MetricType")?.unwrap_or_default();
        let value = {
            let center = self.connect.center();
            match metric.as_str() {
                "NumberOfAgentsAvailable" => 0,
                "NumberOfAgentsStaffed" | "NumberOfAgentsOnline" => center.agents_of(&target).count() as u64,
                "NumberOfContactsInQueue" => center.waiting_in(&target).count() as u64,
                "OldestContactInQueueAgeSeconds" => center
                    .waiting_in(&target)
                    .map(|queued| self.connect.now().as_second() - queued.since.as_second())
                    .max()
                    .map_or(0, |age| u64::try_from(age).unwrap_or(0)),
                _ => return Err(self.unsupported(action, format!("the metric {metric}"))),
            }
        };
        self.branch_on(action, &value.to_string())
    }

    pub(super) fn update_routing_criteria(&mut self, action: &Action) -> Result<Outcome, CallError> {
        let Some(criteria) = action.parameters.get("RoutingCriteria") else {
            return Ok(failed("no routing criteria are given"));
        };
        let criteria = self.resolve_all(action, criteria)?;
        if let Some(contact) = self.connect.center().contact_mut(&self.contact_id) {
            contact.routing_criteria = Some(criteria);
        }
        Ok(Outcome::Done)
    }
}
