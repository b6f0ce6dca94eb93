//! Parameters as the answers to questions: each value as a person writes it.

use serde_json::{Map, Value};
use strum::{EnumString, IntoStaticStr, VariantArray};
use vmx_contract::staff::Words;

use super::read::typed;
use super::{InstanceRef, LanguageTag, Params, Problem, Region, Topic};

/// A parameter that the wizard asks for, in the order of its questions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
#[expect(missing_docs, reason = "each has the name of its parameter")]
pub enum Key {
    Stack,
    DefaultQueue,
    Modes,
    #[strum(serialize = "email.from")]
    EmailFrom,
    #[strum(serialize = "email.to")]
    EmailTo,
    #[strum(serialize = "salesforce.secret_arn")]
    SalesforceSecret,
    #[strum(serialize = "salesforce.object")]
    SalesforceObject,
    #[strum(serialize = "salesforce.transcript_field")]
    SalesforceTranscriptField,
    #[strum(serialize = "other.target")]
    OtherTarget,
    #[strum(serialize = "other.secret")]
    OtherSecret,
    DefaultMode,
    DefaultLanguage,
    #[strum(serialize = "prompts.engine")]
    Engine,
    #[strum(serialize = "prompts.voice")]
    Voice,
    #[strum(serialize = "prompts.beep")]
    Beep,
    #[strum(serialize = "prompts.greeting")]
    Greeting,
    #[strum(serialize = "prompts.goodbye")]
    Goodbye,
    #[strum(serialize = "prompts.apology")]
    Apology,
    #[strum(serialize = "prompts.queue_full")]
    QueueFull,
    ExpectedVoicemailsPerHour,
    TimeZone,
    #[strum(serialize = "alarms.emails")]
    AlarmEmails,
    Languages,
    Flows,
    #[strum(serialize = "prompts.waiting")]
    Waiting,
    #[strum(serialize = "prompts.offer")]
    Offer,
    #[strum(serialize = "prompts.connecting")]
    Connecting,
    #[strum(serialize = "prompts.test_queue")]
    TestQueue,
    #[strum(serialize = "prompts.test_agent")]
    TestAgent,
    #[strum(serialize = "prompts.test_in_queue")]
    TestInQueue,
    #[strum(serialize = "prompts.test_task")]
    TestTask,
    #[strum(serialize = "prompts.test_guided_task")]
    TestGuidedTask,
    #[strum(serialize = "prompts.test_email")]
    TestEmail,
    #[strum(serialize = "prompts.test_sfcase")]
    TestSfcase,
    #[strum(serialize = "prompts.test_sfother")]
    TestSfother,
    #[strum(serialize = "prompts.test_other")]
    TestOther,
    LongestMessageSeconds,
    LinkLifetimeHours,
    #[strum(serialize = "retention.recordings_days")]
    RecordingsDays,
    Architecture,
    #[strum(serialize = "retention.transcripts_days")]
    TranscriptsDays,
    #[strum(serialize = "retention.contact_records_hours")]
    ContactRecordsHours,
    #[strum(serialize = "retention.media_hours")]
    MediaHours,
    #[strum(serialize = "retention.logs_days")]
    LogsDays,
    LanguageOfStaff,
    AttributePrefix,
    Silent,
    Links,
    LinksAtOnce,
    LogLevel,
    FlowLogging,
    Tags,
}

impl Key {
    /// All of them.
    pub const ALL: &[Self] = Self::VARIANTS;

    /// The full key: `retention.logs_days`.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.into()
    }

    fn pointer(self) -> String {
        format!("/{}", self.name().replace('.', "/"))
    }
}

