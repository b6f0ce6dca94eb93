//! The guided installation: looks before it asks, and asks only what looking does not answer.
//!
//! ```text
//! profile ─► region ─► instance ─► questions ─► advanced questions ─► plan
//!    look: account, instances ┘  └ look: what the instance has
//! ```
//! Going forward, a region that is known and has one instance is not asked for; going back leads to them.
//! The steps are a pure table; whoever is asked ([`Asker`]) and whatever is looked at (`open` gives the clients) come
//! from outside, so that a test scripts both. Every answer goes through the model that also reads `params.yaml`.
//! Nothing is changed or written here.

mod delivery;
mod question;
mod steps;
#[cfg(test)]
mod tests;
mod zone;

use std::future::Future;

use crate::error::Failure;
use crate::event::{Event, EventView};
use vmx_engine::cloud::{Cloud, CloudError, ErrorKind};
use vmx_engine::discover::survey::{Account, FoundInstance, Survey, account, survey};
use vmx_engine::finding::Severity;
use vmx_engine::preflight::sender;
use vmx_engine::progress::Progress;
use vmx_model::params::{Architecture, Engine, InstanceRef, Key, Params, Problem, QueueRef, Region};

pub use question::{Asker, Choice, Kind, Question, Reply};
use steps::{Group, Step, Topic};
pub(crate) use zone::of_machine;

/// The voicemails in the busiest hour to expect at least: sizes below it cost the same.
const FEW_VOICEMAILS: u32 = 50;

/// What is known before the first question.
#[derive(Debug, Clone, Default)]
pub struct Start {
    /// The profiles of the AWS configuration.
    pub profiles: Vec<String>,
    /// The profile that `AWS_PROFILE` or `--profile` names.
    pub profile: Option<String>,
    /// Whether the environment has credentials.
    pub keys_in_environment: bool,
    /// The parameters of an earlier run.
    pub saved: Option<Params>,
    /// The architectures that functions can be built for or taken from packages on this machine.
    pub architectures: Vec<Architecture>,
    /// The time zone of this machine.
    pub time_zone: Option<String>,
}

/// The answers.
#[derive(Debug, Clone, PartialEq)]
pub struct Answers {
    /// The profile, if one was chosen.
    pub profile: Option<String>,
    /// The parameters.
    pub params: Params,
}

/// A run of the wizard.
pub struct Wizard<'a, Open> {
    asker: &'a dyn Asker,
    view: &'a dyn EventView,
    open: Open,
    start: Start,
    profile: Option<String>,
    region: Option<Region>,
    looked: Option<Looked>,
    params: Option<Params>,
    /// The last answers that fit together.
    sound: Option<Params>,
    survey: Option<Survey>,
    advanced: bool,
    prompts: bool,
    trail: Vec<Step>,
    at: Step,
    /// Whether the person went back to get here.
    went_back: bool,
    /// Whether a region was looked at.
    has_looked: bool,
}

/// The account, as discovered.
struct Looked {
    cloud: Cloud,
    account: Account,
}

/// Where to go after a question.
enum Moved {
    On,
    Back,
    /// The question is asked again.
    Stay,
}

