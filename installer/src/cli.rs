//! The command line as plain values. Parsing runs nothing.

mod examples;
mod logs;
mod migrate;
mod open;
mod params;
mod teardown;
mod voicemails;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{ArgGroup, Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use flow_language::FlowType;
use vmx_contract::voicemail_id::VoicemailId;

use crate::packages::{self, Origin};
use crate::ui::Place;
use vmx_model::params::{Architecture, ArchitectureChoice};
use vmx_model::parts::Step;

pub use logs::{Logged, LogsArgs};
pub use migrate::{HandoverArgs, MigrateCommand, MigratePlanArgs};
pub use open::{OpenArgs, Opened};
pub use params::{DEFAULT_FILE, FileArgs, InstallationArgs, ParamsArgs, SetArgs, WrittenFileArgs};
pub use teardown::TeardownArgs;
pub use voicemails::{DeleteArgs, ExportArgs, FilterArgs, HoldArgs, VoicemailsCommand, VoicemailsListArgs};

/// Install Voicemail Express on an Amazon Connect instance, and remove it.
///
/// Exit codes: 0 done or nothing to do, 1 failed and nothing changed, 2 wrong command line or parameters,
/// 3 credentials or permissions, 4 failed or cancelled and rolled back, 5 failed halfway, 6 approval needed,
/// 7 changes found (with --detailed-exitcode), 8 stack busy, 130 interrupted or declined.
#[derive(Debug, Clone, Parser)]
#[command(
    name = "vmx-install",
    version = env!("VMX_VERSION"),
    long_version = packages::VERSION.as_str(),
    arg_required_else_help = true,
    max_term_width = 80,
    after_long_help = examples::PROGRAM
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// Output options.
    #[command(flatten)]
    pub output: OutputArgs,
    /// Use this AWS profile instead of AWS_PROFILE and environment credentials
    #[arg(long, global = true, value_name = "NAME")]
    pub profile: Option<String>,
}

/// Output options, valid for every command.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
#[command(next_help_heading = "Every command")]
pub struct OutputArgs {
    /// Print one JSON object per line on standard output; never prompt
    #[arg(long, global = true, conflicts_with = "quiet")]
    pub json: bool,
    /// Print only problems and the outcome; never prompt
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// Print more: `plan` shows where each parameter's value comes from
    #[arg(long, short, global = true, conflicts_with = "quiet")]
    pub verbose: bool,
}

/// Arguments of `install`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct InstallArgs {
    /// The parameters.
    #[command(flatten)]
    pub file: FileArgs,
    /// What is approved.
    #[command(flatten)]
    pub approval: ApprovalArgs,
    /// Overwrite flows that were edited in the instance
    #[arg(long)]
    pub overwrite_flows: bool,
    /// How it is applied.
    #[command(flatten)]
    pub apply: ApplyArgs,
    /// The source of the functions' packages.
    #[command(flatten)]
    pub functions: FunctionsArgs,
}

/// How a plan is applied.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Args)]
pub struct ApplyArgs {
    /// Start the stack update and exit. Run the same command again when it is done to finish
    #[arg(long)]
    pub detach: bool,
    /// Use CloudFormation's express mode: faster, does not wait for resources to stabilize
    #[arg(long)]
    pub express: bool,
    /// Continue even if another run holds the installation's lock
    #[arg(long)]
    pub break_lock: bool,
}

/// The source of the functions' packages: built now or before.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct FunctionsArgs {
    /// Directory with the functions' source [default: found from the working directory]
    #[arg(long, value_name = "DIR")]
    pub source: Option<PathBuf>,
    /// Install packages written by `build --out` instead of building. Does not need Rust
    #[arg(long, value_name = "DIR", conflicts_with = "source")]
    pub artifacts: Option<PathBuf>,
}

impl FunctionsArgs {
    pub(crate) fn origin(&self) -> Origin<'_> {
        Origin::of(self.source.as_deref(), self.artifacts.as_deref())
    }
}

/// Approvals on the command line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Args)]
pub struct ApprovalArgs {
    /// Make the changes without prompting
    #[arg(long, short)]
    pub yes: bool,
    /// Allow new IAM permissions without prompting
    #[arg(long)]
    pub allow_iam: bool,
}

