//! Whether one grant covers another.

use std::collections::BTreeSet;

use super::Grant;

/// Whether `outer` applies to everything that `inner` applies to. `false` if that is not certain.
pub(super) fn covers(outer: &Grant, inner: &Grant) -> bool {
    if outer.holder != inner.holder || outer.denies != inner.denies {
        return false;
    }
    if outer.inverted || inner.inverted {
        return outer == inner;
    }
    principal_covers(outer.principal.as_deref(), inner.principal.as_deref())
        // Action names are case-insensitive.
        && pattern_covers(&outer.action.to_ascii_lowercase(), &inner.action.to_ascii_lowercase())
        && pattern_covers(&outer.resource, &inner.resource)
        && conditions_cover(outer, inner)
}

/// A `*` in a principal stands for everybody, never for part of a name.
fn principal_covers(outer: Option<&str>, inner: Option<&str>) -> bool {
    outer == inner || (inner.is_some() && matches!(outer, Some("*" | "AWS *")))
}

/// Whether every condition of `outer` is also in `inner`, at least as strict.
fn conditions_cover(outer: &Grant, inner: &Grant) -> bool {
    outer
        .conditions
        .iter()
        .all(|(name, outer)| inner.conditions.get(name).is_some_and(|inner| values_cover(name, outer, inner)))
}

fn values_cover(name: &str, outer: &BTreeSet<String>, inner: &BTreeSet<String>) -> bool {
    let operator = name.split(' ').next().unwrap_or(name);
    match operator {
        "StringEquals" | "StringLike" | "ArnEquals" | "ArnLike" | "Bool" | "IpAddress" => {
            inner.is_subset(outer)
        }
        "StringNotEquals" | "StringNotLike" | "ArnNotEquals" | "ArnNotLike" | "NotIpAddress" => {
            inner.is_superset(outer)
        }
        _ => inner == outer,
    }
}

/// Whether a pattern of `*` and `?` matches everything that another pattern matches. References (`${…}`) are text.
pub fn pattern_covers(outer: &str, inner: &str) -> bool {
    let (outer, inner): (Vec<char>, Vec<char>) = (outer.chars().collect(), inner.chars().collect());
    // reached[i]: whether the characters of `outer` so far can match the first i of `inner`.
    let mut reached = vec![false; inner.len() + 1];
    reached[0] = true;
    for pattern in outer {
        let mut next = vec![false; inner.len() + 1];
        next[0] = pattern == '*' && reached[0];
        for (i, &is) in inner.iter().enumerate() {
            next[i + 1] = match pattern {
                '*' => reached[i + 1] || next[i],
                '?' => reached[i] && is != '*',
                _ => reached[i] && is == pattern,
            };
        }
        reached = next;
    }
    reached.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn patterns_cover_what_they_match() {
        for (outer, inner, covered) in [
            ("*", "*", true),
            ("*", "", true),
            ("a*", "ab*", true),
            ("ab*", "a*", false),
            ("a*c", "abc", true),
            ("a*c", "ab*", false),
            ("?", "a", true),
            ("?", "*", false),
            ("a?", "a?", true),
            ("${B.Arn}/*", "${B.Arn}/*.wav", true),
        ] {
            assert_eq!(pattern_covers(outer, inner), covered, "{outer} {inner}");
        }
    }

    proptest! {
        /// A text that the inner pattern matches, the outer one matches as well, if it covers it.
        #[test]
        fn covering_is_sound(outer in "[ab*?]{0,5}", inner in "[ab*?]{0,5}", fill in "[ab]{0,3}") {
            let text = inner.replace('*', &fill).replace('?', "b");
            prop_assert!(pattern_covers(&inner, &text));
            if pattern_covers(&outer, &inner) {
                prop_assert!(pattern_covers(&outer, &text));
            }
        }

        #[test]
        fn covering_is_an_order(a in "[ab*?]{0,4}", b in "[ab*?]{0,4}", c in "[ab*?]{0,4}") {
            prop_assert!(pattern_covers(&a, &a));
            if pattern_covers(&a, &b) && pattern_covers(&b, &c) {
                prop_assert!(pattern_covers(&a, &c));
            }
        }
    }
}
