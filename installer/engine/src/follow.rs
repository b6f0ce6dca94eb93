//! Follows what CloudFormation does to a stack, until it is done.
//!
//! Two things are looked at: events, which tell what happened, and the stack's status, which tells when it is over. A
//! look that fails decides nothing: the operation goes on whether somebody watches or not.

use crate::cloud::{Cloud, CloudError, Trouble};
use crate::discover::{describe_stack, page_of_events};
use crate::pace::Pace;
use crate::progress::{Progress, StackEvent, View};
use vmx_model::actual::{Settled, StackState};

/// How many looks in a row may fail before the watching is given up.
const LOST: usize = 30;
/// The same for credentials: those that have expired do not come back, but a helper program may bring new ones.
const SIGNED_OUT: usize = 3;
/// A first creation that failed passes through statuses that look final before it is deleted: that many looks in a
/// row must find one of them.
const LINGERING: usize = 5;

/// How an operation ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Followed {
    /// The stack as it is now.
    pub stack: StackState,
    /// What happened, oldest first.
    pub events: Vec<StackEvent>,
}

/// A place in a stack's history: what comes later belongs to the operation that is followed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bookmark(Option<String>);

impl Bookmark {
    /// The newest event of a stack now.
    ///
    /// # Errors
    /// [`CloudError`] when the events cannot be read: the operation should not begin then.
    pub async fn of(cloud: &Cloud, stack: &str) -> Result<Self, CloudError> {
        let (events, _) = page_of_events(cloud, stack, None).await?;
        Ok(Self(events.into_iter().next().map(|event| event.id)))
    }

    /// The newest event of a stack from before the operation that is under way, which somebody else began.
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

/// The event with which the operation under way on a stack began, if its history tells.
///
/// # Errors
/// [`CloudError`] when the stack's events cannot be read.
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

/// Whether an operation begins with an event: a person asked for it, and the stack is at work.
fn begins(event: &StackEvent) -> bool {
    const FIRST: [&str; 3] = ["CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "DELETE_IN_PROGRESS"];
    // A failed first creation is deleted as well, but nobody asked for that: it gives no reason, and what precedes it
    // belongs to the same story.
    event.is_of_the_stack()
        && FIRST.contains(&event.status.as_str())
        && event.reason.as_deref().is_some_and(|reason| reason == "User Initiated")
}

/// Follows the operation that is under way on a stack, whoever began it, and shows every event since its begin.
/// `None` when nothing in progress, or there is no such stack.
///
/// # Errors
/// [`CloudError`] when the stack cannot be looked at. The operation itself goes on.
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

/// Follows the operation on a stack that began after the bookmark, and shows every event.
///
/// # Errors
/// The last [`CloudError`] when the stack could not be looked at for minutes. The operation itself goes on.
pub async fn follow(
    cloud: &Cloud,
    stack_id: &str,
    begin: Bookmark,
    pace: Pace,
    view: &dyn View,
) -> Result<Followed, CloudError> {
    let mut newest = begin;
    let mut events: Vec<StackEvent> = Vec::new();
    let (mut failed, mut lingering) = (0, 0);
    for wait in pace.waits() {
        tokio::time::sleep(wait).await;
        // Before the operation's first event the status is still that of the operation before.
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
                let patience = if error.trouble == Trouble::Credentials { SIGNED_OUT } else { LOST };
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

/// The stack's status and what is new, oldest first. The status comes first: the events that are read after it hold
/// all that led to it.
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
