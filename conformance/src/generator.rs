//! A generator that follows a script and notes when it is asked. Usually it answers what it was asked for.

use std::{
    fmt,
    future::pending,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use chassis::{
    clock::Clock,
    grid::{Interval, Minute, Timestamp},
    server::Routes,
    status, wire,
};
use proto::v1::{
    self, GetSignalRequest, GetSignalResponse,
    generator_service_server::{GeneratorService, GeneratorServiceServer},
};
use tonic::{Code, Request, Response, Status};

use crate::script::Script;

/// What the generator answers instead of the usual.
#[derive(Clone, Copy, Debug)]
pub enum Reply {
    /// Refuses, for this reason.
    Refuse(Code, &'static str),
    /// Never answers.
    Hang,
    /// Answers the usual after a while.
    After(Duration),
    /// Another value.
    Value(f64),
    /// Of the minute before.
    Before,
    /// Of the next minute.
    Next,
    /// Produced so much earlier than the minute.
    Early(Duration),
    /// Produced so much later than the strategy's clock.
    Ahead(Duration),
    /// Sent by a clock that is so much ahead.
    ClockAhead(Duration),
}

/// One question.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    /// When it came.
    pub at: Timestamp,
    /// The minute that it was for; none: the latest.
    pub minute: Option<Timestamp>,
    /// Whether it said how long it would wait.
    pub has_deadline: bool,
}

/// The signal of a minute.
pub type Value = dyn Fn(Minute) -> f64 + Send + Sync;

/// The generator.
#[derive(Clone)]
pub struct Generator {
    clock: Clock,
    interval: Interval,
    /// Name that its signals carry.
    pub name: String,
    value: Arc<Value>,
    /// How it answers.
    pub replies: Script<Reply>,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Generator {
    /// One of this name, whose signals are these.
    pub fn new(
        clock: Clock,
        interval: Interval,
        name: &str,
        value: impl Fn(Minute) -> f64 + Send + Sync + 'static,
    ) -> Self {
        Self {
            clock,
            interval,
            name: name.to_owned(),
            value: Arc::new(value),
            replies: Script::new(),
            asked: Arc::default(),
        }
    }

    /// What answers its calls.
    pub fn routes(&self) -> Routes {
        Routes::default().with(GeneratorServiceServer::new(self.clone()), &[])
    }

    /// Every question so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The signal of a minute.
    pub fn value(&self, minute: Minute) -> f64 {
        (self.value)(minute)
    }

    async fn reply(&self, minute: Minute) -> Result<GetSignalResponse, Status> {
        let (mut at, mut value) = (minute, self.value(minute));
        let (mut produced_at, mut generator_time) = (minute.start(), None);
        match self.replies.next() {
            None => {}
            Some(Reply::Refuse(code, reason)) => {
                return Err(status::refusal(code, reason, reason, []));
            }
            Some(Reply::Hang) => pending().await,
            Some(Reply::After(time)) => tokio::time::sleep(time).await,
            Some(Reply::Value(other)) => value = other,
            Some(Reply::Before) => at = minute.previous(self.interval),
            Some(Reply::Next) => at = minute.next(self.interval),
            Some(Reply::Early(time)) => produced_at = produced_at.minus(time),
            Some(Reply::Ahead(time)) => produced_at = self.clock.wall().plus(time),
            Some(Reply::ClockAhead(time)) => generator_time = Some(self.clock.wall().plus(time)),
        }
        let signal = v1::Signal {
            generator: self.name.clone(),
            run_id: "r".to_owned(),
            minute: Some(wire::timestamp(at.start())),
            value,
            produced_at: Some(wire::timestamp(produced_at)),
        };
        let generator_time = generator_time.map(wire::timestamp);
        Ok(GetSignalResponse { signal: Some(signal), generator_time })
    }
}

impl fmt::Debug for Generator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Generator").field("name", &self.name).finish_non_exhaustive()
    }
}

#[tonic::async_trait]
impl GeneratorService for Generator {
    async fn get_signal(
        &self,
        request: Request<GetSignalRequest>,
    ) -> Result<Response<GetSignalResponse>, Status> {
        let at = self.clock.wall();
        let has_deadline = request.metadata().contains_key("grpc-timeout");
        let start = request.into_inner().minute;
        let minute = start.and_then(|start| wire::read_timestamp(start).ok());
        let asked = Asked { at, minute, has_deadline };
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).push(asked);
        let minute = Minute::containing(minute.unwrap_or(at), self.interval);
        Ok(Response::new(self.reply(minute).await?))
    }
}
