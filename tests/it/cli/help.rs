//! The help of every command, and the errors about flags of other commands.

use super::{program, texts};
use std::fmt::Write as _;

/// Every command, with its subcommands.
const COMMANDS: [&[&str]; 16] = [
    &[],
    &["serve"],
    &["sandbox"],
    &["send"],
    &["manifest"],
    &["doctor"],
    &["dead-letters"],
    &["dead-letters", "list"],
    &["dead-letters", "retry"],
    &["dead-letters", "drop"],
    &["export"],
    &["import"],
    &["backup"],
    &["restore"],
    &["rekey"],
    &["config"],
];

/// The output of `--help`. Without a terminal, it is wrapped at 100 columns.
fn help(command: &[&str]) -> String {
    let output = program(&[command, &["--help"]].concat()).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{command:?}");
    texts(&output).0
}

/// The names in the list of commands of a help text.
fn listed_commands(help: &str) -> Vec<&str> {
    let list = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let names = list.filter(|line| !line.starts_with("   ")).filter_map(|line| line.split_whitespace().next());
    names.filter(|name| *name != "help").collect()
}

#[test]
fn every_help_text_lists_the_flags_of_its_command() {
    for command in COMMANDS {
        let name = ["help"].iter().chain(command).copied().collect::<Vec<_>>().join(".");
        insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!(name, help(command));
        });
    }
}

#[test]
fn every_command_has_a_help_snapshot() {
    for parent in [&[][..], &["dead-letters"]] {
        for name in listed_commands(&help(parent)) {
            let command = [parent, &[name]].concat();
            assert!(COMMANDS.contains(&&command[..]), "{command:?}");
        }
    }
}

#[test]
fn flags_of_other_commands_are_rejected_with_a_tip() {
    let mut report = String::new();
    for arguments in [
        &["serve", "--dry-run"][..],
        &["sandbox", "--store", "sled:x"],
        &["send", "issue.created", "--store", "sled:x"],
        &["manifest", "--listen", "127.0.0.1:1"],
        &["doctor", "--with-secrets"],
        &["dead-letters", "--all"],
        &["dead-letters", "list", "--reply", "off"],
        &["dead-letters", "retry", "--json"],
        &["dead-letters", "drop", "--listen", "127.0.0.1:1"],
        &["export", "--admin-listen", "off"],
        &["import", "channels.txt", "--webhook-memory", "1"],
        &["backup", "copy.jsonl", "--public-url", "https://slack.example.com"],
        &["restore", "copy.jsonl", "--key-file", "key"],
        &["rekey", "--backup-keep", "1"],
        &["config", "--socket-mode"],
    ] {
        let output = program(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let (printed, errors) = texts(&output);
        assert_eq!(printed, "", "{arguments:?}");
        writeln!(report, "$ segments-slack {}\n{errors}", arguments.join(" ")).unwrap();
    }
    insta::assert_snapshot!(report);
}
