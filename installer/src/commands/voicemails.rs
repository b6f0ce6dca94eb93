//! `voicemails`: lists them, and holds and releases recordings.

use jiff::Timestamp;

use super::installation::connect;
use crate::cli::{HoldArgs, VoicemailsListArgs};
use crate::error::Failure;
use crate::event::{Event, EventView};
use crate::ui::voicemails::csv;
use vmx_engine::pipeline::{Pipeline, find_stack};
use vmx_engine::progress::Progress;
use vmx_engine::voicemails::{self, Filter, Found, find};

/// Lists voicemails.
pub(super) async fn list(
    args: &VoicemailsListArgs,
    profile: Option<&str>,
    view: &dyn EventView,
) -> Result<(), Failure> {
    let (params, cloud) = connect(&args.installation, profile, view).await?;
    let pipeline = Pipeline::of(&find_stack(&cloud, params.stack.as_str()).await?)?;
    let now = Timestamp::now();
    let filter = Filter {
        since: args.since.from(now),
        until: args.until.map_or(Timestamp::MAX, |until| until.from(now)),
        recipient: args.queue.clone(),
        caller: args.caller.clone(),
        open: args.open,
        limit: args.limit,
    };
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
