//! Answers calls, from the outcomes that the driver makes known and nothing else.

use chassis::{
    clock::Clock,
    grid::{Minute, Timing},
    name::Name,
    server::{Access, May},
    trace::{self, Context},
};
use proto::v1::{GetSignalRequest, GetSignalResponse, generator_service_server::GeneratorService};
use tokio::sync::watch;
use tonic::{Request, Response, Status};

use crate::{
    outcomes::{Found, Outcome, Outcomes, Signal},
    spans,
    wire::{self, Refusal},
};

/// Whoever has a certificate may know a signal.
pub(crate) const ACCESS: Access = &[("GetSignal", May::Anyone)];

/// The generator as callers see it.
#[derive(Clone, Debug)]
pub(crate) struct Service {
    pub(crate) name: Name,
    pub(crate) timing: Timing,
    pub(crate) clock: Clock,
    pub(crate) outcomes: watch::Receiver<Outcomes>,
}

#[tonic::async_trait]
impl GeneratorService for Service {
    async fn get_signal(
        &self,
        request: Request<GetSignalRequest>,
    ) -> Result<Response<GetSignalResponse>, Status> {
        let asking = Context::received(request.metadata());
        let minute = wire::asked(request.into_inner(), self.timing.interval)?;
        let waiting = async { Ok(self.wait(minute).await?) };
        let signal = trace::call(spans::answering(asking.as_ref(), &self.name), waiting).await?;
        let signal = Some(wire::signal(&self.name, &signal));
        let generator_time = Some(chassis::wire::timestamp(self.clock.wall()));
        Ok(Response::new(GetSignalResponse { signal, generator_time }))
    }
}

impl Service {
    /// The signal of `minute`, or the latest, as soon as there is one. How long that may take is up
    /// to the caller: the server ends the call at its deadline.
    async fn wait(&self, minute: Option<Minute>) -> Result<Signal, Refusal> {
        let mut outcomes = self.outcomes.clone();
        loop {
            if let Some(answer) = self.look(&outcomes.borrow_and_update(), minute) {
                return answer;
            }
            outcomes.changed().await.map_err(|_| Refusal::Stopping)?;
        }
    }

    /// The answer as things are; none while it is still to come.
    fn look(&self, outcomes: &Outcomes, minute: Option<Minute>) -> Option<Result<Signal, Refusal>> {
        let Some(minute) = minute else { return self.look_for_latest(outcomes) };
        // Asked each time, since the clock may be stepped back while somebody waits.
        let wall = self.clock.wall();
        let skew = self.timing.skew;
        if minute.start() > wall.plus(skew) {
            return Some(Err(Refusal::Future { minute, wall, skew }));
        }
        match outcomes.find(minute) {
            Found::Outcome(outcome) => Some(signal_of(outcome)),
            Found::Gone { oldest } => Some(Err(Refusal::Gone { minute, oldest })),
            Found::NotYet => None,
        }
    }

    fn look_for_latest(&self, outcomes: &Outcomes) -> Option<Result<Signal, Refusal>> {
        let current = Minute::containing(self.clock.wall(), self.timing.interval);
        let latest = outcomes.latest()?;
        // After a sleep, what was the latest before it is old: the current one is on its way.
        let fresh = outcomes.newest()?.minute.next(self.timing.interval) >= current;
        fresh.then(|| signal_of(latest))
    }
}

fn signal_of(outcome: &Outcome) -> Result<Signal, Refusal> {
    spans::computed(outcome);
    let Outcome { minute, result, .. } = outcome;
    result.clone().map_err(|reason| Refusal::NoSignal { minute: *minute, reason })
}
