//! The gate that every change passes: approved, to be asked for, or impossible.

use crate::cli::ApprovalArgs;
use crate::error::Failure;
use crate::event::{Event, EventView};
use vmx_engine::approver::{Answer, Approver};

/// What to approve.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The first question, for example `Make these changes?`.
    pub question: &'a str,
    /// Whether the command prompts at all.
    pub command: CommandKind,
    /// Whether there is anything to change.
    pub changes: bool,
    /// The permissions that an existing installation would gain, one line each. Installing for the first time approves
    /// them.
    pub broadening: &'a [String],
}

/// Whether a command prompts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommandKind {
    /// It prompts if it can.
    Asking,
    /// It never prompts, and running it approves changes: `--non-interactive`.
    Unasking,
}

/// What to do about an approval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Decision {
    /// Ask for what is not approved yet, which may be nothing.
    Ask { changes: bool, broadening: bool },
    /// Nobody can be asked.
    Missing { flag: &'static str },
}

/// Decides from the command line and whether there is a terminal.
fn decide(request: &Request<'_>, given: ApprovalArgs, somebody_there: bool) -> Decision {
    let unasking = request.command == CommandKind::Unasking;
    let changes = request.changes && !given.yes && !unasking;
    let broadening = request.changes && !request.broadening.is_empty() && !given.allow_iam;
    match (changes, broadening) {
        _ if somebody_there && !unasking => Decision::Ask { changes, broadening },
        (false, false) => Decision::Ask { changes, broadening },
        (true, false) => Decision::Missing { flag: "--yes" },
        (false, true) => Decision::Missing { flag: "--allow-iam" },
        (true, true) => Decision::Missing { flag: "--yes --allow-iam" },
    }
}

/// Passes when everything is approved, after asking for what the command line leaves open.
///
/// # Errors
/// [`Failure::ApprovalNeeded`] when nobody can be asked, [`Failure::Declined`] and [`Failure::Interrupted`].
pub async fn gate(
    request: Request<'_>,
    given: ApprovalArgs,
    view: &dyn EventView,
    approver: &dyn Approver,
) -> Result<(), Failure> {
    let (changes, broadening) = match decide(&request, given, approver.is_there()) {
        Decision::Ask { changes, broadening } => (changes, broadening),
        Decision::Missing { flag } => return Err(Failure::ApprovalNeeded { flag }),
    };
    if changes {
        ask(request.question, "--yes", approver).await?;
    }
    if broadening {
        view.tell(&Event::PermissionsBroaden { statements: request.broadening.to_vec() });
        ask("Allow these new permissions?", "--allow-iam", approver).await?;
    }
    if request.changes {
        view.tell(&Event::Approved);
    }
    Ok(())
}

/// As [`gate`], for changes that cannot be undone: they require the name, typed or on the command line with `--yes`.
///
/// # Errors
/// As [`gate`], and [`Failure::OtherName`].
pub async fn gate_by_name(
    request: Request<'_>,
    name: &str,
    given: ApprovalArgs,
    confirmed: Option<&str>,
    view: &dyn EventView,
    approver: &dyn Approver,
) -> Result<(), Failure> {
    match confirmed {
        Some(confirmed) if confirmed != name => {
            Err(Failure::OtherName { given: confirmed.to_owned(), name: name.to_owned() })
        }
        Some(_) => gate(request, given, view, approver).await,
        None if approver.is_there() => {
            type_name(request.question, name, approver).await?;
            view.tell(&Event::Approved);
            Ok(())
        }
        None if given.yes => Err(Failure::ApprovalNeeded { flag: "--confirm STACK" }),
        None => Err(Failure::ApprovalNeeded { flag: "--yes --confirm STACK" }),
    }
}

/// Asks for the name. Any other text declines; Enter alone does nothing.
async fn type_name(question: &str, name: &str, approver: &dyn Approver) -> Result<(), Failure> {
    let question = format!("{question} Type the stack's name to confirm: ");
    loop {
        match approver.line(&question).await.as_deref().map(str::trim) {
            Some("") => {}
            Some(typed) if typed == name => return Ok(()),
            Some(_) => return Err(Failure::Declined),
            None => return Err(Failure::ApprovalNeeded { flag: "--yes --confirm STACK" }),
        }
    }
}

