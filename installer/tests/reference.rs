//! `docs/cli.md` and `docs/permissions.md` are what the program says of itself: `UPDATE_DOCS=1 cargo test --workspace
//! --test reference` writes them.

use std::fmt::Write as _;
use std::path::Path;

use clap::{Arg, Command, CommandFactory as _};
use vmx_engine::permissions::policies;
use vmx_engine::services;
use vmx_install::cli::Cli;

const HEADING: &str = "\
# The command line

The output of `vmx-install help COMMAND`. The options under “Every command” work with every command. A test generates
this page from the program; do not edit it.
";

const PERMISSIONS: &str = r#"# Permissions for people

Policies to paste in IAM, for people who look at an installation, operate it, or install it. Each group also needs the
policies above its own. The functions have roles of their own, which the stack creates: see
[SECURITY.md](../SECURITY.md).

Replace `REGION`, `ACCOUNT` and `INSTANCE` (the ID of the Amazon Connect instance). If your stack has another name,
replace `voicemail-express`; in other partitions, replace `arn:aws:`. A test generates this page from the program; do not
edit it.

The parameters can require more: with `iam.path`, insert the path after `role/`; with `kms_key`, your key's policy or
another policy has to allow using the key. `vmx-install` simulates these permissions before it changes anything, and
lists those that are missing.

[Services](#services) lists what an organization has to allow.

## Look

For `status`, `report`, `trace`, `logs`, `migrate plan`, `open` for pages of the console, and `doctor`, which then lists
the permissions to install as missing. It reads no recording and no transcript, but the state of voicemails, which has IDs
of contacts, and the functions' logs.

```json
{look}
```

## Operate

For `redrive`, `links revoke` and `open CONTACT_ID`, in addition to *Look*.

```json
{operate}
```

## Install

For the wizard, `install`, `plan`, `apply` and `rollback`, in addition to *Operate* and *Look*. AWS CloudFormation creates
the stack with these permissions, so they include creating roles: anyone who has them can act as these roles. To
limit that, set `iam.permissions_boundary`.

```json
{install}
```

## Tear down

For `teardown` and `voicemails delete`, in addition to *Install*.

```json
{teardown}
```

## Services

An organization can forbid services for everyone in an account, by a service control policy. AWS's simulation of
permissions does not see such policies. Accounts that Salesforce provides for its telephony, and those of many companies,
allow a list of services only. So before it changes anything, and in `doctor`, `vmx-install` asks each service that your
parameters use for one harmless read. It names those that the organization forbids, and says what to set instead.

{services}
What no read reveals: an organization can also forbid single actions, above all `lambda:CreateFunctionUrlConfig`. Then set
`links: presigned` or `links: workspace`. It can require tags, an encryption key or a permissions boundary: see `tags` in
the parameters, and [security.md](security.md).
"#;

#[test]
fn the_reference_is_what_the_program_says() {
    let mut command = Cli::command().term_width(80);
    command.build();
    let mut page = HEADING.to_owned();
    section(&mut page, &mut command);
    check_page("cli.md", &page);
}

#[test]
fn the_policies_are_those_that_the_program_knows() {
    let mut page = PERMISSIONS.to_owned();
    for (who, policy) in policies() {
        let policy = serde_json::to_string_pretty(&policy).expect("a policy is JSON");
        page = page.replace(&format!("{{{who}}}"), &policy);
    }
    page = page.replace("{services}", &services::table());
    check_page("permissions.md", &page);
}

/// Compares a page of `docs/` with its content, or writes it.
fn check_page(name: &str, content: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs").join(name);
    if std::env::var_os("UPDATE_DOCS").is_some_and(|value| value == "1") {
        std::fs::write(&path, content).expect("the page is written");
        return;
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == content,
        "docs/{name} is not what the program says; run UPDATE_DOCS=1 cargo test --workspace --test reference"
    );
}

/// Every option and command is told in a sentence or two, and commands end with examples that fit on a terminal.
#[test]
fn everything_is_told() {
    let command = Cli::command();
    for command in [&command].into_iter().chain(command.get_subcommands()) {
        let examples = command.get_after_long_help().map(ToString::to_string).unwrap_or_default();
        assert!(examples.contains("Examples:\n"), "{} has no examples", command.get_name());
        assert!(examples.lines().all(|line| line.len() <= 80), "{examples}");
    }
    check(&command);
}

fn check(command: &Command) {
    let name = command.get_name();
    assert!(command.get_about().is_some(), "{name} says nothing");
    for argument in command.get_arguments() {
        let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
        let is_short = (1..=140).contains(&help.len()) && !help.ends_with('.');
        assert!(is_short, "{name} {}: {help:?}", argument.get_id());
    }
    command.get_subcommands().for_each(check);
}

fn section(page: &mut String, command: &mut Command) {
    let name = command.get_bin_name().unwrap_or("vmx-install").to_owned();
    let help = command.render_long_help().to_string();
    let lines = help.lines().map(str::trim_end).collect::<Vec<_>>().join("\n");
    let _ = write!(page, "\n## {name}\n\n```text\n{}\n```\n", lines.trim_end());
    for under in command.get_subcommands_mut().filter(|under| under.get_name() != "help") {
        let is_said = |argument: &Arg| argument.is_global_set() || argument.get_id() == "help";
        *under = under
            .clone()
            .mut_args(|argument| if is_said(&argument) { argument.hide(true) } else { argument });
        section(page, under);
    }
}
