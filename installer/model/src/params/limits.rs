//! Numbers within limits.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::Value;

use super::plain::mismatch;

/// A whole number from `MIN` to `MAX`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Whole<const MIN: u32, const MAX: u32>(u32);

impl<const MIN: u32, const MAX: u32> Whole<MIN, MAX> {
    /// A number known at compile time.
    ///
    /// # Panics
    /// Outside the limits; a `const` then fails to compile.
    #[must_use]
    pub const fn of(number: u32) -> Self {
        assert!(MIN <= number && number <= MAX);
        Self(number)
    }

    /// The number, if it is within the limits.
    #[must_use]
    pub fn new(number: u32) -> Option<Self> {
        (MIN..=MAX).contains(&number).then_some(Self(number))
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }
}

impl<const MIN: u32, const MAX: u32> Serialize for Whole<MIN, MAX> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u32(self.0)
    }
}

impl<'de, const MIN: u32, const MAX: u32> Deserialize<'de> for Whole<MIN, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        let number = value.as_u64().and_then(|number| u32::try_from(number).ok());
        number.and_then(Self::new).ok_or_else(|| {
            de::Error::custom(mismatch(&value, &format!("a whole number from {MIN} to {MAX}")))
        })
    }
}

/// The retention periods of CloudWatch Logs, in days. Source: `PutRetentionPolicy` of the Amazon CloudWatch Logs API.
pub(super) const LOG_DAYS: [u32; 22] =
    [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];

/// How long logs are kept, in days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct LogDays(u32);

impl LogDays {
    /// The number of days.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }
}

impl Default for LogDays {
    fn default() -> Self {
        Self(30)
    }
}

impl<'de> Deserialize<'de> for LogDays {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let days = Whole::<1, 3653>::deserialize(deserializer)?.get();
        if LOG_DAYS.contains(&days) {
            return Ok(Self(days));
        }
        let longer = LOG_DAYS.iter().find(|known| **known > days).unwrap_or(&3653);
        Err(de::Error::custom(format_args!(
            "CloudWatch Logs accepts only certain numbers of days, and {days} is not one; the next is \
             {longer}"
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{from_value, json};

    #[test]
    fn numbers_outside_the_limits_are_refused_with_the_limits() {
        assert_eq!(from_value::<Whole<5, 9>>(json!(5)).map(Whole::get).ok(), Some(5));
        for bad in [json!(4), json!(10), json!(-1), json!(u64::MAX), json!(5.5), json!("5"), json!(true)] {
            let message = from_value::<Whole<5, 9>>(bad).map_err(|error| error.to_string());
            assert!(message.is_err_and(|text| text.contains("a whole number from 5 to 9")));
        }
    }

    #[test]
    fn only_what_cloudwatch_takes_is_a_number_of_days_for_logs() {
        assert!(LOG_DAYS.is_sorted());
        assert_eq!(from_value::<LogDays>(json!(30)).map(LogDays::get).ok(), Some(30));
        let message = from_value::<LogDays>(json!(31)).map_err(|error| error.to_string());
        assert!(message.is_err_and(|text| text.ends_with("the next is 60")));
    }
}
