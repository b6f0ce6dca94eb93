//! What the account and the region allow.

use std::collections::BTreeSet;

use aws_sdk_lambda::types::AccountLimit;
use serde::Deserialize;

use crate::cloud::{Cloud, wrap};
use crate::finding::{Code, Finding};
use vmx_model::actual::{Actual, Settled};
use vmx_model::capacity::{Capacity, assumed};
use vmx_model::params::{Links, Params};
use vmx_model::template::Template;

/// The regions of the services that not every region of Amazon Connect has to have. A test holds them against botocore's
/// data.
const REGIONS: &str = include_str!("regions.json");

/// The part of the file that the check needs.
#[derive(Deserialize)]
struct Regions {
    source: String,
    kinesisvideo: BTreeSet<String>,
    transcribe: BTreeSet<String>,
}

/// Concurrent executions below which functions wait for each other at any load. A new account may have ten.
const LEAST_CONCURRENCY: u32 = 50;
/// Concurrent jobs below which voicemails wait for transcription at any load.
const LEAST_JOBS: f64 = 25.0;

/// Whether the region has every service. The other services are wherever Amazon Connect is.
#[expect(clippy::expect_used, reason = "the file is part of the program; a test reads it")]
pub(super) fn region(region: &str) -> Finding {
    let regions: Regions = serde_json::from_str(REGIONS).expect("regions.json is valid");
    let services =
        [("Amazon Kinesis Video Streams", &regions.kinesisvideo), ("Amazon Transcribe", &regions.transcribe)];
    let missing: Vec<&str> =
        services.iter().filter(|(_, known)| !known.contains(region)).map(|(name, _)| *name).collect();
    if missing.is_empty() {
        return Finding::ok(Code::Region, format!("{region} has all required services"));
    }
    Finding::warning(
        Code::Region,
        format!("{} may not be available in {region}, by {}", missing.join(" and "), regions.source),
        "voicemails cannot be recorded or transcribed without it",
        "check it in the list of AWS services by region",
    )
}

/// Concurrency that AWS Lambda keeps for functions without a reservation: this, or the whole limit of an account that
/// has less. Sources: AWS Lambda developer guide, "Configuring reserved concurrency"; the refusals that users of accounts
/// limited to 10 and 50 report ("below its minimum value of [10]").
const KEPT_UNRESERVED: i32 = 100;

/// Whether functions have enough concurrency, and the page behind playback links can get its reservation. AWS Lambda
/// does not count what is already reserved.
pub(super) async fn concurrency(cloud: &Cloud, params: &Params, actual: &Actual) -> Finding {
    let settings = cloud.lambda.get_account_settings().send().await;
    let limits = match settings.map_err(wrap("read the account's AWS Lambda settings")) {
        Ok(settings) => settings.account_limit,
        Err(error) => return Finding::unknown(Code::LambdaConcurrency, &error),
    };
    let Some(limit) = limits.as_ref().and_then(AccountLimit::unreserved_concurrent_executions) else {
        return Finding::ok(Code::LambdaConcurrency, "AWS Lambda returned no limit");
    };
    let total = limits.map_or(0, |limits| limits.concurrent_executions).max(limit);
    let what = format!("{limit} functions can run concurrently, besides reserved concurrency");
    let kept = KEPT_UNRESERVED.min(total);
    let reserved = to_reserve(params, actual);
    if reserved > 0 && limit.saturating_sub(reserved) < kept {
        return Finding::fatal(
            Code::LambdaConcurrency,
            format!("{what}; the account's limit is {total}"),
            &format!(
                "AWS Lambda keeps {kept} of them unreserved, and would refuse to reserve {reserved} more for the page \
                 behind playback links (`links_at_once`)"
            ),
            "set `links_at_once: 0` to reserve none, or request an increase in the console, under Service \
             Quotas, AWS Lambda, Concurrent executions",
        );
    }
    let least = Capacity::expected(params).layout.executions().max(LEAST_CONCURRENCY);
    if limit >= i32::try_from(least).unwrap_or(i32::MAX) {
        return Finding::ok(Code::LambdaConcurrency, what);
    }
    Finding::warning(
        Code::LambdaConcurrency,
        what,
        "in a busy hour voicemails wait for each other and for the account's other functions",
        "request an increase in the console, under Service Quotas, AWS Lambda, Concurrent executions",
    )
}

