//! What an installation of Voicemail Express is. Pure: nothing here talks to AWS, reads a clock, or waits.
//!
//! ```text
//! params + facts ──► render ──► documents ──┐
//! actual ───────────────────────────────────┴──► plan
//! ```
//! | what | module |
//! |---|---|
//! | what is wanted: a file of parameters, read and checked | [`params`] |
//! | what is there, as it was found | [`actual`], and [`facts`], the part that documents depend on |
//! | the stack's template and the flows | [`render`] |
//! | what has to change: one value that is shown, approved and applied | [`plan`], in words: [`change`] |
//! | names of functions, flows, steps | [`parts`] |
//! | how things of an installation are known again | [`ownership`] |
//! | templates and policies compared | [`template`], [`permissions`] |
//! | what an installation is sized for | [`capacity`], [`timeouts`] |

#![warn(missing_docs)]

pub mod actual;
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
