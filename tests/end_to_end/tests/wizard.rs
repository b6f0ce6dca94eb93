//! The wizard on a real terminal, against the local cloud.

use std::fs;

use end_to_end::{Error, Site, Size, Terminal, workspace};
use local_cloud::Options;
use local_cloud::connect::Seed;

const ENTER: &str = "\r";
const ESC: &str = "\x1b";
const DOWN: &str = "\x1b[B";
const CTRL_C: &str = "\x03";

/// What the common case is asked: the region and the only instance are known, and tasks need nothing else.
const COMMON: [&str; 9] = [
    "Default queue",
    "Delivery",
    "Language",
    "Voice and prompts",
    "Voicemails in the busiest hour",
    "Time zone",
    "Alarm recipients",
    "Advanced settings",
    "Install?",
];

/// Keeps the defaults of these questions.
fn accept(wizard: &mut Terminal, titles: &[&str]) -> Result<(), Error> {
    for title in titles {
        wizard.asked(title)?;
        wizard.press(ENTER)?;
    }
    Ok(())
}

/// Whether a screen has a text, wherever its lines break.
fn says(screen: &str, text: &str) -> bool {
    screen.split_whitespace().collect::<Vec<_>>().join(" ").contains(text)
}

/// The colors that were written, as their codes.
fn colors(raw: &str) -> Vec<&str> {
    let codes = raw.split("\x1b[").skip(1).filter_map(|rest| {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != ';')?;
        (rest[end..].starts_with('m') && end > 0).then_some(&rest[..end])
    });
    codes.flat_map(|codes| codes.split(';')).filter(|code| *code != "0").collect()
}

/// Bold, and the six colors that both light and dark backgrounds show, without yellow.
fn survives_any_background(raw: &str) -> bool {
    colors(raw).iter().all(|code| ["1", "22", "31", "32", "35", "36", "39", "49"].contains(code))
}

