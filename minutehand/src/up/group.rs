//! Parts that start and stop together. Each is kept running: started again after it ended, with
//! backoff, unless that would win nothing.

use std::{path::PathBuf, time::Duration};

use chassis::backoff::Backoff;
use rand::{SeedableRng as _, rngs::StdRng};
use tokio::{
    sync::oneshot,
    task::JoinSet,
    time::{Instant, sleep},
};
use tokio_util::sync::CancellationToken;

use super::{
    child,
    part::Part,
    voice::{Level, Voice},
};

/// A part that ran so long starts again without the pauses of the tries before.
const STEADY: Duration = Duration::from_secs(10);

/// What every group needs.
#[derive(Clone, Debug)]
pub(super) struct Ground {
    /// This very program.
    pub(super) program: PathBuf,
    /// What is said about the parts, and by them.
    pub(super) voice: Voice,
}

/// Parts that start and stop together.
#[derive(Debug)]
pub(super) struct Group {
    ground: Ground,
    rng: StdRng,
    stop: CancellationToken,
    /// Each ends with what people call it.
    parts: JoinSet<String>,
}

impl Group {
    /// Without a part yet.
    pub(super) fn new(ground: &Ground, rng: &mut StdRng) -> Self {
        let (rng, stop) = (StdRng::from_rng(rng), CancellationToken::new());
        Self { ground: ground.clone(), rng, stop, parts: JoinSet::new() }
    }

    /// Starts a part and keeps it running. The receiver gets a server's port; nothing, if the
    /// server ends before it listens for the first time, which is then not tried again.
    pub(super) fn start(&mut self, part: Part) -> oneshot::Receiver<u16> {
        let (sender, receiver) = oneshot::channel();
        let listening = part.port.is_some().then_some(sender);
        let (ground, stop) = (self.ground.clone(), self.stop.clone());
        let kept = Kept { part, listening, backoff: Backoff::default(), rng: self.rng.fork() };
        self.parts.spawn(kept.keep(ground, stop));
        receiver
    }

    /// Says which of the parts will not be started again, when there is one; never, when there is none.
    pub(super) async fn one_is_gone(&mut self) -> String {
        match self.parts.join_next().await {
            Some(ended) => ended.expect("keeping a part does not panic"),
            None => std::future::pending().await,
        }
    }

    /// Stops all parts and waits for them.
    pub(super) async fn stop(mut self) {
        self.stop.cancel();
        while let Some(ended) = self.parts.join_next().await {
            let _label = ended.expect("keeping a part does not panic");
        }
    }
}

/// A part that is kept running.
struct Kept {
    part: Part,
    /// There until a server has listened for the first time.
    listening: Option<oneshot::Sender<u16>>,
    backoff: Backoff,
    rng: StdRng,
}

impl Kept {
    async fn keep(mut self, ground: Ground, stop: CancellationToken) -> String {
        while let Some(wait) = self.once(&ground, &stop).await {
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                () = sleep(wait) => {}
            }
        }
        self.part.label
    }

    /// Runs it once; says how long to wait for the next time, if there is one.
    async fn once(&mut self, ground: &Ground, stop: &CancellationToken) -> Option<Duration> {
        let Ground { program, voice } = ground;
        let started = Instant::now();
        let (part, listening) = (&self.part, &mut self.listening);
        let mut found = part.port;
        let ended = child::run(program, part, voice.printer(), stop, |port| {
            // A server on a free port keeps it: the others know it by that.
            found = Some(port);
            if let Some(listening) = listening.take() {
                // Nobody waits for it when the system is being stopped already.
                let _stopping = listening.send(port);
            }
        })
        .await;
        self.part.port = found;
        let label = &self.part.label;
        let (how, is_final) = match ended {
            Ok(status) if stop.is_cancelled() && child::is_stopped(status) => return None,
            Ok(status) => (status.to_string(), child::is_final(status)),
            Err(error) => (error.to_string(), false),
        };
        if stop.is_cancelled() {
            voice.say(Level::Warn, format!("{label} ended on its stop with {how}"));
            return None;
        }
        if self.listening.is_some() {
            voice.say(Level::Error, format!("{label} ended with {how} before it listened"));
            return None;
        }
        if is_final {
            let text =
                format!("{label} ended with {how} and is not started again: its log says why");
            voice.say(Level::Error, text);
            return None;
        }
        if started.elapsed() >= STEADY {
            self.backoff.reset();
        }
        let wait = self.backoff.next(&mut self.rng);
        let seconds = wait.as_secs_f64();
        voice.say(
            Level::Warn,
            format!("{label} ended with {how}; starting it again in {seconds:.2} s"),
        );
        Some(wait)
    }
}
