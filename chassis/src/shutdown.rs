//! Stopping: the first signal asks, the second one ends.

use std::io;

use tokio::{
    pin,
    signal::unix::{SignalKind, signal},
};
use tokio_util::sync::CancellationToken;
use tracing::info;

/// SIGXFSZ: a write went beyond the limit of a file's size. By default it ends the process; taken, the
/// write fails instead, and whoever wrote can say so.
const FILE_TOO_LARGE: i32 = 25;

/// Runs `work` to its end. SIGINT or SIGTERM cancels the token that `work` was given; another one
/// ends the process at once with exit code 1.
pub async fn run<F, T>(work: impl FnOnce(CancellationToken) -> F) -> io::Result<T>
where
    F: Future<Output = T>,
{
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let _taken = signal(SignalKind::from_raw(FILE_TOO_LARGE))?;
    let token = CancellationToken::new();
    let work = work(token.clone());
    pin!(work);
    loop {
        let name = tokio::select! {
            biased;
            output = &mut work => return Ok(output),
            _ = interrupt.recv() => "SIGINT",
            _ = terminate.recv() => "SIGTERM",
        };
        if token.is_cancelled() {
            exit_at_once();
        }
        info!("{name}: stopping; a second signal stops at once");
        token.cancel();
    }
}

#[expect(clippy::disallowed_methods, clippy::exit, reason = "the user asked twice")]
fn exit_at_once() -> ! {
    std::process::exit(1)
}