/// Arguments of `plan`.
#[derive(Debug, Clone, Args)]
pub struct PlanArgs {
    /// The parameters.
    #[command(flatten)]
    pub file: FileArgs,
    /// The source of the functions' packages.
    #[command(flatten)]
    pub functions: FunctionsArgs,
    /// Save the plan for `apply`
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Exit with 7 if there are changes
    #[arg(long)]
    pub detailed_exitcode: bool,
    /// Overwrite flows that were edited in the instance
    #[arg(long)]
    pub overwrite_flows: bool,
}

/// The commands.
#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// Install step by step. Saves your answers in the parameters file
    #[command(alias = "init", after_long_help = examples::WIZARD)]
    Wizard {
        /// Which file is written.
        #[command(flatten)]
        file: WrittenFileArgs,
        /// The source of the functions' packages.
        #[command(flatten)]
        functions: FunctionsArgs,
        /// How it is applied.
        #[command(flatten)]
        apply: ApplyArgs,
    },
    /// Install or update. Shows the changes, then prompts. --non-interactive PARAMS never does
    #[command(aliases = ["deploy", "update", "upgrade"], after_long_help = examples::INSTALL)]
    Install(InstallArgs),
    /// Install or update without prompting
    #[command(long_flag = "non-interactive", hide = true, after_long_help = examples::NON_INTERACTIVE)]
    NonInteractive(InstallArgs),
    /// Show what an installation would change, without changing anything
    #[command(after_long_help = examples::PLAN)]
    Plan(PlanArgs),
    /// Check every part of an installation and suggest fixes
    #[command(after_long_help = examples::DOCTOR)]
    Doctor {
        /// The installation.
        #[command(flatten)]
        installation: InstallationArgs,
    },
    /// Make exactly the changes in a plan saved by `plan --out`
    #[command(after_long_help = examples::APPLY)]
    Apply {
        /// Plan file
        #[arg(value_name = "FILE")]
        plan: PathBuf,
        /// What is approved.
        #[command(flatten)]
        approval: ApprovalArgs,
        /// How it is applied.
        #[command(flatten)]
        apply: ApplyArgs,
    },
    /// Build the functions and package them for AWS Lambda
    #[command(after_long_help = examples::BUILD)]
    Build {
        /// Directory for the zip files [default: in cargo's target directory]
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
        /// Processor architecture of the functions. auto is arm64 if it can be built
        #[arg(long, value_name = "NAME", default_value = "auto", value_parser = architecture())]
        architecture: ArchitectureChoice,
        /// Directory with the functions' source [default: found from the working directory]
        #[arg(long, value_name = "DIR")]
        source: Option<PathBuf>,
    },
    /// Write the CloudFormation template and the flows. Does not need AWS
    #[command(after_long_help = examples::RENDER)]
    Render(DocumentArgs),
    /// Write, draw or check contact flows. Does not need AWS
    #[command(after_long_help = examples::FLOWS)]
    Flows(FlowsArgs),
    /// Show the installation's health. Exits with 1 if anything is wrong
    #[command(after_long_help = examples::STATUS)]
    Status {
        /// The installation.
        #[command(flatten)]
        installation: InstallationArgs,
        /// Follow the stack update in progress until it ends
        #[arg(long)]
        watch: bool,
    },
    /// Write an installation's health and its last voicemails to an HTML page
    #[command(after_long_help = examples::REPORT)]
    Report {
        /// The installation.
        #[command(flatten)]
        installation: InstallationArgs,
        /// Page to write, which only you can read. It has no recording, transcript or number
        #[arg(long, value_name = "FILE")]
        html: PathBuf,
    },
    /// Show where a voicemail is, what happened to it and why it stopped
    #[command(after_long_help = examples::TRACE)]
    Trace {
        /// ID of the contact that left it. Add -2, -3 or -4 for a later message of the contact
        #[arg(value_name = "CONTACT_ID", value_parser = VoicemailId::parse)]
        voicemail: VoicemailId,
        /// The installation.
        #[command(flatten)]
        installation: InstallationArgs,
    },
    /// Show what the functions logged, of one function or about one contact
    #[command(alias = "log", after_long_help = examples::LOGS)]
    Logs(LogsArgs),
    /// Print the address of a console page or a recording, and open it in a browser
    #[command(after_long_help = examples::OPEN)]
    Open(OpenArgs),
    /// Retry dead-lettered and stuck voicemails. Shows how many, then prompts
    #[command(after_long_help = examples::REDRIVE)]
    Redrive {
        /// The installation.
        #[command(flatten)]
        installation: InstallationArgs,
        /// Retry only those of one step
        #[arg(long, value_name = "NAME", value_parser = step())]
        step: Option<Step>,
        /// Also deliver voicemails dropped because nobody spoke: all, or the one with this ID
        #[arg(
            long,
            value_name = "CONTACT_ID",
            num_args = 0..=1,
            require_equals = true,
            value_parser = VoicemailId::parse
        )]
        dropped: Option<Option<VoicemailId>>,
        /// Give up an undeliverable voicemail for good: remove its dead letters, keep its recording
        #[arg(
            long,
            value_name = "CONTACT_ID",
            value_parser = VoicemailId::parse,
            conflicts_with_all = ["step", "dropped"]
        )]
        give_up: Option<VoicemailId>,
        /// Retry them without prompting
        #[arg(long, short)]
        yes: bool,
    },
    /// Revoke playback links that were already sent
    #[command(after_long_help = examples::LINKS)]
    Links {
        /// What to do with them.
        #[command(subcommand)]
        command: LinksCommand,
    },
    /// Reinstall an earlier deployment without building. Prompts first
    #[command(after_long_help = examples::ROLLBACK)]
    Rollback {
        /// The installation. Its parameters file is not changed.
        #[command(flatten)]
        installation: InstallationArgs,
        /// Roll back to the deployment of this time, in full or abbreviated [default: the previous one]
        #[arg(long, value_name = "TIME")]
        to: Option<String>,
        /// Overwrite flows that were edited in the instance
        #[arg(long)]
        overwrite_flows: bool,
        /// What is approved.
        #[command(flatten)]
        approval: ApprovalArgs,
        /// How it is applied.
        #[command(flatten)]
        apply: ApplyArgs,
    },
    /// List, export and delete voicemails, and keep a recording longer
    #[command(after_long_help = examples::VOICEMAILS)]
    Voicemails {
        /// What to do.
        #[command(subcommand)]
        command: VoicemailsCommand,
    },
    /// Move from an earlier Voicemail Express, V2 or V3, and back
    #[command(after_long_help = examples::MIGRATE)]
    Migrate {
        /// The step.
        #[command(subcommand)]
        command: MigrateCommand,
    },
    /// Print the JSON Schema of the parameters file, or a file with every parameter explained
    #[command(after_long_help = examples::SCHEMA)]
    Schema {
        /// Print a parameters file with every parameter, explained, at its default
        #[arg(long)]
        example: bool,
    },
    /// Explain a parameter: its meaning, type, limits and default
    #[command(after_long_help = examples::EXPLAIN)]
    Explain {
        /// Parameter, such as retention.recordings_days [default: list all of them]
        #[arg(value_name = "KEY")]
        key: Option<String>,
    },
    /// Remove an installation and keep its voicemails. Prompts first
    #[command(aliases = ["destroy", "uninstall", "remove", "delete"], after_long_help = examples::TEARDOWN)]
    Teardown(TeardownArgs),
    /// Print a shell completion script
    #[command(after_long_help = examples::COMPLETIONS)]
    Completions {
        /// Shell to complete for
        #[arg(value_name = "SHELL")]
        shell: Shell,
    },
    /// Print the main manual page, or write all pages to a directory
    #[command(after_long_help = examples::MAN)]
    Man {
        /// Directory for a page per command. Created if it does not exist
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
    },
}

