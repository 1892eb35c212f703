//! From a plan to what is run over history.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use backtest::{
    equity::Costs,
    study::{self, Signals, Silence, Study},
};
use chassis::{
    exit::{Exit, Failure},
    grid::{Interval, Minute, Timestamp, Timing},
    name::Name,
};
use feed::{recording::Recording, replay, signals::NoSignal};
use market::history::History;
use strategy::decide::Rule;

use super::{
    data::{Data, random, unread},
    fingerprint::Digest,
};
use crate::plan::{self, Bars, Computes, Live, Plan, Source};

/// What is run: the flags that backtests and sweeps share.
#[derive(Debug, clap::Args)]
pub(crate) struct Given {
    /// The plan: generators with `source` and `signal`, and strategies of them.
    #[arg(value_name = "PLAN.toml")]
    pub(crate) plan: PathBuf,
    /// Which trader of a plan with several: its strategies, and the generators that they use.
    #[arg(long, value_name = "NAME")]
    pub(crate) trader: Option<Name>,
    /// Bars that all generators read, instead of those of the plan.
    #[arg(long, value_name = "FILE")]
    pub(crate) data: Option<PathBuf>,
    /// Lets a strategy say nothing for a while, to see what that costs.
    #[arg(long, value_name = "NAME=FROM..UNTIL", value_parser = silence)]
    pub(crate) silence: Vec<Silence>,
    /// What the exchange takes of what is traded, in hundredths of a per cent.
    #[arg(long, value_name = "NUMBER", default_value_t = 0.0, value_parser = bps)]
    pub(crate) fee_bps: f64,
    /// How much worse than the open trades are, in hundredths of a per cent.
    #[arg(long, value_name = "NUMBER", default_value_t = 0.0, value_parser = bps)]
    pub(crate) slippage_bps: f64,
}

/// A plan with its data, from which studies are made.
#[derive(Debug)]
pub(crate) struct Prepared<'a> {
    timing: Timing,
    data: &'a Data,
    /// Which of the files is traded.
    traded: usize,
    generators: Vec<study::Generator>,
    strategies: Vec<(Name, Vec<usize>, Rule)>,
    silences: &'a [Silence],
    /// What a reader of the results should know.
    pub(crate) notes: Vec<String>,
}

impl Given {
    /// The plan that `text` is, of the trader that is run.
    pub(crate) fn plan_of(&self, text: &str) -> Result<Plan, String> {
        let plan = Plan::of(&self.plan, text).map_err(|error| error.to_string())?;
        let of_trader = plan.of_trader(self.trader.as_ref());
        of_trader.map_err(|error| format!("plan {}: {error}", self.plan.display()))
    }

    /// What trading costs.
    pub(crate) fn costs(&self) -> Costs {
        Costs { fee: self.fee_bps / 10_000.0, slippage: self.slippage_bps / 10_000.0 }
    }

    /// The flags that change what comes of the plan, as they were given.
    pub(crate) fn flags(&self) -> String {
        let silence = |Silence { strategy, from, until }: &Silence| {
            format!(" --silence {strategy}={from}..{until}")
        };
        let costs = [("fee-bps", self.fee_bps), ("slippage-bps", self.slippage_bps)];
        let costs = costs.into_iter().filter(|(_, number)| *number > 0.0);
        let costs = costs.map(|(flag, number)| format!(" --{flag} {number}"));
        let trader = self.trader.iter().map(|trader| format!(" --trader {trader}"));
        // Which file it was `data` says; that one was given changes what is read of the plan.
        let data = self.data.iter().map(|_| " --data".to_owned());
        data.chain(trader).chain(self.silence.iter().map(silence)).chain(costs).collect()
    }

    /// Costs and silences, in lines.
    pub(crate) fn told(&self) -> Vec<String> {
        let Self { fee_bps, slippage_bps, .. } = self;
        let costs =
            format!("costs fee {fee_bps} bps, slippage {slippage_bps} bps of what is traded");
        let silence = |Silence { strategy, from, until }: &Silence| {
            format!("silence of {strategy} from {from} until {until}")
        };
        std::iter::once(costs).chain(self.silence.iter().map(silence)).collect()
    }

    /// Of the plan's text and the flags.
    pub(crate) fn digest(&self, text: &str) -> Digest {
        let mut digest = Digest::new();
        digest.bytes(text.as_bytes());
        digest.bytes(self.flags().as_bytes());
        digest
    }

    /// A message about the plan.
    pub(crate) fn unfit(&self, error: &impl ToString) -> Failure {
        usage(&format!("plan {}: {}", self.plan.display(), error.to_string()))
    }
}

impl<'a> Prepared<'a> {
    /// Of a plan and the data that its generators read.
    pub(crate) fn new(
        plan: &Plan,
        data: &'a Data,
        silences: &'a [Silence],
    ) -> Result<Self, Failure> {
        let generators =
            plan.generators.iter().map(|generator| signals(generator, data, plan.timing));
        let generators = generators.collect::<Result<Vec<_>, _>>()?;
        let strategies = plan.strategies.iter().map(strategy).collect::<Result<_, _>>()?;
        let first = plan.generators.first().ok_or_else(|| usage("the plan has no generators"))?;
        let traded = data.place_of(first)?;
        let (file, history) = &data.files[traded];
        let (bars, minutes) = (history.interval(), plan.timing.interval);
        let timing = timing(plan, bars)?;
        let mut notes = vec![format!("traded at the prices of {}", file.display())];
        if bars != minutes {
            notes.push(format!("a minute is a bar of {bars} here, not the plan's {minutes}"));
        }
        let prepared = Self { timing, data, traded, generators, strategies, silences, notes };
        let span = prepared.study().span().map_err(|error| usage(&error.to_string()))?;
        within(silences, span)?;
        Ok(prepared)
    }

