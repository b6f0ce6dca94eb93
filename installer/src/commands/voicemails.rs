//! `voicemails`: lists, exports and deletes them, and holds and releases recordings.

use std::{fs, io};

use jiff::Timestamp;

use super::installation::connect;
use crate::approval::{CommandKind, Request, gate};
use crate::cli::{ApprovalArgs, DeleteArgs, ExportArgs, FilterArgs, HoldArgs, VoicemailsListArgs};
use crate::error::Failure;
use crate::event::{Event, EventView};
use crate::ui::voicemails::{csv, manifest};
use vmx_engine::approver::Approver;
use vmx_engine::deletion;
use vmx_engine::files::write_privately;
use vmx_engine::pipeline::{Pipeline, find_stack};
use vmx_engine::progress::Progress;
use vmx_engine::voicemails::{self, Filter, Found, find};

/// The list of exported voicemails, written last: where it is, the export is complete.
const MANIFEST: &str = "voicemails.csv";

/// Lists voicemails.
pub(super) async fn list(
    args: &VoicemailsListArgs,
    profile: Option<&str>,
    view: &dyn EventView,
) -> Result<(), Failure> {
    let (params, cloud) = connect(&args.installation, profile, view).await?;
    let pipeline = Pipeline::of(&find_stack(&cloud, params.stack.as_str()).await?)?;
    let filter = filter(&args.filter, args.limit);
    let Found { voicemails, more, unseen } = find(&cloud, &params, &pipeline, &filter).await?;
    for text in unseen {
        view.show(&Progress::Warning { text });
    }
    if args.csv {
        view.tell(&Event::Document { text: csv(&voicemails) });
        if more > 0 {
            let text = format!("{more} older ones were not looked at: see them with --limit");
            view.show(&Progress::Warning { text });
        }
    } else {
        view.tell(&Event::Voicemails { voicemails, more });
    }
    Ok(())
}

fn filter(args: &FilterArgs, limit: usize) -> Filter {
    let now = Timestamp::now();
    Filter {
        since: args.since.from(now),
        until: args.until.map_or(Timestamp::MAX, |until| until.from(now)),
        recipient: args.queue.clone(),
        caller: args.caller.clone(),
        open: args.open,
        limit,
    }
}

/// Copies voicemails to a folder.
pub(super) async fn export(
    args: &ExportArgs,
    profile: Option<&str>,
    view: &dyn EventView,
) -> Result<(), Failure> {
    let (params, cloud) = connect(&args.installation, profile, view).await?;
    let pipeline = Pipeline::of(&find_stack(&cloud, params.stack.as_str()).await?)?;
    let failed = |source| Failure::Write { path: args.folder.clone(), source };
    let path = args.folder.join(MANIFEST);
    fs::create_dir_all(&args.folder).map_err(failed)?;
    // The list of an earlier export does not cover what is written from now on.
    match fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
        _ => {}
    }
    let Found { voicemails, unseen, .. } =
        find(&cloud, &params, &pipeline, &filter(&args.filter, usize::MAX)).await?;
    for text in unseen {
        view.show(&Progress::Warning { text });
    }
    let exported = voicemails::export(&cloud, &pipeline, voicemails, &args.folder).await?;
    write_privately(&path, manifest(&exported).as_bytes()).map_err(failed)?;
    let recordings = exported.iter().filter(|one| one.recording.is_some()).count();
    view.tell(&Event::Exported { folder: args.folder.clone(), voicemails: exported.len(), recordings });
    Ok(())
}

/// Deletes voicemails. With `yes` it is approved already.
pub(super) async fn delete(
    args: &DeleteArgs,
    profile: Option<&str>,
    view: &dyn EventView,
    approver: &dyn Approver,
) -> Result<(), Failure> {
    let (params, cloud) = connect(&args.installation, profile, view).await?;
    let pipeline = Pipeline::of(&find_stack(&cloud, params.stack.as_str()).await?)?;
    let ids = &args.voicemails.0;
    // All of them first: nothing is deleted if one cannot be.
    for id in ids {
        let found = deletion::look(&cloud, &pipeline, id).await?;
        view.show(&Progress::Deleting {
            voicemail: id.to_string(),
            has_recording: found.has_recording,
            delivered_by: found.delivered_by,
        });
    }
    let request = Request {
        question: "Delete for good?",
        command: CommandKind::Asking,
        changes: true,
        broadening: &[],
    };
    gate(request, ApprovalArgs { yes: args.yes, allow_iam: false }, view, approver).await?;
    for id in ids {
        let objects =
            deletion::delete(&cloud, &pipeline, params.stack.as_str(), id, Timestamp::now()).await?;
        view.show(&Progress::Deleted { voicemail: id.to_string(), objects });
    }
    let next = "what was delivered stays where it is: tasks, emails, Salesforce records and events";
    view.tell(&Event::Finished { changes: ids.len(), next: vec![next.to_owned()] });
    Ok(())
}

/// Holds or releases a recording.
pub(super) async fn hold(
    args: &HoldArgs,
    is_held: bool,
    profile: Option<&str>,
    view: &dyn EventView,
) -> Result<(), Failure> {
    let (params, cloud) = connect(&args.installation, profile, view).await?;
    let pipeline = Pipeline::of(&find_stack(&cloud, params.stack.as_str()).await?)?;
    let id = &args.voicemail;
    let is_changed = match is_held {
        true => voicemails::hold(&cloud, &pipeline, id).await?,
        false => voicemails::release(&cloud, &pipeline, id).await?,
    };
    view.tell(&Event::Held { voicemail: id.to_string(), is_held, is_changed });
    Ok(())
}
