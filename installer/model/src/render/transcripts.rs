//! The template's settings for transcripts and summaries.

use minijinja::{Value, context};

use crate::params::{Language, Params};

/// The transcription settings as the functions read them. Empty if off.
pub(super) fn transcription(params: &Params) -> Value {
    let transcription = &params.transcription;
    let candidates: Vec<&str> =
        transcription.identify_language.get().iter().copied().map(Language::as_str).collect();
    let vocabularies = &transcription.vocabularies;
    let pairs: Vec<String> =
        vocabularies.iter().map(|(language, name)| format!("{language}={}", name.as_str())).collect();
    let some = |text: String| Some(text).filter(|text| !text.is_empty());
    context! {
        deadline_minutes => transcription.deadline_minutes.get().to_string(),
        identify_language => some(candidates.join(",")),
        vocabularies => some(pairs.join(",")),
        redact => transcription.redact,
    }
}

/// What is summarized, and with which model. Empty if off.
pub(super) fn summary(params: &Params) -> Option<Value> {
    let when = params.summary.when.setting()?;
    let model = params.summarizing_model()?;
    Some(context! {
        when,
        model => model.id.as_str(),
        foundation => model.foundation.as_str(),
        is_profile => model.id != model.foundation,
    })
}
