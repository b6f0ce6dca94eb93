//! Whether the installation works, link by link.

use super::{instance, media};
use crate::checks::{self, INSTALL};
use crate::cloud::Cloud;
use crate::finding::{Code, Finding};
use crate::pipeline::Pipeline;
use crate::state_bucket::Bucket;
use vmx_model::actual::Actual;
use vmx_model::params::Params;
use vmx_model::render::wanted_flows;

/// Every check of an installation, in the order in which a voicemail passes its links.
pub async fn installed(cloud: &Cloud, params: &Params, actual: &Actual) -> Vec<Finding> {
    let why = "voicemails are not recorded";
    let Some(stack) = &actual.stack else {
        return vec![Finding::fatal(
            Code::Stack,
            "nothing is installed: the stack does not exist",
            why,
            "install with `vmx-install install params.yaml`",
        )];
    };
    let mut findings = vec![checks::contact_records(actual.contact_records.as_ref(), stack)];
    // The checks before an installation include the settings of media streams.
    findings.extend(actual.media_streams.is_none().then(|| checks::media(None)));
    findings.extend(media::now(actual));
    findings.extend(instance::call_recordings(params, actual));
    findings.extend(wanted_flows(params).map(|key| checks::flow(key, actual.flow(key))));
    findings.push(checks::calls(&checks::called(&actual.flows, stack), &actual.associated_functions));
    let Ok(pipeline) = Pipeline::of(stack) else {
        let what = format!("the stack {} is {} and incomplete", stack.name, stack.status);
        findings.push(Finding::fatal(Code::Stack, what, why, INSTALL));
        return findings;
    };
    let (running, queues) =
        tokio::join!(checks::look(cloud, stack, Some(&pipeline)), checks::look_at_queues(cloud, &pipeline));
    findings.extend(running.findings());
    let round = match &pipeline.state {
        Some(name) => checks::last_round(Bucket { cloud, name }).await,
        None => Ok(None),
    };
    match round {
        Ok(round) => {
            findings
                .extend(round.map(|round| checks::reported(&round.broken, &findings)).unwrap_or_default());
        }
        Err(error) => findings.push(Finding::unknown(Code::Watchdog, &error)),
    }
    for (station, queue, dead_letters) in &queues {
        findings.push(checks::queue(station.step, queue));
        findings.push(checks::dead_letters(station, dead_letters, &[]));
    }
    findings
}