/// Which documents to write, and where.
#[derive(Debug, Clone, Args)]
pub struct DocumentArgs {
    /// The parameters.
    #[command(flatten)]
    pub params: ParamsArgs,
    /// Directory to write to. Created if it does not exist
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
}

/// Work on contact flows: an installation's are written or drawn, any others are drawn or checked.
#[derive(Debug, Clone, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    group = ArgGroup::new("made").required(true).multiple(true).args(["out", "html", "mermaid"])
)]
pub struct FlowsArgs {
    /// Check flow files.
    #[command(subcommand)]
    pub command: Option<FlowsCommand>,
    /// Flow files or directories to draw instead of the installation's flows
    #[arg(value_name = "FLOW", conflicts_with_all = ["file", "set", "out"])]
    pub files: Vec<PathBuf>,
    /// The parameters of the installation.
    #[command(flatten)]
    pub params: ParamsArgs,
    /// Write the flows to a directory, ready to import in the Amazon Connect console, with instructions
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Draw the flows on a self-contained HTML page
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// Print the flows as Mermaid diagrams in Markdown
    #[arg(long)]
    pub mermaid: bool,
}

/// Other work on flows.
#[derive(Debug, Clone, Subcommand)]
pub enum FlowsCommand {
    /// Check flow files. Exits with 1 if Amazon Connect would refuse one
    Check {
        /// Files that hold flows in any form, or directories of them
        #[arg(value_name = "FILE|DIR", required = true)]
        files: Vec<PathBuf>,
        /// Type of flows that do not state one, for example CONTACT_FLOW [default: the best match]
        #[arg(long = "type", value_name = "TYPE")]
        flow_type: Option<FlowType>,
        /// Contact attribute that is set elsewhere, such as in another flow. Repeatable
        #[arg(long = "attribute", value_name = "NAME")]
        attributes: Vec<String>,
        /// Format of the result: text for people, or SARIF 2.1.0 for code hosts and editors
        #[arg(long, value_name = "FORMAT", default_value = "text")]
        format: FlowsFormat,
    },
}

