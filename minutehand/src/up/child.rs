//! One child process from its start to its end: what it says is printed, where it listens is
//! noticed, and it is stopped when it should stop.

use std::{
    io,
    os::unix::process::ExitStatusExt as _,
    path::Path,
    process::{ExitStatus, Stdio},
    time::Duration,
};

use chassis::exit::Exit;
use rustix::process::{Pid, Signal, kill_process};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, ChildStderr, Command},
    time::timeout,
};
use tokio_util::sync::CancellationToken;

use super::{part::Part, printer::Printer};
use crate::tether;

/// A child that has not stopped by then is killed: a server drains for 5 s at most.
const STOP_MAX: Duration = Duration::from_secs(8);

/// Runs the part once. `listening` is called with a server's port as soon as it has one.
pub(super) async fn run(
    program: &Path,
    part: &Part,
    printer: &Printer,
    stop: &CancellationToken,
    listening: impl FnMut(u16),
) -> io::Result<ExitStatus> {
    let mut child = spawn(program, part)?;
    // Held until the child has ended: it ends when this closes.
    let tether = child.stdin.take();
    let log = child.stderr.take().expect("it is piped");
    let (status, ()) = tokio::join!(ended(&mut child, stop), relay(log, part, printer, listening));
    drop(tether);
    status
}

/// Whether it did as it was told: some have no handler for the signal yet when it comes.
pub(super) fn is_stopped(status: ExitStatus) -> bool {
    status.success() || status.signal() == Some(Signal::TERM.as_raw())
}

/// Whether nothing would be won by starting it again (rule C3).
pub(super) fn is_final(status: ExitStatus) -> bool {
    let refused = [Exit::Usage, Exit::Refused].map(|exit| Some(exit as i32));
    refused.contains(&status.code())
}

fn spawn(program: &Path, part: &Part) -> io::Result<Child> {
    let mut command = Command::new(program);
    command
        .args(part.command_line())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        // Ctrl-C at a terminal goes to a whole process group: only `up` shall hear it.
        .process_group(0)
        .kill_on_drop(true);
    // The command line alone says how a part runs: what may be taken of the environment is in it.
    for (variable, _) in std::env::vars_os() {
        if variable.as_encoded_bytes().starts_with(b"MINUTEHAND_") {
            command.env_remove(variable);
        }
    }
    tether::tie(&mut command);
    command.spawn()
}

async fn ended(child: &mut Child, stop: &CancellationToken) -> io::Result<ExitStatus> {
    tokio::select! {
        biased;
        status = child.wait() => return status,
        () = stop.cancelled() => terminate(child)?,
    }
    if let Ok(status) = timeout(STOP_MAX, child.wait()).await {
        return status;
    }
    child.start_kill()?;
    child.wait().await
}

fn terminate(child: &Child) -> io::Result<()> {
    // A child that has been waited for has no id: it cannot be mistaken for another process.
    let pid = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
    match pid {
        Some(pid) => Ok(kill_process(pid, Signal::TERM)?),
        None => Ok(()),
    }
}

async fn relay(log: ChildStderr, part: &Part, printer: &Printer, mut listening: impl FnMut(u16)) {
    let mut lines = BufReader::new(log).split(b'\n');
    loop {
        match lines.next_segment().await {
            Ok(Some(line)) => {
                let line = String::from_utf8_lossy(&line);
                if let Some(port) = port_in(&line).filter(|_| part.port.is_some()) {
                    listening(port);
                }
                printer.line(&part.label, line);
            }
            Ok(None) => return,
            Err(error) => {
                let text = format!("its log cannot be read any more: {error}");
                return printer.line(&part.label, text);
            }
        }
    }
}

/// The port in a server's `listening on ADDR`.
fn port_in(line: &str) -> Option<u16> {
    let (_, after) = line.split_once("listening on ")?;
    let address = after.split_whitespace().next()?;
    let (_, port) = address.rsplit_once(':')?;
    port.parse().ok().filter(|port| *port != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c1_the_port_is_read_from_the_first_line() {
        for (line, port) in [
            ("2026-11-20T12:00:00.001Z INFO listening on 127.0.0.1:1010", Some(1010)),
            ("2026-11-20T12:00:00.001Z INFO listening on [::1]:43123 name=a", Some(43123)),
            ("INFO listening on nothing", None),
            ("INFO listening on 127.0.0.1:0", None),
            ("INFO registered X", None),
        ] {
            assert_eq!(port_in(line), port, "{line}");
        }
    }

    #[test]
    fn c3_usage_and_refusal_are_final_and_nothing_else() {
        let exited = |code: i32| ExitStatus::from_raw(code << 8);
        for (status, expected) in [
            (exited(0), false),
            (exited(1), false),
            (exited(2), true),
            (exited(5), false),
            (exited(6), true),
            (ExitStatus::from_raw(9), false),
        ] {
            assert_eq!(is_final(status), expected, "{status}");
        }
    }
}
