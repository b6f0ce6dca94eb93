//! An installation of Voicemail Express as values. Pure: nothing here calls AWS, reads a clock, or waits.
//!
//! ```text
//! params + facts ──► render ──► documents ──┐
//! actual ───────────────────────────────────┴──► plan
//! ```
//!
//! | what | module |
//! |---|---|
//! | the parameters, read and checked | [`params`] |
//! | the current state, and the part that documents need | [`actual`], [`facts`] |
//! | the stack's template and the flows | [`render`] |
//! | the changes: one value that is shown, approved and applied | [`plan`], as text: [`change`] |
//! | names of functions, flows, steps | [`parts`] |
//! | recognizing an installation's resources | [`ownership`] |
//! | comparing templates and policies | [`template`], [`permissions`] |
//! | what an installation is sized for | [`capacity`], [`timeouts`] |
//! | earlier systems to take over from | [`ancestor`] |

#![warn(missing_docs)]

pub mod actual;
pub mod ancestor;
pub mod artifact;
pub mod capacity;
pub mod change;
pub mod digest;
pub mod facts;
pub mod flow_content;
pub mod ownership;
pub mod params;
pub mod parts;
pub mod permissions;
pub mod plan;
pub mod render;
pub mod template;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod timeouts;
