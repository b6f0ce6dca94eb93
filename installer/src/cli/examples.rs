//! Examples at the end of a command's help.

pub(super) const PROGRAM: &str = "\
Examples:
  vmx-install wizard                         answer questions, then install
  vmx-install plan params.yaml               show what would change
  vmx-install install params.yaml            install or update
  vmx-install --non-interactive params.yaml  the same, without prompting
  vmx-install teardown                       remove it, keeping voicemails";

pub(super) const INSTALL: &str = "\
Examples:
  vmx-install install params.yaml
  vmx-install install --set retention.logs_days=90
  vmx-install install params.yaml --artifacts packages";

pub(super) const NON_INTERACTIVE: &str = "\
Examples:
  vmx-install --non-interactive params.yaml
  vmx-install --non-interactive params.yaml --allow-iam
  vmx-install --non-interactive params.yaml --json | jq .event";

pub(super) const PLAN: &str = "\
Examples:
  vmx-install plan params.yaml
  vmx-install plan params.yaml --out plan.json && vmx-install apply plan.json
  vmx-install plan params.yaml --json | jq 'select(.event == \"planned\")'";

pub(super) const DOCTOR: &str = "\
Examples:
  vmx-install doctor
  vmx-install doctor --json | jq 'select(.severity == \"fatal\")'";

pub(super) const APPLY: &str = "\
Examples:
  vmx-install apply plan.json
  vmx-install apply plan.json --yes --allow-iam   without a terminal";

pub(super) const BUILD: &str = "\
Examples:
  vmx-install build --out packages
  vmx-install build --architecture arm64 --out packages

On another machine, without Rust:
  vmx-install --non-interactive params.yaml --artifacts packages";

pub(super) const RENDER: &str = "\
Examples:
  vmx-install render --params params.yaml --out documents";

pub(super) const FLOWS: &str = "\
Examples:
  vmx-install flows --params params.yaml --out flows
  vmx-install flows --params params.yaml --html flows.html
  vmx-install flows --html mine.html exported-flow.json
  vmx-install flows check flows exported-flow.json";

pub(super) const STATUS: &str = "\
Examples:
  vmx-install status
  vmx-install status --stack voicemail-express --region eu-west-2
  vmx-install status --watch
  vmx-install status --json | jq 'select(.event == \"status\") | .troubles'";

pub(super) const REPORT: &str = "\
Examples:
  vmx-install report --html report.html
  vmx-install report params.yaml --html voicemail.html --profile shop";

pub(super) const TRACE: &str = "\
Examples:
  vmx-install trace 00000000-0000-4000-8000-00000000c0de
  vmx-install trace 00000000-0000-4000-8000-00000000c0de-2";

pub(super) const VOICEMAILS: &str = "\
Examples:
  vmx-install voicemails list
  vmx-install voicemails hold 00000000-0000-4000-8000-00000000c0de";

pub(super) const VOICEMAILS_LIST: &str = "\
Examples:
  vmx-install voicemails list
  vmx-install voicemails list --queue Support --since 2026-11-01 --until 2026-12-01
  vmx-install voicemails list --open --since 30d
  vmx-install voicemails list --limit 10000 --csv > voicemails.csv
  vmx-install voicemails list --json | jq '.voicemails[]? | select(.seconds > 60)'";

pub(super) const VOICEMAILS_EXPORT: &str = "\
Examples:
  vmx-install voicemails export november --since 2026-11-01 --until 2026-12-01
  vmx-install voicemails export request-17 --caller 5550123 --since 365d";

pub(super) const VOICEMAILS_DELETE: &str = "\
Examples:
  vmx-install voicemails delete 00000000-0000-4000-8000-00000000c0de
  vmx-install voicemails delete \\
    00000000-0000-4000-8000-00000000c0de,00000000-0000-4000-8000-00000000c0de-2";

pub(super) const VOICEMAILS_HOLD: &str = "\
Examples:
  vmx-install voicemails hold 00000000-0000-4000-8000-00000000c0de
  vmx-install voicemails release 00000000-0000-4000-8000-00000000c0de";

pub(super) const LOGS: &str = "\
Examples:
  vmx-install logs 00000000-0000-4000-8000-00000000c0de
  vmx-install logs deliver --since 2h
  vmx-install logs watchdog --follow
  vmx-install logs record --json | jq -r 'select(.event == \"logged\") | .line'";

pub(super) const OPEN: &str = "\
Examples:
  vmx-install open dashboard
  vmx-install open deliver        # the queue of that step

To hear a message, with an address that works for 15 minutes:
  vmx-install open 00000000-0000-4000-8000-00000000c0de";

pub(super) const REDRIVE: &str = "\
Examples:
  vmx-install redrive
  vmx-install redrive --step deliver --yes
  vmx-install redrive --dropped
  vmx-install redrive --give-up 00000000-0000-4000-8000-00000000c0de";

pub(super) const ROLLBACK: &str = "\
Examples:
  vmx-install rollback
  vmx-install rollback --yes --to 20260131T120000Z";

pub(super) const LINKS: &str = "\
Examples:
  vmx-install links revoke 00000000-0000-4000-8000-00000000c0de
  vmx-install links revoke --all --yes";

pub(super) const TEARDOWN: &str = "\
Examples:
  vmx-install teardown --dry-run
  vmx-install teardown --params params.yaml

Without a parameters file:
  vmx-install teardown --stack voicemail-express --region eu-west-2

With every voicemail, without prompting:
  vmx-install teardown --yes --delete-recordings --confirm voicemail-express";

pub(super) const COMPLETIONS: &str = "\
Examples:
  vmx-install completions bash > ~/.bash_completion.d/vmx-install
  vmx-install completions zsh > ~/.zfunc/_vmx-install
  vmx-install completions fish > ~/.config/fish/completions/vmx-install.fish";

pub(super) const MAN: &str = "\
Examples:
  vmx-install man | man -l -
  vmx-install man --out ~/.local/share/man/man1";

pub(super) const WIZARD: &str = "\
Examples:
  vmx-install wizard
  vmx-install wizard test.yaml --profile test

Without a terminal:
  vmx-install --non-interactive params.yaml";

pub(super) const MIGRATE: &str = "\
Examples:
  vmx-install migrate plan
  vmx-install migrate plan --stack VMX3 --region eu-west-2 --params params.yaml
  vmx-install migrate plan --json | jq 'select(.event == \"migration\") | .flows'";

pub(super) const MIGRATE_SWITCH: &str = "\
Examples:
  vmx-install migrate switch
  vmx-install migrate switch params.yaml --yes

It can be interrupted and run again at any time.";

pub(super) const MIGRATE_BACK: &str = "\
Examples:
  vmx-install migrate back
  vmx-install migrate back --stack voicemail-express --region eu-west-2

It can be interrupted and run again at any time.";

pub(super) const SCHEMA: &str = "\
Examples:
  vmx-install schema > params.schema.json
  vmx-install schema --example > params.yaml";

pub(super) const EXPLAIN: &str = "\
Examples:
  vmx-install explain
  vmx-install explain retention.recordings_days";
