//! The wizard on a real terminal, against the local cloud.

use std::fs;

use end_to_end::{Error, Site, Terminal, workspace};

const ENTER: &str = "\r";
const ESC: &str = "\x1b";
const DOWN: &str = "\x1b[B";
const CTRL_C: &str = "\x03";

/// Keeps the defaults of these questions.
fn accept(wizard: &mut Terminal, titles: &[&str]) -> Result<(), Error> {
    for title in titles {
        wizard.asked(title)?;
        wizard.press(ENTER)?;
    }
    Ok(())
}

/// The questions between those of the delivery modes and the retention.
const LATER: [&str; 6] = [
    "Language",
    "Other languages",
    "Longest message, in seconds",
    "Prompts",
    "More flows",
    "Link lifetime, in hours",
];

/// Answers the questions from the first to the plan with Enter, except one. Questions that the delivery modes add come
/// after these.
fn answer_all(wizard: &mut Terminal, of_modes: &[&str], recordings_days: &str) -> Result<(), Error> {
    accept(wizard, &["AWS region", "Amazon Connect instance", "Name", "Default queue", "Delivery"])?;
    accept(wizard, of_modes)?;
    accept(wizard, &LATER)?;
    wizard.asked("Keep recordings, in days")?;
    wizard.press(&format!("{recordings_days}{ENTER}"))?;
    wizard.asked("Advanced settings")?;
    wizard.press(ENTER)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newcomer_installs_and_comes_back() -> Result<(), Error> {
    let site = Site::new().await?;
    let file = site.params().with_file_name("wizard.yaml");

    let mut wizard = site.wizard(&file, &[])?;
    wizard.asked("AWS region")?;
    wizard.press(ENTER)?;
    let survey = wizard.asked("Amazon Connect instance")?;
    assert!(survey.contains("local-contact-center"), "{survey}");
    wizard.press(ENTER)?;
    let survey = wizard.asked("Name")?;
    for part in
        ["contact records   not streamed yet", "Basic Routing Profile (task, voice)", "numbers           1"]
    {
        assert!(survey.contains(part), "{part}\n{survey}");
    }
    wizard.press(ENTER)?;
    wizard.asked("Default queue")?;
    let picture = wizard.picture();
    // Goes back to the previous question and answers it again.
    wizard.press(ESC)?;
    wizard.asked("Name")?;
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
    wizard.press(&format!("en-UK{ENTER}"))?;
    wizard.shows("the closest are")?;
    wizard.press(&format!("en-GB{ENTER}"))?;
    // The first two in the list; after going back, they are still selected.
    wizard.asked("Other languages")?;
    wizard.press(&format!(" {DOWN} {ENTER}"))?;
    wizard.asked("Longest message, in seconds")?;
    wizard.press(ESC)?;
    wizard.shows("? back")?;
    wizard.asked("Other languages")?;
    for title in ["Longest message, in seconds", "Prompts"] {
        wizard.press(ENTER)?;
        wizard.asked(title)?;
    }
    wizard.press(ENTER)?;
    wizard.asked("More flows")?;
    wizard.press(&format!("{DOWN}{DOWN} {ENTER}"))?;
    wizard.asked("Link lifetime, in hours")?;
    wizard.press(ENTER)?;
    wizard.asked("Keep recordings, in days")?;
    wizard.press(&format!("30{ENTER}"))?;
    wizard.asked("Advanced settings")?;
    wizard.press(ENTER)?;
    // Enter alone does not approve.
    wizard.asked("Install?")?;
    wizard.press(ENTER)?;
    wizard.shows("> go back to the questions")?;
    wizard.asked("Advanced settings")?;
    wizard.press(ENTER)?;
    wizard.asked("Install?")?;
    assert!(site.stacks().await?.is_empty());
    wizard.press(&format!("{DOWN}{ENTER}"))?;
    let ended = wizard.ended()?;
    assert_eq!((ended.code, ended.is_restored), (Some(0), true), "{}", ended.screen);
    assert!(!ended.raw.contains("^["), "a key pressed ahead of its question was echoed\n{}", ended.raw);
    assert_eq!(site.stacks().await?, ["voicemail-express"]);
    let written = fs::read_to_string(&file)?;
    for line in
        ["default_queue: Support", "default_language: en-GB", "  recordings_days: 30", "  test_line: true"]
    {
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

    // Answers are saved, and the user's own edits to the file are kept.
    let edited = written.replace("  recordings_days: 30", "  recordings_days: 30 # agreed with legal");
    fs::write(&file, &edited)?;
    let mut again = site.wizard(&file, &[("NO_COLOR", "1")])?;
    answer_all(&mut again, &["Additional event target", "Default delivery"], "45")?;
    let plan = again.asked("Install?")?;
    assert!(plan.contains("+  recordings_days: 45 # agreed with legal"), "{plan}");
    again.press(&format!("{DOWN}{DOWN}{ENTER}"))?;
    let ended = again.ended()?;
    assert_eq!((ended.code, ended.is_restored), (Some(0), true), "{}", ended.screen);
    assert_eq!(fs::read_to_string(&file)?, edited.replace("recordings_days: 30", "recordings_days: 45"));
    let colored = ended.raw.split("\x1b[").skip(1).filter(|rest| {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != ';');
        end.is_some_and(|end| rest[end..].starts_with('m') && rest[..end] != *"0" && end > 0)
    });
    assert_eq!(colored.count(), 0, "{:?}", ended.raw);
    site.cloud.stop().await;
    Ok(())
}

/// Nobody has verified the sender: that is said before the last question, and the answers are kept.
#[tokio::test(flavor = "multi_thread")]
async fn what_would_be_refused_is_not_offered() -> Result<(), Error> {
    let site = Site::new().await?;
    let file = site.params().with_file_name("wizard.yaml");
    let mut wizard = site.wizard(&file, &[("NO_COLOR", "1")])?;
    accept(&mut wizard, &["AWS region", "Amazon Connect instance", "Name", "Default queue"])?;
    let modes = wizard.asked("Delivery")?;
    assert!(modes.contains("> [x] task"), "the active line has a mark without colors:\n{modes}");
    wizard.press(&format!("{DOWN}{DOWN} {ENTER}"))?;
    for title in ["Email sender", "Email recipient"] {
        wizard.asked(title)?;
        wizard.press(&format!("nobody@example.com{ENTER}"))?;
    }
    accept(&mut wizard, &["Default delivery"])?;
    accept(&mut wizard, &LATER)?;
    accept(&mut wizard, &["Keep recordings, in days", "Advanced settings"])?;
    wizard.shows("aws sesv2 create-email-identity")?;
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
    for questions in [
        &["AWS region"][..],
        &["AWS region", "Amazon Connect instance"],
        &["AWS region", "Amazon Connect instance", "Name", "Default queue"],
    ] {
        let mut wizard = site.wizard(&file, &[])?;
        for (number, title) in questions.iter().enumerate() {
            wizard.asked(title)?;
            let answer = if *title == "Name" { "voicemail-night\r" } else { ENTER };
            wizard.press(if number + 1 == questions.len() { CTRL_C } else { answer })?;
        }
        let ended = wizard.ended()?;
        assert_eq!((ended.code, ended.is_restored), (Some(130), true), "{questions:?}\n{}", ended.screen);
        assert!(ended.screen.contains("interrupted; nothing was changed"), "{}", ended.screen);
    }
    // The answers so far are kept apart, and offered.
    let draft = file.with_file_name("wizard.yaml.draft");
    assert!(fs::read_to_string(&draft)?.contains("stack: voicemail-night"));
    let mut wizard = site.wizard(&file, &[])?;
    wizard.asked("Resume?")?;
    wizard.press(ENTER)?;
    for title in ["AWS region", "Amazon Connect instance"] {
        wizard.asked(title)?;
        wizard.press(ENTER)?;
    }
    let name = wizard.asked("Name")?;
    assert!(name.contains("(voicemail-night)"), "{name}");
    wizard.press(CTRL_C)?;
    wizard.ended()?;
    let mut wizard = site.wizard(&file, &[])?;
    wizard.asked("Resume?")?;
    wizard.press(&format!("{DOWN}{ENTER}"))?;
    answer_all(&mut wizard, &[], "30")?;
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
