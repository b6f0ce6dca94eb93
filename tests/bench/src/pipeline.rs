//! The installed pipeline under load: from the end of the calls to the last task.

use std::time::{Duration, Instant};

use end_to_end::{Error, Site, Voice};

/// How many voicemails go through it.
const VOICEMAILS: usize = 30;

/// How it went.
pub(crate) struct Throughput {
    /// How many voicemails.
    pub(crate) voicemails: usize,
    /// From the first call to the last task.
    pub(crate) took: Duration,
}

/// Leaves messages, one after the other, and waits for all of their tasks.
pub(crate) async fn measure(site: &Site) -> Result<Throughput, Error> {
    // Processes are started, and connections made, by a first one.
    let first = site.leave(Voice::AmiableWoman).await?;
    site.task(&first.contact_id).await?;
    let began = Instant::now();
    let mut contacts = Vec::new();
    for _ in 0..VOICEMAILS {
        contacts.push(site.leave(Voice::AmiableWoman).await?.contact_id);
    }
    for contact in &contacts {
        site.task(contact).await?;
    }
    Ok(Throughput { voicemails: VOICEMAILS, took: began.elapsed() })
}
