//! A player among an S3 and a KMS of its own.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use jiff::Timestamp;
use serde_json::{Value, json};
use vmx_contract::arn::InstanceArn;
use vmx_contract::staff::Words;
use vmx_contract::token::{Claims, Token};
use vmx_contract::voicemail_id::VoicemailId;
use vmx_lambda::testing::{Aws, Buckets, Call, Object, Reply};
use vmx_playback::{Clients, Config, Player};

pub(crate) const CONTACT: &str = "00000000-0000-4000-8000-00000000c0de";
/// The contact's second message.
pub(crate) const SECOND: &str = "00000000-0000-4000-8000-00000000c0de-2";
pub(crate) const INSTANCE: &str =
    "arn:aws:connect:us-east-1:111122223333:instance/00000000-0000-4000-8000-0000000000aa";
const KEY: &str = "arn:of:key";
/// What stands for every MAC of AWS KMS.
const MAC: [u8; 32] = [42; 32];

/// What AWS holds, and how it misbehaves.
#[derive(Default)]
pub(crate) struct State {
    pub(crate) buckets: Buckets,
    /// Answers in place of the usual ones: for which action, how often, status, code.
    pub(crate) errors: Vec<(&'static str, usize, u16, &'static str)>,
}

pub(crate) struct World {
    pub(crate) aws: Aws,
    state: Arc<Mutex<State>>,
    config: Config,
    player: Player,
}

impl World {
    /// A world with one voicemail.
    pub(crate) fn new() -> Self {
        Self::with_key(Some(KEY))
    }

    /// The same where links are not of this kind.
    pub(crate) fn without_key() -> Self {
        Self::with_key(None)
    }

    fn with_key(key: Option<&str>) -> Self {
        let mut state = State::default();
        let mut put = |name: &str, body: Vec<u8>| {
            state.buckets.objects.insert(name.to_owned(), Object { body, ..Object::default() });
        };
        put(&format!("recordings/{CONTACT}.wav"), vec![0; 44 + 16 * 2500]);
        let package = json!({
            "version": 1,
            "contactId": CONTACT,
            "instanceArn": INSTANCE,
            "from": "+15555550100",
            "recipient": {"type": "queue", "arn": format!("{INSTANCE}/queue/q"), "id": "q", "name": "The support team"},
            "receivedAt": "2026-11-23T10:00:00Z",
            "durationMs": 2500,
            "language": "en-US",
            "modes": ["task"],
            "transcript": {"status": "completed", "text": "Seven of clubs."},
            "summary": "A card.",
            "attributes": {},
            "warnings": ["audio_gaps"],
        });
        put(&format!("transcripts/packages/{CONTACT}"), package.to_string().into_bytes());
        let state = Arc::new(Mutex::new(state));
        let answering = Arc::clone(&state);
        let aws = Aws::new(move |call| answering.lock().unwrap().answer(call));
        let config = Config {
            recordings_bucket: "recordings".into(),
            transcripts_bucket: "transcripts".into(),
            state_bucket: "state".into(),
            instance: InstanceArn::parse(INSTANCE).unwrap(),
            key_arn: key.map(str::to_owned),
            words: Words::english(),
        };
        let player = Player::new(Clients::new(&aws.config), config.clone());
        Self { aws, state, config, player }
    }

    /// The same for people who read another language.
    pub(crate) fn speaking(language: &str) -> Self {
        let mut world = Self::new();
        world.config.words = Words::of(language);
        world.player = Player::new(Clients::new(&world.aws.config), world.config.clone());
        world
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// A token that was issued at ten and is asked about at eleven.
    pub(crate) fn token(&self) -> String {
        token(CONTACT, "2026-11-23T10:00:00Z", MAC)
    }

    /// The same for the contact's second message.
    pub(crate) fn token_of_second(&self) -> String {
        token(SECOND, "2026-11-23T10:00:00Z", MAC)
    }

    /// One whose time is over.
    pub(crate) fn expired(&self) -> String {
        token(CONTACT, "2026-11-22T10:00:00Z", MAC)
    }

    /// One that AWS KMS did not make.
    pub(crate) fn forged(&self) -> String {
        token(CONTACT, "2026-11-23T10:00:00Z", [43; 32])
    }

    pub(crate) async fn handle(&self, event: &Value) -> Value {
        self.player.handle(event, "2026-11-23T11:00:00Z".parse().unwrap()).await
    }

    pub(crate) async fn ask(&self, method: &str, path: &str) -> Value {
        let http = json!({"method": method, "path": path, "sourceIp": "192.0.2.7"});
        self.handle(&json!({"version": "2.0", "rawPath": path, "requestContext": {"http": http}})).await
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        self.ask("GET", path).await
    }
}

fn token(id: &str, issued_at: &str, mac: [u8; 32]) -> String {
    let issued_at: Timestamp = issued_at.parse().unwrap();
    let id = VoicemailId::parse(id).unwrap();
    let claims = Claims::new(&id, issued_at, Duration::from_hours(24)).unwrap();
    Token { claims, mac }.reveal()
}

pub(crate) fn header<'a>(answer: &'a Value, name: &str) -> &'a str {
    answer["headers"][name].as_str().unwrap_or_else(|| panic!("{name} in {answer:#}"))
}

pub(crate) fn body(answer: &Value) -> &str {
    answer["body"].as_str().unwrap()
}

impl State {
    fn answer(&mut self, call: &Call) -> Reply {
        if let Some((_, times, status, code)) =
            self.errors.iter_mut().find(|(action, times, ..)| *action == call.action && *times > 0)
        {
            *times -= 1;
            return Reply::error(call, *status, code);
        }
        if call.action != "kms:VerifyMac" {
            return self.buckets.answer(call);
        }
        let asked = call.json();
        assert_eq!((&asked["KeyId"], &asked["MacAlgorithm"]), (&json!(KEY), &json!("HMAC_SHA_256")));
        if asked["Mac"] == BASE64_STANDARD.encode(MAC) && signed(&asked) {
            Reply::json(&json!({"KeyId": KEY, "MacAlgorithm": "HMAC_SHA_256", "MacValid": true}))
        } else {
            Reply::error(call, 400, "KMSInvalidMacException")
        }
    }
}

/// Whether the key has seen this message: one of the contact's, issued at ten.
fn signed(asked: &Value) -> bool {
    [CONTACT, SECOND].into_iter().any(|id| {
        let message = Token::parse(&token(id, "2026-11-23T10:00:00Z", MAC)).unwrap().claims.message();
        asked["Message"] == BASE64_STANDARD.encode(message)
    })
}
