//! The rules by which Amazon CloudWatch decides over the state of an alarm: a pure function, for tests.
//!
//! Sources: the Amazon CloudWatch user guide, "Evaluating an alarm", "Configuring how CloudWatch alarms treat missing
//! data", and "Avoiding premature transitions to alarm state", whose tables are tests here. More datapoints are fetched
//! than periods are evaluated, in case some are missing; of how many the guide gives one example, five for three, after
//! which [`Alarm::evaluation_range`] is made. Not played are percentiles, math, anomalies and the time that CloudWatch takes.

use serde_json::Value;

/// The state of an alarm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Within the threshold.
    Ok,
    /// Beyond it.
    Alarm,
    /// There is too little to tell.
    InsufficientData,
}

/// On which side of the threshold a datapoint is breaching.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// Above it.
    GreaterThanThreshold,
    /// On it or above.
    GreaterThanOrEqualToThreshold,
    /// Below it.
    LessThanThreshold,
    /// On it or below.
    LessThanOrEqualToThreshold,
}

/// What stands for a datapoint that is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// Nothing.
    Missing,
    /// Nothing, and without others the alarm stays as it is.
    Ignore,
    /// One that is breaching.
    Breaching,
    /// One that is not.
    NotBreaching,
}

/// How the samples of a period become one datapoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Statistic {
    /// Their sum.
    Sum,
    /// The greatest.
    Maximum,
    /// The least.
    Minimum,
    /// Their mean.
    Average,
    /// How many there are.
    SampleCount,
}

/// An alarm on one metric.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Alarm {
    /// How the samples of a period become one datapoint.
    pub statistic: Statistic,
    /// The side of the threshold.
    pub comparison: Comparison,
    /// The threshold.
    pub threshold: f64,
    /// How many periods are evaluated: N.
    pub evaluation_periods: usize,
    /// How many of them have to be breaching: M.
    pub datapoints_to_alarm: usize,
    /// What stands for a datapoint that is missing.
    pub missing: Missing,
}

impl Statistic {
    /// The datapoint of a period; `None` where nothing was measured.
    #[must_use]
    pub fn of(self, samples: &[f64]) -> Option<f64> {
        let sum: f64 = samples.iter().sum();
        let count = samples.len() as f64;
        if samples.is_empty() {
            return None;
        }
        Some(match self {
            Self::Sum => sum,
            Self::Maximum => samples.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            Self::Minimum => samples.iter().copied().fold(f64::INFINITY, f64::min),
            Self::Average => sum / count,
            Self::SampleCount => count,
        })
    }
}

impl Alarm {
    /// The alarm of a template: the properties of an `AWS::CloudWatch::Alarm`. `None` where one of them is none that is
    /// known here.
    #[must_use]
    pub fn of_properties(properties: &Value) -> Option<Self> {
        let text = |name: &str| properties[name].as_str();
        let number = |name: &str| usize::try_from(properties[name].as_u64()?).ok();
        let evaluation_periods = number("EvaluationPeriods")?;
        Some(Self {
            statistic: match text("Statistic")? {
                "Sum" => Statistic::Sum,
                "Maximum" => Statistic::Maximum,
                "Minimum" => Statistic::Minimum,
                "Average" => Statistic::Average,
                "SampleCount" => Statistic::SampleCount,
                _ => return None,
            },
            comparison: match text("ComparisonOperator")? {
                "GreaterThanThreshold" => Comparison::GreaterThanThreshold,
                "GreaterThanOrEqualToThreshold" => Comparison::GreaterThanOrEqualToThreshold,
                "LessThanThreshold" => Comparison::LessThanThreshold,
                "LessThanOrEqualToThreshold" => Comparison::LessThanOrEqualToThreshold,
                _ => return None,
            },
            threshold: properties["Threshold"].as_f64()?,
            evaluation_periods,
            datapoints_to_alarm: number("DatapointsToAlarm").unwrap_or(evaluation_periods),
            missing: match text("TreatMissingData").unwrap_or("missing") {
                "missing" => Missing::Missing,
                "ignore" => Missing::Ignore,
                "breaching" => Missing::Breaching,
                "notBreaching" => Missing::NotBreaching,
                _ => return None,
            },
        })
    }

    /// How many periods are looked at, in case some are missing.
    #[must_use]
    pub fn evaluation_range(&self) -> usize {
        self.evaluation_periods + 2
    }

    /// The state after these datapoints, the newest last. `before` is the state until then.
    #[must_use]
    pub fn state(&self, before: State, datapoints: &[Option<f64>]) -> State {
        let newest = datapoints.iter().rev().take(self.evaluation_range());
        // With their ages: the newest is one period old.
        let real: Vec<(usize, f64)> =
            newest.enumerate().filter_map(|(n, point)| Some((n + 1, (*point)?))).collect();
        let evaluated = &real[..real.len().min(self.evaluation_periods)];
        let breaching = evaluated.iter().filter(|(_, value)| self.is_breaching(*value)).count();
        let filled = self.evaluation_periods - evaluated.len();
        let of = |breaching: usize| {
            if breaching >= self.datapoints_to_alarm { State::Alarm } else { State::Ok }
        };
        match self.missing {
            _ if filled == 0 || breaching >= self.datapoints_to_alarm => of(breaching),
            Missing::Breaching => of(breaching + filled),
            Missing::NotBreaching => of(breaching),
            // One that is not breaching is enough to tell.
            Missing::Missing | Missing::Ignore if breaching < evaluated.len() => State::Ok,
            Missing::Ignore => before,
            Missing::Missing => match evaluated.last() {
                None => State::InsufficientData,
                Some((age, _)) if *age >= self.datapoints_to_alarm => State::Alarm,
                Some(_) => before,
            },
        }
    }

