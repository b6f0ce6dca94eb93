//! Every receiver, and all that it may meet: a voicemail is delivered once, or its message stays in the queue.

use vmx_contract::mode::Mode;

use crate::world::{CONTACT, World};

/// A way to a receiver.
#[derive(Debug, Clone, Copy)]
struct Way {
    mode: Mode,
    target: Option<&'static str>,
    /// The call that delivers.
    action: &'static str,
}

const WAYS: [Way; 7] = [
    Way { mode: Mode::Task, target: None, action: "connect:StartTaskContact" },
    Way { mode: Mode::GuidedTask, target: None, action: "connect:StartTaskContact" },
    Way { mode: Mode::Email, target: None, action: "ses:SendEmail" },
    Way { mode: Mode::Other, target: None, action: "events:PutEvents" },
    Way {
        mode: Mode::Other,
        target: Some("arn:aws:lambda:us-east-1:111122223333:function:crm"),
        action: "lambda:InvokeFunction",
    },
    Way {
        mode: Mode::Other,
        target: Some("arn:aws:sqs:us-east-1:111122223333:voicemails"),
        action: "sqs:SendMessage",
    },
    Way {
        mode: Mode::Other,
        target: Some("arn:aws:sns:us-east-1:111122223333:topic"),
        action: "sns:Publish",
    },
];

/// What the delivering call meets, so often.
#[derive(Debug, Clone, Copy)]
enum Meets {
    Error(u16, &'static str),
    Silence,
}

const FOR_EVER: usize = 999;

/// What is tried once more within one attempt, by the SDK; and what ends it.
const TROUBLES: [(Meets, usize); 8] = [
    (Meets::Error(403, "AccessDeniedException"), 1),
    (Meets::Error(403, "ExpiredTokenException"), 1),
    (Meets::Error(429, "ThrottlingException"), 1),
    (Meets::Error(429, "ThrottlingException"), FOR_EVER),
    (Meets::Error(500, "InternalFailure"), FOR_EVER),
    (Meets::Error(503, "ServiceUnavailable"), FOR_EVER),
    (Meets::Silence, 1),
    (Meets::Silence, FOR_EVER),
];

impl Way {
    fn world(self, meets: Meets, times: usize) -> World {
        let set = |config: &mut vmx_packager::Config| {
            config.modes = vec![self.mode];
            config.default_mode = self.mode;
            config.other.as_mut().unwrap().target = self.target.map(str::to_owned);
        };
        let world = World::configured(set, |voicemail| voicemail.modes = vec![self.mode]);
        match meets {
            Meets::Error(status, code) => {
                world.state().errors = vec![(self.action, times, status, code)];
            }
            Meets::Silence => world.state().silent = Some((self.action, times)),
        }
        world
    }

    /// How often the receiver has got the voicemail. A task is counted by its token, as Connect does.
    fn received(self, world: &World) -> usize {
        let state = world.state();
        match self.action {
            "connect:StartTaskContact" => {
                state.tasks.keys().filter(|token| token.starts_with(CONTACT)).count()
            }
            "ses:SendEmail" => state.mails.len(),
            "lambda:InvokeFunction" => {
                state.invoked.iter().filter(|package| package["contactId"] == CONTACT).count()
            }
            "sqs:SendMessage" => state.messages.len(),
            "sns:Publish" => state.published.iter().filter(|message| message.contains(CONTACT)).count(),
            _ => state.events.len(),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn whatever_a_receiver_meets_it_gets_a_voicemail_once() {
    for way in WAYS {
        for (meets, times) in TROUBLES {
            let case = format!("{way:?} {meets:?} {times}");
            let world = way.world(meets, times);
            if times == FOR_EVER {
                // As often as the queue brings it; then it is a dead letter, until it is put back into work.
                for _ in 0..2 {
                    assert!(!world.transcribed().await, "{case}");
                    assert_eq!(way.received(&world), 0, "{case}");
                }
                world.state().errors.clear();
                world.state().silent = None;
            } else if !world.transcribed().await {
                assert_eq!(way.received(&world), 0, "{case}");
            }
            for _ in 0..2 {
                assert!(world.transcribed().await, "{case}");
            }
            assert_eq!(way.received(&world), 1, "{case}");
            // Beside a target the event goes to its bus, once as well.
            assert_eq!(world.state().events.len(), usize::from(way.mode == Mode::Other), "{case}");
        }
    }
}
