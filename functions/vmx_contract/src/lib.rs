//! What the installer, the contact flows and the functions agree on.
