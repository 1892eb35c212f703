//! The trading floor: what happens at the exchange as time passes. Pure: the clocks are arguments.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use chassis::grid::{Now, Timestamp};
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use rust_decimal::Decimal;

use crate::{
    bar::Bar,
    coinbase::SNAPSHOT_MAX,
    market::{Market, Trade, keep},
    message::{Event, Opening, Second},
    mischief::Mischief,
    stamp::grid_start,
    venue::Venue,
};

/// Trades a second at most: more than any one market makes for long.
pub const RATE_MAX: u32 = 1_000;

/// How many trades the tape keeps: more than an hour of them at the usual rate.
const TAPE_MAX: usize = 100_000;

/// How often trades are told that are told together.
const QUARTER: Duration = Duration::from_millis(250);

/// What the time that is left may lose when it is told in whole microseconds.
const ROUNDING: Duration = Duration::from_micros(1);

/// Of a time in which nobody looked at the clock, the last so much is made up for.
const MADE_UP_MAX: Duration = Duration::from_secs(1);

/// What an exchange is.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Whose formats it speaks.
    pub venue: Venue,
    /// What is traded, as the venue writes it: `BTCUSDT`, `BTC-USD`.
    pub symbol: String,
    /// The same seed makes the same trades, at other times.
    pub seed: u64,
    /// Trades a second on average, [`RATE_MAX`] at most; none when it is zero.
    pub rate: u32,
    /// The id of the first trade.
    pub first_id: u64,
    /// The price before the first trade.
    pub price: Decimal,
}

impl Config {
    /// Bitcoin in dollars at this venue: twenty trades a second around 60 000.
    pub fn of(venue: Venue) -> Self {
        let symbol = venue.symbol().to_owned();
        Self { venue, symbol, seed: 1, rate: 20, first_id: 1, price: Decimal::from(60_000) }
    }
}

/// The market, and what is kept of it.
#[derive(Debug)]
pub(crate) struct Floor {
    venue: Venue,
    rate: u32,
    market: Market,
    /// Chance for the time between trades, so that the trades themselves depend on the seed only.
    gaps: StdRng,
    /// When the next trade happens, by the monotonic clock; never while the market pauses.
    due: Option<Duration>,
    /// The end of the quarter of a second that goes on.
    quarter: Timestamp,
    seconds: u64,
    bars: Vec<Bar>,
    /// All trades that happened, oldest first.
    tape: VecDeque<Trade>,
    /// The last trades that were told, oldest first.
    recent: VecDeque<Trade>,
    /// How many trades are still to be kept quiet.
    skips: u32,
    muted: bool,
    refusing: bool,
}

impl Floor {
    pub(crate) fn new(config: &Config, now: Now) -> Self {
        let Config { venue, seed, rate, first_id, price, .. } = *config;
        let market = Market::new(seed, first_id, price);
        let bar = |length| Bar::containing(now.wall, length, market.price());
        let bars = venue.bars().into_iter().map(bar).collect();
        let mut floor = Self {
            venue,
            rate: rate.min(RATE_MAX),
            market,
            gaps: StdRng::seed_from_u64(seed.wrapping_add(1)),
            due: None,
            quarter: grid_start(now.wall, QUARTER).plus(QUARTER),
            seconds: 0,
            bars,
            tape: VecDeque::new(),
            recent: VecDeque::new(),
            skips: 0,
            muted: false,
            refusing: false,
        };
        floor.due = floor.after(now.mono);
        floor
    }

    /// When it wants to be told the time again: always later than the time that it was told last,
    /// since trades are due to the nanosecond and a deadline that was rounded down would be now.
    pub(crate) fn next_deadline(&self, now: Now) -> Timestamp {
        let trade = self.due.map(|due| now.wall.plus(due.saturating_sub(now.mono) + ROUNDING));
        trade.map_or(self.quarter, |trade| trade.min(self.quarter))
    }

    /// Lets time pass, and says what happened.
    pub(crate) fn pass(&mut self, now: Now) -> Vec<Event> {
        let mut events = Vec::new();
        while self.quarter <= now.wall {
            events.push(Event::Quarter(now.wall));
            if grid_start(self.quarter, Duration::from_secs(1)) == self.quarter {
                events.push(Event::Second(Arc::new(self.second(now))));
            }
            self.quarter = self.quarter.plus(QUARTER);
        }
        let earliest = now.mono.saturating_sub(MADE_UP_MAX);
        while let Some(due) = self.due.filter(|due| *due <= now.mono) {
            self.due = self.after(due.max(earliest));
            events.extend(self.trade(now.wall).map(Event::Trade));
        }
        events
    }

    /// Ends the second whose end has come, and the bars that end with it.
    fn second(&mut self, now: Now) -> Second {
        let end = self.quarter;
        let closed: Vec<Bar> = self.bars.iter().filter(|bar| bar.end() <= end).copied().collect();
        let price = self.market.price();
        for bar in self.bars.iter_mut().filter(|bar| bar.end() <= end) {
            *bar = Bar::containing(end, bar.length, price);
        }
        let count = self.seconds;
        self.seconds += 1;
        Second { at: now.wall, count, mono: now.mono, closed, open: self.bars.clone() }
    }

    /// Makes a trade, and returns it if it is to be told.
    fn trade(&mut self, at: Timestamp) -> Option<Trade> {
        let trade = self.market.next(self.venue.stamped(at));
        self.bars.iter_mut().for_each(|bar| bar.add(&trade));
        keep(&mut self.tape, trade, TAPE_MAX);
        if self.skips > 0 {
            self.skips -= 1;
            return None;
        }
        keep(&mut self.recent, trade, SNAPSHOT_MAX);
        Some(trade)
    }

    /// When the trade after one at `mono` happens: half the average time later, to half as much again.
    fn after(&mut self, mono: Duration) -> Option<Duration> {
        let average = Duration::from_secs(1).checked_div(self.rate)?;
        Some(mono + average.mul_f64(self.gaps.random_range(0.5..1.5)))
    }

    /// Does what there is to do here of a mischief; the rest is the connections'.
    pub(crate) fn obey(&mut self, mischief: Mischief, now: Now) {
        match mischief {
            Mischief::Mute => self.muted = true,
            Mischief::Speak => self.muted = false,
            Mischief::Skip(count) => self.skips = self.skips.saturating_add(count),
            Mischief::Refuse => self.refusing = true,
            Mischief::Accept => self.refusing = false,
            Mischief::Pause => self.due = None,
            Mischief::Resume => self.due = self.due.or_else(|| self.after(now.mono)),
            Mischief::Repeat(_)
            | Mischief::Swap
            | Mischief::Garbage
            | Mischief::HalfFrame
            | Mischief::Drop
            | Mischief::Close => {}
        }
    }

    /// Whether new connections are closed at once.
    pub(crate) fn refusing(&self) -> bool {
        self.refusing
    }

    /// All trades that happened, as far as they are kept, oldest first.
    pub(crate) fn tape(&self) -> Vec<Trade> {
        self.tape.iter().copied().collect()
    }

    /// What a new connection begins with.
    pub(crate) fn opening(&self, at: Timestamp) -> Opening {
        let recent = self.recent.iter().copied().collect();
        Opening { at, recent, bars: self.bars.clone(), muted: self.muted }
    }
}