impl Params {
    /// A value as a person writes it: tags as `key=value, key=value`; languages, flows and delivery modes as the chosen
    /// names.
    #[must_use]
    pub fn answer(&self, key: Key) -> String {
        let tree = Value::from(self.tree());
        match tree.pointer(&key.pointer()).unwrap_or(&Value::Null) {
            Value::String(text) => text.clone(),
            Value::Array(names) => names.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", "),
            Value::Object(entries) => {
                let entry = |(name, value): (&String, &Value)| match value {
                    Value::Object(_) | Value::Bool(true) => Some(name.clone()),
                    Value::String(text) if key == Key::Tags => Some(format!("{name}={text}")),
                    _ => None,
                };
                entries.iter().filter_map(entry).collect::<Vec<_>>().join(", ")
            }
            other => other.to_string(),
        }
    }

    /// These parameters with another value, as a person writes it. They may still lack what another question asks for:
    /// settings of a delivery mode, and resources of a new instance.
    ///
    /// # Errors
    /// The value is invalid, or does not fit the others.
    pub fn answered(&self, key: Key, answer: &str) -> Result<Self, Problem> {
        let wrong = |key: String, why| Problem::Wrong { key, why };
        let mut tree = Value::from(self.tree());
        if let Some(value) = tree.pointer_mut(&key.pointer()) {
            let told = told(key, value, answer.trim());
            *value = told.map_err(|why| wrong(key.name().to_owned(), why))?;
        }
        let mut params: Self = typed(tree).map_err(|(key, why)| wrong(key, why))?;
        // A default mode that is no longer chosen gives way to the first one that is.
        if let (Key::Modes, [first, ..], false) =
            (key, params.modes.get(), params.modes.has(params.default_mode))
        {
            params.default_mode = *first;
        }
        // Staff mostly speak as callers do, until somebody chooses otherwise.
        let staff = |params: &Self| Words::of(params.default_language.as_str()).tag;
        if key == Key::DefaultLanguage && self.language_of_staff.as_str() == staff(self) {
            params.language_of_staff = LanguageTag::parse(staff(&params)).unwrap_or_default();
        }
        // Recipients need a topic of the stack, which nobody else needs.
        if key == Key::AlarmEmails {
            params.alarms.topic = match (&self.alarms.topic, params.alarms.emails.get()) {
                (Topic::None, [_, ..]) => Topic::New,
                (Topic::New, []) if !self.alarms.emails.get().is_empty() => Topic::None,
                (topic, _) => topic.clone(),
            };
        }
        params.fitting(Some(key))
    }

    /// These parameters for an instance that may be another one.
    ///
    /// # Errors
    /// A value that no question asks for does not fit.
    pub fn moved(&self, region: Region, instance: InstanceRef) -> Result<Self, Problem> {
        Self { region, instance, ..self.clone() }.fitting(None)
    }

    /// Refuses what does not fit, except what a question other than the answered one asks for.
    fn fitting(self, answered: Option<Key>) -> Result<Self, Problem> {
        let is_asked = |key: &str| key.parse().is_ok_and(|key: Key| Some(key) != answered);
        let waits = |problem: &Problem| match problem {
            Problem::Needed { key, .. } => is_asked(key),
            Problem::Foreign(foreign) => is_asked(&foreign.key),
            Problem::NoWords { keys, .. } => keys.iter().all(|key| is_asked(key)),
            _ => false,
        };
        self.problems().into_iter().find(|problem| !waits(problem)).map_or(Ok(self), Err)
    }
}