    /// The states after each of these datapoints, from the state of an alarm that was just made.
    #[must_use]
    pub fn states(&self, datapoints: &[Option<f64>]) -> Vec<State> {
        let mut state = State::InsufficientData;
        let after = |n: usize| {
            state = self.state(state, &datapoints[..=n]);
            state
        };
        (0..datapoints.len()).map(after).collect()
    }

    fn is_breaching(&self, value: f64) -> bool {
        match self.comparison {
            Comparison::GreaterThanThreshold => value > self.threshold,
            Comparison::GreaterThanOrEqualToThreshold => value >= self.threshold,
            Comparison::LessThanThreshold => value < self.threshold,
            Comparison::LessThanOrEqualToThreshold => value <= self.threshold,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const TREATMENTS: [Missing; 4] =
        [Missing::Missing, Missing::Ignore, Missing::Breaching, Missing::NotBreaching];

    fn alarm(datapoints_to_alarm: usize, missing: Missing) -> Alarm {
        Alarm {
            statistic: Statistic::Maximum,
            comparison: Comparison::GreaterThanThreshold,
            threshold: 0.0,
            evaluation_periods: 3,
            datapoints_to_alarm,
            missing,
        }
    }

    /// `0` is not breaching, `X` is, `-` is missing; the newest stands on the right.
    fn points(text: &str) -> Vec<Option<f64>> {
        let point = |c| match c {
            '0' => Some(0.0),
            'X' => Some(1.0),
            _ => None,
        };
        text.chars().map(point).collect()
    }

    /// The guide's tables: the datapoints, and the state by treatment; `retain` where it stays as it is.
    #[test]
    fn the_tables_of_the_guide() {
        for (datapoints_to_alarm, rows) in [
            (
                3,
                [
                    ("0-X-X", ["OK", "OK", "OK", "OK"]),
                    ("0----", ["OK", "OK", "OK", "OK"]),
                    ("-----", ["INSUFFICIENT", "retain", "ALARM", "OK"]),
                    ("0XX-X", ["ALARM", "ALARM", "ALARM", "ALARM"]),
                    ("--X--", ["ALARM", "retain", "ALARM", "OK"]),
                ],
            ),
            (
                2,
                [
                    ("0-X-X", ["ALARM", "ALARM", "ALARM", "ALARM"]),
                    ("00X0X", ["ALARM", "ALARM", "ALARM", "ALARM"]),
                    ("0-X--", ["OK", "OK", "ALARM", "OK"]),
                    ("----0", ["OK", "OK", "ALARM", "OK"]),
                    ("---X-", ["ALARM", "retain", "ALARM", "OK"]),
                ],
            ),
        ] {
            for (text, states) in rows {
                for (missing, expected) in TREATMENTS.into_iter().zip(states) {
                    for before in [State::Ok, State::Alarm] {
                        let expected = match expected {
                            "OK" => State::Ok,
                            "ALARM" => State::Alarm,
                            "retain" => before,
                            _ => State::InsufficientData,
                        };
                        let alarm = alarm(datapoints_to_alarm, missing);
                        let state = alarm.state(before, &points(text));
                        assert_eq!(state, expected, "{datapoints_to_alarm} of 3, {text}, {missing:?}");
                    }
                }
            }
        }
    }

    /// The guide: neither of these is an alarm at once, since what comes next may not be breaching.
    #[test]
    fn one_datapoint_after_a_pause_is_no_alarm_at_once() {
        for text in ["----X", "---X-"] {
            assert_eq!(alarm(3, Missing::Missing).state(State::Ok, &points(text)), State::Ok, "{text}");
        }
    }

    #[test]
    fn only_the_newest_of_the_range_count() {
        let alarm = alarm(3, Missing::Breaching);
        assert_eq!(alarm.states(&points("000----")).last(), Some(&State::Ok));
        assert_eq!(alarm.states(&points("000-----")).last(), Some(&State::Alarm));
    }

    #[test]
    fn an_alarm_of_a_template_is_read_and_one_that_is_not_known_is_none() {
        let mut properties = json!({
            "Statistic": "Sum", "ComparisonOperator": "LessThanThreshold", "Threshold": 1, "EvaluationPeriods": 1,
            "TreatMissingData": "breaching",
        });
        let alarm = Alarm::of_properties(&properties).expect("an alarm");
        assert_eq!((alarm.datapoints_to_alarm, alarm.missing), (1, Missing::Breaching));
        properties["Statistic"] = json!("p99");
        assert_eq!(Alarm::of_properties(&properties), None);
    }

    #[test]
    fn a_period_without_samples_has_no_datapoint() {
        assert_eq!(Statistic::Sum.of(&[]), None);
        for (statistic, expected) in [
            (Statistic::Sum, 6.0),
            (Statistic::Maximum, 4.0),
            (Statistic::Minimum, 2.0),
            (Statistic::Average, 3.0),
            (Statistic::SampleCount, 2.0),
        ] {
            assert_eq!(statistic.of(&[2.0, 4.0]), Some(expected));
        }
    }
}
