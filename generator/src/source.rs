//! Where signals come from: random numbers, or bars of a file.

use std::path::{Path, PathBuf};

use chassis::{
    exit::{Exit, Failure},
    flag,
    grid::{Interval, Minute, Timestamp},
};
use clap::Args;
use futures_util::future::{self, FutureExt as _};
use indicators::expression::Tree;
use market::{
    convention::{Declared, Stamped, Unit},
    reading::read_file,
};
use tracing::{info, warn};

use crate::{
    replay::Replay,
    signal::{Compute, uniform},
};

/// Fastest replay: more than two months of minutes in one of a minute.
pub const SPEED_MAX: usize = 100_000;

/// Bars, and what is computed from them.
#[derive(Args, Clone, Debug)]
pub struct OfBars {
    /// Computes signals from the bars of a file (CSV, ccxt arrays or Binance klines, also gzipped)
    /// instead of random numbers. The history passes on the wall clock.
    #[arg(long, value_name = "FILE", requires = "signal", conflicts_with = "seed")]
    pub source: Option<PathBuf>,

    /// What is computed from each bar that is over, like `zscore(close, 20)`; --list-signals lists what
    /// there is.
    #[arg(long, value_name = "EXPRESSION", requires = "source")]
    pub signal: Option<Tree>,

    /// How many times as fast as the wall clock the history passes.
    #[arg(long, default_value_t = 1, requires = "source", value_parser = flag::number::<1, SPEED_MAX>)]
    pub speed: usize,

    /// When the first bar is just over, in UTC like 2026-11-20T12:01:00Z. Generators with the same source,
    /// speed and start give signals of the same bars, also after a restart [default: the minute in which
    /// the generator starts].
    #[arg(long, value_name = "TIME", requires = "source", value_parser = time)]
    pub starts_at: Option<Timestamp>,

    /// Which instant of its minute a bar is stamped with: open or close [default: what the file shows,
    /// else open].
    #[arg(long, requires = "source")]
    pub bar_time: Option<Stamped>,

    /// How the file writes times: seconds, milliseconds, microseconds, nanoseconds or text [default: what
    /// it shows].
    #[arg(long, requires = "source")]
    pub time_unit: Option<Unit>,

    /// How long a bar is [default: what the file shows].
    #[arg(long, requires = "source")]
    pub bar_interval: Option<Interval>,
}

fn time(text: &str) -> Result<Timestamp, String> {
    let expected = || "it is no time in UTC like 2026-11-20T12:01:00Z".to_owned();
    Timestamp::parse(text).ok_or_else(expected)
}

/// Signals to be, and what there is to say of them.
pub(crate) struct Signals {
    pub(crate) compute: Compute,
    about: Vec<String>,
    faults: Vec<String>,
}

impl Signals {
    /// Random numbers.
    pub(crate) fn random(seed: u64) -> Self {
        let about = vec![format!("signals are random numbers from seed {seed}")];
        Self { compute: uniform(seed), about, faults: Vec::new() }
    }

    fn replayed(file: &Path, signal: &Tree, mut replay: Replay) -> Self {
        let (file, history) = (file.display(), replay.history());
        let quality = history.quality.to_string();
        let mut lines = quality.lines();
        let about = vec![
            format!("signals are `{signal}` of {file}: {}", history.conventions),
            format!("{file}: {}", lines.next().unwrap_or_default()),
            format!("{replay}"),
        ];
        let faults = lines.map(|finding| format!("{file}: {finding}")).collect();
        let compute: Compute = Box::new(move |minute| {
            future::ready(replay.signal(minute).map_err(Into::into)).boxed()
        });
        Self { compute, about, faults }
    }

    /// Logs it, with a warning for each kind of thing that is wrong with a file.
    pub(crate) fn tell(&self) {
        for about in &self.about {
            info!("{about}");
        }
        for fault in &self.faults {
            warn!("{fault}");
        }
    }
}

impl OfBars {
    /// The signals of the file that is named, which is read at `now`; none if none is.
    pub(crate) fn open(
        &self,
        now: Timestamp,
        interval: Interval,
    ) -> Result<Option<Signals>, Failure> {
        let Some((file, signal)) = self.source.as_ref().zip(self.signal.as_ref()) else {
            return Ok(None);
        };
        let declared =
            Declared { unit: self.time_unit, stamped: self.bar_time, interval: self.bar_interval };
        let history = read_file(file, declared, now)
            .map_err(|error| Exit::Failed.because(format!("source {}: {error}", file.display())))?;
        let starts_at = self.starts_at.unwrap_or_else(|| Minute::containing(now, interval).start());
        let speed = u32::try_from(self.speed).expect("it is at most SPEED_MAX");
        let mut replay = Replay::new(history, signal, speed, starts_at)
            .map_err(|error| Exit::Usage.because(format!("signal `{signal}`: {error}")))?;
        // What has passed already is gone through before anybody waits for an answer.
        drop(replay.signal(Minute::containing(now, interval)));
        Ok(Some(Signals::replayed(file, signal, replay)))
    }
}
