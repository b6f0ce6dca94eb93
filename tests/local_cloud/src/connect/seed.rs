//! An instance's initial content.

use std::collections::BTreeMap;

use flow_language::FlowType;
use jiff::Timestamp;
use jiff::civil::Weekday;
use serde::Deserialize;
use serde_json::Value;

/// An instance's initial content: a newly created contact center with an agent, a second queue and a claimed number.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seed {
    pub(super) instance: InstanceSeed,
    pub(super) hours_of_operation: Vec<HoursOfOperation>,
    pub(super) queues: Vec<Queue>,
    pub(super) routing_profiles: Vec<RoutingProfile>,
    pub(super) users: Vec<User>,
    pub(super) phone_numbers: Vec<PhoneNumber>,
    pub(super) flows: Vec<FlowSeed>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct InstanceSeed {
    pub(super) id: String,
    pub(super) alias: String,
    pub(super) attributes: BTreeMap<String, String>,
}

/// The same hours on several days.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct HoursOfOperation {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) time_zone: String,
    pub(crate) days: Vec<String>,
    pub(crate) from_hour: u8,
    pub(crate) to_hour: u8,
    #[serde(default)]
    pub(crate) tags: BTreeMap<String, String>,
}

impl HoursOfOperation {
    /// Whether it is open at a time. `None` if there is no such time zone.
    pub(crate) fn is_open(&self, at: Timestamp) -> Option<bool> {
        let there = at.in_tz(&self.time_zone).ok()?;
        let today = match there.weekday() {
            Weekday::Monday => "MONDAY",
            Weekday::Tuesday => "TUESDAY",
            Weekday::Wednesday => "WEDNESDAY",
            Weekday::Thursday => "THURSDAY",
            Weekday::Friday => "FRIDAY",
            Weekday::Saturday => "SATURDAY",
            Weekday::Sunday => "SUNDAY",
        };
        let hour = u8::try_from(there.hour()).ok()?;
        Some(self.days.iter().any(|day| day == today) && (self.from_hour..self.to_hour).contains(&hour))
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Queue {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) hours_of_operation_id: String,
    #[serde(default)]
    pub(crate) tags: BTreeMap<String, String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RoutingProfile {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) description: String,
    /// How many contacts of a channel an agent takes at once.
    pub(crate) concurrencies: BTreeMap<String, u8>,
    pub(crate) default_outbound_queue_id: String,
    pub(crate) queue_ids: Vec<String>,
    #[serde(default)]
    pub(crate) tags: BTreeMap<String, String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct User {
    pub(crate) id: String,
    pub(crate) username: String,
    pub(crate) first_name: String,
    pub(crate) last_name: String,
    pub(crate) email: String,
    pub(crate) routing_profile_id: String,
    #[serde(default)]
    pub(crate) tags: BTreeMap<String, String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PhoneNumber {
    pub(crate) id: String,
    pub(crate) number: String,
    pub(crate) country_code: String,
    /// `DID` or `TOLL_FREE`.
    pub(crate) kind: String,
    pub(crate) description: String,
    /// The flow that answers.
    pub(crate) flow_id: Option<String>,
    #[serde(default)]
    pub(crate) tags: BTreeMap<String, String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FlowSeed {
    pub(super) id: String,
    pub(super) name: String,
    #[serde(rename = "type")]
    pub(super) flow_type: FlowType,
    pub(super) content: Value,
}

impl Seed {
    /// A new user's contact center, from `newcomer.json`.
    #[must_use]
    #[expect(clippy::expect_used, reason = "the file is part of the program; a test reads it")]
    pub fn newcomer() -> Self {
        serde_json::from_str(include_str!("newcomer.json")).expect("newcomer.json is valid")
    }

    /// The same with so many queues, flows and users more: copies of those that there are, with a number in their names.
    /// The users take calls only.
    #[must_use]
    pub fn with(mut self, queues: u32, flows: u32, users: u32) -> Self {
        let id = |kind: u32, number: u32| format!("{kind:08x}-0000-4000-8000-{number:012x}");
        let (queue, flow, user) = (self.queues.clone(), self.flows.clone(), self.users.clone());
        self.queues.extend((0..queues).zip(queue.iter().cycle()).map(|(number, one)| Queue {
            id: id(1, number),
            name: format!("{} {number}", one.name),
            ..one.clone()
        }));
        self.flows.extend((0..flows).zip(flow.iter().cycle()).map(|(number, one)| FlowSeed {
            id: id(2, number),
            name: format!("{} {number}", one.name),
            ..one.clone()
        }));
        let calls_only = self.routing_profiles.first().map(|one| RoutingProfile {
            id: id(4, 0),
            name: "Calls only".to_owned(),
            concurrencies: BTreeMap::from([("VOICE".to_owned(), 1)]),
            ..one.clone()
        });
        self.users.extend((0..users).zip(user.iter().cycle()).map(|(number, one)| User {
            id: id(3, number),
            username: format!("{}.{number}", one.username),
            routing_profile_id: calls_only.as_ref().map_or_else(String::new, |profile| profile.id.clone()),
            ..one.clone()
        }));
        self.routing_profiles.splice(0..0, calls_only);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newcomers_contact_center_is_consistent() {
        let seed = Seed::newcomer();
        let queue = |id: &str| seed.queues.iter().any(|queue| queue.id == id);
        for flow in &seed.flows {
            let problems = flow_language::validate(&flow.content.to_string(), flow.flow_type);
            assert_eq!(problems, [], "{}", flow.name);
        }
        for profile in &seed.routing_profiles {
            assert!(profile.queue_ids.iter().all(|id| queue(id)));
            assert!(queue(&profile.default_outbound_queue_id));
        }
        for user in &seed.users {
            assert!(seed.routing_profiles.iter().any(|profile| profile.id == user.routing_profile_id));
        }
        for number in &seed.phone_numbers {
            let flow = number.flow_id.as_ref();
            assert!(flow.is_some_and(|id| seed.flows.iter().any(|flow| &flow.id == id)));
        }
        for queue in &seed.queues {
            assert!(seed.hours_of_operation.iter().any(|hours| hours.id == queue.hours_of_operation_id));
        }
    }
}
