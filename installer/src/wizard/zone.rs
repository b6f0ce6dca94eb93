//! The time zone that people are likely to be in: this machine's, or else the region's.

use vmx_model::params::{Region, TimeZone};

/// Where Amazon Connect's regions are.
const REGIONS: [(&str, &str); 12] = [
    ("af-south-1", "Africa/Johannesburg"),
    ("ap-northeast-1", "Asia/Tokyo"),
    ("ap-northeast-2", "Asia/Seoul"),
    ("ap-south-1", "Asia/Kolkata"),
    ("ap-southeast-1", "Asia/Singapore"),
    ("ap-southeast-2", "Australia/Sydney"),
    ("ca-central-1", "America/Toronto"),
    ("eu-central-1", "Europe/Berlin"),
    ("eu-west-2", "Europe/London"),
    ("us-east-1", "America/New_York"),
    ("us-gov-west-1", "America/Los_Angeles"),
    ("us-west-2", "America/Los_Angeles"),
];

/// This machine's time zone, if it says one. Servers, such as that of AWS CloudShell, are set to UTC.
#[must_use]
pub(crate) fn of_machine() -> Option<String> {
    let named = std::env::var("TZ").ok().map(|name| name.trim_start_matches(':').to_owned());
    let linked = || {
        let path = std::fs::read_link("/etc/localtime").ok()?;
        path.to_str()?.split_once("zoneinfo/").map(|(_, name)| name.to_owned())
    };
    named.filter(|name| !name.is_empty()).or_else(linked)
}

/// The time zone for an installation in a region.
pub(super) fn likely(machine: Option<&str>, region: &Region) -> TimeZone {
    let is_of_people = |zone: &TimeZone| {
        let name = zone.as_str();
        name.contains('/') && !name.starts_with("Etc/")
    };
    let machine = machine.and_then(|name| TimeZone::parse(name).ok()).filter(is_of_people);
    let regional = || REGIONS.iter().find(|(code, _)| *code == region.as_str());
    machine.or_else(|| TimeZone::parse(regional()?.1).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn a_server_is_not_where_people_are() {
        for (machine, region, zone) in [
            (Some("Europe/Vienna"), "us-east-1", "Europe/Vienna"),
            (Some("Etc/UTC"), "us-east-1", "America/New_York"),
            (Some("Middle-earth/Shire"), "eu-west-2", "Europe/London"),
            (None, "ap-southeast-2", "Australia/Sydney"),
            (None, "eu-north-9", "UTC"),
        ] {
            assert_eq!(likely(machine, &Region::parse(region).unwrap()).as_str(), zone, "{machine:?}");
        }
        for (code, zone) in REGIONS {
            assert!(Region::parse(code).is_ok() && TimeZone::parse(zone).is_ok(), "{code}");
        }
    }
}
