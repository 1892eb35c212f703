//! A child that dies with its parent: the parent holds the other end of its standard input, which
//! the system closes however the parent ends, `kill -9` included.

use std::io;

use chassis::service_manager;
use tokio::process::Command;

/// Set in the environment of a child that is held so.
const VARIABLE: &str = "MINUTEHAND_TETHER";

/// Has the child of `command` die with this process. The child's standard input must be a pipe that
/// this process keeps. It is supervised by this process, and has nothing to say to whoever supervises
/// that.
pub fn tie(command: &mut Command) {
    for variable in service_manager::VARIABLES {
        command.env_remove(variable);
    }
    command.env(VARIABLE, "stdin");
}

/// Lets the child of `command` use its standard input as it likes, though this process is held so.
pub fn untie(command: &mut Command) {
    command.env_remove(VARIABLE);
}

/// If the parent has asked for it: ends this process as soon as the parent is gone. Called once,
/// first in `main`.
pub fn hold() {
    if std::env::var_os(VARIABLE).is_some() {
        std::thread::spawn(end_with_the_parent);
    }
}

#[expect(clippy::disallowed_methods, clippy::exit, reason = "nobody is left to stop it in order")]
fn end_with_the_parent() {
    // Nothing is ever written to it: the copy ends when the parent does.
    let _closed = io::copy(&mut io::stdin().lock(), &mut io::sink());
    std::process::exit(1)
}
