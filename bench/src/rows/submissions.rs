//! Submissions a second: the trader with its journal on disk, beside a bare tonic server that reads
//! the same messages and answers at once. Every submission is of a new strategy and minute.

use std::time::Duration;

use chassis::clock::Clock;
use tempfile::TempDir;

use crate::{
    Result,
    figures::to_f64,
    load::{Client, Crowd, connections},
    parts::{large_trader, own},
    process::Server,
    report::{Row, Target},
    rows::Options,
    watch::Watch,
};

const INTERVAL: &str = "4s";
const GRACE: &str = "3s";

/// When the bare server has its turn, after the boundary that ours began at.
const TURN: Duration = Duration::from_secs(2);

/// In flight, and how many strategies submit so within a minute.
const LOADS: [(usize, usize); 3] = [(1, 3_000), (64, 20_000), (256, 20_000)];

const CONNECTIONS: [usize; 3] = [1, 4, 64];

/// Connections over which strategies register: their sessions stay there.
const SESSIONS_OVER: usize = 4;

/// Every number of submissions in flight, over every number of connections.
pub(crate) async fn submissions(options: &Options) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for (in_flight, strategies) in LOADS {
        let mut pair = Pair::start(strategies).await?;
        for count in CONNECTIONS {
            rows.extend(pair.rows(options, in_flight, count).await?);
        }
    }
    Ok(rows)
}

/// A trader and a bare server, with strategies registered.
struct Pair {
    trader: Server,
    echo: Server,
    crowd: Crowd,
    watch: Watch,
    _directory: TempDir,
}

impl Pair {
    async fn start(strategies: usize) -> Result<Self> {
        let directory = TempDir::new()?;
        let journal = directory.path().join("journal.sqlite");
        let trader = Server::start(large_trader(INTERVAL, GRACE, &journal)?).await?;
        let echo = Server::start(own(&["echo"])?).await?;
        let clients = connections(trader.port, SESSIONS_OVER);
        let crowd = Crowd::register(&clients, "s", strategies, INTERVAL.parse()?).await?;
        let watch = Watch::begin(trader.port).await?;
        Ok(Self { trader, echo, crowd, watch, _directory: directory })
    }

    /// One number of submissions in flight over one number of connections.
    async fn rows(
        &mut self,
        options: &Options,
        in_flight: usize,
        count: usize,
    ) -> Result<[Row; 2]> {
        let [ours, bare] = [&self.trader, &self.echo].map(|server| connections(server.port, count));
        let (mut acknowledged, mut published) = (Vec::new(), Vec::new());
        // Both warm up.
        self.round(&ours, &bare, in_flight).await?;
        for _ in 0..options.rounds {
            let [taken, through, echoed] = self.round(&ours, &bare, in_flight).await?;
            acknowledged.push([taken, echoed]);
            published.push([through, echoed]);
        }
        let row = |what, rounds: &[[f64; 2]], target| {
            let name = format!("submissions {what}, {in_flight} in flight, {count} connections");
            Row::paired(name, "/s", "bare tonic echo", rounds, target)
        };
        Ok([
            row("acknowledged", &acknowledged, Target::AtLeast(0.8)),
            row("in a published median", &published, Target::None),
        ])
    }

    /// Submissions a second that were acknowledged, that were in a published median, and that the
    /// bare server has answered, in the same minute.
    async fn round(
        &mut self,
        ours: &[Client],
        bare: &[Client],
        in_flight: usize,
    ) -> Result<[f64; 3]> {
        let clock = Clock::system();
        let minute = self.crowd.next_minute(clock);
        clock.reach(minute.start()).await;
        let begun = clock.wall();
        let taken = self.crowd.submit(ours, minute, in_flight).await?;
        let median = self.watch.median(minute, self.crowd.count()).await?;
        // From rest, as ours did: a machine that has just worked is faster.
        clock.reach(minute.start().plus(TURN)).await;
        let echoed = self.crowd.submit(bare, minute, in_flight).await?;
        let count = to_f64(self.crowd.count());
        let a_second = |took: Duration| count / took.as_secs_f64();
        Ok([a_second(taken), a_second(median.at.since(begun)), a_second(echoed)])
    }
}
