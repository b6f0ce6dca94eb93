//! The recipient of a voicemail.
//!
//! A missing agent or queue costs no voicemail: it goes to the next best recipient, with a warning. Only an unreachable
//! service makes it wait.

use aws_sdk_connect::Client as Connect;
use aws_sdk_connect::types::{StringComparisonType, StringCondition, UserSearchCriteria};
use tracing::warn;
use vmx_contract::arn::{InstanceArn, RecipientArn};
use vmx_contract::package::Recipient;
use vmx_contract::voicemail::{Voicemail, Warning};
use vmx_lambda::failure::{Failure, Kind};

/// A recipient, and its warnings.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) recipient: Recipient,
    pub(crate) warnings: Vec<Warning>,
}

/// Finds recipients in one instance.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Directory<'a> {
    pub(crate) connect: &'a Connect,
    pub(crate) instance: &'a InstanceArn,
    /// ARN of the default queue.
    pub(crate) default_queue_arn: &'a str,
}

/// The result of a lookup, unless the service is unreachable.
enum Answer<T> {
    Found(T),
    Unknown,
    /// The service refuses.
    Refused,
}

struct User {
    id: String,
    username: String,
    name: String,
}

impl Directory<'_> {
    /// The recipient of a voicemail.
    ///
    /// # Errors
    /// If Connect is unreachable or throttles.
    pub(crate) async fn find(&self, voicemail: &Voicemail) -> Result<Found, Failure> {
        let mut warnings = Vec::new();
        let target = self.instance.recipient(&voicemail.recipient_arn).ok();
        let queue_arn = match target {
            Some(RecipientArn::Queue { .. }) => &voicemail.recipient_arn,
            _ => self.default_queue_arn,
        };
        if target.is_none() {
            warnings.push(Warning::QueueReplaced);
        }
        if let Some(user) = self.agent(voicemail, target.as_ref(), &mut warnings).await? {
            let recipient = Recipient::Agent {
                id: user.id,
                username: user.username,
                name: user.name,
                queue_arn: queue_arn.to_owned(),
            };
            return Ok(Found { recipient, warnings });
        }
        let recipient = self.queue(queue_arn, &mut warnings).await?;
        warnings.dedup();
        Ok(Found { recipient, warnings })
    }

    /// The agent of a voicemail, by name or by queue; `None` without one, or if it does not exist.
    async fn agent(
        &self,
        voicemail: &Voicemail,
        target: Option<&RecipientArn>,
        warnings: &mut Vec<Warning>,
    ) -> Result<Option<User>, Failure> {
        if let Some(username) = &voicemail.preferred_agent {
            match self.user_by_name(username).await? {
                Answer::Found(user) => return Ok(Some(user)),
                Answer::Unknown => {}
                Answer::Refused => warnings.push(Warning::RecipientUnknown),
            }
            warnings.push(Warning::AgentReplaced);
        }
        let Some(RecipientArn::Agent { user_id }) = target else {
            return Ok(None);
        };
        match self.user_by_id(user_id).await? {
            Answer::Found(user) => Ok(Some(user)),
            // The task can still be routed to the agent.
            Answer::Refused => {
                warnings.push(Warning::RecipientUnknown);
                let (id, username, name) = (user_id.clone(), user_id.clone(), user_id.clone());
                Ok(Some(User { id, username, name }))
            }
            Answer::Unknown => {
                warnings.push(Warning::AgentReplaced);
                Ok(None)
            }
        }
    }

    async fn queue(&self, arn: &str, warnings: &mut Vec<Warning>) -> Result<Recipient, Failure> {
        let mut arn = arn;
        loop {
            let id = self.queue_id(arn);
            let recipient = |name: String| Recipient::Queue { arn: arn.to_owned(), id: id.clone(), name };
            match self.queue_name(&id).await? {
                Answer::Found(name) => return Ok(recipient(name)),
                Answer::Unknown if arn != self.default_queue_arn => {
                    warnings.push(Warning::QueueReplaced);
                    arn = self.default_queue_arn;
                }
                Answer::Unknown | Answer::Refused => {
                    warnings.push(Warning::RecipientUnknown);
                    return Ok(recipient(id.clone()));
                }
            }
        }
    }

    fn queue_id(&self, arn: &str) -> String {
        match self.instance.recipient(arn) {
            Ok(RecipientArn::Queue { queue_id }) => queue_id,
            _ => arn.to_owned(),
        }
    }

    async fn queue_name(&self, id: &str) -> Result<Answer<String>, Failure> {
        let request = self.connect.describe_queue().instance_id(self.instance.id()).queue_id(id);
        let answer = request.send().await.map_err(|error| Failure::of("connect:DescribeQueue", &error));
        answer_of(answer, |found| found.queue.and_then(|queue| queue.name))
    }

    async fn user_by_id(&self, id: &str) -> Result<Answer<User>, Failure> {
        let request = self.connect.describe_user().instance_id(self.instance.id()).user_id(id);
        let answer = request.send().await.map_err(|error| Failure::of("connect:DescribeUser", &error));
        answer_of(answer, |found| {
            let user = found.user?;
            let names = user.identity_info.map(|info| (info.first_name, info.last_name));
            named_user(user.id?, user.username?, names)
        })
    }

    async fn user_by_name(&self, username: &str) -> Result<Answer<User>, Failure> {
        let is_named = StringCondition::builder()
            .field_name("Username")
            .value(username)
            .comparison_type(StringComparisonType::Exact)
            .build();
        let request = self
            .connect
            .search_users()
            .instance_id(self.instance.id())
            .search_criteria(UserSearchCriteria::builder().string_condition(is_named).build());
        let answer = request.send().await.map_err(|error| Failure::of("connect:SearchUsers", &error));
        answer_of(answer, |found| {
            let is_it = |name: &Option<String>| {
                name.as_deref().is_some_and(|name| name.eq_ignore_ascii_case(username))
            };
            let user = found.users?.into_iter().find(|user| is_it(&user.username))?;
            let names = user.identity_info.map(|info| (info.first_name, info.last_name));
            named_user(user.id?, user.username?, names)
        })
    }
}

fn named_user(id: String, username: String, names: Option<(Option<String>, Option<String>)>) -> Option<User> {
    let (first, last) = names.unwrap_or_default();
    let name = [first, last].into_iter().flatten().collect::<Vec<_>>().join(" ");
    let name = if name.trim().is_empty() { username.clone() } else { name };
    Some(User { id, username, name })
}

fn answer_of<O, T>(
    answer: Result<O, Failure>,
    read: impl FnOnce(O) -> Option<T>,
) -> Result<Answer<T>, Failure> {
    match answer {
        Ok(found) => Ok(read(found).map_or(Answer::Unknown, Answer::Found)),
        Err(failure) => match failure.kind {
            Kind::NotFound => Ok(Answer::Unknown),
            Kind::Refused => {
                warn!(%failure, "the recipient's details are unknown");
                Ok(Answer::Refused)
            }
            Kind::Transient => Err(failure),
        },
    }
}
