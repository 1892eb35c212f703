//! A trader and a generator that follow a script.

use std::{
    future::pending,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use chassis::{
    clock::Clock,
    grid::{Interval, Minute, Timestamp},
    server::Routes,
    status, wire,
};
use proto::v1::{
    self, GetSignalRequest, GetSignalResponse, RegisterRequest, RegisterResponse, SessionNotice,
    SubmitRequest, SubmitResponse,
    generator_service_server::{GeneratorService, GeneratorServiceServer},
    register_response::Event,
    trader_service_server::{TraderService, TraderServiceServer},
};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Request, Response, Status};

use super::{Served, TRADER, World, script::Script};

type Answer<T> = Result<Response<T>, Status>;

/// What keeps a session open.
type Session = mpsc::Sender<Result<RegisterResponse, Status>>;

/// More calls than any test makes.
const CALLS_MAX: usize = 1_024;

/// What the trader answers instead of the usual.
#[derive(Debug)]
pub(super) enum Turn {
    /// Refuses.
    Refuse(Code, &'static str),
    /// Does what it was asked and never answers.
    Hang,
}

/// What the trader was asked, in order.
#[derive(Debug)]
pub(super) enum Call {
    Register(RegisterRequest),
    Submit(SubmitRequest),
    Deregister(v1::DeregisterRequest),
}

/// A trader that notes what it is asked. Usually it accepts everything.
#[derive(Clone, Debug)]
pub(super) struct FakeTrader {
    clock: Clock,
    calls: mpsc::Sender<Call>,
    pub(super) registers: Script<Turn>,
    pub(super) submits: Script<Turn>,
    pub(super) deregisters: Script<Turn>,
    /// How far its clock is ahead of the strategy's, in microseconds.
    pub(super) ahead: Arc<AtomicI64>,
    /// Start of the first minute that it names.
    pub(super) first_minute: Timestamp,
    session: Arc<Mutex<Option<Session>>>,
}

impl FakeTrader {
    pub(super) fn new(world: &World) -> (Self, mpsc::Receiver<Call>) {
        let (calls, heard) = mpsc::channel(CALLS_MAX);
        let trader = Self {
            clock: world.clock,
            calls,
            registers: Script::new(),
            submits: Script::new(),
            deregisters: Script::new(),
            ahead: Arc::default(),
            first_minute: Timestamp::parse(super::FIRST).unwrap(),
            session: Arc::default(),
        };
        (trader, heard)
    }

    pub(super) fn serve(&self, world: &World) -> Served {
        let service = TraderServiceServer::new(self.clone());
        world.serve(TRADER, Routes::default().with(service, &[]))
    }

    /// Ends the session that is open.
    pub(super) fn hang_up(&self) {
        self.session.lock().unwrap().take();
    }

    /// Says something in the session that is open.
    pub(super) async fn notify(&self, notice: SessionNotice) {
        let session = self.session.lock().unwrap().clone().unwrap();
        let event = Some(Event::Notice(notice.into()));
        session.send(Ok(RegisterResponse { event })).await.unwrap();
    }

    fn time(&self) -> Timestamp {
        let ahead = self.ahead.load(Ordering::Relaxed);
        Timestamp::from_micros(self.clock.wall().as_micros() + ahead)
    }

    async fn take(&self, call: Call, script: &Script<Turn>) -> Result<(), Status> {
        self.calls.send(call).await.unwrap();
        match script.next() {
            None => Ok(()),
            Some(Turn::Hang) => pending().await,
            Some(Turn::Refuse(code, reason)) => {
                let facts = [("trader_time", self.time().to_string())];
                Err(status::refusal(code, reason, reason, facts))
            }
        }
    }

    fn registered(&self) -> RegisterResponse {
        let registered = v1::Registered {
            outcome: v1::RegisterOutcome::Accepted.into(),
            journal: "j".to_owned(),
            epoch: 7,
            first_minute: Some(wire::timestamp(self.first_minute)),
            trader_time: Some(wire::timestamp(self.time())),
            interval: Some(wire::duration(Duration::from_mins(1))),
            grace: Some(wire::duration(Duration::from_secs(10))),
            skew: Some(wire::duration(Duration::from_secs(1))),
        };
        RegisterResponse { event: Some(Event::Registered(registered)) }
    }
}

#[tonic::async_trait]
impl TraderService for FakeTrader {
    type RegisterStream = ReceiverStream<Result<RegisterResponse, Status>>;
    type WatchStream = ReceiverStream<Result<v1::WatchResponse, Status>>;

