//! The dashboard: whether voicemails flow.

use serde_json::{Value, json};
use vmx_contract::metrics::{CAUSE, MODE, Metric, NAMESPACE, STACK};

use super::alarms;
use crate::params::Params;

/// How wide a dashboard is, and how high its rows are, in CloudWatch's units.
const WIDTH: u32 = 24;
const HEIGHT: u32 = 6;
/// Seconds per point.
const PERIOD: u32 = 300;

const QUEUES: [(&str, &str); 3] =
    [("RetryQueue", "retry"), ("RecordingsQueue", "transcribe"), ("TranscriptsQueue", "deliver")];
const FUNCTIONS: [(&str, &str); 5] = [
    ("KvsToS3", "record"),
    ("Transcriber", "transcribe"),
    ("Packager", "deliver"),
    ("Playback", "playback"),
    ("Watchdog", "watchdog"),
];

/// The introduction.
const WORDS: &str = "## Voicemail Express: ${AWS::StackName}\n\
    A voicemail is **captured** (recorded), **transcribed** and **delivered**. Failed work is retried and ends up as a \
    dead letter. A stalled voicemail is retried three times and is then **stuck**.\n\n\
    * Is everything working? `vmx-install status`\n\
    * Where is this voicemail? `vmx-install trace CONTACT_ID`\n\
    * Dead letters, stuck voicemails: fix the cause, shown by `status`, then run `vmx-install redrive`\n\
    * Queues grow while nothing fails: an AWS quota is reached, `vmx-install plan` shows which";

/// The widgets, each as JSON on one line. `${…}` is for CloudFormation.
pub(super) fn widgets(params: &Params) -> Vec<String> {
    let alarms: Vec<String> =
        alarms::all(params).into_iter().map(|alarm| format!("${{{}.Arn}}", alarm.name)).collect();
    let mut widgets = vec![
        json!({"type": "text", "x": 0, "y": 0, "width": 14, "height": 5, "properties": {"markdown": WORDS}}),
        json!({"type": "alarm", "x": 14, "y": 0, "width": 10, "height": 5,
            "properties": {"title": "Alarms", "alarms": alarms}}),
    ];
    for (row, graphs) in (0..).zip([flow(), watched(), queues(), trouble(), functions()]) {
        let width = WIDTH / u32::try_from(graphs.len()).unwrap_or(WIDTH);
        widgets.extend((0..).zip(graphs).map(|(column, properties)| {
            json!({"type": "metric", "x": column * width, "y": 5 + row * HEIGHT, "width": width, "height": HEIGHT,
                "properties": properties})
        }));
    }
    widgets.iter().map(Value::to_string).collect()
}

/// One graph. `stat` is the default statistic.
fn graph(title: &str, stat: &str, metrics: Vec<Value>) -> Value {
    json!({"title": title, "region": "${AWS::Region}", "stat": stat, "period": PERIOD, "metrics": metrics})
}

/// One of our own metrics.
fn counted(metric: Metric) -> Value {
    json!([NAMESPACE, metric.as_str(), STACK, "${AWS::StackName}"])
}

/// The same with its own statistic.
fn measured(metric: Metric, stat: &str) -> Value {
    json!([NAMESPACE, metric.as_str(), STACK, "${AWS::StackName}", {"stat": stat, "label": stat}])
}

/// One of our own metrics by another dimension, for any of its values.
fn by(metric: Metric, dimension: &str) -> Value {
    let name = metric.as_str();
    let expression = format!(
        "SEARCH('{{{NAMESPACE},{STACK},{dimension}}} MetricName=\"{name}\" {STACK}=\"${{AWS::StackName}}\"', 'Sum', {PERIOD})"
    );
    json!([{"expression": expression, "id": format!("by{}", dimension.to_lowercase())}])
}

/// A metric per item, by its dimension and its label. A point repeats the value of the line before.
fn of_each(namespace: &str, metric: &str, dimension: &str, of: Vec<(String, &str)>) -> Vec<Value> {
    let mut names = [namespace, metric, dimension];
    let one = |(value, label): (String, &str)| {
        let line = json!([names[0], names[1], names[2], value, {"label": label}]);
        names = [".", ".", "."];
        line
    };
    of.into_iter().map(one).collect()
}

fn of_queues(metric: &str, dead_letters: bool) -> Vec<Value> {
    let suffix = if dead_letters { "DeadLetters" } else { "" };
    let queues = QUEUES.map(|(queue, label)| (format!("${{{queue}{suffix}.QueueName}}"), label));
    of_each("AWS/SQS", metric, "QueueName", queues.to_vec())
}

