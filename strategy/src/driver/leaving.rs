//! How a strategy leaves: off the trader's list, or as if it had never come.

use std::time::Duration;

use chassis::exit::{Exit, Failure};
use rand::{SeedableRng as _, rngs::StdRng};
use tokio::time::{Instant, timeout_at};
use tonic::Code;
use tracing::{info, warn};

use super::Driver;
use crate::{
    client::Heard,
    refusal::{Reason, Refusal},
};

/// How long a strategy tries to deregister itself (rule S5).
const LEAVE_TIMEOUT: Duration = Duration::from_secs(5);

impl Driver {
    /// Takes the strategy off the trader's list (rule S5).
    pub(crate) async fn leave(mut self) -> Result<(), Failure> {
        let deadline = Instant::now() + LEAVE_TIMEOUT;
        if self.session.hold().is_none() {
            // A registration under way may be on the trader's disk already.
            self.await_hold(deadline).await;
        }
        let (name, trader) = (&self.identity.name, &self.identity.trader);
        let Some(hold) = self.session.hold() else {
            info!(
                "{name} was not registered, as far as is known here; if trader {trader} lists it all the same: `{}`",
                self.identity.way_out()
            );
            return Ok(());
        };
        let Err(failure) =
            self.trader.deregister(hold, deadline, StdRng::from_rng(&mut self.rng)).await
        else {
            info!("deregistered {name}");
            return Ok(());
        };
        if !failure.timed_out && failure.status.code() == Code::NotFound {
            info!("{name} was off the list of trader {trader} already");
            return Ok(());
        }
        match Refusal::read(&failure.status, None).reason {
            Reason::Deregistered => info!("{name} was deregistered already"),
            Reason::Fenced => {
                warn!("another instance of {name} has taken the name over and stays registered");
            }
            Reason::Interval
            | Reason::Taken
            | Reason::NotRegistered
            | Reason::Passing
            | Reason::Other => {
                return Err(Exit::Failed.because(format!(
                    "trader {trader}: {failure}; {}, which waits for it each minute",
                    self.session.stays()
                )));
            }
        }
        Ok(())
    }

    /// Takes back what was registered for a strategy that does not start, so that nothing has changed.
    pub(crate) async fn take_back(mut self, failure: Failure) -> Failure {
        let Some(hold) = self.session.unwanted() else { return failure };
        let deadline = Instant::now() + LEAVE_TIMEOUT;
        let rng = StdRng::from_rng(&mut self.rng);
        if self.trader.deregister(hold, deadline, rng).await.is_ok() {
            return failure;
        }
        failure.exit.because(format!("{failure}; {}", self.session.stays()))
    }

    async fn await_hold(&mut self, deadline: Instant) {
        if let Ok(Heard::Registered(told)) = timeout_at(deadline, self.link.next()).await {
            self.session.registered(self.clock.wall(), *told);
        }
    }
}
