//! Follows a stack operation until it ends.
//!
//! Events say what happened, and the stack's status says when it is over. A failed read decides nothing: the operation
//! continues with or without a watcher.

use crate::cloud::{Cloud, CloudError, ErrorKind};
use crate::discover::{describe_stack, page_of_events};
use crate::pace::Pace;
use crate::progress::{Progress, StackEvent, View};
use crate::waits;
use vmx_model::actual::{Settled, StackState};

/// How many reads may fail in a row.
const LOST: usize = 30;
/// The same for credentials: expired ones stay expired, but a helper program may provide new ones.
const SIGNED_OUT: usize = 3;
/// A failed first creation passes through statuses that look final before it is deleted: this many reads in a row must
/// agree.
const LINGERING: usize = 5;

/// How an operation ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Followed {
    /// The stack's final state.
    pub stack: StackState,
    /// What happened, oldest first.
    pub events: Vec<StackEvent>,
}

/// A position in a stack's events. Later events belong to the followed operation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bookmark(Option<String>);

impl Bookmark {
    /// A stack's newest event.
    ///
    /// # Errors
    /// [`CloudError`] if the events cannot be read: do not start the operation then.
    pub async fn of(cloud: &Cloud, stack: &str) -> Result<Self, CloudError> {
        let (events, _) = page_of_events(cloud, stack, None).await?;
        Ok(Self(events.into_iter().next().map(|event| event.id)))
    }

    /// A stack's newest event from before the operation in progress, which another run started.
    async fn before_current(cloud: &Cloud, stack: &str) -> Result<Self, CloudError> {
        let (mut token, mut begun) = (None, false);
        loop {
            let (events, next) = page_of_events(cloud, stack, token).await?;
            for event in events {
                if begun {
                    return Ok(Self(Some(event.id)));
                }
                begun = begins(&event);
            }
            token = next;
            if token.is_none() {
                return Ok(Self(None));
            }
        }
    }
}

/// The first event of the operation in progress on a stack, if its events show it.
///
/// # Errors
/// [`CloudError`] if the events cannot be read.
pub async fn operation_begin(cloud: &Cloud, stack: &str) -> Result<Option<StackEvent>, CloudError> {
    let mut token = None;
    loop {
        let (events, next) = page_of_events(cloud, stack, token).await?;
        if let Some(begin) = events.into_iter().find(begins) {
            return Ok(Some(begin));
        }
        token = next;
        if token.is_none() {
            return Ok(None);
        }
    }
}

/// Whether an operation starts with this event: a person requested it, and the stack is in progress.
fn begins(event: &StackEvent) -> bool {
    const FIRST: [&str; 3] = ["CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "DELETE_IN_PROGRESS"];
    // A failed first creation is deleted too, but without a request: that event has no reason, and the events before it
    // belong to the same operation.
    event.is_of_the_stack()
        && FIRST.contains(&event.status.as_str())
        && event.reason.as_deref().is_some_and(|reason| reason == "User Initiated")
}

/// Follows the operation in progress on a stack, whoever started it, and shows every event since its start. `None` if
/// there is no operation, or no such stack.
///
/// # Errors
/// [`CloudError`] if the stack cannot be read. The operation itself continues.
pub async fn attach(
    cloud: &Cloud,
    stack: &str,
    pace: Pace,
    view: &dyn View,
) -> Result<Option<Followed>, CloudError> {
    let Some(state) = describe_stack(cloud, stack).await? else { return Ok(None) };
    if state.settled() != Settled::Busy {
        return Ok(None);
    }
    let begin = Bookmark::before_current(cloud, &state.id).await?;
    follow(cloud, &state.id, begin, pace, view).await.map(Some)
}

/// Follows the stack operation that started after the bookmark, and shows every event.
///
/// # Errors
/// The last [`CloudError`] if the stack could not be read for minutes. The operation itself continues.
pub async fn follow(
    cloud: &Cloud,
    stack_id: &str,
    begin: Bookmark,
    pace: Pace,
    view: &dyn View,
) -> Result<Followed, CloudError> {
    let _changing = waits::on("CloudFormation to finish the stack");
    let mut newest = begin;
    let mut events: Vec<StackEvent> = Vec::new();
    let (mut failed, mut lingering) = (0, 0);
    for wait in pace.waits() {
        tokio::time::sleep(wait).await;
        // Before the operation's first event, the status is the previous operation's.
        let begun = events.iter().any(StackEvent::is_of_the_stack);
        let looked = look(cloud, stack_id, &mut newest).await;
        let (stack, new) = match looked {
            Ok(looked) => looked,
            Err(error) => {
                failed += 1;
                if failed == 1 {
                    let text = format!("{error}; CloudFormation continues, and so does this command");
                    view.show(&Progress::Warning { text });
                }
                let patience = if error.kind == ErrorKind::Credentials { SIGNED_OUT } else { LOST };
                if failed >= patience {
                    return Err(error);
                }
                continue;
            }
        };
        failed = 0;
        for event in new {
            view.show(&Progress::StackEvent(event.clone()));
            events.push(event);
        }
        let Some(stack) = stack.filter(|_| begun) else {
            continue;
        };
        let done = match stack.settled() {
            Settled::Busy | Settled::Shell => false,
            Settled::Leftover => {
                lingering += 1;
                lingering >= LINGERING
            }
            Settled::Working | Settled::Stuck | Settled::Gone => true,
        };
        if done {
            return Ok(Followed { stack, events });
        }
    }
    unreachable!("waits never end")
}

/// The stack's status and its new events, oldest first. The status is read first, so that the events include all that
/// led to it.
async fn look(
    cloud: &Cloud,
    stack_id: &str,
    newest: &mut Bookmark,
) -> Result<(Option<StackState>, Vec<StackEvent>), CloudError> {
    let stack = describe_stack(cloud, stack_id).await?;
    let mut new = Vec::new();
    let mut token = None;
    loop {
        let (page, next) = page_of_events(cloud, stack_id, token).await?;
        let unseen = page.iter().take_while(|event| Some(&event.id) != newest.0.as_ref()).count();
        let all_unseen = unseen == page.len();
        new.extend(page.into_iter().take(unseen));
        token = next.filter(|_| all_unseen);
        if token.is_none() {
            break;
        }
    }
    if let Some(event) = new.first() {
        newest.0 = Some(event.id.clone());
    }
    new.reverse();
    Ok((stack, new))
}
