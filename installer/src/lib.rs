//! Installs Voicemail Express on an Amazon Connect instance, and takes it away again.
