//! The one task that computes: each minute at its boundary, in time or not at all (rule G3).

#[cfg(test)]
mod tests;

use std::time::Duration;

use chassis::{
    clock::Clock,
    grid::{Minute, Timestamp, Timing},
    name::Name,
    server::Health,
    service_manager::ServiceManager,
};
use tokio::{select, sync::watch};
use tracing::{debug, info, warn};

use crate::{
    figures::{Figures, Pulse},
    outcomes::{Outcome, Outcomes, Signal},
    signal::{Compute, Computed},
};

/// So many computations in a row may be abandoned before the process ends: whoever supervises it
/// can start it anew, which is the best hope for one that hangs.
const ABANDONED_MAX: u32 = 3;

/// Owns the computation and is alone in publishing what comes of it.
pub(crate) struct Driver {
    timing: Timing,
    clock: Clock,
    compute: Compute,
    /// The id under which signals are produced at present.
    run_id: Name,
    outcomes: watch::Sender<Outcomes>,
    figures: watch::Sender<Figures>,
    pulse: Pulse,
    health: Health,
    service_manager: ServiceManager,
}

/// Where it leaves what it did.
#[derive(Clone, Debug)]
pub(crate) struct Traces {
    pub(crate) outcomes: watch::Receiver<Outcomes>,
    pub(crate) figures: watch::Receiver<Figures>,
    pub(crate) pulse: Pulse,
}

/// Three computations in a row were still running when the next minute began.
#[derive(Debug, thiserror::Error)]
#[error(
    "{ABANDONED_MAX} computations in a row were still running when the next minute began, the last one that of {last}: the computation hangs, start the generator anew"
)]
pub(crate) struct Hung {
    last: Minute,
}

/// How a round ended.
enum Round {
    /// The computation had ended before the next boundary, well or not.
    Ended,
    /// The computation was still running at the next boundary.
    Abandoned,
    /// The clock was stepped back to a minute that is kept no more.
    SteppedBack,
}

/// How a wait ended.
enum Woken {
    Reached,
    SteppedBack,
}

/// Waits on a clock that may be stepped.
#[derive(Clone)]
struct Wait {
    clock: Clock,
    pulse: Pulse,
    /// The oldest minute that is kept, less the skew: from an earlier instant on, minutes come
    /// again whose outcome nobody knows any more.
    floor: Timestamp,
}

impl Wait {
    /// Returns once the wall clock shows `at`, or was stepped back below the floor.
    async fn reach(&self, at: Timestamp, service_manager: &mut ServiceManager) -> Woken {
        loop {
            let now = self.clock.now();
            service_manager.went_round(now.mono);
            self.pulse.beat(now);
            let wall = now.wall;
            if wall >= at {
                return Woken::Reached;
            }
            if wall < self.floor {
                return Woken::SteppedBack;
            }
            self.clock.nap_towards(at).await;
        }
    }
}

impl Driver {
    /// Tells `health` and the service manager, and publishes to the receiver that comes back with it.
    pub(crate) fn new(
        timing: Timing,
        clock: Clock,
        compute: Compute,
        run_id: Name,
        (health, service_manager): (Health, ServiceManager),
    ) -> (Self, watch::Receiver<Outcomes>) {
        let (outcomes, receiver) = watch::channel(Outcomes::default());
        let (figures, _) = watch::channel(Figures::default());
        let pulse = Pulse::default();
        (
            Self {
                timing,
                clock,
                compute,
                run_id,
                outcomes,
                figures,
                pulse,
                health,
                service_manager,
            },
            receiver,
        )
    }

    /// What it leaves for whoever looks on.
    pub(crate) fn traces(&self) -> Traces {
        let (outcomes, figures) = (self.outcomes.subscribe(), self.figures.subscribe());
        Traces { outcomes, figures, pulse: self.pulse.clone() }
    }

    /// Computes the current minute at once, and every later one at its boundary. Ends when the
    /// computation hangs.
    pub(crate) async fn run(mut self) -> Hung {
        let process = self.run_id.clone();
        let mut restarts = 0_u64;
        loop {
            if let Err(hung) = self.run_until_stepped_back().await {
                return hung;
            }
            restarts += 1;
            self.start_anew(&process, restarts);
        }
    }

    async fn run_until_stepped_back(&mut self) -> Result<(), Hung> {
        let mut minute = self.current();
        let mut abandoned = 0;
        // A generator that starts after the grace still computes the current minute (rule G1).
        let first_due = self.clock.wall().plus(self.timing.grace);
        loop {
            let due = self.timing.deadline(minute).max(first_due);
            match self.round(minute, due).await {
                Round::Ended => abandoned = 0,
                Round::Abandoned => abandoned += 1,
                Round::SteppedBack => return Ok(()),
            }
            if abandoned == ABANDONED_MAX {
                return Err(Hung { last: minute });
            }
            minute = self.after(minute);
        }
    }