/// How `flows check` shows its result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FlowsFormat {
    /// Lines for people; with `--json`, one event for each flow.
    Text,
    /// One SARIF document.
    Sarif,
}

/// Work on playback links.
#[derive(Debug, Clone, Subcommand)]
pub enum LinksCommand {
    /// Revoke the links of one voicemail, or all links so far. Prompts first
    #[command(after_long_help = examples::LINKS)]
    Revoke {
        /// ID of the contact that left the voicemail. Add -2, -3 or -4 for a later message of the contact
        #[arg(value_name = "CONTACT_ID", value_parser = VoicemailId::parse, required_unless_present = "all")]
        voicemail: Option<VoicemailId>,
        /// Revoke all links made so far. Links made later still work
        #[arg(long, conflicts_with = "voicemail")]
        all: bool,
        /// The installation.
        #[command(flatten)]
        installation: InstallationArgs,
        /// Revoke them without prompting
        #[arg(long, short)]
        yes: bool,
    },
}

impl Cli {
    /// What identifies the installation on this command line.
    #[must_use]
    pub fn place(&self) -> Place {
        let installation = self.installation();
        let params = match &self.command {
            Command::Install(args) | Command::NonInteractive(args) => args.file.clone().params(),
            Command::Plan(args) => args.file.clone().params(),
            Command::Wizard { file, .. } => {
                ParamsArgs { file: Some(file.path().to_owned()), set: SetArgs::default() }
            }
            Command::Migrate { command: MigrateCommand::Plan(args) } => {
                ParamsArgs { file: args.file.clone(), set: SetArgs::default() }
            }
            _ => installation.map(InstallationArgs::params).unwrap_or_default(),
        };
        let file = params.file.map(|file| file.display().to_string()).filter(|file| file != DEFAULT_FILE);
        Place {
            file,
            set: params.set.set,
            stack: installation.and_then(|installation| installation.stack.clone()),
            profile: self.profile.clone(),
            region: installation.and_then(|installation| installation.region.clone()),
        }
    }

    /// The installation that an operating command is about.
    fn installation(&self) -> Option<&InstallationArgs> {
        match &self.command {
            Command::Doctor { installation }
            | Command::Report { installation, .. }
            | Command::Status { installation, .. }
            | Command::Trace { installation, .. }
            | Command::Redrive { installation, .. }
            | Command::Rollback { installation, .. }
            | Command::Links { command: LinksCommand::Revoke { installation, .. } } => Some(installation),
            Command::Voicemails { command } => Some(command.installation()),
            Command::Migrate { command: MigrateCommand::Switch(args) | MigrateCommand::Back(args) } => {
                Some(&args.installation)
            }
            Command::Logs(args) => Some(&args.installation),
            Command::Open(args) => Some(&args.installation),
            Command::Teardown(args) => Some(&args.installation),
            _ => None,
        }
    }

    /// Reads a command line, the program's name first.
    ///
    /// # Errors
    /// clap's error, also for `--help` and `--version`.
    pub fn read(words: impl IntoIterator<Item = OsString>) -> Result<Self, clap::Error> {
        // clap would ignore the value of a flag that stands for a command.
        Self::try_parse_from(words.into_iter().flat_map(|word| {
            let value = word.to_str().and_then(|word| word.strip_prefix("--non-interactive="));
            match value.map(OsString::from) {
                Some(file) => vec!["--non-interactive".into(), file],
                None => vec![word],
            }
        }))
    }
}