    async fn register(&self, request: Request<RegisterRequest>) -> Answer<Self::RegisterStream> {
        self.take(Call::Register(request.into_inner()), &self.registers).await?;
        let (sender, stream) = mpsc::channel(CALLS_MAX);
        sender.send(Ok(self.registered())).await.unwrap();
        *self.session.lock().unwrap() = Some(sender);
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
        Err(Status::unimplemented("not a strategy's call"))
    }

    async fn get_status(&self, _: Request<v1::GetStatusRequest>) -> Answer<v1::GetStatusResponse> {
        Err(Status::unimplemented("not a strategy's call"))
    }

    async fn watch(&self, _: Request<v1::WatchRequest>) -> Answer<Self::WatchStream> {
        Err(Status::unimplemented("not a strategy's call"))
    }

    async fn explain(&self, _: Request<v1::ExplainRequest>) -> Answer<v1::ExplainResponse> {
        Err(Status::unimplemented("not a strategy's call"))
    }

    async fn halt(&self, _: Request<v1::HaltRequest>) -> Answer<v1::HaltResponse> {
        Err(Status::unimplemented("not a strategy's call"))
    }

    async fn resume(&self, _: Request<v1::ResumeRequest>) -> Answer<v1::ResumeResponse> {
        Err(Status::unimplemented("not a strategy's call"))
    }
}

/// What the generator answers instead of the usual.
#[derive(Debug)]
pub(super) enum Reply {
    Refuse(Code, &'static str),
    /// Never answers.
    Hang,
    /// Answers the usual after a while.
    After(Duration),
    /// Another value.
    Value(f64),
    /// Another minute, so many later.
    Later(i64),
    /// Produced so much earlier than the minute.
    Early(Duration),
    /// Produced so much later than the strategy's clock.
    Ahead(Duration),
}

/// A generator that usually answers one value. It notes when it was asked, in seconds.
#[derive(Clone, Debug)]
pub(super) struct FakeGenerator {
    clock: Clock,
    name: String,
    value: f64,
    pub(super) replies: Script<Reply>,
    pub(super) asked: Arc<Mutex<Vec<Timestamp>>>,
}

impl FakeGenerator {
    /// Its name is its port, and its value a thousandth of it.
    pub(super) fn serve(world: &World, port: u16) -> (Self, Served) {
        let generator = Self {
            clock: world.clock,
            name: format!("g{port}"),
            value: f64::from(port) / 1_000.0,
            replies: Script::new(),
            asked: Arc::default(),
        };
        let service = GeneratorServiceServer::new(generator.clone());
        let served = world.serve(port, Routes::default().with(service, &[]));
        (generator, served)
    }

    pub(super) fn tries(&self) -> usize {
        self.asked.lock().unwrap().len()
    }
}

#[tonic::async_trait]
impl GeneratorService for FakeGenerator {
    async fn get_signal(&self, request: Request<GetSignalRequest>) -> Answer<GetSignalResponse> {
        self.asked.lock().unwrap().push(self.clock.wall());
        assert!(request.metadata().contains_key("grpc-timeout"), "a call has a deadline");
        let asked = wire::read_timestamp(request.into_inner().minute.unwrap()).unwrap();
        let minute = Minute::starting(asked, Interval::default()).unwrap();
        let (mut at, mut value, mut produced_at) = (minute.start(), self.value, minute.start());
        match self.replies.next() {
            None => {}
            Some(Reply::Refuse(code, reason)) => {
                return Err(status::refusal(code, reason, reason, []));
            }
            Some(Reply::Hang) => pending().await,
            Some(Reply::After(time)) => tokio::time::sleep(time).await,
            Some(Reply::Value(other)) => value = other,
            Some(Reply::Later(minutes)) => {
                at = Timestamp::from_micros(at.as_micros() + minutes * 60_000_000);
            }
            Some(Reply::Early(time)) => produced_at = produced_at.minus(time),
            Some(Reply::Ahead(time)) => produced_at = self.clock.wall().plus(time),
        }
        let signal = v1::Signal {
            generator: self.name.clone(),
            run_id: "r".to_owned(),
            minute: Some(wire::timestamp(at)),
            value,
            produced_at: Some(wire::timestamp(produced_at)),
        };
        Ok(Response::new(GetSignalResponse { signal: Some(signal), generator_time: None }))
    }
}
