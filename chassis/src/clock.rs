//! The sole reader of time.

use std::{
    sync::atomic::{AtomicI64, Ordering},
    time::{Duration, SystemTime},
};

use tokio::time::Instant;

use crate::grid::{Now, Timestamp};

/// How long a wait for the wall clock sleeps at most before it looks again: a stepped clock is
/// noticed within this.
const NAP_MAX: Duration = Duration::from_secs(1);

/// A process's wall clock and its monotonic clock. Rebuild it when a simulated host starts.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    origin: Instant,
    wall: Wall,
}

#[derive(Clone, Copy, Debug)]
enum Wall {
    System,
    Virtual { unix: Timestamp, offset: &'static AtomicI64 },
}

/// What a virtual clock that nobody steps is off by.
static TRUE_TIME: AtomicI64 = AtomicI64::new(0);

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self { origin: Instant::now(), wall: Wall::System }
    }

    /// A wall clock that says `unix` at this moment and follows Tokio's clock, which tests pause.
    pub fn starting_at(unix: Timestamp) -> Self {
        Self::stepped(unix, &TRUE_TIME)
    }

    /// As [`Clock::starting_at`], off by so many microseconds: whoever keeps the offset steps the
    /// clock at any moment.
    pub fn stepped(unix: Timestamp, offset: &'static AtomicI64) -> Self {
        Self { origin: Instant::now(), wall: Wall::Virtual { unix, offset } }
    }

    /// Both clocks, read together.
    pub fn now(&self) -> Now {
        let mono = self.origin.elapsed();
        let wall = match self.wall {
            Wall::System => system_time(),
            Wall::Virtual { unix, offset } => {
                let true_time = unix.plus(mono).as_micros();
                Timestamp::from_micros(true_time.saturating_add(offset.load(Ordering::Relaxed)))
            }
        };
        Now { wall, mono }
    }

    /// The wall clock alone.
    pub fn wall(&self) -> Timestamp {
        self.now().wall
    }

    /// Returns once the wall clock shows `at` or later, however it is stepped meanwhile.
    pub async fn reach(&self, at: Timestamp) {
        while let left = at.since(self.wall())
            && !left.is_zero()
        {
            tokio::time::sleep(left.min(NAP_MAX)).await;
        }
    }

    /// Returns when the wall clock shows `at`, or earlier: after a nap, for the caller to look at
    /// its clocks again.
    pub async fn nap_towards(&self, at: Timestamp) {
        tokio::time::sleep(at.since(self.wall()).min(NAP_MAX)).await;
    }
}

#[expect(clippy::disallowed_methods, reason = "the sole reader of the machine's wall clock")]
fn system_time() -> Timestamp {
    let micros = match SystemTime::now().duration_since(SystemTime::UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_micros()).unwrap_or(i64::MAX),
        Err(before) => -i64::try_from(before.duration().as_micros()).unwrap_or(i64::MAX),
    };
    Timestamp::from_micros(micros)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn t4_reach_returns_at_the_instant_and_not_before() {
        let clock = Clock::starting_at(Timestamp::from_micros(0));
        clock.reach(Timestamp::from_micros(90_000_000)).await;
        let late = clock.wall().since(Timestamp::from_micros(90_000_000));
        assert!(clock.wall() >= Timestamp::from_micros(90_000_000));
        assert!(late < Duration::from_millis(2), "{late:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn t4_a_nap_lasts_a_second_at_most() {
        let clock = Clock::starting_at(Timestamp::from_micros(0));
        clock.nap_towards(Timestamp::from_micros(90_000_000)).await;
        assert!(clock.now().mono <= Duration::from_millis(1_002));
    }

    #[tokio::test(start_paused = true)]
    async fn t4_reach_notices_within_a_second_that_the_clock_was_stepped() {
        static OFFSET: AtomicI64 = AtomicI64::new(0);
        let clock = Clock::stepped(Timestamp::from_micros(0), &OFFSET);
        let step = async {
            tokio::time::sleep(Duration::from_millis(10_500)).await;
            OFFSET.store(180_000_000, Ordering::Relaxed);
        };
        tokio::join!(clock.reach(Timestamp::from_micros(90_000_000)), step);
        assert!(clock.now().mono <= Duration::from_millis(11_502), "{:?}", clock.now());
        OFFSET.store(-180_000_000, Ordering::Relaxed);
        assert!(clock.wall() < Timestamp::from_micros(0), "and back");
    }

    #[test]
    fn the_system_clock_is_past_2026() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let wall = runtime.block_on(async { Clock::system().wall() });
        assert!(wall > Timestamp::parse("2026-01-01T00:00:00Z").unwrap());
    }
}