async fn ask(question: &str, flag: &'static str, approver: &dyn Approver) -> Result<(), Failure> {
    match approver.approve(question).await {
        Answer::Yes => Ok(()),
        Answer::No => Err(Failure::Declined),
        Answer::Interrupted => Err(Failure::StoppedEarly),
        Answer::Nobody => Err(Failure::ApprovalNeeded { flag }),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use std::future::Future;
    use std::pin::Pin;
    use std::sync::Mutex;

    use super::*;
    use crate::exit::{Exit, exit_code};
    use vmx_engine::testing::Recorder;

    /// Somebody, or nobody, who answers as told.
    struct Person {
        there: bool,
        answers: Mutex<Vec<Answer>>,
        lines: Mutex<Vec<String>>,
        asked: Mutex<Vec<String>>,
    }

    impl Approver for Person {
        fn is_there(&self) -> bool {
            self.there
        }

        fn approve<'a>(&'a self, question: &'a str) -> Pin<Box<dyn Future<Output = Answer> + 'a>> {
            self.asked.lock().unwrap().push(question.to_owned());
            Box::pin(std::future::ready(self.answers.lock().unwrap().remove(0)))
        }

        fn line<'a>(&'a self, question: &'a str) -> Pin<Box<dyn Future<Output = Option<String>> + 'a>> {
            self.asked.lock().unwrap().push(question.to_owned());
            Box::pin(std::future::ready(self.lines.lock().unwrap().pop()))
        }
    }

    #[tokio::test]
    async fn what_cannot_be_brought_back_is_approved_by_its_name() {
        const TYPED: &str = "Remove it? Type the stack's name to confirm: ";
        let request =
            Request { question: "Remove it?", command: CommandKind::Asking, changes: true, broadening: &[] };
        // Somebody there, --yes, --confirm; what is typed; what is asked and how it ends.
        type Row = ((bool, bool, Option<&'static str>), &'static str, &'static [&'static str], Exit);
        let rows: [Row; 12] = [
            ((true, false, None), " vmx\n", &[TYPED], Exit::Ok),
            ((true, false, None), "y\n", &[TYPED], Exit::Interrupted),
            // --yes approves of changes, and of nothing that is lost for ever.
            ((true, true, None), "vmx2\n", &[TYPED], Exit::Interrupted),
            ((true, true, None), "vmx\n", &[TYPED], Exit::Ok),
            ((true, false, Some("vmx")), "", &["Remove it?"], Exit::Ok),
            ((true, true, Some("vmx")), "", NONE, Exit::Ok),
            ((true, true, Some("other")), "vmx\n", NONE, Exit::Usage),
            ((false, false, None), "vmx\n", NONE, Exit::ApprovalNeeded),
            ((false, true, None), "vmx\n", NONE, Exit::ApprovalNeeded),
            ((false, false, Some("vmx")), "vmx\n", NONE, Exit::ApprovalNeeded),
            ((false, true, Some("vmx")), "", NONE, Exit::Ok),
            ((false, true, Some("VMX")), "", NONE, Exit::Usage),
        ];
        for ((there, yes, confirmed), typed, questions, exit) in rows {
            let (ended, asked) = confirm(request, (there, yes, confirmed), &[typed]).await;
            let row = format!("{there} {yes} {confirmed:?} {typed:?}");
            assert_eq!(ended.map_or_else(|failure| exit_code(&failure), |()| Exit::Ok), exit, "{row}");
            assert_eq!(asked, questions, "{row}");
        }
        // Enter alone is no answer; nor is the end of the input.
        let (ended, asked) = confirm(request, (true, false, None), &["vmx\n", "\n"]).await;
        assert!(ended.is_ok());
        assert_eq!(asked, [TYPED, TYPED]);
        let (ended, _) = confirm(request, (true, false, None), &[]).await;
        assert_eq!(exit_code(&ended.unwrap_err()), Exit::ApprovalNeeded);
    }

    /// Runs the gate by name; lines are typed from the last to the first.
    async fn confirm(
        request: Request<'_>,
        (there, yes, confirmed): (bool, bool, Option<&str>),
        lines: &[&str],
    ) -> (Result<(), Failure>, Vec<String>) {
        let person = Person {
            there,
            answers: Mutex::new(vec![Answer::Yes]),
            lines: Mutex::new(lines.iter().map(|&line| line.to_owned()).collect()),
            asked: Mutex::default(),
        };
        let given = ApprovalArgs { yes, allow_iam: false };
        let ended = gate_by_name(request, "vmx", given, confirmed, &Recorder::default(), &person).await;
        (ended, person.asked.into_inner().unwrap())
    }

    const CHANGES: &str = "Make these changes?";
    const PERMISSIONS: &str = "Allow these new permissions?";
    const NONE: &[&str] = &[];

    /// Whether somebody is at the terminal.
    #[derive(Debug, Clone, Copy, PartialEq)]
    enum Somebody {
        Present,
        Absent,
    }

    #[derive(Debug, Clone, Copy, PartialEq)]
    enum Planned {
        Nothing,
        Changes,
        /// Changes that also need new permissions.
        NewPermissions,
        /// New permissions without a change, which is nothing to do.
        OnlyPermissions,
    }

    enum Expected {
        Proceeds,
        Asks(&'static [&'static str]),
        /// It fails and names this flag.
        Lacks(&'static str),
    }

    /// Runs the gate; gives how it ended and what was asked.
    async fn pass(
        command: CommandKind,
        somebody: Somebody,
        flags: &str,
        planned: Planned,
        answers: &[Answer],
    ) -> (Result<(), Failure>, Vec<String>) {
        let statements = ["KvsToS3Role: s3:* on *".to_owned()];
        let broadens = matches!(planned, Planned::NewPermissions | Planned::OnlyPermissions);
        let request = Request {
            question: CHANGES,
            command,
            changes: matches!(planned, Planned::Changes | Planned::NewPermissions),
            broadening: if broadens { &statements } else { &[] },
        };
        let person = Person {
            there: somebody == Somebody::Present,
            answers: Mutex::new(answers.to_vec()),
            lines: Mutex::default(),
            asked: Mutex::default(),
        };
        let given = ApprovalArgs { yes: flags.contains("--yes"), allow_iam: flags.contains("--allow-iam") };
        let ended = gate(request, given, &Recorder::default(), &person).await;
        (ended, person.asked.into_inner().unwrap())
    }

    #[tokio::test]
    async fn the_whole_matrix() {
        use CommandKind::{Asking, Unasking};
        use Expected::{Asks, Lacks, Proceeds};
        use Planned::{Changes, NewPermissions, Nothing, OnlyPermissions};
        use Somebody::{Absent, Present};
        let rows = [
            (Asking, Present, "", Nothing, Proceeds),
            (Asking, Present, "", Changes, Asks(&[CHANGES])),
            (Asking, Present, "", NewPermissions, Asks(&[CHANGES, PERMISSIONS])),
            (Asking, Present, "", OnlyPermissions, Proceeds),
            (Asking, Present, "--allow-iam", Nothing, Proceeds),
            (Asking, Present, "--allow-iam", Changes, Asks(&[CHANGES])),
            (Asking, Present, "--allow-iam", NewPermissions, Asks(&[CHANGES])),
            (Asking, Present, "--allow-iam", OnlyPermissions, Proceeds),
            (Asking, Present, "--yes", Nothing, Proceeds),
            (Asking, Present, "--yes", Changes, Proceeds),
            (Asking, Present, "--yes", NewPermissions, Asks(&[PERMISSIONS])),
            (Asking, Present, "--yes", OnlyPermissions, Proceeds),
            (Asking, Present, "--yes --allow-iam", Nothing, Proceeds),
            (Asking, Present, "--yes --allow-iam", Changes, Proceeds),
            (Asking, Present, "--yes --allow-iam", NewPermissions, Proceeds),
            (Asking, Present, "--yes --allow-iam", OnlyPermissions, Proceeds),
            (Asking, Absent, "", Nothing, Proceeds),
            (Asking, Absent, "", Changes, Lacks("--yes")),
            (Asking, Absent, "", NewPermissions, Lacks("--yes --allow-iam")),
            (Asking, Absent, "", OnlyPermissions, Proceeds),
            (Asking, Absent, "--allow-iam", Nothing, Proceeds),
            (Asking, Absent, "--allow-iam", Changes, Lacks("--yes")),
            (Asking, Absent, "--allow-iam", NewPermissions, Lacks("--yes")),
            (Asking, Absent, "--allow-iam", OnlyPermissions, Proceeds),
            (Asking, Absent, "--yes", Nothing, Proceeds),
            (Asking, Absent, "--yes", Changes, Proceeds),
            (Asking, Absent, "--yes", NewPermissions, Lacks("--allow-iam")),
            (Asking, Absent, "--yes", OnlyPermissions, Proceeds),
            (Asking, Absent, "--yes --allow-iam", Nothing, Proceeds),
            (Asking, Absent, "--yes --allow-iam", Changes, Proceeds),
            (Asking, Absent, "--yes --allow-iam", NewPermissions, Proceeds),
            (Asking, Absent, "--yes --allow-iam", OnlyPermissions, Proceeds),
            (Unasking, Present, "", Nothing, Proceeds),
            (Unasking, Present, "", Changes, Proceeds),
            (Unasking, Present, "", NewPermissions, Lacks("--allow-iam")),
            (Unasking, Present, "--allow-iam", NewPermissions, Proceeds),
            (Unasking, Present, "--yes", NewPermissions, Lacks("--allow-iam")),
            (Unasking, Present, "--yes --allow-iam", NewPermissions, Proceeds),
            (Unasking, Absent, "", Nothing, Proceeds),
            (Unasking, Absent, "", Changes, Proceeds),
            (Unasking, Absent, "", NewPermissions, Lacks("--allow-iam")),
            (Unasking, Absent, "", OnlyPermissions, Proceeds),
            (Unasking, Absent, "--allow-iam", Changes, Proceeds),
            (Unasking, Absent, "--allow-iam", NewPermissions, Proceeds),
            (Unasking, Absent, "--yes", Changes, Proceeds),
            (Unasking, Absent, "--yes", NewPermissions, Lacks("--allow-iam")),
            (Unasking, Absent, "--yes --allow-iam", Changes, Proceeds),
            (Unasking, Absent, "--yes --allow-iam", NewPermissions, Proceeds),
        ];
        for (command, somebody, flags, planned, expected) in rows {
            let row = format!("{command:?} {somebody:?} {flags} {planned:?}");
            let (ended, asked) = pass(command, somebody, flags, planned, &[Answer::Yes, Answer::Yes]).await;
            let questions = match expected {
                Proceeds => NONE,
                Asks(questions) => questions,
                Lacks(flag) => {
                    let failure = ended.unwrap_err();
                    assert!(failure.to_string().contains(&format!("add {flag} to")), "{row}: {failure}");
                    assert_eq!(exit_code(&failure), Exit::ApprovalNeeded, "{row}");
                    assert_eq!(asked, NONE, "{row}");
                    continue;
                }
            };
            assert!(ended.is_ok(), "{row}");
            assert_eq!(asked, questions, "{row}");
        }
    }

    #[tokio::test]
    async fn only_approved_changes_begin() {
        let changes =
            Request { question: CHANGES, command: CommandKind::Asking, changes: true, broadening: &[] };
        for (request, answer, approved, failure) in [
            (changes, Answer::Yes, true, None),
            (Request { changes: false, ..changes }, Answer::Yes, false, None),
            (changes, Answer::No, false, Some("nothing was changed")),
            (changes, Answer::Interrupted, false, Some("interrupted; nothing was changed")),
        ] {
            let person = Person {
                there: true,
                answers: Mutex::new(vec![answer]),
                lines: Mutex::default(),
                asked: Mutex::default(),
            };
            let recorder = Recorder::default();
            let ended = gate(request, ApprovalArgs::default(), &recorder, &person).await;
            assert_eq!(ended.err().map(|failure| failure.to_string()).as_deref(), failure, "{answer:?}");
            assert_eq!(recorder.taken().iter().any(|told| told == "Approved"), approved, "{answer:?}");
        }
    }

    #[tokio::test]
    async fn whoever_says_no_is_not_asked_again() {
        for (answers, questions, exit) in [
            (vec![Answer::No], 1, Exit::Interrupted),
            (vec![Answer::Interrupted], 1, Exit::Interrupted),
            (vec![Answer::Yes, Answer::No], 2, Exit::Interrupted),
            (vec![Answer::Yes, Answer::Nobody], 2, Exit::ApprovalNeeded),
        ] {
            let (ended, asked) =
                pass(CommandKind::Asking, Somebody::Present, "", Planned::NewPermissions, &answers).await;
            assert_eq!(exit_code(&ended.unwrap_err()), exit, "{answers:?}");
            assert_eq!(asked.len(), questions, "{answers:?}");
        }
    }
}
