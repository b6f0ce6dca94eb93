//! The program as a person runs it: nothing of the surroundings gets in, no network is needed.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

const OK: i32 = 0;
const FAILED: i32 = 1;
const USAGE: i32 = 2;
const PERMISSION: i32 = 3;

struct Place {
    folder: TempDir,
}

struct Ran {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Place {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    fn params(&self, yaml: &str) -> String {
        let path = self.path("params.yaml");
        fs::write(&path, yaml).unwrap();
        path.display().to_string()
    }

    /// Runs the program with no environment but what it needs to find its way.
    fn run(&self, arguments: &[&str]) -> Ran {
        self.run_with(arguments, &[])
    }

    fn run_with(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Ran {
        let output = self.command(arguments, environment).output().unwrap();
        Ran {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    fn command(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vmx-install"));
        command
            .args(arguments)
            .env_clear()
            .env("HOME", self.folder.path())
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .envs(environment.iter().copied())
            .current_dir(self.folder.path());
        command
    }
}

const CONTACT: &str = "00000000-0000-4000-8000-00000000c0de";
const SOUND: &str = "version: 1\nregion: eu-west-2\ninstance: shop\n";

fn files(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn help_and_version_are_told_on_standard_output() {
    let place = Place::new();
    let help = place.run(&["--help"]);
    assert_eq!((help.code, help.stderr.as_str()), (Some(OK), ""));
    for word in ["--non-interactive", "build", "render", "flows", "plan", "teardown", "Exit codes"] {
        assert!(help.stdout.contains(word), "{word}");
    }
    assert!(help.stdout.lines().all(|line| line.chars().count() <= 80));
    assert!(place.run(&["--version"]).stdout.starts_with("vmx-install 0."));
}

#[test]
fn a_wrong_command_line_is_a_usage_error() {
    let place = Place::new();
    for arguments in [
        &[][..],
        &["install"],
        &["render"],
        &["render", "--params", "p.yaml"],
        &["--source", "."],
        &["build", "--architecture", "sparc"],
        &["teardown", "now"],
        &["flows", "--params", "p.yaml"],
        &["flows", "check"],
        &["flows", "mine.json", "--out", "flows"],
    ] {
        let ran = place.run(arguments);
        assert_eq!(ran.code, Some(USAGE), "{arguments:?}");
        assert!(!ran.stderr.is_empty(), "{arguments:?}");
    }
}

#[test]
fn documents_are_rendered_without_aws() {
    let place = Place::new();
    let params = place.params(SOUND);
    let ran = place.run(&["render", "--params", &params, "--out", "out/all"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(OK), ""), "{}", ran.stderr);
    let written = ["task.json", "voicemail-express.yaml", "voicemail.json"];
    assert_eq!(files(&place.path("out/all")), written);
    for name in written {
        assert!(ran.stderr.contains(&format!("wrote out/all/{name}")), "{}", ran.stderr);
    }
    // A second time gives the same bytes.
    let read = |name: &str| fs::read(place.path("out/all").join(name)).unwrap();
    let before = written.map(read);
    assert_eq!(place.run(&["render", "--params", &params, "--out", "out/all"]).code, Some(OK));
    assert!(before == written.map(read));
}

#[test]
fn flows_are_checked() {
    let place = Place::new();
    let params = place.params(SOUND);
    assert_eq!(place.run(&["flows", "--params", &params, "--out", "flows"]).code, Some(OK));
    let ran = place.run(&["flows", "check", "flows"]);
    assert_eq!(
        (ran.code, ran.stderr.as_str()),
        (Some(OK), "skipped 1 file without a readable flow: flows/ORDER.md\n")
    );
    assert_eq!(ran.stdout.lines().filter(|line| line.ends_with(": OK")).count(), 2, "{}", ran.stdout);

    let broken = fs::read_to_string(place.path("flows/voicemail.json")).unwrap();
    fs::write(
        place.path("flows/broken.json"),
        broken.replace("\"NextAction\": \"Greeting\"", "\"NextAction\": \"Greting\""),
    )
    .unwrap();
    let ran = place.run(&["flows", "check", "flows/broken.json", "flows/task.json"]);
    assert_eq!(ran.code, Some(FAILED));
    for words in ["refused", "Greeting", "fix: ", "flows/task.json: voicemail-express voicemail task"] {
        assert!(ran.stdout.contains(words), "{words}\n{}", ran.stdout);
    }
    assert!(ran.stderr.contains("would refuse 1 of 2 flows"), "{}", ran.stderr);
    let ran = place.run(&["flows", "check", "nowhere"]);
    assert_eq!(ran.code, Some(USAGE));
    assert!(ran.stderr.contains("could not read nowhere"), "{}", ran.stderr);
}

/// What is wrong with a value by a schema, as far as the schemas here go. A keyword that is not known is wrong too.
fn wrong(root: &Value, schema: &Value, value: &Value) -> Option<String> {
    let is = |kind: &Value| match kind.as_str().unwrap() {
        "string" => value.is_string(),
        "object" => value.is_object(),
        "array" => value.is_array(),
        "boolean" => value.is_boolean(),
        "number" => value.is_number(),
        "integer" => value.is_u64() || value.is_i64(),
        "null" => value.is_null(),
        _ => false,
    };
    let fits = |schema: &Value| wrong(root, schema, value).is_none();
    schema.as_object().unwrap().iter().find_map(|(keyword, rule)| {
        let fine = match keyword.as_str() {
            "$schema" | "$defs" | "title" | "description" | "format" => true,
            "$ref" => fits(root.pointer(rule.as_str().unwrap().strip_prefix('#').unwrap()).unwrap()),
            "type" => rule.as_array().map_or_else(|| is(rule), |kinds| kinds.iter().any(is)),
            "const" => rule == value,
            "minimum" => value.as_f64().is_none_or(|number| number >= rule.as_f64().unwrap()),
            "anyOf" => rule.as_array().unwrap().iter().any(fits),
            "oneOf" => rule.as_array().unwrap().iter().filter(|schema| fits(schema)).count() == 1,
            "required" => {
                rule.as_array().unwrap().iter().all(|name| value.get(name.as_str().unwrap()).is_some())
            }
            "properties" => {
                // What a report has is described, so that nothing is published by accident.
                let described = value.as_object().unwrap().keys().all(|name| rule.get(name).is_some());
                let member = |(name, schema): (&String, &Value)| {
                    value.get(name).and_then(|member| wrong(root, schema, member))
                };
                match rule.as_object().unwrap().iter().find_map(member) {
                    Some(wrong) => return Some(wrong),
                    None => described,
                }
            }
            "items" => value.as_array().into_iter().flatten().all(|item| wrong(root, rule, item).is_none()),
            _ => false,
        };
        (!fine).then(|| format!("{keyword} of {schema} refuses {value}"))
    })
}

#[test]
fn what_is_checked_is_told_to_programs_as_published() {
    let place = Place::new();
    let params = place.params(SOUND);
    assert_eq!(place.run(&["flows", "--params", &params, "--out", "flows"]).code, Some(OK));
    let flow = fs::read_to_string(place.path("flows/voicemail.json")).unwrap();
    fs::write(place.path("flows/broken"), flow.replace("Greeting", "Greet:ing")).unwrap();
    fs::write(place.path("flows/other.json"), "[]").unwrap();

    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let published = fs::read_to_string(root.join("docs/flow-checked.schema.json")).unwrap();
    let schema: Value = serde_json::from_str(&published).unwrap();
    let ran = place.run(&["--json", "flows", "check", "flows"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(FAILED), ""));
    let lines: Vec<Value> = ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(
        lines
            .iter()
            .any(|line| line["event"] == "files_skipped" && line["files"] == json!(["flows/ORDER.md"]))
    );
    let checked: Vec<&Value> = lines.iter().filter(|line| line["event"] == "flow_checked").collect();
    assert_eq!(checked.len(), 4);
    for line in &checked {
        assert_eq!(wrong(&schema, &schema, line), None);
    }
    for (pointer, instead) in [
        ("/event", json!("checked")),
        ("/report/findings", json!({})),
        ("/report/flow_type", json!("FAX")),
        ("/report/findings/0/severity", json!("fatal")),
        ("/report/findings/0/block/position/x", json!("1")),
    ] {
        let mut line = (*checked.iter().find(|line| line.pointer(pointer).is_some()).unwrap()).clone();
        *line.pointer_mut(pointer).unwrap() = instead;
        assert!(wrong(&schema, &schema, &line).is_some(), "{pointer}");
    }

    let ran = place.run(&["flows", "check", "flows", "--format", "sarif"]);
    assert_eq!(ran.code, Some(FAILED));
    let sarif: Value = serde_json::from_str(&ran.stdout).unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    let errors = results.iter().filter(|result| result["level"] == "error").count();
    assert_eq!(errors, 1, "{sarif:#}");

    // The hook for pre-commit runs this program.
    let hooks = fs::read_to_string(root.join(".pre-commit-hooks.yaml")).unwrap();
    let entry = hooks.lines().find_map(|line| line.trim().strip_prefix("entry: vmx-install ")).unwrap();
    let arguments: Vec<&str> = entry.split(' ').chain(["flows/voicemail.json"]).collect();
    assert_eq!(place.run(&arguments).code, Some(OK));
}

#[test]
fn flows_are_drawn() {
    let place = Place::new();
    let params = place.params(SOUND);
    let ran = place.run(&["flows", "--params", &params, "--html", "pages/flows.html", "--mermaid"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(OK), "wrote pages/flows.html\n"));
    assert!(ran.stdout.starts_with("## voicemail-express voicemail task\n\n```mermaid\nflowchart"));
    assert_eq!(ran.stdout.matches("```mermaid").count(), 2);
    let page = fs::read_to_string(place.path("pages/flows.html")).unwrap();
    assert!(page.starts_with("<!DOCTYPE html>") && page.contains("Please leave a message"));
    // Anybody's flow: it takes the file's name where it has none.
    let flow = r#"{"Version": "2019-10-30", "StartAction": "a",
        "Actions": [{"Identifier": "a", "Type": "DisconnectParticipant", "Parameters": {}, "Transitions": {}}]}"#;
    fs::write(place.path("mine.json"), flow).unwrap();
    let ran = place.run(&["flows", "mine.json", "--mermaid"]);
    assert_eq!(ran.code, Some(OK), "{}", ran.stderr);
    assert!(ran.stdout.starts_with("## mine.json\n"), "{}", ran.stdout);
    // In a directory, what cannot be drawn is named. A file that is named must be drawn.
    fs::create_dir(place.path("mixed")).unwrap();
    fs::write(place.path("mixed/Main"), flow).unwrap();
    fs::write(place.path("mixed/broken.json"), flow.replace("Identifier", "Id")).unwrap();
    let ran = place.run(&["flows", "mixed", "--mermaid"]);
    assert_eq!((ran.code, ran.stdout.matches("```mermaid").count()), (Some(OK), 1), "{}", ran.stderr);
    assert_eq!(ran.stderr, "skipped 1 file without a readable flow: mixed/broken.json\n");
    assert_ne!(place.run(&["flows", "mixed/broken.json", "--mermaid"]).code, Some(OK));
    fs::write(place.path("list.json"), "[]").unwrap();
    let ran = place.run(&["flows", "list.json", "--mermaid"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(USAGE), ""));
    assert!(ran.stderr.contains("could not draw list.json"), "{}", ran.stderr);
}

#[test]
fn flows_can_be_had_alone() {
    let place = Place::new();
    let params = place.params(SOUND);
    assert_eq!(place.run(&["flows", "--params", &params, "--out", "flows"]).code, Some(OK));
    assert_eq!(files(&place.path("flows")), ["ORDER.md", "task.json", "voicemail.json"]);
    let page = fs::read_to_string(place.path("flows").join("ORDER.md")).unwrap();
    assert!(page.contains("| 2 | voicemail.json | Inbound flow | voicemail-express voicemail |"), "{page}");
    let flow: Value = serde_json::from_slice(&fs::read(place.path("flows/voicemail.json")).unwrap()).unwrap();
    assert_eq!(flow["Version"], "2019-10-30");
}

#[test]
fn wrong_parameters_are_named_and_nothing_is_written() {
    let place = Place::new();
    for (yaml, told) in [
        ("version: 1\nregion: eu-west-2\n", "`instance` is missing"),
        ("version: 1\nregion: eu-west-2\ninstance: ~\n", "`instance` has no value"),
        (&format!("{SOUND}prompts:\n  greting: Hello\n")[..], "did you mean `prompts.greeting`?"),
        (&format!("{SOUND}longest_message_seconds: long\n"), "longest_message_seconds"),
        (&format!("{SOUND}default_language: en-UK\n"), "en-UK"),
        (&format!("{SOUND}stack: My Stack\n"), "My Stack"),
        ("version: 2\nregion: eu-west-2\ninstance: shop\n", "version 2"),
        (": :\n- ]", "invalid YAML"),
        ("", "no parameters"),
    ] {
        let params = place.params(yaml);
        for command in ["render", "flows"] {
            let ran = place.run(&[command, "--params", &params, "--out", "out"]);
            assert_eq!(ran.code, Some(USAGE), "{yaml}: {}", ran.stderr);
            assert!(ran.stderr.contains(told), "{yaml}: {}", ran.stderr);
        }
        assert!(!place.path("out").exists());
    }
    let missing = place.run(&["render", "--params", "none.yaml", "--out", "out"]);
    assert_eq!(missing.code, Some(USAGE));
    assert!(missing.stderr.contains("none.yaml"), "{}", missing.stderr);
}

#[test]
fn wrong_parameters_are_told_before_credentials_are_looked_for() {
    let place = Place::new();
    let params = place.params("version: 1\nregion: eu-west-2\n");
    for arguments in
        [&["--non-interactive", &params][..], &["plan", &params], &["teardown", "--params", &params, "--yes"]]
    {
        let ran = place.run(arguments);
        assert_eq!(ran.code, Some(USAGE), "{}", ran.stderr);
        assert!(ran.stderr.contains("`instance` is missing"), "{}", ran.stderr);
    }
}

#[test]
fn parameters_come_from_the_default_file_and_what_is_set_above_it() {
    let place = Place::new();
    for verb in [
        &["status"][..],
        &["doctor"],
        &["trace", CONTACT],
        &["logs", "deliver"],
        &["open", "dashboard"],
        &["redrive"],
        &["rollback"],
        &["links", "revoke", CONTACT],
        &["teardown"],
    ] {
        let ran = place.run(verb);
        assert_eq!(ran.code, Some(USAGE), "{verb:?}: {}", ran.stderr);
        let told = ran.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
        for way in ["no such file: params.yaml", "`--stack NAME --region REGION`", "--set region=REGION"] {
            assert!(told.contains(way), "{verb:?}: {}", ran.stderr);
        }
    }
    let none = place.run(&["flows", "--out", "out"]);
    assert_eq!(none.code, Some(USAGE), "{}", none.stderr);
    assert!(none.stderr.contains("no such file: params.yaml"), "{}", none.stderr);
    assert!(none.stderr.contains("`vmx-install wizard`"), "{}", none.stderr);
    place.params(SOUND);
    let ran = place.run_with(
        &["render", "--out", "out", "--set", "stack=by-flag"],
        &[("VMX_STACK", "by-environment"), ("VMX_TEST_ARTIFACTS", "/nowhere")],
    );
    assert_eq!(ran.code, Some(OK), "{}", ran.stderr);
    assert!(place.path("out/by-flag.yaml").exists(), "{}", ran.stderr);
    // Another program's variables are no reason to stop.
    let other = place.run_with(&["flows", "--out", "out"], &[("VMX_BIN", "/x"), ("VMX_STACKS", "x")]);
    assert_eq!(other.code, Some(OK), "{}", other.stderr);
    for text in ["VMX_BIN, which is not a parameter", "did you mean VMX_STACK?"] {
        assert!(other.stderr.replace("\n         ", " ").contains(text), "{}", other.stderr);
    }
}

#[test]
fn shells_complete_the_names_of_stacks() {
    let place = Place::new();
    for (shell, words) in
        [("bash", "compgen -W \"voicemail-express shop-vm\""), ("zsh", "(voicemail-express shop-vm)")]
    {
        assert!(!place.run(&["completions", shell]).stdout.contains("shop-vm"), "{shell}");
        place.params(&format!("{SOUND}stack: shop-vm\n"));
        let ran = place.run(&["completions", shell]);
        assert!(ran.stdout.contains(words), "{shell}: {}", ran.stdout);
        fs::remove_file(place.path("params.yaml")).unwrap();
    }
}

#[test]
fn verbose_tells_the_source_of_every_parameter() {
    let place = Place::new();
    place.params(SOUND);
    // It is told before the credentials are looked for, which are not there.
    let ran = place.run(&["plan", "-v", "--set", "log_level=warn"]);
    assert_eq!(ran.code, Some(PERMISSION), "{}", ran.stderr);
    for line in ["instance shop (params.yaml:3)", "log_level warn (--set)", "flow_logging false (default)"] {
        assert!(
            ran.stdout.lines().any(|told| told.split_whitespace().eq(line.split_whitespace())),
            "{line}: {}",
            ran.stdout
        );
    }
    assert!(ran.stdout.lines().all(|line| line.chars().count() <= 80), "{}", ran.stderr);
    assert!(!place.run(&["plan"]).stderr.contains("(default)"));
}

#[test]
fn a_profile_that_is_named_goes_before_the_environment() {
    let place = Place::new();
    let params = place.params(SOUND);
    let keys = [("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE"), ("AWS_SECRET_ACCESS_KEY", "secret")];
    let unknown = place.run_with(&["plan", &params, "--profile", "nobody"], &keys);
    assert_eq!(unknown.code, Some(USAGE), "{}", unknown.stderr);
    assert!(unknown.stderr.contains("the profile nobody"), "{}", unknown.stderr);
    // Were it the keys of the environment, there would be a call, and nobody answers it.
    fs::create_dir(place.path(".aws")).unwrap();
    fs::write(place.path(".aws/config"), "[profile empty]\nregion = eu-west-2\n").unwrap();
    let empty = place.run_with(&["plan", &params, "--profile", "empty"], &keys);
    assert_eq!(empty.code, Some(PERMISSION), "{}", empty.stderr);
    let told = empty.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(told.contains("the profile empty of --profile has no credentials"), "{}", empty.stderr);
}

#[test]
fn the_profile_of_the_environment_is_named_when_it_does_not_help() {
    let place = Place::new();
    let params = place.params(SOUND);
    fs::create_dir(place.path(".aws")).unwrap();
    fs::write(place.path(".aws/config"), "[profile empty]\nregion = eu-west-2\n").unwrap();
    let told = |ran: &Ran| ran.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
    let unknown = place.run_with(&["plan", &params], &[("AWS_PROFILE", "nobody")]);
    assert_eq!(unknown.code, Some(USAGE), "{}", unknown.stderr);
    assert!(told(&unknown).contains("the profile nobody of AWS_PROFILE: not in the AWS configuration"));
    let empty = place.run_with(&["plan", &params], &[("AWS_PROFILE", "empty")]);
    assert_eq!(empty.code, Some(PERMISSION), "{}", empty.stderr);
    assert!(told(&empty).contains("the profile empty of AWS_PROFILE has no credentials"), "{}", empty.stderr);
    // The commands for it go where the installation is.
    assert!(told(&empty).contains("`aws sts get-caller-identity --region eu-west-2`"), "{}", empty.stderr);
}

#[test]
fn the_wizard_without_a_terminal_names_what_to_use_instead() {
    let place = Place::new();
    for environment in [&[][..], &[("CI", "true")]] {
        let ran = place.run_with(&["wizard"], environment);
        assert_eq!(ran.code, Some(6), "{}", ran.stderr);
        assert!(ran.stderr.contains("--non-interactive params.yaml"), "{}", ran.stderr);
    }
    assert!(!place.path("params.yaml").exists());
}

#[test]
fn without_credentials_nothing_begins() {
    let place = Place::new();
    let params = place.params(SOUND);
    for arguments in
        [&["--non-interactive", &params][..], &["plan", &params], &["teardown", "--params", &params, "--yes"]]
    {
        let ran = place.run(arguments);
        assert_eq!(ran.code, Some(PERMISSION), "{}", ran.stderr);
        assert!(ran.stderr.contains("no credentials were found"), "{}", ran.stderr);
    }
}

/// Without the SDK's feature, such a profile is refused for what this build lacks.
#[test]
fn a_profile_of_aws_login_is_read() {
    let place = Place::new();
    let params = place.params(SOUND);
    fs::create_dir(place.path(".aws")).unwrap();
    let profile = "[profile shop]\nlogin_session = arn:aws:iam::111122223333:user/me\nregion = eu-west-2\n";
    fs::write(place.path(".aws/config"), profile).unwrap();
    let ran = place.run(&["plan", &params, "--profile", "shop"]);
    assert_eq!(ran.code, Some(PERMISSION), "{}", ran.stderr);
    assert!(ran.stderr.contains("aws login") && !ran.stderr.contains("feature"), "{}", ran.stderr);
}

#[test]
fn a_service_that_is_not_reached_is_told_as_that() {
    // A port that was free a moment ago: nothing listens on it.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let place = Place::new();
    let params = place.params(SOUND);
    let environment = [
        ("AWS_ENDPOINT_URL", endpoint.as_str()),
        ("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("AWS_MAX_ATTEMPTS", "1"),
    ];
    let ran = place.run_with(&["plan", &params], &environment);
    assert_eq!(ran.code, Some(FAILED), "{}", ran.stderr);
    assert!(ran.stderr.contains("AWS_ENDPOINT_URL"), "{}", ran.stderr);
    assert!(!ran.stderr.contains("secret"), "{}", ran.stderr);
    // Tried again for a second, and then named.
    let ran = place.run_with(&["status", &params], &environment[..3]);
    assert_eq!(ran.code, Some(FAILED), "{}", ran.stderr);
    let told = ran.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(told.contains(&format!("no connection to {endpoint}: Connection refused")), "{}", ran.stderr);
    // A host whose packets get lost: here, what listens never speaks TLS.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("https://{}", silent.local_addr().unwrap());
    let ran = place
        .run_with(&["status", &params], &[("AWS_ENDPOINT_URL", &endpoint), environment[1], environment[2]]);
    assert_eq!(ran.code, Some(FAILED), "{}", ran.stderr);
    let told = ran.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(told.contains(&format!("no connection to {endpoint}: ")), "{}", ran.stderr);
}

/// A service that accepts a request and never answers it.
#[test]
fn what_is_waited_for_is_told() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", silent.local_addr().unwrap());
    let place = Place::new();
    let params = place.params(SOUND);
    let environment = [
        ("AWS_ENDPOINT_URL", endpoint.as_str()),
        ("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
    ];
    let mut program =
        place.command(&["status", &params], &environment).stderr(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(program.stderr.take().unwrap()).lines().map_while(Result::ok);
    let told: Vec<String> = lines.take(2).collect();
    program.kill().unwrap();
    program.wait().unwrap();
    assert_eq!(told[1], "still waiting for CloudFormation to answer DescribeStacks, for 4 s");
}

/// The proxy's address is all that the program could connect to.
#[test]
fn aws_is_asked_through_the_proxy_of_the_environment() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let proxy = format!("http://{}", listener.local_addr().unwrap());
    let place = Place::new();
    let params = place.params(SOUND);
    let environment = [
        ("HTTPS_PROXY", proxy.as_str()),
        ("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
    ];
    let asked = std::thread::spawn(move || {
        let mut line = String::new();
        BufReader::new(listener.accept().unwrap().0).read_line(&mut line).unwrap();
        line
    });
    let mut program = place.command(&["plan", &params], &environment).stderr(Stdio::null()).spawn().unwrap();
    let start = Instant::now();
    while !asked.is_finished() && start.elapsed() < Duration::from_secs(20) {
        std::thread::sleep(Duration::from_millis(20));
    }
    program.kill().unwrap();
    program.wait().unwrap();
    assert!(asked.is_finished(), "nothing reached the proxy");
    let line = asked.join().unwrap();
    assert!(line.starts_with("CONNECT ") && line.contains(".eu-west-2.amazonaws.com:443 "), "{line}");
}

#[test]
fn a_folder_without_the_source_is_refused() {
    let place = Place::new();
    let ran = place.run(&["build", "--source", "."]);
    assert_eq!(ran.code, Some(USAGE), "{}", ran.stderr);
    assert!(ran.stderr.contains("Cargo.toml is missing"), "{}", ran.stderr);
}

#[test]
fn a_target_that_is_not_installed_is_told_with_the_command_that_mends_it() {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let place = Place::new();
    // A compiler that knows its host and has no library for any target.
    let rustc = place.path("rustc");
    let script = format!(
        "#!/bin/sh\ncase \"$*\" in *target-libdir*) echo {};; *) echo host: x86_64-unknown-linux-gnu;; esac\n",
        place.folder.path().display()
    );
    fs::write(&rustc, script).unwrap();
    fs::set_permissions(&rustc, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let home = std::env::var("HOME").unwrap_or_default();
    let cargo_home = std::env::var("CARGO_HOME").unwrap_or_else(|_| format!("{home}/.cargo"));
    let rustup_home = std::env::var("RUSTUP_HOME").unwrap_or_else(|_| format!("{home}/.rustup"));
    let ran = place.run_with(
        &["build", "--architecture", "arm64", "--source", &workspace.display().to_string()],
        &[
            ("RUSTC", &rustc.display().to_string()),
            ("CARGO_HOME", &cargo_home),
            ("RUSTUP_HOME", &rustup_home),
        ],
    );
    assert_eq!(ran.code, Some(FAILED), "{}", ran.stderr);
    assert!(ran.stderr.contains("`rustup target add aarch64-unknown-linux-gnu`"), "{}", ran.stderr);
}

/// The lines of a run with `--json`: each an object with a kind and a time.
fn events(ran: &Ran) -> Vec<Value> {
    let lines: Vec<Value> = ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(lines.iter().all(|line| line["event"].is_string() && line["at"].is_string()), "{}", ran.stdout);
    lines
}

#[test]
fn programs_are_told_as_json_on_standard_output_alone() {
    let place = Place::new();
    let params = place.params(SOUND);
    let ran = place.run(&["--json", "render", "--params", &params, "--out", "out"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(OK), ""));
    let events = events(&ran);
    let kinds: Vec<&str> = events.iter().map(|event| event["event"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["started", "written", "written", "written", "ended"]);
    assert_eq!(events[0]["version"], 2);
    assert_eq!(events[0]["program_version"], env!("CARGO_PKG_VERSION"));
    assert!(events[0]["run"].as_str().unwrap().starts_with("vmx-"));
    assert_eq!((&events[4]["outcome"], &events[4]["exit_code"]), (&"ok".into(), &OK.into()));
}

#[test]
fn failures_are_told_as_json_too() {
    let place = Place::new();
    let wrong = place.params(&format!("{SOUND}stak: vmx\n"));
    let sound = place.path("sound.yaml");
    fs::write(&sound, SOUND).unwrap();
    let sound = sound.display().to_string();
    for (arguments, code, error, line) in [
        (&["plan", &wrong, "--json"][..], USAGE, "`stak`", Some(4)),
        (&["plan", &sound, "--json"], PERMISSION, "no credentials were found", None),
        (&["--json", "build", "--architecture", "sparc"], USAGE, "sparc", None),
        (&["--json"], USAGE, "requires a subcommand", None),
    ] {
        let ran = place.run(arguments);
        assert_eq!((ran.code, ran.stderr.as_str()), (Some(code), ""), "{arguments:?}");
        let events = events(&ran);
        let last = events.last().unwrap();
        assert_eq!((&last["event"], &last["exit_code"]), (&"ended".into(), &code.into()), "{last}");
        assert!(last["error"].as_str().unwrap().contains(error), "{last}");
        assert_eq!(last["place"]["line"].as_i64(), line, "{last}");
    }
}

#[test]
fn quiet_tells_only_what_is_wrong() {
    let place = Place::new();
    let params = place.params(SOUND);
    let ran = place.run(&["-q", "render", "--params", &params, "--out", "out"]);
    assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr.as_str()), (Some(OK), "", ""));
    let ran = place.run(&["plan", &params, "--quiet"]);
    assert_eq!(ran.code, Some(PERMISSION));
    assert!(ran.stderr.starts_with("error: ") && ran.stderr.contains("no credentials"), "{}", ran.stderr);
}

/// However deeply a file is nested, it ends in an error that says so, and at once.
#[test]
fn what_is_nested_without_end_is_refused() {
    let place = Place::new();
    let deep = "[".repeat(100_000);
    let params = place.params(&format!("version: 1\nregion: eu-west-2\ninstance: shop\ntags: {deep}\n"));
    let ran = place.run(&["render", "--params", &params, "--out", "out"]);
    assert_eq!(ran.code, Some(USAGE));
    assert!(ran.stderr.contains("nested too deeply"), "{}", ran.stderr);
    for flow in
        [deep.clone(), format!("{{\"Actions\": {deep}"), format!("{{\"a\":{deep}{}}}", "]".repeat(100_000))]
    {
        fs::write(place.path("deep.json"), flow).unwrap();
        let ran = place.run(&["flows", "check", "deep.json"]);
        assert_eq!(ran.code, Some(FAILED), "{} {}", ran.stdout, ran.stderr);
    }
}