    /// What is run: a new one each time, since strategies remember.
    pub(crate) fn study(&self) -> Study {
        let strategies = self.strategies.iter().map(|(name, signals, rule)| study::Strategy {
            name: name.clone(),
            signals: signals.clone(),
            decide: Box::new(*rule),
        });
        Study {
            timing: self.timing,
            histories: self.data.files.iter().map(|(_, history)| Arc::clone(history)).collect(),
            generators: self.generators.clone(),
            strategies: strategies.collect(),
            silences: self.silences.to_vec(),
        }
    }

    /// What is traded: the first generator's data.
    pub(crate) fn traded(&self) -> &History {
        &self.data.files[self.traded].1
    }
}

/// Silences of other times are mistyped.
fn within(silences: &[Silence], (first, last): (Minute, Minute)) -> Result<(), Failure> {
    let outside = |one: &&Silence| one.until <= first.start() || one.from > last.start();
    silences.iter().find(outside).map_or(Ok(()), |Silence { strategy, .. }| {
        let data = format!("whose minutes are {first} to {last}");
        Err(usage(&format!("the silence of {strategy} is outside the data, {data}")))
    })
}

/// The plan's, if its minutes are as long as a bar: a replay may go faster.
fn timing(plan: &Plan, interval: Interval) -> Result<Timing, Failure> {
    if plan.timing.interval == interval {
        return Ok(plan.timing);
    }
    Timing::new(interval, None, None)
        .map_err(|error| usage(&format!("bars of {interval}: {error}")))
}

/// A generator: what it computes from its file; or, of what it heard live, what it gave.
fn signals(
    generator: &plan::Generator,
    data: &Data,
    timing: Timing,
) -> Result<study::Generator, Failure> {
    let signals = match &generator.computes {
        Computes::Live(live) => match data.recording(generator)? {
            Some((file, bytes)) => given(generator, (live, timing), file, bytes)?,
            None => Signals::Of { history: data.place_of(generator)?, signal: live.signal.clone() },
        },
        Computes::Bars(Bars { signal, .. }) => {
            Signals::Of { history: data.place_of(generator)?, signal: signal.clone() }
        }
        Computes::Random(_) => return Err(random(generator)),
    };
    Ok(study::Generator { name: generator.identity().name, signals })
}

/// What a generator gave live, by its recording.
fn given(
    generator: &plan::Generator,
    (live, timing): (&Live, Timing),
    file: &Path,
    bytes: &[u8],
) -> Result<Signals, Failure> {
    let recording = Recording::of(bytes).map_err(|error| unread(file, &error))?;
    let heard = recording.heard();
    if (&heard.source, heard.interval) != (&live.source, timing.interval) {
        return Err(usage(&format!(
            "{} listens to {} for bars of {}; {} is of {heard}",
            generator.label(),
            live.source,
            timing.interval,
            file.display()
        )));
    }
    let given = replay::signals(recording, &live.signal, timing);
    let given = given.map_err(|error| unread(file, &error))?;
    let said = |(minute, signal): (Minute, Result<f64, NoSignal>)| {
        (minute, signal.map_err(|why| why.to_string().into_boxed_str()))
    };
    Ok(Signals::Recorded(Arc::new(given.into_iter().map(said).collect())))
}

fn strategy(strategy: &plan::Strategy) -> Result<(Name, Vec<usize>, Rule), Failure> {
    let place = |source: &Source| match source {
        Source::Generator(place) => Ok(*place),
        Source::Elsewhere(address) => Err(usage(&format!(
            "strategy {}: the generator at {address} is not of this plan, so it has no history",
            strategy.name
        ))),
    };
    let signals = strategy.signals.iter().map(place).collect::<Result<_, _>>()?;
    Ok((strategy.name.clone(), signals, strategy.decide.unwrap_or_default()))
}

fn usage(message: &str) -> Failure {
    Exit::Usage.because(message)
}

/// `X=2026-11-20T10:00:00Z..2026-11-20T10:05:00Z`
fn silence(text: &str) -> Result<Silence, String> {
    let read = || {
        let (name, span) = text.split_once('=')?;
        let (from, until) = span.split_once("..")?;
        let (from, until) = (Timestamp::parse(from)?, Timestamp::parse(until)?);
        let strategy = name.parse().ok()?;
        (from < until).then_some(Silence { strategy, from, until })
    };
    read().ok_or_else(|| {
        "expected NAME=FROM..UNTIL, in UTC like X=2026-11-20T10:00:00Z..2026-11-20T10:05:00Z"
            .to_owned()
    })
}

/// A number of hundredths of a per cent.
fn bps(text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|number| (0.0..=10_000.0).contains(number));
    number.ok_or_else(|| "it is a number from 0 to 10000".to_owned())
}