/// What the page behind playback links would reserve in addition to what its function already has.
fn to_reserve(params: &Params, actual: &Actual) -> i32 {
    if params.links != Links::Url {
        return 0;
    }
    let wanted = i32::try_from(params.links_at_once.get()).unwrap_or(i32::MAX);
    wanted.saturating_sub(reserved(actual).unwrap_or_default())
}

/// What the installed page's function has reserved. A stack that failed or was never created has nothing.
fn reserved(actual: &Actual) -> Option<i32> {
    let stack = actual.stack.as_ref()?;
    if matches!(stack.settled(), Settled::Leftover | Settled::Shell | Settled::Gone) {
        return None;
    }
    let template = Template::read(&stack.template, &stack.parameters).ok()?;
    let page = template.resources.get("PlaybackFunction")?;
    page.properties["ReservedConcurrentExecutions"].as_i64()?.try_into().ok()
}

/// The quotas that voicemails use.
pub(super) async fn quotas(cloud: &Cloud, params: &Params) -> Vec<Finding> {
    let rate = f64::from(params.expected_voicemails_per_hour.get()) / 3600.0;
    let least = (rate * assumed::JOB_SECONDS * assumed::HEADROOM).max(LEAST_JOBS);
    let (jobs, streams) = tokio::join!(transcription_jobs(cloud, least), video_streams(cloud));
    vec![jobs, streams]
}

async fn transcription_jobs(cloud: &Cloud, least: f64) -> Finding {
    // The code of “Number of concurrent batch transcription jobs”.
    let asked = cloud.quotas.get_service_quota().service_code("transcribe").quota_code("L-6F7AB1C9");
    let quota = match asked.send().await.map_err(wrap("read the quota of transcription jobs")) {
        Ok(answer) => answer.quota().and_then(|quota| quota.value()),
        Err(error) => return Finding::unknown(Code::Quota, &error),
    };
    let Some(jobs) = quota else {
        return Finding::ok(Code::Quota, "Service Quotas returned no limit for transcription jobs");
    };
    let what = format!("{jobs} transcription jobs can run concurrently");
    if jobs >= least {
        return Finding::ok(Code::Quota, what);
    }
    Finding::warning(
        Code::Quota,
        what,
        "further voicemails wait and arrive later",
        "request an increase in the console, under Service Quotas, Amazon Transcribe",
    )
}

/// Amazon Connect uses a stream for every concurrent call, and reuses it.
async fn video_streams(cloud: &Cloud) -> Finding {
    let mut pages = cloud.quotas.list_service_quotas().service_code("kinesisvideo").into_paginator().send();
    while let Some(page) = pages.next().await {
        let page = match page.map_err(wrap("list the quotas of Amazon Kinesis Video Streams")) {
            Ok(page) => page,
            Err(error) => return Finding::unknown(Code::Quota, &error),
        };
        let is_streams = |name: &str| {
            let name = name.to_ascii_lowercase();
            name.contains("number of") && name.contains("streams")
        };
        let found = page.quotas().iter().find(|quota| quota.quota_name().is_some_and(is_streams));
        if let Some(limit) = found.and_then(|quota| quota.value()) {
            let what = format!("{limit} video streams can exist; each concurrent call uses one");
            return if limit >= 100.0 {
                Finding::ok(Code::Quota, what)
            } else {
                Finding::warning(
                    Code::Quota,
                    what,
                    "a call that gets no stream cannot leave a voicemail",
                    "request an increase in the console, under Service Quotas, Amazon Kinesis Video Streams",
                )
            };
        }
    }
    Finding::ok(Code::Quota, "Service Quotas returned no limit for video streams")
}
