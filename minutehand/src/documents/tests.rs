//! Every command has its page and its completions, and nothing of `--help` is left out.

use std::{collections::BTreeMap, process::Command as Process};

use super::*;
use crate::cli;

fn all() -> Vec<Command> {
    std::iter::once(cli::command()).chain(cli::others()).collect()
}

fn names(commands: &[Command]) -> Vec<&str> {
    commands.iter().map(Command::get_name).collect()
}

#[test]
fn every_command_has_a_page_with_all_its_flags_and_examples() {
    let pages: BTreeMap<_, _> = pages(cli::command(), cli::others()).into_iter().collect();
    let command = cli::command();
    for inner in command.get_subcommands() {
        let page = &pages[&format!("minutehand-{}.1", inner.get_name())];
        if let Some(shared) = page.strip_prefix(".so man1/") {
            assert_eq!(shared.trim(), format!("{}.1", inner.get_name()));
            assert!(pages.contains_key(shared.trim()));
            continue;
        }
        assert!(page.contains(&format!("minutehand\\-{}", inner.get_name())), "{page}");
        says_all(inner, page);
    }
    for command in all() {
        says_all(&command, &pages[&format!("{}.1", command.get_name())]);
    }
    assert_eq!(pages.len(), command.get_subcommands().count() + 5);
}

/// Flags, their variables, and each line after them.
fn says_all(command: &Command, page: &str) {
    let plain =
        page.replace("\\-", "-").replace("\\&", "").replace("\\(aq", "'").replace("\\*(Aq", "'");
    for flag in command.get_arguments() {
        let Some(long) = flag.get_long() else { continue };
        assert!(plain.contains(&format!("--{long}")), "no --{long} in {plain}");
        if let Some(variable) = flag.get_env() {
            let variable = variable.to_str().unwrap();
            assert!(plain.contains(variable), "no {variable} in {plain}");
        }
    }
    let after = command.get_after_help().unwrap().to_string();
    for line in after.lines() {
        let line = line.replace('\\', "\\\\");
        assert!(plain.contains(&format!("\n{line}\n")), "no `{line}` in {plain}");
    }
}

#[test]
fn every_shell_has_completions_of_all_five_commands() {
    for shell in Shell::value_variants() {
        let files = completions(*shell, all());
        assert_eq!(files.len(), 5);
        for ((file, text), name) in files.iter().zip(names(&all())) {
            assert!(file.contains(name), "{shell:?} {file}");
            let flag = if name == "minutehand" { "medians" } else { "tls-ca" };
            assert!(text.contains(flag), "{shell:?} {file}");
        }
    }
}

/// What bash offers when somebody presses the tabulator after these words.
fn offered(words: &[&str]) -> Vec<String> {
    let files: BTreeMap<_, _> = completions(Shell::Bash, all()).into_iter().collect();
    let name = words[0];
    let script = format!(
        "{}\nCOMP_WORDS=({}) COMP_CWORD={}\n_{name} {name} '{}' '{}'\nprintf '%s\\n' \"${{COMPREPLY[@]}}\"\n",
        files[&format!("{name}.bash")],
        words.iter().map(|word| format!("'{word}'")).collect::<Vec<_>>().join(" "),
        words.len() - 1,
        words[words.len() - 1],
        words[words.len() - 2],
    );
    let output = Process::new("bash").args(["--norc", "-c", &script]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn bash_completes_commands_flags_and_values() {
    assert_eq!(offered(&["minutehand", "do"]), ["doctor"]);
    assert_eq!(offered(&["minutehand", "up", "--sec"]), ["--secure"]);
    assert_eq!(offered(&["trader", "--at-"]), ["--at-least"]);
    assert_eq!(offered(&["generator", "--se"]), ["--seed"]);
    assert_eq!(offered(&["strategy", "--decide", "me"]), ["mean", "median"]);
    assert_eq!(offered(&["deregister", "--trader-p"]), ["--trader-port"]);
}

#[test]
fn files_go_into_a_directory_that_is_made() {
    let directory = tempfile::tempdir().unwrap();
    let inside = directory.path().join("a/b");
    write(&inside, vec![("x.1".to_owned(), "text".to_owned())]).unwrap();
    assert_eq!(fs::read_to_string(inside.join("x.1")).unwrap(), "text");
    let taken = write(&inside.join("x.1/c"), Vec::new()).unwrap_err();
    assert!(taken.message.starts_with("cannot make "), "{taken}");
}
