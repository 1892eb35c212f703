//! `minutehand man` and `minutehand completions`: what `--help` says, for `man` and for shells.

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use chassis::exit::{self, Exit, Failure};
use clap::{Command, ValueEnum};
use clap_complete::{
    Generator,
    shells::{Bash, Fish, Zsh},
};
use clap_mangen::{
    Man,
    roff::{Roff, roman},
};

use crate::{file, output};

/// Write a man page of every command into a directory.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  minutehand man ~/.local/share/man/man1    then: man trader")]
pub struct ManArgs {
    /// Where to; made if it is not there.
    directory: PathBuf,
}

/// Write completions of the five commands for a shell into a directory.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  minutehand completions bash ~/.local/share/bash-completion/completions
  minutehand completions fish ~/.config/fish/completions
  minutehand completions zsh ~/.zfunc    with fpath+=~/.zfunc before compinit in ~/.zshrc")]
pub struct CompletionsArgs {
    /// For which shell.
    #[arg(value_enum)]
    shell: Shell,

    /// Where to; made if it is not there.
    directory: PathBuf,
}

/// A shell that completes.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Shell {
    Bash,
    Fish,
    Zsh,
}

/// A page of `man`: the name of its file, and the file.
type Page = (String, String);

/// Runs `man`: `launcher` is the command line of this program, `others` are those that it has in it.
pub fn man_main(args: &ManArgs, launcher: Command, others: Vec<Command>) -> ExitCode {
    exit::printed(write(&args.directory, pages(launcher, others)))
}

/// Runs `completions` for these commands.
pub fn completions_main(args: &CompletionsArgs, commands: Vec<Command>) -> ExitCode {
    exit::printed(write(&args.directory, completions(args.shell, commands)))
}

fn write(directory: &Path, files: Vec<Page>) -> Result<(), Failure> {
    fs::create_dir_all(directory).map_err(|error| {
        Exit::Failed.because(format!("cannot make {}: {error}", directory.display()))
    })?;
    for (name, text) in files {
        let path = directory.join(name);
        file::write(&path, &text)?;
        output::print(&format!("wrote {}\n", path.display()))?;
    }
    Ok(())
}

/// A page for each command and each command of the launcher; those that are both share one.
fn pages(launcher: Command, others: Vec<Command>) -> Vec<Page> {
    let mut launcher = launcher.disable_help_subcommand(true);
    launcher.build();
    let mut pages = Vec::new();
    for inner in launcher.get_subcommands() {
        let name = format!("minutehand-{}.1", inner.get_name());
        let is_other = others.iter().any(|other| other.get_name() == inner.get_name());
        let text = if is_other {
            format!(".so man1/{}.1\n", inner.get_name())
        } else {
            page(inner.clone())
        };
        pages.push((name, text));
    }
    for mut command in others.into_iter().chain([launcher]) {
        command.build();
        pages.push((format!("{}.1", command.get_name()), page(command)));
    }
    pages
}

/// What comes after the flags is laid out in lines already.
fn page(command: Command) -> String {
    let after = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    let command = command.after_help(None::<&str>);
    let man = Man::new(command).source("Minutehand").manual("Minutehand");
    let mut page = Vec::new();
    man.render(&mut page).expect("memory takes all");
    let mut notes = Roff::new();
    notes.control("SH", ["EXAMPLES AND EXIT CODES"]).control("nf", []);
    for line in after.lines() {
        notes.text([roman(line)]);
    }
    notes.control("fi", []);
    notes.to_writer(&mut page).expect("memory takes all");
    String::from_utf8(page).expect("help is text")
}

fn completions(shell: Shell, commands: Vec<Command>) -> Vec<Page> {
    let completion = |command| match shell {
        Shell::Bash => completion(Bash, command),
        Shell::Fish => completion(Fish, command),
        Shell::Zsh => completion(Zsh, command),
    };
    commands.into_iter().map(completion).collect()
}

fn completion(shell: impl Generator, mut command: Command) -> Page {
    let name = command.get_name().to_owned();
    let file = shell.file_name(&name);
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut command, name, &mut text);
    (file, String::from_utf8(text).expect("help is text"))
}

#[cfg(test)]
mod tests;
