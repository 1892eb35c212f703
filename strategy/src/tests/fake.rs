//! The scripted trader and generators of the conformance suite, in a test's world.

use std::sync::atomic::Ordering;

use chassis::grid::{Timestamp, Timing};
pub(super) use conformance::{
    generator::{Generator, Reply},
    trader::{Call, Trader, Turn},
};
use tokio::sync::mpsc;

use super::{Served, TRADER, World};

/// A trader of minutes of 60 s, whose first one is the test's first.
pub(super) struct FakeTrader;

impl FakeTrader {
    pub(super) fn of(world: &World) -> (Trader, mpsc::Receiver<Call>) {
        let timing = Timing::new("1m".parse().unwrap(), None, None).unwrap();
        let (trader, calls) = Trader::new(world.clock, timing);
        let first = Timestamp::parse(super::FIRST).unwrap();
        trader.first_minute.store(first.as_micros(), Ordering::Relaxed);
        (trader, calls)
    }
}

/// A generator of one value.
pub(super) struct FakeGenerator;

impl FakeGenerator {
    /// Its name is its port, and its value a thousandth of it.
    pub(super) fn serve(world: &World, port: u16) -> (Generator, Served) {
        let (name, value) = (format!("g{port}"), f64::from(port) / 1_000.0);
        let interval = "1m".parse().unwrap();
        let generator = Generator::new(world.clock, interval, &name, move |_| value);
        let served = world.serve(port, generator.routes());
        (generator, served)
    }
}

/// A server in a world.
pub(super) trait Serve {
    fn serve(&self, world: &World) -> Served;
}

impl Serve for Trader {
    fn serve(&self, world: &World) -> Served {
        world.serve(TRADER, self.routes())
    }
}
