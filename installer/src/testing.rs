//! Shared test helpers.

use vmx_engine::testing::Recorder;

use crate::event::{Event, EventView};

impl EventView for Recorder {
    fn tell(&self, event: &Event) {
        self.note(format!("{event:?}"));
    }
}