impl<'a, Open, Opened> Wizard<'a, Open>
where
    Open: Fn(Option<String>, Option<String>) -> Opened,
    Opened: Future<Output = Result<Cloud, CloudError>>,
{
    /// Starts. `open` creates the clients for a profile and a region, or for the profile's own region.
    pub fn new(asker: &'a dyn Asker, view: &'a dyn EventView, open: Open, start: Start) -> Self {
        Self {
            asker,
            view,
            open,
            profile: start.profile.clone(),
            region: start.saved.as_ref().map(|saved| saved.region.clone()),
            params: start.saved.clone(),
            start,
            looked: None,
            sound: None,
            survey: None,
            advanced: false,
            prompts: false,
            trail: Vec::new(),
            at: Step::Profile,
            went_back: false,
            has_looked: false,
        }
    }

    /// The answers so far, as far as they fit together.
    pub fn so_far(&self) -> Option<&Params> {
        self.sound.as_ref()
    }

    /// Asks until every question is answered. Calling it again goes back to the last question.
    ///
    /// # Errors
    /// [`Failure::StoppedEarly`], and [`Failure::Cloud`] if no answer would help.
    pub async fn answers(&mut self) -> Result<Answers, Failure> {
        if let Some(last) = self.trail.pop() {
            self.at = last;
        }
        loop {
            let moved = match self.at {
                Step::Profile => self.ask_profile().await?,
                Step::Region => self.ask_region().await?,
                Step::Instance => self.ask_instance().await?,
                Step::Prompts | Step::Advanced => self.ask_gate().await?,
                Step::Topic(topic) => self.ask_topic(&topic).await?,
            };
            match moved {
                Moved::Stay => self.went_back = false,
                Moved::Back => {
                    self.went_back = true;
                    self.at = self.trail.pop().unwrap_or(Step::Profile);
                }
                Moved::On => {
                    self.went_back = false;
                    if let Some(next) = self.next() {
                        self.trail.push(self.at);
                        self.at = next;
                        continue;
                    }
                    let Some(params) = &self.params else { return Err(Failure::StoppedEarly) };
                    match params.problems().first() {
                        Some(problem) => _ = self.refused(&problem.to_string()),
                        None => {
                            self.trail.push(self.at);
                            return Ok(Answers { profile: self.profile.clone(), params: params.clone() });
                        }
                    }
                }
            }
        }
    }

    /// The next step.
    fn next(&self) -> Option<Step> {
        let all = steps::all();
        let after = all.iter().skip_while(|step| **step != self.at).skip(1);
        after.copied().find(|step| match step {
            Step::Topic(topic) => self.applies(topic),
            // What is missing is asked for anyway.
            Step::Prompts => !self.params.as_ref().is_some_and(steps::lacks_prompts),
            _ => true,
        })
    }

    fn applies(&self, topic: &Topic) -> bool {
        let streams = |part: &Result<Option<String>, String>| matches!(part, Ok(Some(_)));
        let (Some(survey), Some(params)) = (&self.survey, &self.params) else { return false };
        let is_moot = match topic.key {
            // Something else is installed, so that the name decides what is changed.
            Key::Stack => {
                let is_other = survey.installations.as_ref().is_ok_and(|stacks| !stacks.is_empty());
                is_other == topic.is_advanced()
            }
            Key::DefaultQueue => {
                let only = survey.queues.as_ref().is_ok_and(|queues| queues.len() == 1);
                only && survey.queues.iter().flatten().any(|queue| queue == params.default_queue.as_str())
            }
            // Subscriptions are for a topic of the stack.
            Key::AlarmEmails => params.alarms.topic.arn().is_some(),
            Key::ContactRecordsHours => streams(&survey.contact_records),
            Key::MediaHours => streams(&survey.media_streams),
            Key::Architecture => self.start.architectures.len() < 2,
            Key::Beep => params.prompts.engine == Engine::Standard,
            key => delivery::is_moot(key, params),
        };
        let has_no_voice = params.default_language.voices().is_empty();
        let is_wanted = match (topic.group, topic.key) {
            (Group::Common, _) => true,
            (Group::Advanced, _) => self.advanced,
            (Group::Missing, key) => params.lacks(key),
            (Group::Prompt, Key::Engine | Key::Beep) if has_no_voice => true,
            (Group::Prompt, key) => self.prompts || params.lacks(key),
        };
        !is_moot && is_wanted
    }

    async fn ask(&self, question: Question) -> Result<Option<String>, Failure> {
        match self.asker.ask(&question).await {
            Reply::Answer(answer) => Ok(Some(answer)),
            Reply::Back => Ok(None),
            Reply::Interrupted => Err(Failure::StoppedEarly),
        }
    }

    async fn ask_profile(&mut self) -> Result<Moved, Failure> {
        let environment = self
            .start
            .keys_in_environment
            .then(|| Choice::new("", "keys in the environment (AWS_ACCESS_KEY_ID)"));
        let mut choices: Vec<Choice> = environment.into_iter().collect();
        choices.extend(self.start.profiles.iter().map(|name| Choice::new(name, name)));
        if choices.len() < 2 {
            if self.profile.is_none() && !self.start.keys_in_environment {
                self.profile = self.start.profiles.first().cloned();
            }
            // The first question with only one choice is skipped when going back.
            self.at = Step::Region;
            return Ok(Moved::Stay);
        }
        let question = Question {
            title: "AWS profile".into(),
            why: "Which credentials to use. They stay where they are; nothing is stored.".into(),
            default: Some(self.profile.clone().unwrap_or_default()),
            kind: Kind::Choose(choices),
            can_go_back: false,
        };
        let Some(name) = self.ask(question).await? else { return Ok(Moved::Stay) };
        let chosen = Some(name).filter(|name| !name.is_empty());
        if chosen != self.profile && self.start.saved.is_none() {
            self.region = None;
        }
        self.profile = chosen;
        Ok(Moved::On)
    }

    async fn ask_region(&mut self) -> Result<Moved, Failure> {
        let default = match &self.region {
            Some(region) => Some(region.to_string()),
            None => (self.open)(self.profile.clone(), None).await.ok().map(|cloud| cloud.region),
        };
        // Once: if nothing is there, the question follows.
        let is_first = !std::mem::replace(&mut self.has_looked, true);
        let known = default.as_deref().filter(|_| is_first);
        if let Some(region) = known.and_then(|region| Region::parse(region).ok())
            && let Moved::On = self.look(region).await?
        {
            return Ok(Moved::On);
        }
        let question = Question {
            title: "AWS region".into(),
            why: "The region of your Amazon Connect instance. Everything is installed there.".into(),
            default,
            kind: Kind::Text { may_be_empty: false },
            can_go_back: !self.trail.is_empty(),
        };
        let Some(answer) = self.ask(question).await? else { return Ok(Moved::Back) };
        let region = match Region::parse(answer.trim()) {
            Ok(region) => region,
            Err(error) => return Ok(self.refused(&error.to_string())),
        };
        self.look(region).await
    }

    /// Looks at the account and the instances of a region.
    async fn look(&mut self, region: Region) -> Result<Moved, Failure> {
        self.view.tell(&Event::Discovering);
        let cloud = (self.open)(self.profile.clone(), Some(region.to_string())).await?;
        let account = match account(&cloud).await {
            Ok(account) => account,
            // Another profile may help; another region will not.
            Err(error) if error.kind == ErrorKind::Credentials && self.trail.is_empty() => {
                return Err(error.into());
            }
            Err(error) => return Ok(self.refused(&error.to_string())),
        };
        if account.instances.is_empty() {
            let text = format!(
                "no Amazon Connect instance in {region}; choose another region, or create an instance in \
                 the Amazon Connect console first"
            );
            return Ok(self.refused(&text));
        }
        self.view.tell(&Event::Caller {
            account: account.identity.account.clone(),
            region: region.to_string(),
            principal: account.identity.principal.clone(),
        });
        self.region = Some(region);
        self.looked = Some(Looked { cloud, account });
        Ok(Moved::On)
    }

    fn refused(&self, why: &str) -> Moved {
        self.view.show(&Progress::Warning { text: why.to_owned() });
        Moved::Stay
    }

    async fn ask_instance(&mut self) -> Result<Moved, Failure> {
        let (Some(Looked { cloud, account }), Some(region)) = (&self.looked, &self.region) else {
            return Ok(Moved::Back);
        };
        let is_saved =
            |found: &&FoundInstance| self.params.as_ref().is_some_and(|params| names(params, found));
        let default = account.instances.iter().find(is_saved).or(account.instances.first());
        let only = match &account.instances[..] {
            [only] if is_active(only) => Some(only.instance.arn.id().to_owned()),
            _ => None,
        };
        if only.is_some() && self.went_back {
            return Ok(Moved::Back);
        }
        let choice = |found: &FoundInstance| {
            let (alias, id) = (&found.instance.alias, found.instance.arn.id());
            Choice::new(id, &format!("{alias}  {id}  {}", found.status.to_lowercase()))
        };
        let question = Question {
            title: "Amazon Connect instance".into(),
            why: "The contact center that gets voicemail.".into(),
            default: default.map(|found| found.instance.arn.id().to_owned()),
            kind: Kind::Choose(account.instances.iter().map(choice).collect()),
            can_go_back: true,
        };
        let id = match only {
            Some(id) => id,
            None => match self.ask(question).await? {
                Some(id) => id,
                None => return Ok(Moved::Back),
            },
        };
        let Some(found) = account.instances.iter().find(|found| found.instance.arn.id() == id) else {
            return Ok(Moved::Stay);
        };
        if !is_active(found) {
            let status = found.status.to_lowercase().replace('_', " ");
            return Ok(
                self.refused(&format!("the instance is not active: {status}; choose another, or wait"))
            );
        }
        self.view.tell(&Event::Discovering);
        let survey = survey(cloud, &found.instance).await;
        self.view.tell(&Event::Surveyed(Box::new(survey.clone())));
        // People know the alias, but an instance may have none.
        let name = InstanceRef::parse(&found.instance.alias)
            .unwrap_or_else(|_| InstanceRef::Arn(found.instance.arn.clone()));
        let params = match &self.params {
            Some(params) => {
                let kept = if names(params, found) { params.instance.clone() } else { name };
                match params.moved(region.clone(), kept) {
                    Ok(params) => params,
                    Err(problem) => return Ok(self.refused(&problem.to_string())),
                }
            }
            None => {
                let mut params = Params::new(region.clone(), name);
                let queues = survey.queues.as_deref().unwrap_or_default();
                let has_default = queues.iter().any(|queue| queue == params.default_queue.as_str());
                let first = queues.first().filter(|_| !has_default);
                if let Some(queue) = first.and_then(|first| QueueRef::parse(first).ok()) {
                    params.default_queue = queue;
                }
                params.time_zone = zone::likely(self.start.time_zone.as_deref(), region);
                // Whoever gives up waiting could leave a voicemail.
                let calls = survey.calls.as_ref().ok().copied().flatten().unwrap_or_default();
                let expected = calls.abandoned.max(FEW_VOICEMAILS);
                match params.answered(Key::ExpectedVoicemailsPerHour, &expected.to_string()) {
                    Ok(sized) => sized,
                    Err(_) => params,
                }
            }
        };
        self.params = Some(params);
        self.survey = Some(survey);
        Ok(Moved::On)
    }

    async fn ask_gate(&mut self) -> Result<Moved, Failure> {
        let Some(params) = &self.params else { return Ok(Moved::Back) };
        let (title, why, yes, no, was) = match self.at {
            Step::Prompts => {
                ("Voice and prompts", steps::prompts_now(params), "change them", "keep them", self.prompts)
            }
            _ => {
                ("Advanced settings", steps::advanced_now(params), "change some", "keep them", self.advanced)
            }
        };
        let question = Question {
            title: title.into(),
            why,
            default: Some(if was { "yes" } else { "no" }.into()),
            kind: Kind::Choose(vec![Choice::new("no", no), Choice::new("yes", yes)]),
            can_go_back: true,
        };
        let Some(answer) = self.ask(question).await? else { return Ok(Moved::Back) };
        let chosen = answer == "yes";
        if self.at == Step::Prompts {
            self.prompts = chosen;
        } else {
            self.advanced = chosen;
        }
        Ok(Moved::On)
    }

    async fn ask_topic(&mut self, topic: &Topic) -> Result<Moved, Failure> {
        let (Some(params), Some(survey)) = (&self.params, &self.survey) else { return Ok(Moved::Back) };
        let question = topic.question(params, survey, &self.start.architectures);
        let Some(answer) = self.ask(question).await? else { return Ok(Moved::Back) };
        match params.answered(topic.key, &answer) {
            Ok(params) => {
                // Checked now: it would be refused before the installation.
                if let (Key::EmailFrom, Some(looked)) = (topic.key, &self.looked) {
                    let finding = sender(&looked.cloud, &params.email).await;
                    if finding.severity == Severity::Fatal {
                        return Ok(self.refused(&finding.to_string()));
                    }
                }
                if params.problems().is_empty() {
                    self.sound = Some(params.clone());
                }
                self.params = Some(params);
            }
            // Its question names it.
            Err(Problem::Wrong { why, .. }) => return Ok(self.refused(&why)),
            Err(problem) => return Ok(self.refused(&problem.to_string())),
        }
        Ok(Moved::On)
    }
}

fn is_active(found: &FoundInstance) -> bool {
    found.status == "ACTIVE"
}

/// Whether the parameters name this instance, by alias, ID or ARN.
fn names(params: &Params, found: &FoundInstance) -> bool {
    match &params.instance {
        InstanceRef::Alias(alias) => found.instance.alias.eq_ignore_ascii_case(alias),
        InstanceRef::Id(id) => found.instance.arn.id().eq_ignore_ascii_case(id),
        InstanceRef::Arn(arn) => found.instance.arn == *arn,
    }
}
