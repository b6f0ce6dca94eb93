//! The command line: plain values, and nothing is run.

mod examples;
mod params;
mod teardown;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{ArgGroup, Args, CommandFactory as _, Parser, Subcommand};
use clap_complete::Shell;
use flow_language::FlowType;
use vmx_contract::voicemail_id::VoicemailId;

use vmx_model::params::{Architecture, ArchitectureChoice};
use vmx_model::parts::Step;

pub use params::{DEFAULT_FILE, ParamsArgs, SetArgs};
pub use teardown::TeardownArgs;

/// Installs Voicemail Express on an Amazon Connect instance, and takes it away again.
///
/// Exit codes: 0 done or nothing to do, 1 failed and nothing changed, 2 wrong command line or parameters,
/// 3 credentials or permissions, 4 failed or cancelled and taken back, 5 failed half-way, 6 approval needed,
/// 7 changes found (only where asked for), 8 stack busy, 130 interrupted or declined.
#[derive(Debug, Clone, Parser)]
#[command(
    name = "vmx-install",
    version = env!("VMX_VERSION"),
    arg_required_else_help = true,
    max_term_width = 80,
    after_long_help = examples::PROGRAM
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// What `--non-interactive` takes.
    #[command(flatten)]
    pub install: InstallArgs,
    /// How the program tells what it does.
    #[command(flatten)]
    pub output: OutputArgs,
    /// The AWS profile, in place of AWS_PROFILE and credentials in the environment
    #[arg(long, global = true, value_name = "NAME")]
    pub profile: Option<String>,
}

/// How the program tells what it does. Goes with every command.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
#[command(next_help_heading = "Every command")]
pub struct OutputArgs {
    /// Tell everything as one JSON object a line, on standard output alone, for programs. Nobody is asked
    #[arg(long, global = true, conflicts_with = "quiet")]
    pub json: bool,
    /// Tell only what is wrong and how it ended. Nobody is asked
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// Tell more: `plan` shows where the value of every parameter comes from
    #[arg(long, short, global = true, conflicts_with = "quiet")]
    pub verbose: bool,
}

/// An installation without questions.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct InstallArgs {
    /// Install or update as a parameters file says, without asking
    #[arg(long, value_name = "PARAMS")]
    pub non_interactive: Option<PathBuf>,
    /// What is set above the file.
    #[command(flatten)]
    pub set: SetArgs,
    /// What is approved.
    #[command(flatten)]
    pub approval: ApprovalArgs,
    /// Write over flows that somebody edited in the instance
    #[arg(long)]
    pub overwrite_flows: bool,
    /// How it is applied.
    #[command(flatten)]
    pub apply: ApplyArgs,
    /// Where the functions come from.
    #[command(flatten)]
    pub functions: FunctionsArgs,
}

/// How a plan is applied.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Args)]
pub struct ApplyArgs {
    /// Begin the change of the stack and leave; run the same command again when it is done, for what comes after
    #[arg(long)]
    pub detach: bool,
    /// Use CloudFormation's express mode: faster, and without waiting until resources are fully there
    #[arg(long)]
    pub express: bool,
    /// Go on although another run holds the installation's lock
    #[arg(long)]
    pub break_lock: bool,
}

/// Where the functions' packages come from: they are built, or were built before.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct FunctionsArgs {
    /// The checkout with the source of the functions [default: found from the working directory]
    #[arg(long, value_name = "DIR")]
    pub source: Option<PathBuf>,
    /// Install the packages in a folder, as `build --out` writes them, in place of building: needs no Rust
    #[arg(long, value_name = "DIR", conflicts_with = "source")]
    pub artifacts: Option<PathBuf>,
}

/// What approves of changes in place of an answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Args)]
pub struct ApprovalArgs {
    /// Make the changes without asking
    #[arg(long, short)]
    pub yes: bool,
    /// Let an installation that is there have further permissions, without asking
    #[arg(long)]
    pub allow_iam: bool,
}

