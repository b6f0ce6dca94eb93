//! Installs Voicemail Express on an Amazon Connect instance, and takes it away again.

pub mod params;
pub mod render;
