//! An honest system under attack: what must hold, whatever is done to it.

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use chassis::grid::Timestamp;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::{
    gauge::{Gauge, TICKS_A_SECOND},
    raw::{Counts, Tally},
};
use crate::{
    e2e::{
        secured::{Papers, words},
        system::median_of,
    },
    harness::{Part, word},
};

/// What an attack may do to a server at most.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// How much more memory it takes, in KiB.
    pub(super) memory: u64,
    /// Kinds of lines that the trader logs beyond those of its minutes, each again after ten seconds: to
    /// flood a log is an attack, too.
    pub(super) complaints: usize,
    /// Lines beside them that name somebody, once.
    pub(super) names: usize,
}

/// What most attacks come to: no more memory than a few busy connections take, and a line that says
/// what is going on; another one if it goes on for longer.
pub(super) const USUAL: Bounds = Bounds { memory: 8 * 1024, complaints: 1, names: 0 };

/// Attacks that fill all the places there are for requests: 256, and four of each connection.
pub(super) const ALL_PLACES: Bounds = Bounds { memory: 16 * 1024, ..USUAL };

/// A median is published, on disk and in the log, within this of its boundary: the grace. One that
/// came later would be no median: the minute would have failed. By default it would be a second; a
/// machine that builds and tests other things meanwhile gets half a second more.
const ON_TIME: Duration = Duration::from_millis(1_500);

/// The same complaint is logged again after ten seconds.
const MINUTES_A_LINE: usize = 5;

/// Minutes after an attack by which everything has come back.
const RECOVERY_MAX: usize = 8;

/// Processor time of a server in a quiet minute, at most, in ticks: a quarter of one processor.
const QUIET_TICKS_MAX: u64 = TICKS_A_SECOND / 2;

/// Attacks at a time: each takes as much of a processor as it can have, and the honest system must
/// be on time all the same.
static TURNS: Semaphore = Semaphore::const_new(2);

/// Two generators, a trader and three strategies, and nobody else.
#[derive(Debug)]
pub(super) struct Siege {
    _turn: SemaphorePermit<'static>,
    pub(super) trader: Part,
    generators: [Part; 2],
    strategies: Vec<Part>,
    /// How many decide each minute.
    pub(super) voices: usize,
    last_minute: Timestamp,
    latest: Duration,
}

/// One server as it was before an attack.
struct Before {
    name: &'static str,
    gauge: Gauge,
    memory: u64,
    descriptors: usize,
}

impl Before {
    fn of(name: &'static str, part: &Part) -> Self {
        let gauge = Gauge::of(part);
        gauge.forget_peak();
        Self { name, gauge, memory: gauge.memory(), descriptors: gauge.descriptors() }
    }

    fn growth(&self) -> u64 {
        self.gauge.memory_peak().saturating_sub(self.memory)
    }
}

impl Siege {
    /// In plain text.
    pub(super) async fn begin(args: &[&str]) -> Self {
        Self::of(args, |_| Vec::new()).await
    }

    /// Each shows its certificate.
    pub(super) async fn certified(papers: &Papers) -> Self {
        Self::of(&[], |identity| papers.flags(identity).to_vec()).await
    }

    async fn of(args: &[&str], flags: impl Fn(&str) -> Vec<String>) -> Self {
        let turn = TURNS.acquire().await.expect("it is never closed");
        let own = flags("trader/main");
        let common = ["--ephemeral", "--grace", "1500ms"];
        let mut trader = Part::trader(&[&common, args, &words(&own)].concat()).await;
        let [a, b] = ["generator/a", "generator/b"].map(&flags);
        let generators =
            [Part::generator("a", &words(&a)).await, Part::generator("b", &words(&b)).await];
        let [a, b] = &generators;
        let mut strategies = Vec::new();
        for (name, of) in [("X", &[a][..]), ("Y", &[b]), ("Z", &[a, b])] {
            let own = flags(&format!("strategy/{name}"));
            strategies.push(Part::strategy(name, &trader, of, &words(&own)));
            trader.line(&format!("INFO registered {name}")).await;
        }
        let first = median_of(&mut trader, 3).await;
        let last_minute = Timestamp::parse(&first.minute).unwrap();
        let latest = Duration::ZERO;
        Self { _turn: turn, trader, generators, strategies, voices: 3, last_minute, latest }
    }

