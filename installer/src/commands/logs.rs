//! `logs`: what the functions logged.

use jiff::Timestamp;

use super::installation::connect;
use crate::cli::{Logged, LogsArgs};
use crate::error::Failure;
use crate::event::{Event, EventView};
use vmx_engine::logs::Reader;
use vmx_engine::pipeline::{Pipeline, PipelineError, find_stack};
use vmx_engine::progress::Progress;

/// How often to read what is followed.
const PERIOD: std::time::Duration = std::time::Duration::from_secs(2);

/// Shows the log of a function, or the lines of all functions about a contact.
pub(super) async fn logs(
    args: &LogsArgs,
    profile: Option<&str>,
    view: &dyn EventView,
) -> Result<(), Failure> {
    let (params, cloud) = connect(&args.installation, profile, view).await?;
    let stack = find_stack(&cloud, params.stack.as_str()).await?;
    let mut groups = Pipeline::log_groups(&stack);
    let about = match &args.of {
        Logged::Voicemail(id) => Some(id),
        Logged::Function(function) => {
            groups.retain(|(one, _)| one == function);
            None
        }
    };
    if groups.is_empty() {
        let (name, status) = (stack.name.clone(), stack.status.clone());
        let missing = "log group of that function".to_owned();
        return Err(PipelineError::Incomplete { stack: name, status, missing }.into());
    }
    let names: Vec<String> = groups.iter().map(|(_, group)| (*group).to_owned()).collect();
    let mut reader = Reader::new(groups, about, Timestamp::now() - args.since());
    let (lines, unread) = reader.read(&cloud).await;
    if let (true, [error, ..]) = (lines.is_empty() && unread.len() == names.len(), unread.as_slice()) {
        return Err(error.clone().into());
    }
    if lines.is_empty() && !args.follow {
        let text = format!("no lines since then in {}; see older ones with --since", names.join(", "));
        view.show(&Progress::Warning { text });
    }
    for error in unread {
        view.show(&Progress::Warning { text: error.to_string() });
    }
    for line in lines {
        view.tell(&Event::Logged(line));
    }
    if !args.follow {
        return Ok(());
    }
    loop {
        tokio::time::sleep(PERIOD).await;
        // What cannot be read now may be the next time.
        for line in reader.read(&cloud).await.0 {
            view.tell(&Event::Logged(line));
        }
    }
}
