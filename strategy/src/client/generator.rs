//! Asking one generator for one minute's signal, until it is there or patience is over.

use std::time::Duration;

use chassis::{
    channel::{ANSWER_BYTES_MAX, Address, Dialer},
    clock::Clock,
    grid::{Interval, Minute, Timestamp},
    retry, status,
    tls::Role,
    trace, wire,
};
use proto::v1::{GetSignalRequest, generator_service_client::GeneratorServiceClient};
use rand::rngs::StdRng;
use tokio::time::Instant;
use tonic::{Code, Request, Status, transport::Channel};
use tracing::{Instrument as _, Span};

use crate::{
    signal::{Signal, Unfit},
    spans,
};

/// A link to one generator.
#[derive(Clone, Debug)]
pub(crate) struct Generator {
    address: Address,
    client: GeneratorServiceClient<Channel>,
    clock: Clock,
    interval: Interval,
}

/// No signal from a generator.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Failed {
    /// The root cause, with the generator's address.
    pub(crate) cause: String,
    /// Generator and strategy do not mean the same minutes: refused for good.
    pub(crate) for_good: bool,
}

impl Generator {
    pub(crate) fn new(
        address: &Address,
        dialer: &Dialer,
        clock: Clock,
        interval: Interval,
    ) -> Self {
        let client = GeneratorServiceClient::new(dialer.channel(address, Role::Generator))
            .max_decoding_message_size(ANSWER_BYTES_MAX);
        Self { address: address.clone(), client, clock, interval }
    }

    /// The minute's signal, checked: asked for until `until`. An answer that is not fit counts as
    /// a failed try, since the generator may be just starting or its clock about to be set.
    pub(crate) async fn signal(
        self,
        minute: Minute,
        until: Timestamp,
        skew: Duration,
        mut rng: StdRng,
    ) -> Result<Signal, Failed> {
        let patience = until.since(self.clock.wall());
        // The call waits at the generator while it computes, so one try may last all the time left.
        let (span, mut tries) = (spans::asking(&self.address), 0_u64);
        let tried = retry::until(Instant::now() + patience, patience, &mut rng, async |allowed| {
            tries += 1;
            Span::current().record("tries", tries);
            self.clone().ask(minute, skew, allowed).await
        });
        let answered = tried.instrument(span.clone()).await;
        spans::ended(&span, answered.as_ref().err());
        answered.map_err(|failure| Failed {
            cause: format!("generator {}: {failure}", self.address),
            for_good: failure.status.code() == Code::FailedPrecondition
                && status::reason(&failure.status).as_deref() == Some("interval"),
        })
    }

    async fn ask(
        mut self,
        minute: Minute,
        skew: Duration,
        allowed: Duration,
    ) -> Result<Signal, Status> {
        let mut request = Request::new(GetSignalRequest {
            minute: Some(wire::timestamp(minute.start())),
            interval: Some(wire::duration(self.interval.duration())),
        });
        request.set_timeout(allowed);
        trace::inject(request.metadata_mut());
        let answer = self.client.get_signal(request).await.map_err(repeatable)?.into_inner();
        let now = self.clock.wall();
        let fits = Signal::check_clock(answer.generator_time, now, skew);
        fits.and_then(|()| answer.signal.ok_or(Unfit::Malformed("signal")))
            .and_then(|raw| Signal::check(raw, minute, now, skew))
            .map_err(|unfit| Status::unavailable(unfit.to_string()))
    }
}

/// A generator whose clock is behind refuses the minute as `future` until it begins there, too:
/// that passes.
fn repeatable(status: Status) -> Status {
    if status::reason(&status).as_deref() == Some("future") {
        Status::unavailable(status.message())
    } else {
        status
    }
}