    /// Runs an attack on the trader and on a generator from one median to the next, or over as many
    /// boundaries as `$ATTACK_MINUTES` says. Every minute has its median on time, what it takes
    /// stays within `bounds`, and afterwards everything comes back.
    pub(super) async fn endure(
        &mut self,
        attack: &str,
        bounds: Bounds,
        on: impl AsyncFn(SocketAddr, &Tally),
    ) -> Counts {
        let before = [Before::of("trader", &self.trader), Before::of("a", &self.generators[0])];
        let [trader, generator] = [self.trader.port, self.generators[0].port]
            .map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
        let said = self.noise().len();
        let tally = Tally::default();
        self.latest = Duration::ZERO;
        tokio::select! {
            biased;
            ((), ()) = async { tokio::join!(on(trader, &tally), on(generator, &tally)) } => {}
            () = self.besieged(&tally) => {}
        }
        let calm = self.recovered(&before).await;
        let counts = tally.counts();
        let lines = &self.noise()[said..];
        let lines_max = bounds.names + bounds.complaints * (1 + boundaries() / MINUTES_A_LINE);
        assert!(lines.len() <= lines_max, "{attack}: too much in the trader's log: {lines:#?}");
        let growth = before.each_ref().map(Before::growth);
        for (server, growth) in before.iter().zip(growth) {
            assert!(growth <= bounds.memory, "{attack}: {} has taken {growth} KiB", server.name);
        }
        let Counts { blows, closed, answers, .. } = &counts;
        eprintln!(
            "{attack}: {blows} blows, {closed} connections closed, {answers:?}; latest median \
             {} ms after its boundary; trader +{} KiB, generator +{} KiB; calm after \
             {calm} minutes; {lines:?}",
            self.latest.as_millis(),
            growth[0],
            growth[1],
        );
        counts
    }

    /// Waits until descriptors and processor time are as before. After how many minutes that was.
    async fn recovered(&mut self, before: &[Before; 2]) -> usize {
        for minutes in 1..=RECOVERY_MAX {
            let ticks = before.each_ref().map(|server| server.gauge.ticks());
            self.minute().await;
            let back = before.iter().zip(ticks).all(|(server, ticks)| {
                server.gauge.descriptors() <= server.descriptors
                    && server.gauge.ticks() - ticks <= QUIET_TICKS_MAX
            });
            if back {
                return minutes;
            }
        }
        let left = before.each_ref().map(|server| {
            (server.name, server.descriptors, server.gauge.descriptors(), server.gauge.ticks())
        });
        panic!("something does not come back: {left:?}");
    }

    /// Boundaries pass, and as many more as the attack needs to be whole.
    async fn besieged(&mut self, tally: &Tally) {
        self.minutes(boundaries()).await;
        while !tally.is_whole() {
            self.minute().await;
        }
    }

    /// So many minutes, each as [`Self::minute`] wants it.
    pub(super) async fn minutes(&mut self, count: usize) {
        for _ in 0..count {
            self.minute().await;
        }
    }

    /// The next minute: it follows the one before, and has the median of all, on time.
    pub(super) async fn minute(&mut self) {
        let median = median_of(&mut self.trader, self.voices).await;
        let minute = Timestamp::parse(&median.minute).unwrap();
        let skipped = minute.as_micros() - self.last_minute.as_micros() - 2_000_000;
        assert_eq!(skipped, 0, "there is a minute without a median before {}", median.minute);
        self.last_minute = minute;
        let line = self.trader.seen.last().expect("a median is a line");
        let at = Timestamp::parse(word(line, "")).expect("a line begins with its time");
        let late = at.since(minute);
        assert!(late < ON_TIME, "the median of {} took {late:?}", median.minute);
        self.latest = self.latest.max(late);
        // Their lines are read, too, so that none of them waits for a reader.
        for part in self.generators.iter_mut().chain(&mut self.strategies) {
            part.look();
        }
    }

    /// Lines of the trader that its minutes do not account for.
    fn noise(&self) -> Vec<&str> {
        let ordinary = ["INFO median: ", " submitted ", "INFO state OK (was WAITING)"];
        let ordinary = |line: &str| ordinary.iter().any(|text| line.contains(text));
        self.trader.seen.iter().map(String::as_str).filter(|line| !ordinary(line)).collect()
    }
}

/// Over how many boundaries an attack goes on.
fn boundaries() -> usize {
    std::env::var("ATTACK_MINUTES").map_or(1, |minutes| minutes.parse().unwrap())
}