fn of_functions(metric: &str) -> Vec<Value> {
    let functions = FUNCTIONS.map(|(function, label)| (format!("${{{function}Function}}"), label));
    of_each("AWS/Lambda", metric, "FunctionName", functions.to_vec())
}

fn flow() -> Vec<Value> {
    let steps = [Metric::Captured, Metric::Transcribed, Metric::Delivered].map(counted).to_vec();
    let times = ["p50", "p90", "p99"].map(|stat| measured(Metric::SecondsToDelivery, stat)).to_vec();
    vec![
        graph("Voicemails: captured, transcribed, delivered", "Sum", steps),
        graph("Seconds from hang-up to delivery", "p50", times),
        graph("Delivered by mode", "Sum", vec![by(Metric::Delivered, MODE)]),
    ]
}

/// The watchdog's metrics, and what happened to undelivered messages.
fn watched() -> Vec<Value> {
    let of = |metrics: &[Metric]| metrics.iter().copied().map(counted).collect::<Vec<_>>();
    let letters = [Metric::NewLetters, Metric::LettersExpiring];
    let chain = [Metric::Rounds, Metric::Broken];
    let others = [Metric::Cancelled, Metric::NothingSaid, Metric::Dropped];
    vec![
        graph(
            "Undelivered and stuck voicemails",
            "Maximum",
            of(&[Metric::Undelivered, Metric::Stuck, Metric::NewStuck]),
        ),
        graph("Age of the oldest undelivered, seconds", "Maximum", of(&[Metric::OldestUndelivered])),
        graph("Dead letters: new, expiring", "Maximum", of(&letters)),
        graph("Watchdog rounds, broken parts", "Maximum", of(&chain)),
        graph("Answered meanwhile, silent calls, dropped", "Sum", of(&others)),
    ]
}

fn queues() -> Vec<Value> {
    vec![
        graph(
            "Age of the oldest message, seconds",
            "Maximum",
            of_queues("ApproximateAgeOfOldestMessage", false),
        ),
        graph("Messages waiting", "Maximum", of_queues("ApproximateNumberOfMessagesVisible", false)),
        graph("Dead letters", "Maximum", of_queues("ApproximateNumberOfMessagesVisible", true)),
    ]
}

fn trouble() -> Vec<Value> {
    let age = json!(["AWS/Lambda", "IteratorAge", "FunctionName", "${KvsToS3Function}", {"label": "contact records"}]);
    vec![
        graph("Failed attempts by cause", "Sum", vec![by(Metric::FailedAttempts, CAUSE)]),
        graph("Delivered without a transcript, by cause", "Sum", vec![by(Metric::WithoutTranscript, CAUSE)]),
        graph("Age of contact records, milliseconds", "Maximum", vec![age]),
    ]
}

fn functions() -> Vec<Value> {
    vec![
        graph("Functions: errors", "Sum", of_functions("Errors")),
        graph("Functions: throttled", "Sum", of_functions("Throttles")),
        graph("Functions: p99 duration, milliseconds", "p99", of_functions("Duration")),
        graph("Functions: concurrent executions", "Maximum", of_functions("ConcurrentExecutions")),
    ]
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use strum::IntoEnumIterator as _;

    /// Source: the CloudWatch API reference, dashboard body structure and syntax.
    #[test]
    fn widgets_lie_beside_each_other_and_hold_every_alarm() {
        let params = Params::from_yaml("", "version: 1\nregion: eu-west-2\ninstance: shop\n").unwrap();
        let widgets: Vec<Value> =
            widgets(&params).iter().map(|text| serde_json::from_str(text).unwrap()).collect();
        let number = |widget: &Value, key: &str| widget[key].as_u64().unwrap();
        let mut taken = std::collections::BTreeSet::new();
        for widget in &widgets {
            let (x, y) = (number(widget, "x"), number(widget, "y"));
            assert!(x + number(widget, "width") <= u64::from(WIDTH), "{widget}");
            for cell_x in x..x + number(widget, "width") {
                for cell_y in y..y + number(widget, "height") {
                    assert!(taken.insert((cell_x, cell_y)), "{widget} covers another");
                }
            }
        }
        let shown = widgets[1]["properties"]["alarms"].as_array().unwrap().len();
        assert_eq!(shown, alarms::all(&params).len());
        let all = serde_json::to_string(&widgets).unwrap();
        assert!(
            Metric::iter()
                .filter(|metric| *metric != Metric::AudioSeconds)
                .all(|metric| all.contains(metric.as_str()))
        );
    }
}
