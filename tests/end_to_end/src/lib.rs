//! The whole of it on the local cloud: install, call, deliver, tear down.