/// Nine questions, each on one screen, whatever its size and symbols.
#[tokio::test(flavor = "multi_thread")]
async fn the_common_case_is_asked_nine_questions_on_every_terminal() -> Result<(), Error> {
    let site = Site::new().await?;
    for (number, (size, environment)) in [
        (Size::USUAL, &[][..]),
        (Size::NARROW, &[("NO_COLOR", "1")]),
        (Size::LARGE, &[]),
        (Size::USUAL, &[("LANG", "C"), ("TERM", "dumb")]),
    ]
    .into_iter()
    .enumerate()
    {
        let file = site.params().with_file_name(format!("terminal-{number}.yaml"));
        let mut wizard = site.wizard_of(size, &file, environment)?;
        for title in COMMON {
            let screen = wizard.asked(title)?;
            if title == "Default queue" {
                assert!(screen.contains("local-contact-center has:"), "{screen}");
            }
            if title == "Time zone" {
                assert!(screen.contains("> Europe/Berlin"), "{screen}");
            }
            wizard.press(if title == "Install?" { CTRL_C } else { ENTER })?;
        }
        let ended = wizard.ended()?;
        assert_eq!((ended.code, ended.is_restored), (Some(130), true), "{size:?}\n{}", ended.screen);
        assert!(survives_any_background(&ended.raw), "{:?}", colors(&ended.raw));
        assert_eq!(environment.is_empty(), !colors(&ended.raw).is_empty(), "{size:?}");
        if environment.contains(&("LANG", "C")) {
            let symbol = ended.raw.chars().find(|c| !c.is_ascii());
            assert_eq!(symbol, None, "{}", ended.raw);
        }
        assert!(!file.exists());
    }
    site.cloud.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newcomer_installs_and_comes_back() -> Result<(), Error> {
    let site = Site::new().await?;
    let file = site.params().with_file_name("wizard.yaml");

    let mut wizard = site.wizard(&file, &[])?;
    let survey = wizard.asked("Default queue")?;
    for part in [
        "local-contact-center has:",
        "contact records   not streamed yet",
        "calls             none in the last week",
        "Basic Routing Profile (task, voice)",
        "numbers           1",
    ] {
        assert!(survey.contains(part), "{part}\n{survey}");
    }
    let picture = wizard.picture("The wizard: what the instance has, and the first question");
    // Goes back to what was known, and comes again.
    wizard.press(ESC)?;
    let region = wizard.asked("AWS region")?;
    assert!(region.contains("Enter keeps it"), "{region}");
    wizard.press(ENTER)?;
    wizard.asked("Default queue")?;
    wizard.press(&format!("{DOWN}{ENTER}"))?;
    // At least one mode is required; the last of them adds its own questions.
    wizard.asked("Delivery")?;
    wizard.press(&format!(" {ENTER}"))?;
    wizard.shows("a voicemail needs at least one delivery mode")?;
    wizard.press(&format!("{} {ENTER}", DOWN.repeat(5)))?;
    wizard.asked("Additional event target")?;
    wizard.press(&format!("https://example.com{ENTER}"))?;
    wizard.asked("Webhook secret")?;
    wizard.press(&format!("voicemail-hook{ENTER}"))?;
    wizard.shows("is not the ARN of a secret")?;
    wizard.press(ESC)?;
    wizard.shows("? back")?;
    wizard.asked("Additional event target")?;
    wizard.press(&format!("none{ENTER}"))?;
    wizard.asked("Default delivery")?;
    wizard.press(ENTER)?;
    wizard.asked("Language")?;
    wizard.press(&format!("kingdom{ENTER}"))?;
    let heard = wizard.asked("Voice and prompts")?;
    assert!(heard.contains("Voice: Amy") && heard.contains("Greeting: Please leave"), "{heard}");
    wizard.press(ENTER)?;
    wizard.asked("Voicemails in the busiest hour")?;
    wizard.press(&format!("120{ENTER}"))?;
    wizard.asked("Time zone")?;
    wizard.press(&format!("london{ENTER}"))?;
    let told = wizard.asked("Alarm recipients")?;
    assert!(says(&told, "nobody is told"), "{told}");
    wizard.press(&format!("operations@example.com{ENTER}"))?;
    wizard.asked("Advanced settings")?;
    wizard.press(&format!("{DOWN}{ENTER}"))?;
    wizard.asked("Name")?;
    wizard.press(ENTER)?;
    // The first two in the list; after going back, they are still selected.
    wizard.asked("Other languages")?;
    wizard.press(&format!(" {DOWN} {ENTER}"))?;
    wizard.asked("More flows")?;
    wizard.press(ESC)?;
    wizard.shows("? back")?;
    accept(&mut wizard, &["Other languages"])?;
    wizard.asked("More flows")?;
    wizard.press(&format!("{DOWN}{DOWN} {ENTER}"))?;
    accept(&mut wizard, &["Longest message, in seconds", "Link lifetime, in hours"])?;
    wizard.asked("Keep recordings, in days")?;
    wizard.press(&format!("30{ENTER}"))?;
    accept(&mut wizard, &ADVANCED)?;
    // Enter alone does not approve.
    let last = wizard.asked("Install?")?;
    assert!(last.contains("> go back to the questions"), "{last}");
    accept(&mut wizard, &["Install?", "Tags"])?;
    wizard.asked("Install?")?;
    assert!(site.stacks().await?.is_empty());
    wizard.press(&format!("{DOWN}{ENTER}"))?;
    let ended = wizard.ended()?;
    assert_eq!((ended.code, ended.is_restored), (Some(0), true), "{}", ended.screen);
    assert!(!ended.raw.contains("^["), "a key pressed ahead of its question was echoed\n{}", ended.raw);
    assert!(survives_any_background(&ended.raw), "{:?}", colors(&ended.raw));
    assert_eq!(site.stacks().await?, ["voicemail-express"]);
    let written = fs::read_to_string(&file)?;
    for line in [
        "default_queue: Support",
        "default_language: en-GB",
        "time_zone: Europe/London",
        "expected_voicemails_per_hour: 120",
        "  recordings_days: 30",
        "  test_line: true",
        "  topic: new",
    ] {
        assert!(written.lines().any(|found| found == line), "{line}\n{written}");
    }
    assert!(written.contains(r#"modes: ["task", "other"]"#), "{written}");
    assert!(written.contains(r#"languages: {"de-DE": {}, "en-US": {}}"#), "{written}");
    if std::env::var_os("UPDATE_DOCS").is_some_and(|value| value == "1") {
        let docs = workspace().join("docs");
        fs::create_dir_all(docs.join("images"))?;
        fs::write(docs.join("images/wizard.svg"), picture)?;
        fs::write(docs.join("wizard.cast"), wizard.cast("vmx-install wizard"))?;
    }

    // Answers are saved, and the user's own edits to the file are kept. What is installed is named.
    let edited = written.replace("time_zone: Europe/London", "time_zone: Europe/London # agreed with legal");
    fs::write(&file, &edited)?;
    let mut again = site.wizard(&file, &[("NO_COLOR", "1")])?;
    let name = again.asked("Name")?;
    assert!(says(&name, "voicemail-express is installed and will be changed"), "{name}");
    again.press(ENTER)?;
    accept(&mut again, &["Default queue", "Delivery", "Additional event target", "Default delivery"])?;
    accept(&mut again, &["Language", "Voice and prompts", "Voicemails in the busiest hour"])?;
    again.asked("Time zone")?;
    again.press(&format!("paris{ENTER}"))?;
    accept(&mut again, &["Alarm recipients", "Advanced settings"])?;
    let plan = again.asked("Install?")?;
    assert!(plan.contains("+time_zone: Europe/Paris # agreed with legal"), "{plan}");
    again.press(&format!("{DOWN}{DOWN}{ENTER}"))?;
    let ended = again.ended()?;
    assert_eq!((ended.code, ended.is_restored), (Some(0), true), "{}", ended.screen);
    assert_eq!(fs::read_to_string(&file)?, edited.replace("Europe/London", "Europe/Paris"));
    assert!(colors(&ended.raw).is_empty(), "{:?}", ended.raw);
    site.cloud.stop().await;
    Ok(())
}

/// The advanced settings after those that a newcomer changes.
const ADVANCED: [&str; 12] = [
    "Keep transcripts, in days",
    "Keep contact records, in hours",
    "Keep streamed audio, in hours",
    "Keep logs, in days",
    "Language of staff",
    "Prefix of contact attributes",
    "Messages without speech",
    "Recording links",
    "Concurrent page requests",
    "Log level",
    "Flow log",
    "Tags",
];

/// Hundreds of queues and every language are filtered by typing; letters do nothing else, and no key adds a row.
#[tokio::test(flavor = "multi_thread")]
async fn lists_are_filtered_by_typing_and_a_language_without_words_is_asked_for_them() -> Result<(), Error> {
    let seed = Seed::newcomer().with(300, 0, 0);
    let site = Site::on(Options { seed, ..Options::default() }, "").await?;
    for (size, name) in [(Size::NARROW, "narrow.yaml"), (Size::LARGE, "large.yaml")] {
        let file = site.params().with_file_name(name);
        let mut wizard = site.wizard_of(size, &file, &[("NO_COLOR", "1")])?;
        let queues = wizard.asked("Default queue")?;
        assert!(queues.contains("> BasicQueue"), "{queues}");
        // Letters that move in vim.
        wizard.press("jkhl")?;
        let none = wizard.shows("jkhl")?;
        assert!(!none.contains("> BasicQueue"), "{none}");
        wizard.press(&"\x7f".repeat(4))?;
        wizard.press("support 27")?;
        let some = wizard.shows("> Support 27")?;
        // What was found, above the question, names some queues too.
        assert!(!some.lines().any(|line| line.starts_with("  BasicQueue")), "{some}");
        wizard.press(ENTER)?;
        let modes = wizard.asked("Delivery")?;
        assert!(modes.contains("> [x] task"), "the active line has a mark without colors:\n{modes}");
        wizard.press(&format!("{DOWN}{DOWN}"))?;
        let moved = wizard.shows("> [ ] email")?;
        let rows = |screen: &str| screen.trim_end().lines().count();
        assert_eq!(rows(&moved), rows(&modes), "a key adds a row:\n{moved}");
        wizard.press(ENTER)?;
        wizard.asked("Language")?;
        wizard.press("dutch")?;
        wizard.shows("> nl-NL   Dutch (Netherlands), with your own prompts")?;
        wizard.press(ENTER)?;
        let voices = wizard.asked("Voice")?;
        assert!(voices.contains("> Lotte"), "{voices}");
        wizard.press(ENTER)?;
        let greeting = wizard.asked("Greeting")?;
        assert!(says(&greeting, "In English: Please leave a message"), "{greeting}");
        for (title, words) in [
            ("Greeting", "Spreek in na de toon."),
            ("Goodbye", "Dank u wel."),
            ("Apology", "Het lukt nu niet."),
            ("Queue full", "Bel later terug."),
        ] {
            wizard.asked(title)?;
            wizard.press(&format!("{words}{ENTER}"))?;
        }
        accept(&mut wizard, &COMMON[4..8])?;
        wizard.asked("Install?")?;
        wizard.press(&format!("{DOWN}{DOWN}{ENTER}"))?;
        let ended = wizard.ended()?;
        assert_eq!((ended.code, ended.is_restored), (Some(0), true), "{}", ended.screen);
        let written = fs::read_to_string(&file)?;
        for part in ["default_queue: Support 27", "default_language: nl-NL", "  voice: Lotte"] {
            assert!(written.contains(part), "{part}\n{written}");
        }
    }
    site.cloud.stop().await;
    Ok(())
}

/// Nobody has verified the sender: that is said at its question, and installing is not offered.
#[tokio::test(flavor = "multi_thread")]
async fn what_would_be_refused_is_not_offered() -> Result<(), Error> {
    let site = Site::new().await?;
    let file = site.params().with_file_name("wizard.yaml");
    let mut wizard = site.wizard(&file, &[("NO_COLOR", "1")])?;
    accept(&mut wizard, &["Default queue"])?;
    wizard.asked("Delivery")?;
    wizard.press(&format!("{DOWN}{DOWN} {ENTER}"))?;
    wizard.asked("Email sender")?;
    wizard.press(&format!("nobody@example.com{ENTER}"))?;
    wizard.shows("aws sesv2 create-email-identity")?;
    let again = wizard.asked("Email sender")?;
    assert!(!again.contains("Email recipient"), "{again}");
    wizard.press(ESC)?;
    wizard.shows("? back")?;
    // What only the account knows is listed before the last question, and leads back to the questions.
    wizard.asked("Delivery")?;
    wizard.press(&format!("{DOWN}{DOWN} {DOWN} {ENTER}"))?;
    wizard.asked("Salesforce credentials")?;
    let region = &site.cloud.account().region;
    let secret = format!("arn:aws:secretsmanager:{region}:{}:secret:no-such", site.cloud.account().id);
    wizard.press(&format!("{secret}{ENTER}"))?;
    accept(&mut wizard, &["Default delivery"])?;
    accept(&mut wizard, &COMMON[2..8])?;
    wizard.shows("warning: secret:")?;
    let again = wizard.asked("Advanced settings")?;
    assert!(!again.contains("Install?"), "{again}");
    wizard.press(CTRL_C)?;
    let ended = wizard.ended()?;
    assert_eq!((ended.code, ended.is_restored), (Some(130), true), "{}", ended.screen);
    assert!(!file.exists());
    site.cloud.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_at_any_question_leaves_everything_as_it_was() -> Result<(), Error> {
    let site = Site::new().await?;
    let file = site.params().with_file_name("wizard.yaml");
    let buckets = site.buckets().await?;
    let draft = file.with_file_name("wizard.yaml.draft");
    for questions in [&COMMON[..1], &COMMON[..2], &COMMON[..6]] {
        // The one before kept its answers.
        if draft.exists() {
            fs::remove_file(&draft)?;
        }
        let mut wizard = site.wizard(&file, &[])?;
        for (number, title) in questions.iter().enumerate() {
            wizard.asked(title)?;
            let answer = if *title == "Voicemails in the busiest hour" { "77\r" } else { ENTER };
            wizard.press(if number + 1 == questions.len() { CTRL_C } else { answer })?;
        }
        let ended = wizard.ended()?;
        assert_eq!((ended.code, ended.is_restored), (Some(130), true), "{questions:?}\n{}", ended.screen);
        assert!(ended.screen.contains("interrupted; nothing was changed"), "{}", ended.screen);
    }
    // The answers so far are kept apart, and offered.
    assert!(fs::read_to_string(&draft)?.contains("expected_voicemails_per_hour: 77"));
    let mut wizard = site.wizard(&file, &[])?;
    wizard.asked("Resume?")?;
    wizard.press(ENTER)?;
    accept(&mut wizard, &COMMON[..4])?;
    let volume = wizard.asked(COMMON[4])?;
    assert!(volume.contains("(77)"), "{volume}");
    wizard.press(CTRL_C)?;
    wizard.ended()?;
    let mut wizard = site.wizard(&file, &[])?;
    wizard.asked("Resume?")?;
    wizard.press(&format!("{DOWN}{ENTER}"))?;
    accept(&mut wizard, &COMMON[..8])?;
    wizard.asked("Install?")?;
    wizard.press(CTRL_C)?;
    let ended = wizard.ended()?;
    assert_eq!((ended.code, ended.is_restored), (Some(130), true), "{}", ended.screen);
    assert!(!file.exists());
    assert!(site.stacks().await?.is_empty());
    assert_eq!(site.buckets().await?, buckets);
    site.cloud.stop().await;
    Ok(())
}