    /// The minute to compute next: counted on, so that none is computed twice however the clock
    /// slips; those that were slept over are nobody's any more.
    fn after(&self, minute: Minute) -> Minute {
        let next = minute.next(self.timing.interval);
        let current = self.current();
        if current > next {
            warn!("slept, or the clock was stepped: goes on with {current} instead of {next}");
        }
        next.max(current)
    }

    /// Computes one minute, publishes its outcome, and returns at the boundary after it.
    async fn round(&mut self, minute: Minute, due: Timestamp) -> Round {
        let end = minute.next(self.timing.interval).start();
        let due = due.min(end);
        let began = self.clock.wall();
        let mut computing = (self.compute)(minute);
        let wait = self.wait(minute);
        let computed = select! {
            biased;
            computed = &mut computing => Some(computed),
            woken = wait.reach(due, &mut self.service_manager) => match woken {
                Woken::Reached => None,
                Woken::SteppedBack => return Round::SteppedBack,
            },
        };
        let ended = self.clock.wall();
        // Stamped no earlier than the minute's boundary, should the clock have slipped before it.
        let begun = wait.reach(minute.start(), &mut self.service_manager).await;
        if matches!(begun, Woken::SteppedBack) {
            return Round::SteppedBack;
        }
        let mut running = computed.is_none();
        let result = match computed {
            Some(computed) => self.judge(minute, due, computed),
            None => Err(self.late(minute, "not finished")),
        };
        self.publish(Outcome { minute, result, computing: (began, ended) });
        let wait = self.wait(minute);
        loop {
            select! {
                biased;
                // Its result is discarded, but it does not hang.
                _ = &mut computing, if running => running = false,
                woken = wait.reach(end, &mut self.service_manager) => return match woken {
                    Woken::SteppedBack => Round::SteppedBack,
                    Woken::Reached if running => Round::Abandoned,
                    Woken::Reached => Round::Ended,
                },
            }
        }
    }

    /// The signal that was computed just now, unless it failed or came too late.
    fn judge(&self, minute: Minute, due: Timestamp, computed: Computed) -> Result<Signal, String> {
        let produced_at = self.clock.wall();
        let value = computed.map_err(|error| format!("the computation failed: {error}"))?;
        if !value.is_finite() {
            return Err(format!("the computation gave {value}, which is no finite number"));
        }
        if produced_at > due {
            return Err(self.late(minute, "finished only"));
        }
        Ok(Signal { minute, value, produced_at, run_id: self.run_id.clone() })
    }

    fn late(&self, minute: Minute, how: &str) -> String {
        let after = self.clock.wall().since(minute.start());
        format!(
            "the computation was {how} {} after the minute began, {} are allowed",
            seconds(after),
            seconds(self.timing.grace)
        )
    }

    /// Makes an outcome known; a change from good to bad and back is logged once.
    fn publish(&mut self, outcome: Outcome) {
        let Outcome { minute, result, .. } = &outcome;
        let before = self.outcomes.borrow().newest().map(|newest| newest.result.is_ok());
        match result {
            Ok(signal) => {
                debug!(%minute, value = signal.value, "signal");
                if before == Some(false) {
                    info!("signals are computed again, from {minute} on");
                }
            }
            Err(reason) if before == Some(false) => debug!("no signal of {minute}: {reason}"),
            Err(reason) => warn!("no signal of {minute}: {reason}"),
        }
        self.health.set(result.is_ok());
        self.service_manager.status(|| match result {
            Ok(signal) => format!("signal {} of {minute}", signal.value),
            Err(reason) => format!("no signal of {minute}: {reason}"),
        });
        self.figures.send_modify(|figures| figures.note(&outcome));
        self.outcomes.send_modify(|outcomes| outcomes.push(outcome, self.timing.interval));
    }

    /// The clock was stepped back so far that minutes come again: one process gives one value for
    /// one minute, so this goes on as another one, which remembers nothing.
    fn start_anew(&mut self, first_run: &Name, restarts: u64) {
        let run_id = format!("{first_run}-{restarts}");
        self.run_id = run_id.parse().expect("an id and a number make a name");
        warn!(
            run_id,
            "the clock was stepped back to {}: starting anew under another run id",
            self.clock.wall()
        );
        self.health.set(false);
        self.outcomes.send_replace(Outcomes::default());
    }

    /// How to wait while `minute` is at hand.
    fn wait(&self, minute: Minute) -> Wait {
        let oldest = self.outcomes.borrow().oldest().unwrap_or(minute);
        Wait {
            clock: self.clock,
            pulse: self.pulse.clone(),
            floor: oldest.start().minus(self.timing.skew),
        }
    }

    fn current(&self) -> Minute {
        Minute::containing(self.clock.wall(), self.timing.interval)
    }
}

fn seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}
