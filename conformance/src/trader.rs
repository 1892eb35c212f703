//! A trader that follows a script and notes what it is asked. Usually it accepts everything.

use std::{
    future::pending,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
};

use chassis::{
    clock::Clock,
    grid::{Minute, Timestamp, Timing},
    server::Routes,
    status, wire,
};
use proto::v1::{
    self, RegisterRequest, RegisterResponse, SessionNotice, SubmitRequest, SubmitResponse,
    register_response::Event,
    trader_service_server::{TraderService, TraderServiceServer},
};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Request, Response, Status};

use crate::script::Script;

type Answer<T> = Result<Response<T>, Status>;

/// What keeps a session open.
type Session = mpsc::Sender<Result<RegisterResponse, Status>>;

/// More calls than any check makes.
const CALLS_MAX: usize = 4_096;

/// Id of its journal.
pub const JOURNAL: &str = "j";

/// The epoch that it gives at first.
pub const EPOCH: u64 = 7;

/// What the trader answers instead of the usual.
#[derive(Debug)]
pub enum Turn {
    /// Refuses, for this reason.
    Refuse(Code, &'static str),
    /// Does what it was asked and never answers.
    Hang,
}

/// What the trader was asked.
#[derive(Debug)]
pub enum Call {
    /// To register.
    Register(RegisterRequest),
    /// To take a word.
    Submit(SubmitRequest),
    /// To forget a name.
    Deregister(v1::DeregisterRequest),
}

/// The trader.
#[derive(Clone, Debug)]
pub struct Trader {
    clock: Clock,
    timing: Timing,
    calls: mpsc::Sender<Call>,
    /// How it answers registrations.
    pub registers: Script<Turn>,
    /// How it answers submissions.
    pub submits: Script<Turn>,
    /// How it answers deregistrations.
    pub deregisters: Script<Turn>,
    /// How far its clock is ahead of the strategy's, in microseconds.
    pub ahead: Arc<AtomicI64>,
    /// The epoch that it gives.
    pub epoch: Arc<AtomicU64>,
    /// Start of the first minute that it names; zero: the first boundary after the first registration.
    pub first_minute: Arc<AtomicI64>,
    session: Arc<Mutex<Option<Session>>>,
}

impl Trader {
    /// One with these settings, and what it hears.
    pub fn new(clock: Clock, timing: Timing) -> (Self, mpsc::Receiver<Call>) {
        let (calls, heard) = mpsc::channel(CALLS_MAX);
        let trader = Self {
            clock,
            timing,
            calls,
            registers: Script::new(),
            submits: Script::new(),
            deregisters: Script::new(),
            ahead: Arc::default(),
            epoch: Arc::new(AtomicU64::new(EPOCH)),
            first_minute: Arc::default(),
            session: Arc::default(),
        };
        (trader, heard)
    }

    /// What answers its calls.
    pub fn routes(&self) -> Routes {
        Routes::default().with(TraderServiceServer::new(self.clone()), &[])
    }

    /// Ends the session that is open.
    pub fn hang_up(&self) {
        let session = self.session.lock().unwrap_or_else(PoisonError::into_inner).take();
        drop(session);
    }

    /// Says something in the session that is open, if there is one.
    pub async fn notify(&self, notice: SessionNotice) {
        let session = self.session.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(session) = session {
            let event = Some(Event::Notice(notice.into()));
            // Whoever has gone meanwhile does not hear it.
            let _gone = session.send(Ok(RegisterResponse { event })).await;
        }
    }

    fn time(&self) -> Timestamp {
        let ahead = self.ahead.load(Ordering::Relaxed);
        Timestamp::from_micros(self.clock.wall().as_micros() + ahead)
    }

    async fn take(&self, call: Call, script: &Script<Turn>) -> Result<(), Status> {
        // Once its check has ended nobody listens.
        let _over = self.calls.send(call).await;
        match script.next() {
            None => Ok(()),
            Some(Turn::Hang) => pending().await,
            Some(Turn::Refuse(code, reason)) => {
                let facts = [("trader_time", self.time().to_string())];
                Err(status::refusal(code, reason, reason, facts))
            }
        }
    }

    fn first_minute(&self) -> Timestamp {
        let next = Minute::first_after(self.clock.wall(), self.timing.interval).start().as_micros();
        let known =
            self.first_minute.compare_exchange(0, next, Ordering::Relaxed, Ordering::Relaxed);
        Timestamp::from_micros(known.map_or_else(|known| known, |_| next))
    }

    fn registered(&self) -> RegisterResponse {
        let registered = v1::Registered {
            outcome: v1::RegisterOutcome::Accepted.into(),
            journal: JOURNAL.to_owned(),
            epoch: self.epoch.load(Ordering::Relaxed),
            first_minute: Some(wire::timestamp(self.first_minute())),
            trader_time: Some(wire::timestamp(self.time())),
            interval: Some(wire::duration(self.timing.interval.duration())),
            grace: Some(wire::duration(self.timing.grace)),
            skew: Some(wire::duration(self.timing.skew)),
        };
        RegisterResponse { event: Some(Event::Registered(registered)) }
    }
}

fn unscripted<T>() -> Answer<T> {
    Err(Status::unimplemented("not a strategy's call"))
}

#[tonic::async_trait]
impl TraderService for Trader {
    type RegisterStream = ReceiverStream<Result<RegisterResponse, Status>>;
    type WatchStream = ReceiverStream<Result<v1::WatchResponse, Status>>;

    async fn register(&self, request: Request<RegisterRequest>) -> Answer<Self::RegisterStream> {
        self.take(Call::Register(request.into_inner()), &self.registers).await?;
        let (sender, stream) = mpsc::channel(CALLS_MAX);
        let _gone = sender.send(Ok(self.registered())).await;
        *self.session.lock().unwrap_or_else(PoisonError::into_inner) = Some(sender);
        Ok(Response::new(ReceiverStream::new(stream)))
    }

    async fn submit(&self, request: Request<SubmitRequest>) -> Answer<SubmitResponse> {
        self.take(Call::Submit(request.into_inner()), &self.submits).await?;
        let trader_time = Some(wire::timestamp(self.time()));
        Ok(Response::new(SubmitResponse { duplicate: false, trader_time }))
    }

    async fn deregister(
        &self,
        request: Request<v1::DeregisterRequest>,
    ) -> Answer<v1::DeregisterResponse> {
        self.take(Call::Deregister(request.into_inner()), &self.deregisters).await?;
        Ok(Response::new(v1::DeregisterResponse::default()))
    }

    async fn get_median(&self, _: Request<v1::GetMedianRequest>) -> Answer<v1::GetMedianResponse> {
        unscripted()
    }

    async fn get_status(&self, _: Request<v1::GetStatusRequest>) -> Answer<v1::GetStatusResponse> {
        unscripted()
    }

    async fn watch(&self, _: Request<v1::WatchRequest>) -> Answer<Self::WatchStream> {
        unscripted()
    }

    async fn explain(&self, _: Request<v1::ExplainRequest>) -> Answer<v1::ExplainResponse> {
        unscripted()
    }

    async fn halt(&self, _: Request<v1::HaltRequest>) -> Answer<v1::HaltResponse> {
        unscripted()
    }

    async fn resume(&self, _: Request<v1::ResumeRequest>) -> Answer<v1::ResumeResponse> {
        unscripted()
    }
}
