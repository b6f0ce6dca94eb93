//! Evaluates the alarms of the rendered stack over the metrics of a run.

use std::time::Duration;

use cloudwatch_alarms::{Alarm as Rules, State as Ring};
use serde_json::{Map, Value};

use crate::stack::{resources, template};
use crate::world::State;
use crate::world::metrics::metric;

/// An alarm of the stack.
#[derive(Debug, Clone)]
pub(crate) struct Alarm {
    /// Its name in the template.
    pub(crate) name: String,
    /// Its metric, as a key of the recorded metrics.
    pub(crate) metric: String,
    period: Duration,
    rules: Rules,
}

#[derive(Debug, Clone)]
pub(crate) struct Alarms(pub(crate) Vec<Alarm>);

/// An alarm's states, each with the time since the start of the run at which it began.
type History = Vec<(Duration, Ring)>;

impl Alarms {
    /// The alarms of the rendered template.
    ///
    /// # Panics
    /// If the simulation does not support one.
    pub(crate) fn of_the_stack() -> Self {
        let is_alarm = |text: &&(String, String)| has_line(&text.1, "Type: AWS::CloudWatch::Alarm");
        Self(resources(template()).iter().filter(is_alarm).map(|(name, text)| read(name, text)).collect())
    }

    /// The history of every alarm until now.
    pub(crate) fn histories(&self, state: &State) -> Vec<(&str, History)> {
        self.0.iter().map(|alarm| (alarm.name.as_str(), alarm.history(state))).collect()
    }
}

/// Whether an alarm was in the ALARM state at any time since then.
pub(crate) fn rang_since(history: &History, since: Duration) -> bool {
    let ends = history.iter().skip(1).map(|(at, _)| *at).chain([Duration::MAX]);
    history.iter().zip(ends).any(|((_, state), end)| *state == Ring::Alarm && end > since)
}

impl Alarm {
    fn history(&self, state: &State) -> History {
        let values = state.metrics.0.get(&self.metric).map_or(&[][..], Vec::as_slice);
        let period = self.period.as_secs().max(1);
        let mut rest = values.iter().peekable();
        let mut points = Vec::new();
        let mut states = vec![(Duration::ZERO, Ring::InsufficientData)];
        for n in 0..state.after().as_secs() / period {
            let end = Duration::from_secs((n + 1) * period);
            let mut within = Vec::new();
            while let Some((_, value)) = rest.next_if(|(at, _)| *at < end) {
                within.push(*value);
            }
            points.push(self.rules.statistic.of(&within));
            let before = states.last().map_or(Ring::InsufficientData, |(_, state)| *state);
            let latest = &points[points.len().saturating_sub(self.rules.evaluation_range())..];
            let next = self.rules.state(before, latest);
            if next != before {
                states.push((end, next));
            }
        }
        states
    }
}

fn has_line(text: &str, line: &str) -> bool {
    text.lines().any(|found| found.trim() == line)
}

/// Parses an alarm in the template's format, one property per line.
fn read(name: &str, text: &str) -> Alarm {
    let properties = text.lines().filter_map(|line| line.trim().split_once(": "));
    let properties: Map<String, Value> = properties
        .map(|(key, value)| {
            let value = value.trim().trim_matches('"');
            let whole = value.parse::<u64>().map(Value::from);
            let number = || value.parse::<f64>().map(Value::from);
            (key.to_owned(), whole.or_else(|_| number()).unwrap_or_else(|_| value.into()))
        })
        .collect();
    let needed =
        |key: &str| properties.get(key).unwrap_or_else(|| panic!("the alarm {name} has no {key}:\n{text}"));
    let written = |key: &str| needed(key).as_str().unwrap_or_default().to_owned();
    let dimensions: Vec<(String, String)> = text.lines().filter_map(dimension).collect();
    let rules = Rules::of_properties(&Value::Object(properties.clone()));
    Alarm {
        name: name.to_owned(),
        metric: metric(&written("Namespace"), &written("MetricName"), &dimensions),
        period: Duration::from_secs(needed("Period").as_u64().unwrap()),
        rules: rules.unwrap_or_else(|| panic!("the alarm {name} is of a kind that is not known:\n{text}")),
    }
}

/// Parses a line such as `- {Name: QueueName, Value: !GetAtt RetryQueueDeadLetters.QueueName}`.
fn dimension(line: &str) -> Option<(String, String)> {
    let inner = line.trim().strip_prefix("- {Name: ")?.strip_suffix('}')?;
    let (name, value) = inner.split_once(", Value: ")?;
    let value = value.trim_matches('"');
    let value = value.strip_prefix("!GetAtt ").or_else(|| value.strip_prefix("!Ref ")).unwrap_or(value);
    let value = value.split('.').next().unwrap_or(value);
    Some((name.to_owned(), if value == "AWS::StackName" { "stack" } else { value }.to_owned()))
}

#[test]
fn every_alarm_of_the_stack_is_understood_and_its_metric_is_one_that_is_measured() {
    let alarms = Alarms::of_the_stack();
    assert!(alarms.0.len() >= 6, "{alarms:?}");
    for queue in crate::world::QueueName::ALL.into_iter().filter(|name| name.is_dead()) {
        let name = format!("QueueName={}", queue.resource());
        assert!(alarms.0.iter().any(|alarm| alarm.metric.ends_with(&name)), "no alarm on {name}");
    }
}