/// What `plan` takes.
#[derive(Debug, Clone, Args)]
pub struct PlanArgs {
    /// The parameters file, as --params
    #[arg(value_name = "PARAMS", conflicts_with = "file")]
    pub named: Option<PathBuf>,
    /// The parameters.
    #[command(flatten)]
    pub params: ParamsArgs,
    /// Where the functions come from.
    #[command(flatten)]
    pub functions: FunctionsArgs,
    /// Save the plan, for `apply`
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// End with 7 where there is something to change
    #[arg(long)]
    pub detailed_exitcode: bool,
    /// Write over flows that somebody edited in the instance
    #[arg(long)]
    pub overwrite_flows: bool,
}

/// The commands.
#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// Look, ask, show what would change, and install. Remembers the answers in the parameters file
    #[command(after_long_help = examples::WIZARD)]
    Wizard {
        /// The parameters file to write; what it says already becomes the answers to begin with
        #[arg(long, value_name = "FILE", default_value = DEFAULT_FILE)]
        params: PathBuf,
        /// Where the functions come from.
        #[command(flatten)]
        functions: FunctionsArgs,
        /// How it is applied.
        #[command(flatten)]
        apply: ApplyArgs,
    },
    /// Show what an installation would change, and change nothing
    #[command(after_long_help = examples::PLAN)]
    Plan(PlanArgs),
    /// Look whether an installation works, link by link, and say what mends what does not
    #[command(after_long_help = examples::DOCTOR)]
    Doctor {
        /// The parameters.
        #[command(flatten)]
        params: ParamsArgs,
    },
    /// Make exactly the changes of a plan that `plan --out` saved, or say what has moved since
    #[command(after_long_help = examples::APPLY)]
    Apply {
        /// The plan file
        #[arg(value_name = "FILE")]
        plan: PathBuf,
        /// What is approved.
        #[command(flatten)]
        approval: ApprovalArgs,
        /// How it is applied.
        #[command(flatten)]
        apply: ApplyArgs,
    },
    /// Build the functions and pack them for AWS Lambda
    #[command(after_long_help = examples::BUILD)]
    Build {
        /// The folder for the zips [default: in cargo's target directory]
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
        /// The processor that the functions run on; auto is arm64 where it can be built
        #[arg(long, value_name = "NAME", default_value = "auto", value_parser = architecture())]
        architecture: ArchitectureChoice,
        /// The checkout with the source of the functions [default: found from the working directory]
        #[arg(long, value_name = "DIR")]
        source: Option<PathBuf>,
    },
    /// Write every document of an installation: the CloudFormation template and the flows. Needs no AWS
    #[command(after_long_help = examples::RENDER)]
    Render(DocumentArgs),
    /// Write, draw or check contact flows. Needs no AWS
    #[command(after_long_help = examples::FLOWS)]
    Flows(FlowsArgs),
    /// Show how the installation is: everything that is wrong, and what to do. Exits with 1 where something is
    #[command(after_long_help = examples::STATUS)]
    Status {
        /// The parameters of the installation.
        #[command(flatten)]
        params: ParamsArgs,
        /// Follow what CloudFormation is doing to it now, to the end
        #[arg(long)]
        watch: bool,
    },
    /// Tell where a voicemail is: what happened to it, when, and why it stopped
    #[command(after_long_help = examples::TRACE)]
    Trace {
        /// The id of the contact that left it; with -2, -3 or -4, one further message of that contact
        #[arg(value_name = "CONTACT_ID", value_parser = VoicemailId::parse)]
        voicemail: VoicemailId,
        /// The parameters of the installation.
        #[command(flatten)]
        params: ParamsArgs,
    },
    /// Retry voicemails that a step gave up or that are stuck. Shows how many there are, and asks
    #[command(after_long_help = examples::REDRIVE)]
    Redrive {
        /// The parameters of the installation.
        #[command(flatten)]
        params: ParamsArgs,
        /// Only those of one step
        #[arg(long, value_name = "NAME", value_parser = step())]
        step: Option<Step>,
        /// Also deliver voicemails that were dropped because nobody spoke: all, or the one with this id
        #[arg(
            long,
            value_name = "CONTACT_ID",
            num_args = 0..=1,
            require_equals = true,
            value_parser = VoicemailId::parse
        )]
        dropped: Option<Option<VoicemailId>>,
        /// Give up this voicemail, which cannot be delivered, for good: remove its dead letters, keep its recording
        #[arg(
            long,
            value_name = "CONTACT_ID",
            value_parser = VoicemailId::parse,
            conflicts_with_all = ["step", "dropped"]
        )]
        give_up: Option<VoicemailId>,
        /// Do it without asking
        #[arg(long, short)]
        yes: bool,
    },
    /// Revoke playback links that are out already
    #[command(after_long_help = examples::LINKS)]
    Links {
        /// What to do with them.
        #[command(subcommand)]
        command: LinksCommand,
    },
    /// Go back to what was installed before: shows what changes, and asks. Nothing is built
    #[command(after_long_help = examples::ROLLBACK)]
    Rollback {
        /// The parameters of the installation; the file is not changed.
        #[command(flatten)]
        params: ParamsArgs,
        /// Go to the deployment of this time, or of one that begins so, as the list shows it [default: the one before]
        #[arg(long, value_name = "TIME")]
        to: Option<String>,
        /// Write over flows that somebody edited in the instance
        #[arg(long)]
        overwrite_flows: bool,
        /// What is approved.
        #[command(flatten)]
        approval: ApprovalArgs,
        /// How it is applied.
        #[command(flatten)]
        apply: ApplyArgs,
    },
    /// Print the JSON Schema of the parameters file, for editors and for programs
    #[command(after_long_help = examples::SCHEMA)]
    Schema,
    /// Take an installation away. Shows what goes and what stays, and asks. Voicemails stay
    #[command(after_long_help = examples::TEARDOWN)]
    Teardown(TeardownArgs),
    /// Print the completion script of a shell
    #[command(after_long_help = examples::COMPLETIONS)]
    Completions {
        /// The shell
        #[arg(value_name = "SHELL")]
        shell: Shell,
    },
    /// Print the manual's main page, or write its pages to a folder
    #[command(after_long_help = examples::MAN)]
    Man {
        /// The folder for a page of every command; it is made if it is not there
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
    },
}

