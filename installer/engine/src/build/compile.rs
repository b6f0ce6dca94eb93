//! Runs cargo once for all functions.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};

use serde::Deserialize;

use super::error::BuildError;
use super::toolchain::{Compiler, Rustc, cargo, cargo_home, linker_variable, target};
use super::workspace::Workspace;
use crate::progress::{Progress, View};
use crate::waits;
use vmx_model::params::Architecture;
use vmx_model::parts::Function;

/// The glibc to link against: the one of `provided.al2023`.
const GLIBC: &str = "2.34";

/// The fields of cargo's messages that are used here.
#[derive(Deserialize)]
#[serde(tag = "reason", rename_all = "kebab-case")]
enum Message {
    CompilerArtifact {
        target: CargoTarget,
        executable: Option<PathBuf>,
    },
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct CargoTarget {
    name: String,
}

/// Compiles every function and returns the executables, in the order of [`Function::ALL`].
pub(super) fn compile(
    workspace: &Workspace,
    architecture: Architecture,
    compiler: &Compiler,
    rustc: &Rustc,
    view: &dyn View,
) -> Result<Vec<PathBuf>, BuildError> {
    let mut command = command(workspace, architecture, compiler, rustc);
    let _compiling = waits::on("cargo to compile the functions");
    let not_run = |source| BuildError::NoToolchain { program: cargo(), source };
    let mut child = command.spawn().map_err(not_run)?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let executables = std::thread::scope(|scope| {
        scope.spawn(|| {
            for line in
                stderr.into_iter().flat_map(|stderr| BufReader::new(stderr).lines()).map_while(Result::ok)
            {
                view.show(&Progress::CompilerOutput { line });
            }
        });
        let lines =
            stdout.into_iter().flat_map(|stdout| BufReader::new(stdout).lines()).map_while(Result::ok);
        lines.filter_map(|line| executable_of(&line)).collect::<Vec<_>>()
    });
    let status = child.wait().map_err(not_run)?;
    if is_interrupt(status) {
        return Err(BuildError::Interrupted);
    }
    if !status.success() {
        return Err(BuildError::Compile { status: status.to_string() });
    }
    let find = |function: Function| {
        let found = executables.iter().find(|(name, _)| name == function.crate_name());
        found
            .map(|(_, path)| path.clone())
            .ok_or_else(|| BuildError::NoExecutable { function: function.to_string() })
    };
    Function::ALL.into_iter().map(find).collect()
}

/// Ctrl-C also reaches cargo.
fn is_interrupt(status: ExitStatus) -> bool {
    const SIGINT: i32 = 2;
    #[cfg(unix)]
    {
        use std::os::unix::process::ExitStatusExt as _;
        if status.signal() == Some(SIGINT) {
            return true;
        }
    }
    status.code() == Some(128 + SIGINT)
}

/// The name and path of a message's executable.
fn executable_of(line: &str) -> Option<(String, PathBuf)> {
    match serde_json::from_str(line).ok()? {
        Message::CompilerArtifact { target, executable } => Some((target.name, executable?)),
        Message::Other => None,
    }
}

/// The cargo call, one for all functions, so that shared crates are compiled once.
fn command(workspace: &Workspace, architecture: Architecture, compiler: &Compiler, rustc: &Rustc) -> Command {
    let target = target(architecture);
    let mut command = Command::new(cargo());
    match compiler {
        Compiler::Zigbuild => command.args(["zigbuild", "--target", &format!("{target}.{GLIBC}")]),
        Compiler::Cargo | Compiler::NamedLinker(_) | Compiler::CrossLinker(_) => {
            command.args(["build", "--target", target])
        }
    };
    if let Compiler::CrossLinker(linker) = compiler {
        command.env(linker_variable(target), linker);
    }
    command
        .args(["--profile", "lambda", "--locked", "--message-format", "json-render-diagnostics"])
        .args(Function::ALL.into_iter().flat_map(|function| ["-p", function.crate_name()]))
        .arg("--target-dir")
        .arg(workspace.functions_target_directory())
        .current_dir(&workspace.root)
        .env("CARGO_ENCODED_RUSTFLAGS", remapped_paths(rustc).join("\x1f"))
        // Its progress bar needs a terminal, and this is a pipe.
        .env("CARGO_TERM_PROGRESS_WHEN", "never")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Compiler flags that keep this machine's paths out of the executables, where panic messages have source paths.
///
/// The checkout needs none, because cargo's paths are relative to it. With one, a checkout at another path would
/// compile every dependency again.
fn remapped_paths(rustc: &Rustc) -> Vec<String> {
    let library = rustc.sysroot.join("lib/rustlib/src/rust");
    [(cargo_home(), "/cargo".to_owned()), (library, format!("/rustc/{}", rustc.commit))]
        .into_iter()
        .map(|(from, to)| format!("--remap-path-prefix={}={to}", from.display()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workspace() -> Workspace {
        Workspace { root: "/home/someone/vmx".into(), target_directory: "/home/someone/target".into() }
    }

    fn rustc() -> Rustc {
        Rustc {
            version: "rustc".into(),
            host: "x86_64-unknown-linux-gnu".into(),
            commit: "c0ffee".into(),
            sysroot: "/toolchain".into(),
        }
    }

    fn arguments(compiler: &Compiler) -> Vec<String> {
        let command = command(&workspace(), Architecture::Arm64, compiler, &rustc());
        command.get_args().map(|argument| argument.to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn all_functions_are_built_in_one_run() {
        let arguments = arguments(&Compiler::Cargo);
        let packages: Vec<_> =
            arguments.windows(2).filter(|pair| pair[0] == "-p").map(|pair| pair[1].as_str()).collect();
        assert_eq!(packages, Function::ALL.map(Function::crate_name));
        assert!(arguments.contains(&"--locked".to_owned()));
        assert!(arguments.contains(&"/home/someone/target/functions".to_owned()));
    }

    #[test]
    fn zig_links_against_the_glibc_of_lambda() {
        let arguments = arguments(&Compiler::Zigbuild);
        assert_eq!(arguments[..3], ["zigbuild", "--target", "aarch64-unknown-linux-gnu.2.34"]);
    }

    #[test]
    fn paths_of_this_machine_are_remapped() {
        let flags = remapped_paths(&rustc());
        assert!(
            flags.contains(&"--remap-path-prefix=/toolchain/lib/rustlib/src/rust=/rustc/c0ffee".to_owned())
        );
    }

    #[test]
    fn executables_are_taken_from_cargos_messages() {
        let line = r#"{"reason":"compiler-artifact","package_id":"x","target":{"kind":["bin"],"name":"vmx_packager"},"executable":"/t/vmx_packager","fresh":true}"#;
        assert_eq!(executable_of(line), Some(("vmx_packager".into(), "/t/vmx_packager".into())));
        for other in [
            r#"{"reason":"compiler-artifact","target":{"name":"vmx_packager"},"executable":null}"#,
            r#"{"reason":"build-finished","success":true}"#,
            "not json",
        ] {
            assert_eq!(executable_of(other), None);
        }
    }
}
