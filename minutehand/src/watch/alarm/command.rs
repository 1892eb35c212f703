//! A command that is run for an event, through `sh -c`: it gets the event as JSON on its standard input,
//! and is killed with all that it has started when it takes too long.

use std::{
    io::{self, ErrorKind},
    process::{ExitStatus, Stdio},
    time::Duration,
};

use rustix::{
    io::dup,
    process::{Pid, Signal, kill_process_group},
};
use tokio::{
    io::AsyncWriteExt as _,
    process::{Child, ChildStdin, Command},
    time::timeout,
};

use super::event::Event;
use crate::{report::length, tether};

/// Runs it once for an event.
pub(super) async fn run(
    script: &str,
    event: &Event,
    json: &str,
    limit: Duration,
) -> Result<(), String> {
    let mut child = spawn(script, event).map_err(|error| format!("it cannot be run: {error}"))?;
    let stdin = child.stdin.take().expect("it is piped");
    let both = async { tokio::join!(tell(stdin, json), child.wait()) };
    let Ok((told, status)) = timeout(limit, both).await else {
        kill(&child);
        // Killed, it ends; until somebody has looked it would stay as a zombie.
        let _status = child.wait().await;
        return Err(format!("it was killed after {}", length(limit)));
    };
    told.map_err(|error| format!("it cannot be told: {error}"))?;
    let status: ExitStatus = status.map_err(|error| format!("it cannot be waited for: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("it ended with {status}")) }
}

fn spawn(script: &str, event: &Event) -> io::Result<Child> {
    // Standard output is for what is watched: a command's goes where people look for what went wrong.
    let output = dup(io::stderr())?;
    let mut command = Command::new("sh");
    tether::untie(&mut command);
    command
        .args(["-c", script])
        .env("MINUTEHAND_EVENT", event.alarm.word())
        .env("MINUTEHAND_EVENT_ID", &event.id)
        .env("MINUTEHAND_STATE", event.state)
        .env("MINUTEHAND_TRADER", event.trader.as_ref().unwrap_or(&event.address))
        .env("MINUTEHAND_TEXT", &event.text)
        .stdin(Stdio::piped())
        .stdout(output)
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
}

/// Whoever does not read it all does not have to.
async fn tell(mut stdin: ChildStdin, json: &str) -> io::Result<()> {
    match stdin.write_all(format!("{json}\n").as_bytes()).await {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

fn kill(child: &Child) {
    // A child that has been waited for has no id: it cannot be mistaken for another process.
    let pid = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
    if let Some(pid) = pid {
        // It may have ended just before.
        let _ended = kill_process_group(pid, Signal::KILL);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        report::{Moment, StateChange},
        samples,
        watch::alarm::event::Alarm,
    };

    fn event() -> Event {
        let change = StateChange::from(samples::to_error("12:01:10"));
        let (at, text) = (change.changed_at, change.to_string());
        let (id, address) = ("r-1".to_owned(), "h:1".to_owned());
        let alarm = Alarm::State(change);
        Event { id, at, trader: Some("btc".to_owned()), address, state: "ERROR", alarm, text }
    }

    async fn ran(script: &str, limit: Duration) -> Result<(), String> {
        let event = event();
        run(script, &event, &event.json(0), limit).await
    }

    #[tokio::test]
    async fn a_command_gets_the_event_on_its_input_and_in_its_environment() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("told");
        let script = format!(
            "cat > '{0}'; echo \"$MINUTEHAND_EVENT $MINUTEHAND_EVENT_ID $MINUTEHAND_STATE $MINUTEHAND_TRADER\" >> '{0}'",
            file.display()
        );
        ran(&script, Duration::from_secs(20)).await.unwrap();
        let told = std::fs::read_to_string(file).unwrap();
        assert_eq!(told, format!("{}\nstate r-1 ERROR btc\n", event().json(0)));
        assert_eq!(event().at, Moment::read(samples::stamp("12:01:10")));
    }

    #[tokio::test]
    async fn a_command_may_fail_and_need_not_read() {
        let limit = Duration::from_secs(20);
        assert_eq!(ran("exit 0", limit).await, Ok(()));
        assert_eq!(ran("exit 3", limit).await, Err("it ended with exit status: 3".to_owned()));
        let killed = ran("kill -9 $$", limit).await;
        assert_eq!(killed, Err("it ended with signal: 9 (SIGKILL)".to_owned()));
    }

    #[tokio::test]
    async fn a_command_that_hangs_is_killed_with_all_that_it_has_started() {
        let home = tempfile::tempdir().unwrap();
        let pipe = home.path().join("pipe");
        rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, 0o600.into()).unwrap();
        let mut alive = tokio::net::unix::pipe::OpenOptions::new().open_receiver(&pipe).unwrap();
        // A child of the shell keeps the pipe open for as long as it lives.
        let script = format!("sleep 60 > '{}' & wait", pipe.display());
        let killed = ran(&script, Duration::from_secs(1)).await;
        assert_eq!(killed, Err("it was killed after 1s".to_owned()));
        let mut rest = Vec::new();
        let closed = tokio::io::AsyncReadExt::read_to_end(&mut alive, &mut rest);
        timeout(Duration::from_secs(20), closed).await.expect("it is gone").unwrap();
    }
}