/// Accepts the architecture names of the parameters.
fn architecture() -> impl clap::builder::TypedValueParser<Value = ArchitectureChoice> {
    use clap::builder::{PossibleValuesParser, TypedValueParser as _};
    PossibleValuesParser::new(ArchitectureChoice::ALL.map(ArchitectureChoice::as_str))
        .map(|name| Architecture::parse(&name).map_or(ArchitectureChoice::Auto, ArchitectureChoice::from))
}

/// The pipeline's steps by their names.
fn step() -> impl clap::builder::TypedValueParser<Value = Step> {
    use clap::builder::{PossibleValuesParser, TypedValueParser as _};
    PossibleValuesParser::new(Step::ALL.map(Step::as_str)).map(|name| {
        let found = Step::ALL.into_iter().find(|step| step.as_str() == name);
        found.unwrap_or(Step::Record)
    })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use clap::CommandFactory as _;
    use clap::error::ErrorKind;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn an_installation_without_questions_takes_the_parameters() {
        let read = |words: &[&str]| Cli::read(["vmx-install"].iter().chain(words).map(OsString::from));
        let installed = |words: &[&str]| match read(words).unwrap().command {
            Command::NonInteractive(args) => (false, args.file.params().file),
            Command::Install(args) => (true, args.file.params().file),
            other => panic!("{other:?}"),
        };
        let file = Some(PathBuf::from("p.yaml"));
        assert_eq!(installed(&["--non-interactive", "p.yaml", "--yes"]), (false, file.clone()));
        assert_eq!(installed(&["--json", "--non-interactive=p.yaml"]), (false, file.clone()));
        for verb in ["install", "deploy", "update", "upgrade"] {
            assert_eq!(installed(&[verb, "p.yaml"]), (true, file.clone()));
            assert_eq!(installed(&[verb, "--params", "p.yaml"]), (true, file.clone()));
            assert_eq!(installed(&[verb]), (true, None));
        }
        for verb in ["install", "deploy", "update", "upgrade", "plan", "--non-interactive"] {
            assert_eq!(read(&[verb, "p.yaml"]).unwrap().place().file.as_deref(), Some("p.yaml"), "{verb}");
        }
        for wrong in [
            &["--source", "."][..],
            &["--set", "a=b"],
            &["--non-interactive", "p.yaml", "build"],
            &["build", "--non-interactive", "p.yaml"],
            &["plan", "p.yaml", "--source", "a", "--artifacts", "b"],
        ] {
            assert!(read(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn every_operating_verb_takes_the_installation_in_the_same_ways() {
        const CONTACT: &str = "00000000-0000-4000-8000-00000000c0de";
        let read = |words: &[&str]| Cli::read(["vmx-install"].iter().chain(words).map(OsString::from));
        for verb in [
            &["doctor"][..],
            &["status"],
            &["redrive"],
            &["rollback"],
            &["teardown"],
            &["uninstall"],
            &["destroy"],
            &["remove"],
            &["trace", CONTACT],
            &["logs", CONTACT],
            &["log", "deliver"],
            &["open", "dashboard"],
            &["open", CONTACT],
            &["links", "revoke", CONTACT],
            &["migrate", "switch"],
            &["migrate", "back"],
        ] {
            for file in [&["p.yaml"][..], &["--params", "p.yaml"]] {
                let words = [verb, file].concat();
                assert_eq!(read(&words).unwrap().place().file.as_deref(), Some("p.yaml"), "{words:?}");
            }
            let place = read(&[verb, &["--stack", "vmx", "--region", "eu-west-2"]].concat()).unwrap().place();
            assert_eq!((place.stack.as_deref(), place.region.as_deref()), (Some("vmx"), Some("eu-west-2")));
            for wrong in [
                &["--region", "eu-west-2"][..],
                &["--stack", "vmx", "--params", "p.yaml"],
                &["--stack", "vmx", "--set", "stack=vmx"],
            ] {
                assert!(read(&[verb, wrong].concat()).is_err(), "{verb:?} {wrong:?}");
            }
        }
    }

    #[test]
    fn a_wrong_verb_suggests_the_right_one() {
        for (wrong, right) in [
            ("instal", "install"),
            ("deply", "deploy"),
            ("upgrad", "upgrade"),
            ("updat", "update"),
            ("uninstal", "uninstall"),
            ("destory", "destroy"),
            ("tear-down", "teardown"),
            ("wizzard", "wizard"),
            ("inti", "init"),
            ("statsu", "status"),
            ("docter", "doctor"),
            ("trac", "trace"),
            ("logz", "logs"),
            ("opn", "open"),
            ("roll-back", "rollback"),
            ("redriv", "redrive"),
            ("plna", "plan"),
            ("migrat", "migrate"),
        ] {
            let error = Cli::try_parse_from(["vmx-install", wrong]).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidSubcommand);
            assert!(error.to_string().contains(&format!("'{right}'")), "{wrong}: {error}");
        }
    }

    #[test]
    fn what_goes_with_every_command_stands_before_or_after_it() {
        for words in [
            &["--json", "--profile", "x", "plan", "p.yaml"][..],
            &["plan", "p.yaml", "--json", "--profile", "x"],
            &["--json", "--profile", "x", "--non-interactive", "p"],
        ] {
            let words = ["vmx-install"].iter().chain(words).map(OsString::from);
            let cli = Cli::read(words).unwrap();
            assert_eq!((cli.output.json, cli.profile.as_deref()), (true, Some("x")));
        }
        assert!(Cli::try_parse_from(["vmx-install", "plan", "p.yaml", "--json", "-q"]).is_err());
        assert!(Cli::try_parse_from(["vmx-install", "plan", "p.yaml", "-v", "-q"]).is_err());
    }

    #[test]
    fn parameters_are_a_file_and_what_is_set_above_it() {
        let plan = |words: &[&str]| match Cli::try_parse_from([&["vmx-install", "plan"], words].concat()) {
            Ok(Cli { command: Command::Plan(args), .. }) => Ok(args.file.params()),
            other => Err(other.err().map(|error| error.kind())),
        };
        let params = plan(&["--set", "a=b", "--set", "c=d"]).unwrap();
        assert_eq!(params.path(), std::path::Path::new(DEFAULT_FILE));
        assert_eq!(params.set.set, ["a=b", "c=d"]);
        assert_eq!(plan(&["p.yaml"]).unwrap().file, Some("p.yaml".into()));
        assert_eq!(plan(&["p.yaml", "--params", "q.yaml"]), Err(Some(ErrorKind::ArgumentConflict)));
    }

    #[test]
    fn the_wizard_takes_its_file_as_other_commands_do() {
        let place = |words: &[&str]| {
            let read = Cli::try_parse_from([&["vmx-install", "wizard"], words].concat());
            read.map(|cli| cli.place().file).map_err(|error| error.kind())
        };
        assert_eq!(place(&[]), Ok(None));
        assert_eq!(place(&["p.yaml"]), Ok(Some("p.yaml".into())));
        assert_eq!(place(&["--params", "p.yaml"]), Ok(Some("p.yaml".into())));
        assert_eq!(place(&["p.yaml", "--params", "q.yaml"]), Err(ErrorKind::ArgumentConflict));
    }

    #[test]
    fn a_migration_names_the_earlier_stack_and_the_new_file() {
        let words = ["migrate", "plan", "--stack", "VMX3", "--region", "eu-west-2", "--params", "p.yaml"];
        let cli = Cli::read(["vmx-install"].iter().chain(&words).map(OsString::from)).unwrap();
        // The earlier stack is no installation.
        let place = cli.place();
        assert_eq!((place.file.as_deref(), place.stack), (Some("p.yaml"), None));
        match cli.command {
            Command::Migrate { command: MigrateCommand::Plan(args) } => {
                assert_eq!(
                    (args.stack.as_deref(), args.region.as_deref()),
                    (Some("VMX3"), Some("eu-west-2"))
                );
                assert!(!args.force && args.path() == std::path::Path::new("p.yaml"));
            }
            other => panic!("{other:?}"),
        }
        assert!(Cli::try_parse_from(["vmx-install", "migrate"]).is_err());
    }

    #[test]
    fn processors_are_told_by_lambdas_names() {
        let cli = Cli::try_parse_from(["vmx-install", "build", "--architecture", "arm64"]).unwrap();
        assert!(matches!(cli.command, Command::Build { architecture: ArchitectureChoice::Arm64, .. }));
        assert!(Cli::try_parse_from(["vmx-install", "build", "--architecture", "sparc"]).is_err());
    }
}
