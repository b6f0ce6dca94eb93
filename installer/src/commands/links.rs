//! `links revoke`: prompts, then revokes links.

use jiff::Timestamp;
use vmx_contract::voicemail_id::VoicemailId;

use super::installation::connect;
use crate::approval::{CommandKind, Request, gate};
use crate::cli::{ApprovalArgs, InstallationArgs};
use crate::error::Failure;
use crate::event::{Event, EventView};
use vmx_engine::approver::Approver;
use vmx_engine::links::{Which, is_there, revoke as revoke_links};
use vmx_engine::pipeline::{Pipeline, find_stack};

/// Revokes the links of a voicemail, or all links.
pub(super) async fn revoke(
    installation: &InstallationArgs,
    profile: Option<&str>,
    voicemail: Option<&VoicemailId>,
    yes: bool,
    view: &dyn EventView,
    approver: &dyn Approver,
) -> Result<(), Failure> {
    let (params, cloud) = connect(installation, profile, view).await?;
    let pipeline = Pipeline::of(&find_stack(&cloud, params.stack.as_str()).await?)?;
    let (which, question) = match voicemail {
        Some(id) => {
            if !is_there(&cloud, &pipeline, id).await? {
                return Err(Failure::NoVoicemail { id: id.clone() });
            }
            (Which::Of(id), "Revoke every link to this voicemail permanently?")
        }
        None => (Which::All, "Revoke every link to every voicemail made so far?"),
    };
    let request = Request { question, command: CommandKind::Asking, changes: true, broadening: &[] };
    gate(request, ApprovalArgs { yes, allow_iam: false }, view, approver).await?;
    revoke_links(&cloud, &pipeline, which, Timestamp::now()).await?;
    let next = "presigned URLs already handed out work until they expire: at most half an hour for the \
                page's; those of `links: presigned` cannot be revoked";
    view.tell(&Event::Finished { changes: 1, next: vec![next.to_owned()] });
    Ok(())
}