/// Which documents, and where to.
#[derive(Debug, Clone, Args)]
pub struct DocumentArgs {
    /// The parameters.
    #[command(flatten)]
    pub params: ParamsArgs,
    /// The folder to write to; it is made if it is not there
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
}

/// What is done with contact flows: those of an installation are written or drawn, any others are drawn or checked.
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
    /// Flow files to draw, or folders with some, in place of the flows of an installation
    #[arg(value_name = "FLOW", conflicts_with_all = ["file", "set", "out"])]
    pub files: Vec<PathBuf>,
    /// The parameters of the installation.
    #[command(flatten)]
    pub params: ParamsArgs,
    /// Write the flows to a folder, ready to be imported in the Amazon Connect console, and a page on how to
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Draw the flows on a page that any browser shows; it needs nothing else and no network
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// Draw the flows as Mermaid, in Markdown on standard output
    #[arg(long)]
    pub mermaid: bool,
}

/// What else can be done with flows.
#[derive(Debug, Clone, Subcommand)]
pub enum FlowsCommand {
    /// Check flow files, your own or anybody's: what Amazon Connect would refuse, and what callers would regret. Exits
    /// with 1 where a flow would be refused
    Check {
        /// Flow files as the console exports them or the API gives them, or folders with some
        #[arg(value_name = "FILE|DIR", required = true)]
        files: Vec<PathBuf>,
        /// The type of flows that do not state it, for example CONTACT_FLOW [default: the one that fits best]
        #[arg(long = "type", value_name = "TYPE")]
        flow_type: Option<FlowType>,
        /// A contact attribute that something else sets, such as another flow; may be given several times
        #[arg(long = "attribute", value_name = "NAME")]
        attributes: Vec<String>,
    },
}

