//! Faults of calls, and the plans that inflict them.

use std::fmt;
use std::time::Duration;

/// The fault of a function's call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Fault {
    /// The service throttles it.
    Throttled,
    /// An internal error, 500. It is not carried out.
    InternalError,
    /// Unavailable, 503. It is not carried out.
    Unavailable,
    /// The connection breaks before it is carried out.
    CutBefore,
    /// The connection breaks after it is carried out.
    CutAfter,
    /// The connection breaks in the middle of the response.
    BrokenOff,
    /// It is carried out, but the response is an internal error.
    AnswerLost,
    /// The response takes 20 seconds.
    Slow,
    /// It is not carried out, and no response arrives.
    NoAnswer,
    /// The function's process is killed before it is carried out.
    KilledBefore,
    /// The function's process is killed after it is carried out.
    KilledAfter,
    /// Permanently denied.
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
    /// Every function, in pipeline order.
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
    /// Its name in the template.
    pub(crate) fn resource(self) -> &'static str {
        match self {
            Self::Recorder => "KvsToS3Function",
            Self::Transcriber => "TranscriberFunction",
            Self::Packager => "PackagerFunction",
            Self::Watchdog => "WatchdogFunction",
        }
    }
}

/// A call by a function.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen<'a> {
    /// The caller.
    pub(crate) function: Function,
    /// The action, for example `s3:PutObject`.
    pub(crate) action: &'a str,
    /// The number of this call among the function's calls of this action, from 1.
    pub(crate) number: u64,
    /// The time since the start of the run.
    pub(crate) after: Duration,
}

/// Decides which calls fail.
pub(crate) trait Faults: Send {
    /// The fault of this call, if any. `draw` returns a random number below its argument, from the run's seed.
    fn fault(&mut self, call: &Seen<'_>, draw: &mut dyn FnMut(u64) -> u64) -> Option<Fault>;
}

/// No faults.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Nothing;

impl Faults for Nothing {
    fn fault(&mut self, _: &Seen<'_>, _: &mut dyn FnMut(u64) -> u64) -> Option<Fault> {
        None
    }
}

/// One call in this many fails, in any way but [`Fault::Denied`], which never ends by itself. One in twenty of those
/// starts an outage, in which the next calls of its action fail in the same way.
#[derive(Debug, Clone)]
pub(crate) struct AtRandom {
    /// The denominator.
    pub(crate) one_in: u64,
    /// The outages: function, action, fault, and remaining calls.
    outages: Vec<(Function, String, Fault, u64)>,
}

impl AtRandom {
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
            // The scheduled function rarely makes a call.
            let calls = if call.function == Function::Watchdog { 2 + draw(20) } else { 20 + draw(200) };
            self.outages.push((call.function, call.action.to_owned(), fault, calls));
        }
        Some(fault)
    }
}

/// Some calls of one action by one function fail in one way: those with these numbers, or all from the first on.
#[derive(Debug, Clone)]
pub(crate) struct These {
    pub(crate) function: Function,
    pub(crate) action: String,
    pub(crate) fault: Fault,
    /// The number of the first failing call, from 1.
    pub(crate) from: u64,
    /// The number of failing calls.
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

/// An outage at the start of the run: every call of this action by this function fails.
#[derive(Debug, Clone)]
pub(crate) struct Down {
    pub(crate) function: Function,
    pub(crate) action: &'static str,
    /// Its length.
    pub(crate) lasts: Duration,
}

impl Faults for Down {
    fn fault(&mut self, call: &Seen<'_>, _: &mut dyn FnMut(u64) -> u64) -> Option<Fault> {
        let is_it = call.function == self.function && call.action == self.action;
        (is_it && call.after < self.lasts).then_some(Fault::Unavailable)
    }
}
