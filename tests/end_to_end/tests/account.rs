//! The life of an installation through AWS calls only: install, a recorded voicemail, tear down. It runs on the local
//! cloud, or with `VMX_E2E=aws` on a real account. `docs/real-aws.md` describes its requirements, costs and leftovers.

#[path = "account/mail.rs"]
mod mail;
#[path = "account/open.rs"]
mod open;
#[path = "account/own_key.rs"]
mod own_key;
#[path = "account/place.rs"]
mod place;
#[path = "account/producer.rs"]
mod producer;
#[path = "account/role.rs"]
mod role;
#[path = "account/voicemail.rs"]
mod voicemail;

use end_to_end::Error;

use crate::place::{Place, STACK};

#[tokio::test(flavor = "multi_thread")]
async fn a_recorded_voicemail_goes_through_an_installation_that_comes_and_goes() -> Result<(), Error> {
    let place = Place::chosen().await?;
    place.refuse_what_is_there().await?;

    let installed = place.run(&["--non-interactive", place.params(), "--yes", "--allow-iam"]).await?;
    assert_eq!(installed.code, Some(0), "{installed:#?}");
    // A failure is reported after everything has been removed.
    let answers = async { open::ask(&place, &installed, &voicemail::deliver(&place).await?).await }.await;

    let all = ["--yes", "--delete-recordings", "--confirm", STACK];
    let teardown: Vec<&str> = ["teardown", "--params", place.params()].into_iter().chain(all).collect();
    let torn_down = place.run(&teardown).await?;
    show(&place, &answers?);
    assert_eq!(torn_down.code, Some(0), "{torn_down:#?}");
    place.refuse_what_is_there().await
}

/// Prints the answers as a table. The local cloud answers everything that can be asked.
#[expect(clippy::print_stdout, reason = "whoever runs this on a real account wants to know")]
fn show(place: &Place, answers: &[[String; 2]]) {
    println!("| open | answer |\n|---|---|");
    answers.iter().for_each(|[question, answer]| println!("| {question} | {answer} |"));
    let unknown = answers.iter().filter(|[_, answer]| open::is_open(answer));
    assert!(place.is_real() || unknown.count() == 0, "{answers:#?}");
}