/// A person's text as the value of a key. What does not have the type of the value so far stays text, and is refused.
fn told(key: Key, now: &Value, answer: &str) -> Result<Value, String> {
    let names = answer.split(',').map(str::trim).filter(|name| !name.is_empty());
    let parsed = match (key, now) {
        (Key::Tags, _) => {
            let pair = |pair: &str| match pair.split_once('=') {
                Some((key, value)) => Ok((key.trim().to_owned(), value.trim().into())),
                None => Err(format!("`{pair}` has no `=`; write key=value, key=value")),
            };
            Some(names.map(pair).collect::<Result<Map<_, _>, _>>()?.into())
        }
        // A language that stays keeps its prompts.
        (Key::Languages, now) => {
            let prompts = |name: &str| now.get(name).cloned().unwrap_or_else(|| Map::new().into());
            Some(names.map(|name| (name.to_owned(), prompts(name))).collect())
        }
        (Key::Flows, Value::Object(now)) => {
            let mut flows = now.clone();
            flows.values_mut().filter(|value| value.is_boolean()).for_each(|value| *value = false.into());
            flows.extend(names.map(|name| (name.to_owned(), true.into())));
            Some(flows.into())
        }
        (_, Value::Array(_)) => Some(names.collect()),
        (_, Value::Number(_)) => answer.parse::<u64>().ok().map(Value::from),
        (_, Value::Bool(_)) => answer.parse::<bool>().ok().map(Value::from),
        _ => None,
    };
    Ok(parsed.unwrap_or_else(|| answer.into()))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    fn new() -> Params {
        Params::new(Region::parse("eu-west-2").unwrap(), InstanceRef::parse("shop").unwrap())
    }

    fn first(params: &Params) -> String {
        params.problems().first().map(Problem::to_string).unwrap_or_default()
    }

    #[test]
    fn several_are_chosen_and_what_stays_keeps_its_words() {
        let yaml = "version: 1\nregion: eu-west-2\ninstance: shop\nlanguages: {de-DE: {greeting: Hallo}, fr-FR: {}}\n\
                    flows: {test_line: true, offer_every_seconds: 90}\n";
        let params = Params::from_yaml("params.yaml", yaml).unwrap();
        assert_eq!(
            (params.answer(Key::Languages), params.answer(Key::Flows)),
            ("de-DE, fr-FR".into(), "test_line".into())
        );
        let params = params.answered(Key::Languages, "es-ES, de-DE").unwrap();
        let params = params.answered(Key::Flows, "voicemail_module, in_queue_offer").unwrap();
        assert_eq!(params.answer(Key::Languages), "de-DE, es-ES");
        // In the order of the model.
        assert_eq!(params.answer(Key::Flows), "voicemail_module, in_queue_offer");
        let german = params.languages.iter().find(|(language, _)| language.as_str() == "de-DE").unwrap().1;
        assert_eq!(serde_json::to_value(german).unwrap()["greeting"], "Hallo");
        assert_eq!(params.flows.offer_every_seconds.get(), 90);
        let none = params.answered(Key::Languages, "").unwrap().answered(Key::Flows, "").unwrap();
        assert!(none.languages.is_empty() && !none.flows.in_queue_offer);
        assert!(none.answered(Key::Flows, "no_such_flow").is_err());
        assert!(none.answered(Key::Languages, "xx-YY").is_err());
    }

    #[test]
    fn staff_read_what_callers_speak_until_somebody_chooses() {
        let staff = |params: &Params| params.answer(Key::LanguageOfStaff);
        let params = new().answered(Key::DefaultLanguage, "de-CH").unwrap();
        assert_eq!(staff(&params), "de-DE");
        assert_eq!(staff(&params.answered(Key::DefaultLanguage, "ja-JP").unwrap()), "ja-JP");
        let params = params.answered(Key::LanguageOfStaff, "fr-CA").unwrap();
        assert_eq!(staff(&params.answered(Key::DefaultLanguage, "en-GB").unwrap()), "fr-CA");
        assert!(params.answered(Key::LanguageOfStaff, "german, please").is_err());
    }

    #[test]
    fn modes_are_chosen_and_what_they_need_is_missed_until_it_is_there() {
        let params = new();
        let modes = |params: &Params| (params.answer(Key::Modes), params.answer(Key::DefaultMode));
        assert_eq!(modes(&params), ("task".into(), "task".into()));
        let params = params.answered(Key::Modes, "email, other").unwrap();
        assert_eq!(modes(&params), ("email, other".into(), "email".into()));
        assert!(first(&params).contains("`email.from` is missing"));
        for (key, answer, why) in [
            (Key::Modes, "", "a voicemail needs at least one"),
            (Key::Modes, "pigeon", "not a delivery mode"),
            (Key::DefaultMode, "task", "not in `modes`"),
            (Key::EmailFrom, "", "`email.from` is missing"),
            (Key::EmailFrom, "A <a@example.com>", "is not an email address"),
        ] {
            let problem = params.answered(key, answer).unwrap_err().to_string();
            assert!(problem.contains(why), "{key:?} {answer}: {problem}");
        }
        let params = params.answered(Key::EmailFrom, "voicemail@example.com").unwrap();
        let params = params.answered(Key::EmailTo, "desk@example.com").unwrap();
        assert_eq!(params.problems(), []);
        let params = params.answered(Key::OtherTarget, "https://example.com/hook").unwrap();
        assert!(first(&params).contains("`other.secret` is missing"));
        let params = params.answered(Key::OtherTarget, "").unwrap();
        let params = params.answered(Key::DefaultMode, "other").unwrap();
        // One that stays chosen stays the default.
        let params = params.answered(Key::Modes, "task, other").unwrap();
        assert_eq!(params.default_mode.as_str(), "other");
        assert_eq!(params.problems(), []);
    }

    #[test]
    fn recipients_of_alarms_get_a_topic_and_give_it_back() {
        let params = new().answered(Key::AlarmEmails, "ops@example.com, desk@example.com").unwrap();
        assert_eq!((params.alarms.topic.clone(), params.alarms.emails.get().len()), (Topic::New, 2));
        assert_eq!(params.problems(), []);
        assert_eq!(params.answered(Key::AlarmEmails, "").unwrap().alarms, new().alarms);
        assert!(new().answered(Key::AlarmEmails, "Ops <ops@example.com>").is_err());
    }

    #[test]
    fn a_language_without_words_waits_for_them() {
        let mut params = new().answered(Key::DefaultLanguage, "nl-NL").unwrap();
        assert!(first(&params).starts_with("`prompts.voice`, `prompts.greeting`, "), "{}", first(&params));
        assert!(params.answered(Key::Greeting, "default").is_err());
        for key in [Key::Voice, Key::Greeting, Key::Goodbye, Key::Apology, Key::QueueFull] {
            assert!(params.lacks(key), "{key:?}");
            params = params.answered(key, "Lotte").unwrap();
            assert!(!params.lacks(key), "{key:?}");
        }
        assert_eq!(params.problems(), []);
        let params = params.answered(Key::Flows, "test_line").unwrap();
        assert!(params.lacks(Key::TestAgent) && !params.lacks(Key::TestTask) && !params.lacks(Key::Offer));
    }

    #[test]
    fn only_what_a_later_question_asks_for_may_not_fit_yet() {
        let at = |instance: &str| InstanceRef::parse(instance).unwrap();
        let there = Region::parse("eu-west-1").unwrap();
        let with = |lines: &str| {
            let text = format!("version: 1\nregion: eu-west-2\ninstance: shop\n{lines}\n");
            Params::from_yaml("params.yaml", &text).unwrap()
        };
        let key = "kms_key: 'arn:aws:kms:eu-west-2:111122223333:key/k'";
        assert!(with(key).moved(there.clone(), at("shop")).unwrap_err().to_string().contains("`kms_key`"));
        let secret = "arn:aws:secretsmanager:eu-west-2:111122223333:secret:s";
        let params = with(&format!("other: {{secret: '{secret}'}}")).moved(there, at("shop")).unwrap();
        assert!(first(&params).contains("is in eu-west-2"));
        assert!(params.answered(Key::OtherSecret, secret).is_err());
        assert_eq!(params.answered(Key::OtherSecret, "").unwrap().problems(), []);
        // Nothing asks for the field.
        let problem = with("salesforce: {external_id_field: ''}").answered(Key::Modes, "sfcase").unwrap_err();
        assert!(problem.to_string().contains("`salesforce.external_id_field` is missing"));
    }

    #[test]
    fn answers_are_taken_as_they_are_written_and_refused_at_once() {
        let mut params = new();
        for (key, answer) in [
            (Key::LogsDays, " 90 "),
            (Key::FlowLogging, "true"),
            (Key::DefaultQueue, "12"),
            (Key::Goodbye, "Bye: # bye"),
            (Key::Tags, "a.b=c, team=contact center"),
        ] {
            params = params.answered(key, answer).unwrap();
            assert_eq!(params.answer(key), answer.trim());
        }
        for (key, answer, why) in [
            (Key::LongestMessageSeconds, "long", "a whole number from 5 to 1200"),
            (Key::LogsDays, "31", "the next is 60"),
            (Key::DefaultLanguage, "en-UK", "the closest are"),
            (Key::Tags, "team", "key=value"),
        ] {
            assert!(params.answered(key, answer).unwrap_err().to_string().contains(why), "{key:?}");
        }
    }
}
