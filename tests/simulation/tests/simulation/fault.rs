//! What goes wrong with a call, and who says so.

use std::fmt;
use std::time::Duration;

/// What goes wrong with a call of a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Fault {
    /// It is refused as the service refuses who asks too often.
    Throttled,
    /// An internal error, 500. It is not carried out.
    InternalError,
    /// Unavailable, 503. It is not carried out.
    Unavailable,
    /// The connection is cut before it is carried out.
    CutBefore,
    /// The connection is cut after it is carried out.
    CutAfter,
    /// The connection is cut in the middle of the answer.
    BrokenOff,
    /// It is carried out, and the answer is an internal error.
    AnswerLost,
    /// The answer takes 20 seconds.
    Slow,
    /// It is not carried out, and no answer comes.
    NoAnswer,
    /// The function's process is killed before it is carried out.
    KilledBefore,
    /// The function's process is killed after it is carried out.
    KilledAfter,
    /// It is refused for good: access denied.
    Denied,
}

impl Fault {
    /// Every fault.
    pub(crate) const ALL: [Self; 12] = [
        Self::Throttled,
        Self::InternalError,
        Self::Unavailable,
        Self::CutBefore,
        Self::CutAfter,
        Self::BrokenOff,
        Self::AnswerLost,
        Self::Slow,
        Self::NoAnswer,
        Self::KilledBefore,
        Self::KilledAfter,
        Self::Denied,
    ];

    /// The fault in words.
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::Throttled => "throttled",
            Self::InternalError => "error 500",
            Self::Unavailable => "error 503",
            Self::CutBefore => "cut before",
            Self::CutAfter => "cut after",
            Self::BrokenOff => "broken off",
            Self::AnswerLost => "answer lost",
            Self::Slow => "slow",
            Self::NoAnswer => "no answer",
            Self::KilledBefore => "killed before",
            Self::KilledAfter => "killed after",
            Self::Denied => "denied",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.text())
    }
}

/// A function of the pipeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Function {
    /// `vmx_kvs_to_s3`.
    Recorder,
    /// `vmx_transcriber`.
    Transcriber,
    /// `vmx_packager`.
    Packager,
    /// `vmx_watchdog`.
    Watchdog,
}

impl Function {
    /// Every function, in the order of their steps.
    pub(crate) const ALL: [Self; 4] = [Self::Recorder, Self::Transcriber, Self::Packager, Self::Watchdog];

    /// Its name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Recorder => "vmx_kvs_to_s3",
            Self::Transcriber => "vmx_transcriber",
            Self::Packager => "vmx_packager",
            Self::Watchdog => "vmx_watchdog",
        }
    }
}

impl Function {
    /// What the template calls it.
    pub(crate) fn resource(self) -> &'static str {
        match self {
            Self::Recorder => "KvsToS3Function",
            Self::Transcriber => "TranscriberFunction",
            Self::Packager => "PackagerFunction",
            Self::Watchdog => "WatchdogFunction",
        }
    }
}

/// A call that a function makes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen<'a> {
    /// Whose call it is.
    pub(crate) function: Function,
    /// The action, for example `s3:PutObject`.
    pub(crate) action: &'a str,
    /// The how manieth call of this action by this function it is, from 1.
    pub(crate) number: u64,
    /// How long the run has lasted.
    pub(crate) after: Duration,
}

/// Says what goes wrong with the calls.
pub(crate) trait Faults: Send {
    /// What goes wrong with this one. `draw` gives a number below its argument, by the run's seed.
    fn fault(&mut self, call: &Seen<'_>, draw: &mut dyn FnMut(u64) -> u64) -> Option<Fault>;
}

/// Nothing goes wrong.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Nothing;

impl Faults for Nothing {
    fn fault(&mut self, _: &Seen<'_>, _: &mut dyn FnMut(u64) -> u64) -> Option<Fault> {
        None
    }
}

/// One call in so many goes wrong, in any way but [`Fault::Denied`], which does not end by itself; and one in twenty of
/// those is the first of an outage, in which the next calls of its action go wrong in the same way.
#[derive(Debug, Clone)]
pub(crate) struct AtRandom {
    /// One in so many.
    pub(crate) one_in: u64,
    /// The outages: whose calls of what, how, and how many are left.
    outages: Vec<(Function, String, Fault, u64)>,
}

impl AtRandom {
    /// One call in so many.
    pub(crate) fn one_in(one_in: u64) -> Self {
        Self { one_in, outages: Vec::new() }
    }
}

impl Faults for AtRandom {
    fn fault(&mut self, call: &Seen<'_>, draw: &mut dyn FnMut(u64) -> u64) -> Option<Fault> {
        self.outages.retain(|(.., left)| *left > 0);
        let outage = self
            .outages
            .iter_mut()
            .find(|(function, action, ..)| *function == call.function && action == call.action);
        if let Some((.., fault, left)) = outage {
            *left -= 1;
            return Some(*fault);
        }
        if draw(self.one_in.max(1)) != 0 {
            return None;
        }
        let fault = Fault::ALL[draw(Fault::ALL.len() as u64 - 1) as usize];
        if draw(20) == 0 {
            // The scheduled function makes few calls in a long time.
            let calls = if call.function == Function::Watchdog { 2 + draw(20) } else { 20 + draw(200) };
            self.outages.push((call.function, call.action.to_owned(), fault, calls));
        }
        Some(fault)
    }
}

/// Calls of one action by one function go wrong in one way: those with these numbers, or all from there on.
#[derive(Debug, Clone)]
pub(crate) struct These {
    /// Whose.
    pub(crate) function: Function,
    /// Which.
    pub(crate) action: String,
    /// How.
    pub(crate) fault: Fault,
    /// The first that goes wrong, from 1.
    pub(crate) from: u64,
    /// How many.
    pub(crate) calls: u64,
}

impl Faults for These {
    fn fault(&mut self, call: &Seen<'_>, _: &mut dyn FnMut(u64) -> u64) -> Option<Fault> {
        let is_it = call.function == self.function
            && call.action == self.action
            && call.number >= self.from
            && call.number - self.from < self.calls;
        is_it.then_some(self.fault)
    }
}

/// A service is down for so long from the start of the run: every call of this action by this function fails.
#[derive(Debug, Clone)]
pub(crate) struct Down {
    /// Whose.
    pub(crate) function: Function,
    /// Which.
    pub(crate) action: &'static str,
    /// How long.
    pub(crate) lasts: Duration,
}

impl Faults for Down {
    fn fault(&mut self, call: &Seen<'_>, _: &mut dyn FnMut(u64) -> u64) -> Option<Fault> {
        let is_it = call.function == self.function && call.action == self.action;
        (is_it && call.after < self.lasts).then_some(Fault::Unavailable)
    }
}
