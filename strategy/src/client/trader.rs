//! The strategy's three calls to its trader.

use std::time::Duration;

use chassis::{
    channel::ANSWER_BYTES_MAX,
    clock::Clock,
    grid::{ClockOffset, Interval, Now, Timestamp},
    name::Name,
    retry, status, trace, wire,
};
use proto::v1::{
    self, DeregisterRequest, RegisterOutcome, RegisterRequest, RegisterResponse, SubmitRequest,
    register_response::Event, trader_service_client::TraderServiceClient,
};
use rand::rngs::StdRng;
use tokio::time::{Instant, timeout};
use tonic::{Request, Status, Streaming, transport::Channel};
use tracing::{Instrument as _, Span};

use crate::{
    refusal::Refusal,
    session::{Answer, Registered},
    spans,
    submission::{Hold, Submission},
};

/// Dialling the trader and its first message together take at most this; the trader writes the
/// registration to its disk meanwhile.
const REGISTER_TIMEOUT: Duration = Duration::from_secs(4);

/// The trader, as one strategy's process calls it.
#[derive(Clone, Debug)]
pub(crate) struct Trader {
    client: TraderServiceClient<Channel>,
    clock: Clock,
    name: Name,
    instance: Name,
    interval: Interval,
}

impl Trader {
    pub(crate) fn new(
        channel: Channel,
        clock: Clock,
        name: Name,
        instance: Name,
        interval: Interval,
    ) -> Self {
        let client = TraderServiceClient::new(channel).max_decoding_message_size(ANSWER_BYTES_MAX);
        Self { client, clock, name, instance, interval }
    }

    /// Opens a session: its first message, and the stream of what comes later.
    pub(crate) async fn register(
        mut self,
        hold: Option<Hold>,
    ) -> Result<(Registered, Streaming<RegisterResponse>), Status> {
        let Hold { journal, epoch } = hold.unwrap_or(Hold { journal: String::new(), epoch: 0 });
        let request = RegisterRequest {
            name: self.name.to_string(),
            instance: self.instance.to_string(),
            interval: Some(wire::duration(self.interval.duration())),
            journal,
            epoch,
        };
        let sent = self.clock.now();
        let opened = timeout(REGISTER_TIMEOUT, async {
            let mut stream = self.client.register(request).await?.into_inner();
            let first = stream.message().await?;
            Ok((first, stream))
        });
        let (first, stream) =
            opened.await.unwrap_or_else(|_| Err(Status::deadline_exceeded(status::NO_ANSWER)))?;
        let registered = match first.and_then(|first| first.event) {
            Some(Event::Registered(told)) => self.read(told, sent),
            Some(Event::Notice(_)) | None => None,
        };
        let registered = registered.ok_or_else(|| {
            Status::unavailable("the first message of the session is not a whole `registered`")
        })?;
        Ok((registered, stream))
    }

    /// Hands in a submission, again and again until it is answered or the minute is over.
    pub(crate) async fn submit(
        &self,
        message: SubmitRequest,
        until: Timestamp,
        mut rng: StdRng,
    ) -> Answer {
        let (span, mut tries) = (spans::submitting(), 0_u64);
        let mut measured = None;
        let deadline = Instant::now() + until.since(self.clock.wall());
        let tried = retry::until(deadline, retry::TRY_TIMEOUT, &mut rng, async |allowed| {
            tries += 1;
            Span::current().record("tries", tries);
            let sent = self.clock.now();
            if sent.wall >= until {
                // The monotonic clock stands still while a machine is suspended, and the deadline
                // with it; the wall clock knows that the minute is over.
                return Err(Status::deadline_exceeded("the minute is over"));
            }
            let (answer, theirs) = self.submit_once(message.clone(), allowed).await;
            measured = theirs.map(|theirs| self.offset(sent, theirs));
            answer
        });
        let tried = tried.instrument(span.clone()).await;
        spans::ended(&span, tried.as_ref().err());
        match tried {
            Ok(()) => Answer::Received(measured),
            Err(failure) => {
                let refusal = Refusal::read(&failure.status, measured);
                Answer::Refused(Refusal { message: failure.to_string(), ..refusal })
            }
        }
    }

    /// One try, and the trader's clock if it told.
    async fn submit_once(
        &self,
        message: SubmitRequest,
        allowed: Duration,
    ) -> (Result<(), Status>, Option<Timestamp>) {
        let mut request = Request::new(message);
        request.set_timeout(allowed);
        trace::inject(request.metadata_mut());
        match self.client.clone().submit(request).await {
            Ok(answer) => (Ok(()), read_timestamp(answer.into_inner().trader_time)),
            Err(status) => {
                let theirs = status::fact(&status, "trader_time");
                (Err(status), theirs.and_then(|text| Timestamp::parse(&text)))
            }
        }
    }

    /// Takes the strategy off the trader's list: tried until `deadline`.
    pub(crate) async fn deregister(
        &self,
        hold: &Hold,
        deadline: Instant,
        mut rng: StdRng,
    ) -> Result<(), retry::Failure> {
        let message = DeregisterRequest {
            name: self.name.to_string(),
            instance: self.instance.to_string(),
            epoch: hold.epoch,
            operator: String::new(),
        };
        retry::until(deadline, retry::TRY_TIMEOUT, &mut rng, async |allowed| {
            let mut request = Request::new(message.clone());
            request.set_timeout(allowed);
            self.client.clone().deregister(request).await.map(|_| ())
        })
        .await
    }

    /// The submission for the wire.
    pub(crate) fn message(
        &self,
        submission: &Submission,
        hold: &Hold,
        offset: Option<&ClockOffset>,
    ) -> SubmitRequest {
        submission.to_wire(&self.name, &self.instance, hold, offset)
    }

    fn read(&self, told: v1::Registered, sent: Now) -> Option<Registered> {
        let trader_time = read_timestamp(told.trader_time)?;
        Some(Registered {
            taken_over: told.outcome() == RegisterOutcome::TakenOver,
            first_minute: read_timestamp(told.first_minute)?,
            trader_time,
            offset: self.offset(sent, trader_time),
            interval: read_duration(told.interval)?,
            grace: read_duration(told.grace)?,
            skew: read_duration(told.skew)?,
            hold: Hold { journal: told.journal, epoch: told.epoch },
        })
    }

    /// Measured by the monotonic clock, so that a stepped wall clock does not spoil it.
    fn offset(&self, sent: Now, theirs: Timestamp) -> ClockOffset {
        let took = self.clock.now().mono.saturating_sub(sent.mono);
        ClockOffset::estimate(sent.wall, theirs, sent.wall.plus(took))
    }
}

fn read_timestamp(at: Option<prost_types::Timestamp>) -> Option<Timestamp> {
    at.and_then(|at| wire::read_timestamp(at).ok())
}

fn read_duration(length: Option<prost_types::Duration>) -> Option<Duration> {
    length.and_then(|length| wire::read_duration(length).ok())
}