/// What can be done with playback links.
#[derive(Debug, Clone, Subcommand)]
pub enum LinksCommand {
    /// Make links void: those of one voicemail for good, or all that were made until now. Asks
    #[command(after_long_help = examples::LINKS)]
    Revoke {
        /// The id of the contact that left the voicemail; with -2, -3 or -4 for a further message of that contact
        #[arg(value_name = "CONTACT_ID", value_parser = VoicemailId::parse, required_unless_present = "all")]
        voicemail: Option<VoicemailId>,
        /// All links that were made until now; links that are made later work
        #[arg(long, conflicts_with = "voicemail")]
        all: bool,
        /// The parameters of the installation.
        #[command(flatten)]
        params: ParamsArgs,
        /// Revoke them without asking
        #[arg(long, short)]
        yes: bool,
    },
}

impl Cli {
    /// Reads a command line, the program's name first.
    ///
    /// # Errors
    /// What clap says of it; `--help` and `--version` count as errors too.
    pub fn read(words: impl IntoIterator<Item = OsString>) -> Result<Self, clap::Error> {
        Self::try_parse_from(words)?.checked()
    }

    /// What clap cannot check: that there is one thing to do.
    fn checked(self) -> Result<Self, clap::Error> {
        if self.command.is_some() && self.install != InstallArgs::default() {
            let text = "write the options of a command after it; --non-interactive goes with no command";
            return Err(Self::command().error(ErrorKind::ArgumentConflict, text));
        }
        if self.command.is_none() && self.install.non_interactive.is_none() {
            let text = "these options go with a command, or with --non-interactive PARAMS";
            return Err(Self::command().error(ErrorKind::MissingRequiredArgument, text));
        }
        let functions = &self.install.functions;
        let installs = self.install.non_interactive.is_some();
        if self.command.is_some() && (installs || functions.source.is_some() || functions.artifacts.is_some())
        {
            let text = "a command takes its options behind its name, and does not go with --non-interactive";
            return Err(Self::command().error(ErrorKind::ArgumentConflict, text));
        }
        Ok(self)
    }
}

/// How the command line tells processors: as the parameters do.
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

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn an_installation_without_questions_takes_the_parameters() {
        let cli = Cli::try_parse_from(["vmx-install", "--non-interactive", "p.yaml"]).unwrap();
        assert_eq!(cli.install.non_interactive, Some("p.yaml".into()));
        assert!(cli.command.is_none());
        assert!(Cli::try_parse_from(["vmx-install", "--source", "."]).unwrap().checked().is_err());
        assert!(
            Cli::try_parse_from(["vmx-install", "plan", "p.yaml", "--source", "a", "--artifacts", "b"])
                .is_err()
        );
        for mixed in [["--non-interactive", "p.yaml"], ["--source", "."], ["--set", "a=b"]] {
            let words = ["vmx-install"].into_iter().chain(mixed).chain(["build"]).map(OsString::from);
            assert!(Cli::read(words).is_err(), "{mixed:?}");
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
            Ok(Cli { command: Some(Command::Plan(args)), .. }) => Ok((args.named, args.params)),
            other => Err(other.err().map(|error| error.kind())),
        };
        let (named, params) = plan(&["--set", "a=b", "--set", "c=d"]).unwrap();
        assert_eq!((named, params.path()), (None, std::path::Path::new(DEFAULT_FILE)));
        assert_eq!(params.set.set, ["a=b", "c=d"]);
        assert_eq!(plan(&["p.yaml"]).unwrap().0, Some("p.yaml".into()));
        assert_eq!(plan(&["p.yaml", "--params", "q.yaml"]), Err(Some(ErrorKind::ArgumentConflict)));
    }

    #[test]
    fn processors_are_told_by_lambdas_names() {
        let cli = Cli::try_parse_from(["vmx-install", "build", "--architecture", "arm64"]).unwrap();
        assert!(matches!(cli.command, Some(Command::Build { architecture: ArchitectureChoice::Arm64, .. })));
        assert!(Cli::try_parse_from(["vmx-install", "build", "--architecture", "sparc"]).is_err());
    }
}
