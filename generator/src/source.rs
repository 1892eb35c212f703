//! Where signals come from: random numbers, bars of a file, or what an exchange says.

use std::{
    fmt,
    path::{Path, PathBuf},
    str::FromStr,
};

use chassis::{
    clock::Clock,
    exit::{Exit, Failure},
    flag,
    grid::{Interval, Minute, Timestamp, Timing},
};
use clap::Args;
use feed::source::{NoSource, Source};
use futures_util::future::{self, FutureExt as _};
use indicators::expression::Tree;
use market::{
    convention::{Declared, Stamped, Unit},
    reading::read_file,
};
use rand::rngs::StdRng;

#[cfg(feature = "live")]
use crate::live;
use crate::{
    replay::Replay,
    signal::Compute,
    signals::{Notes, Signals},
};

/// Fastest replay: more than two months of minutes in one of a minute.
pub const SPEED_MAX: usize = 100_000;

/// Where bars come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Data {
    /// A file.
    File(PathBuf),
    /// An exchange, as it happens.
    Exchange(Source),
}

impl FromStr for Data {
    type Err = NoSource;

    fn from_str(text: &str) -> Result<Self, NoSource> {
        if Source::is_meant(text) {
            text.parse().map(Self::Exchange)
        } else {
            Ok(Self::File(text.into()))
        }
    }
}

impl fmt::Display for Data {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(file) => file.display().fmt(f),
            Self::Exchange(source) => source.fmt(f),
        }
    }
}

/// Bars, and what is computed from them.
#[derive(Args, Clone, Debug)]
pub struct OfBars {
    /// Computes signals from bars instead of random numbers: of a file (CSV, ccxt arrays or Binance klines,
    /// also gzipped; Parquet in builds with it), whose history passes on the wall clock; or of an exchange, like binance:BTCUSDT or
    /// coinbase:BTC-USD from its trades, binance:BTCUSDT/klines from the bars that it makes.
    #[arg(long, value_name = "FILE|VENUE:SYMBOL", requires = "signal", conflicts_with = "seed")]
    pub source: Option<Data>,

    /// What is computed from each bar that is over, like `zscore(close, 20)`; --list-signals lists what
    /// there is.
    #[arg(long, value_name = "EXPRESSION", requires = "source")]
    pub signal: Option<Tree>,

    /// Where the exchange is reached, for a testnet, a proxy or a trial [default: where it serves
    /// everybody].
    #[arg(long, value_name = "URL", requires = "source")]
    pub endpoint: Option<String>,

    /// Records what the exchange says into this file, or goes on with it: what it said before then counts,
    /// so that nothing has to warm up after a restart. There is no signal that is not on record.
    #[arg(long, value_name = "FILE", requires = "source")]
    pub record: Option<PathBuf>,

    /// How many times as fast as the wall clock the history passes [default: 1].
    #[arg(long, requires = "source", value_parser = flag::number::<1, SPEED_MAX>)]
    pub speed: Option<usize>,

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

impl OfBars {
    /// The signals of the source that is named; none if none is.
    pub(crate) fn open(
        &self,
        timing: Timing,
        clock: Clock,
        rng: &mut StdRng,
    ) -> Result<Option<Signals>, Failure> {
        let Some((source, signal)) = self.source.as_ref().zip(self.signal.as_ref()) else {
            return Ok(None);
        };
        if let Some(flag) = self.misplaced(source) {
            let kind = match source {
                Data::File(_) => "a file",
                Data::Exchange(_) => "an exchange",
            };
            let message = format!("--source {source} is {kind}: it takes no --{flag}");
            return Err(Exit::Usage.because(message));
        }
        match source {
            Data::File(file) => self.replay(file, signal, clock.wall(), timing.interval).map(Some),
            Data::Exchange(source) => self.listen((source, signal), (timing, clock, rng)).map(Some),
        }
    }

    /// A flag that is given and says nothing of such a source.
    fn misplaced(&self, source: &Data) -> Option<&'static str> {
        let flags = match source {
            Data::File(_) => {
                vec![("endpoint", self.endpoint.is_some()), ("record", self.record.is_some())]
            }
            Data::Exchange(_) => vec![
                ("speed", self.speed.is_some()),
                ("starts-at", self.starts_at.is_some()),
                ("bar-time", self.bar_time.is_some()),
                ("time-unit", self.time_unit.is_some()),
                ("bar-interval", self.bar_interval.is_some()),
            ],
        };
        flags.into_iter().find(|(_, is_given)| *is_given).map(|(flag, _)| flag)
    }

    #[cfg(not(feature = "live"))]
    #[expect(clippy::unused_self, reason = "with live feeds it is used")]
    fn listen(
        &self,
        (source, _): (&Source, &Tree),
        _: (Timing, Clock, &mut StdRng),
    ) -> Result<Signals, Failure> {
        Err(Exit::Usage.because(format!(
            "--source {source}: this build has no live feeds; get one that has by `cargo install --locked --path minutehand --features live`"
        )))
    }

    #[cfg(feature = "live")]
    fn listen(
        &self,
        (source, signal): (&Source, &Tree),
        with: (Timing, Clock, &mut StdRng),
    ) -> Result<Signals, Failure> {
        let (endpoint, record) = (self.endpoint.as_deref(), self.record.as_deref());
        live::listen((source, signal), (endpoint, record), with)
    }

    fn replay(
        &self,
        file: &Path,
        signal: &Tree,
        now: Timestamp,
        interval: Interval,
    ) -> Result<Signals, Failure> {
        let declared =
            Declared { unit: self.time_unit, stamped: self.bar_time, interval: self.bar_interval };
        let history = read_file(file, declared, now)
            .map_err(|error| Exit::Failed.because(format!("source {}: {error}", file.display())))?;
        let starts_at = self.starts_at.unwrap_or_else(|| Minute::containing(now, interval).start());
        let speed = u32::try_from(self.speed.unwrap_or(1)).expect("it is at most SPEED_MAX");
        let mut replay = Replay::new(history, signal, speed, starts_at)
            .map_err(|error| Exit::Usage.because(format!("signal `{signal}`: {error}")))?;
        // What has passed already is gone through before anybody waits for an answer.
        drop(replay.signal(Minute::containing(now, interval)));
        Ok(replayed(file, signal, replay))
    }
}

fn replayed(file: &Path, signal: &Tree, mut replay: Replay) -> Signals {
    let (file, history) = (file.display(), replay.history());
    let quality = history.quality.to_string();
    let mut lines = quality.lines();
    let about = vec![
        format!("signals are `{signal}` of {file}: {}", history.conventions),
        format!("{file}: {}", lines.next().unwrap_or_default()),
        format!("{replay}"),
    ];
    let faults = lines.map(|finding| format!("{file}: {finding}")).collect();
    let compute: Compute =
        Box::new(move |minute| future::ready(replay.signal(minute).map_err(Into::into)).boxed());
    Signals::by_itself(compute, Notes { about, faults })
}
