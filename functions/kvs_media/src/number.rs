//! Fragment numbers.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

/// The maximum number of digits in the service's API (`FragmentNumberString`: 1 to 128 characters).
const MAX_DIGITS: usize = 128;

/// A fragment's number in Kinesis Video Streams, compared as an integer.
///
/// It is stored as decimal digits because it fits no integer type: Connect's have 47 digits, and the API allows 128.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FragmentNumber {
    /// Without leading zeros, so that equal numbers are equal texts and a longer text is a larger number.
    digits: Box<str>,
}

impl FromStr for FragmentNumber {
    type Err = InvalidFragmentNumber;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.is_empty() || text.len() > MAX_DIGITS || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(InvalidFragmentNumber { text: text.chars().take(MAX_DIGITS).collect() });
        }
        let digits = match text.trim_start_matches('0') {
            "" => "0",
            digits => digits,
        };
        Ok(Self { digits: digits.into() })
    }
}

impl Ord for FragmentNumber {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.digits.len(), &self.digits).cmp(&(other.digits.len(), &other.digits))
    }
}

impl PartialOrd for FragmentNumber {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The number in decimal digits, as the service's API expects it.
impl fmt::Display for FragmentNumber {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.digits)
    }
}

/// A text that is not a fragment number.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a fragment number, which has 1 to {MAX_DIGITS} decimal digits")]
pub struct InvalidFragmentNumber {
    text: String,
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use proptest::prelude::*;

    fn number(text: &str) -> FragmentNumber {
        text.parse().unwrap()
    }

    #[test]
    fn numbers_of_connect_are_larger_than_any_integer_type_and_still_compared_as_integers() {
        let earlier = number("91343852333181531502161607852955530730504675150");
        let later = number("91343852333181531502161607852955530730504675151");
        assert!(earlier < later);
        assert!(number("99999999999999999999999999999999999999999999999") > later);
        assert!(number("100000000000000000000000000000000000000000000000") > later);
    }

    #[test]
    fn leading_zeros_do_not_count() {
        assert_eq!(number("007"), number("7"));
        assert_eq!(number("000").to_string(), "0");
    }

    #[test]
    fn anything_but_digits_is_refused_with_the_reason() {
        for text in ["", "-1", "+1", "1.0", " 1", "connect-real-0", "١", &"9".repeat(129)] {
            assert!(text.parse::<FragmentNumber>().is_err(), "{text:?} was taken");
        }
        let error = "12x".parse::<FragmentNumber>().unwrap_err();
        assert_eq!(error.to_string(), "\"12x\" is not a fragment number, which has 1 to 128 decimal digits");
    }

    proptest! {
        #[test]
        fn order_is_that_of_integers(left: u128, right: u128, zeros in 0_usize..5) {
            let padded = format!("{}{left}", "0".repeat(zeros));
            prop_assert_eq!(number(&padded).cmp(&number(&right.to_string())), left.cmp(&right));
        }
    }
}
