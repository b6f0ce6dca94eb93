//! Languages and prompts for templates.

use std::collections::BTreeMap;

use minijinja::{Value, context};
use vmx_contract::attributes::Name;

use crate::params::words::built_in;
use crate::params::{Language, Params, Prompt, PromptError, Wording};

/// Every language with its voice and its prompts, the default one first, and the attribute that chooses one.
pub(super) fn context(params: &Params) -> Value {
    let spoken = params.spoken().map(|(language, prompts)| {
        let mut said: BTreeMap<&str, Value> =
            prompts.wordings().map(|(key, wording)| (key, prompt(language, key, wording))).collect();
        // Parameters of an earlier version have no text for it in a custom language.
        if said["too_many"].is_undefined() {
            said.insert("too_many", said["apology"].clone());
        }
        context! {
            code => language.as_str(),
            voice => prompts.voice.given().or_else(|| built_in(language, "voice")).unwrap_or_default(),
            engine => prompts.engine.as_str(),
            prompts => said,
        }
    });
    context! {
        attribute => format!("$.Attributes.{}", params.attribute_prefix.attribute(Name::Lang)),
        all => spoken.collect::<Vec<_>>(),
    }
}

/// A prompt as a block's parameter. Parameters without required text are refused earlier.
fn prompt(language: Language, key: &str, wording: &Wording) -> Value {
    let built_in = || Prompt::parse(built_in(language, key).unwrap_or_default());
    let prompt: Result<Prompt, PromptError> = match wording {
        Wording::Given(prompt) => Ok(prompt.clone()),
        Wording::BuiltIn => built_in(),
    };
    prompt.map_or(
        Value::UNDEFINED,
        |prompt| context! { parameter => prompt.parameter(), value => prompt.as_str() },
    )
}

/// The test line's menu: each language says its name and key in its own words. Also the keys with their blocks.
pub(super) fn language_menu(params: &Params) -> (Value, BTreeMap<String, String>) {
    // A telephone has ten digits.
    let keyed = || params.spoken().zip("1234567890".chars());
    let names = keyed().map(|((language, _), key)| {
        let name = built_in(language, "name").unwrap_or(language.as_str());
        format!(r#"<lang xml:lang="{language}"><s>{name}.</s> <s>{key}.</s></lang>"#)
    });
    let menu = format!("<speak>{}</speak>", names.collect::<Vec<_>>().join(" "));
    let keys = keyed().map(|((language, _), key)| (key.to_string(), format!("Speak {language}")));
    (context! { parameter => "SSML", value => menu }, keys.collect())
}
