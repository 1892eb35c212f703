//! Strategies and operators, as far as their calls go.

use std::ops::{Deref, DerefMut};

use chassis::wire::{duration, timestamp};
use proto::v1::{
    DeregisterRequest, HaltRequest, RegisterRequest, RegisterResponse, Registered, ResumeRequest,
    SessionNotice, Signal, SubmitRequest, WatchRequest, WatchResponse, register_response::Event,
    submit_request::Content,
};
use tonic::{Status, Streaming};

use super::{
    Client, World,
    shown::{refusal, said},
    time,
};

/// A strategy that holds its name.
pub(super) struct Strategy {
    client: Client,
    pub(super) name: String,
    pub(super) instance: String,
    pub(super) hold: Registered,
    session: Option<Streaming<RegisterResponse>>,
}

/// What happens, as one watcher hears it.
pub(super) struct Watcher(pub(super) Streaming<WatchResponse>);

/// A first request to register.
pub(super) fn application(name: &str, instance: &str) -> RegisterRequest {
    RegisterRequest {
        name: name.to_owned(),
        instance: instance.to_owned(),
        interval: Some(duration(std::time::Duration::from_mins(1))),
        journal: String::new(),
        epoch: 0,
    }
}

/// The signal of generator `g` for `minute`.
pub(super) fn signal(minute: &str, value: f64) -> Signal {
    Signal {
        generator: "g".to_owned(),
        run_id: "r1".to_owned(),
        minute: Some(timestamp(time(minute))),
        value,
        produced_at: Some(timestamp(time(minute))),
    }
}

impl Strategy {
    /// A decision for `minute`, from one signal of the same value.
    pub(super) fn decision(&self, minute: &str, value: f64) -> SubmitRequest {
        SubmitRequest {
            name: self.name.clone(),
            instance: self.instance.clone(),
            journal: self.hold.journal.clone(),
            epoch: self.hold.epoch,
            minute: Some(timestamp(time(minute))),
            decided_at: Some(timestamp(time(minute))),
            content: Some(Content::Decision(value)),
            signals: vec![signal(minute, value)],
            clock_offset: None,
        }
    }

    pub(super) fn abstention(&self, minute: &str, why: &str) -> SubmitRequest {
        let content = Some(Content::Abstention(why.to_owned()));
        SubmitRequest { content, signals: Vec::new(), ..self.decision(minute, 0.0) }
    }

    /// `accepted`, `again`, or the refusal.
    pub(super) async fn submit(&self, submission: SubmitRequest) -> String {
        let answer = self.client.clone().submit(submission).await;
        answer.map_or_else(
            |status| refusal(&status),
            |answer| (if answer.into_inner().duplicate { "again" } else { "accepted" }).to_owned(),
        )
    }

    pub(super) async fn decide(&self, minute: &str, value: f64) -> String {
        self.submit(self.decision(minute, value)).await
    }

    pub(super) async fn abstain(&self, minute: &str, why: &str) -> String {
        self.submit(self.abstention(minute, why)).await
    }

    /// The same instance, with what it holds.
    pub(super) fn application(&self) -> RegisterRequest {
        let Registered { journal, epoch, .. } = self.hold.clone();
        RegisterRequest { journal, epoch, ..application(&self.name, &self.instance) }
    }

    /// Its connection breaks.
    pub(super) fn hang_up(&mut self) {
        drop(self.session.take());
    }

    /// What the session says next, or how it ends.
    pub(super) async fn told(&mut self) -> String {
        match self.session.as_mut().expect("it has not hung up").message().await {
            Ok(Some(RegisterResponse { event: Some(Event::Notice(notice)) })) => {
                SessionNotice::try_from(notice).unwrap().as_str_name().to_owned()
            }
            Ok(None) => "end".to_owned(),
            other => panic!("{other:?}"),
        }
    }

    /// A request to take it off the list itself.
    pub(super) fn leave(&self) -> DeregisterRequest {
        DeregisterRequest {
            name: self.name.clone(),
            instance: self.instance.clone(),
            epoch: self.hold.epoch,
            operator: String::new(),
        }
    }
}

impl Deref for Watcher {
    type Target = Streaming<WatchResponse>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl DerefMut for Watcher {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

impl Watcher {
    /// What comes next, however long it takes; or why nothing does.
    pub(super) async fn next(&mut self) -> String {
        match self.message().await {
            Ok(Some(happening)) => said(&happening),
            Ok(None) => "end".to_owned(),
            Err(status) => refusal(&status),
        }
    }

    /// What comes next, so many times.
    pub(super) async fn take(&mut self, count: usize) -> Vec<String> {
        let mut all = Vec::new();
        for _ in 0..count {
            all.push(self.next().await);
        }
        all
    }
}

impl World {
    pub(super) async fn apply(&self, request: RegisterRequest) -> Result<Strategy, Status> {
        let (name, instance) = (request.name.clone(), request.instance.clone());
        let mut client = self.client.clone();
        let mut session = client.register(request).await?.into_inner();
        let first = session.message().await?.and_then(|first| first.event);
        let Some(Event::Registered(hold)) = first else { panic!("first comes {first:?}") };
        Ok(Strategy { client, name, instance, hold, session: Some(session) })
    }

    /// Registers `name`, whose instance is `NAME-1`.
    pub(super) async fn register(&self, name: &str) -> Strategy {
        self.apply(application(name, &format!("{name}-1"))).await.unwrap()
    }

    /// Why a request to register is refused.
    pub(super) async fn refused(&self, request: RegisterRequest) -> String {
        match self.apply(request).await {
            Ok(Strategy { hold, .. }) => panic!("accepted: {hold:?}"),
            Err(status) => refusal(&status),
        }
    }

    /// `done`, or the refusal.
    pub(super) async fn deregister(&self, request: DeregisterRequest) -> String {
        let answer = self.client.clone().deregister(request).await;
        answer.map_or_else(|status| refusal(&status), |_| "done".to_owned())
    }

    /// An operator takes `name` off the list.
    pub(super) async fn take_off(&self, name: &str) -> String {
        let (name, operator) = (name.to_owned(), "op@desk".to_owned());
        self.deregister(DeregisterRequest { name, operator, ..Default::default() }).await
    }

    /// `durable`, `in memory`, or the refusal.
    pub(super) async fn halt(&self, reason: &str) -> String {
        let (reason, operator) = (reason.to_owned(), "op@desk".to_owned());
        let answer = self.client.clone().halt(HaltRequest { reason, operator }).await;
        answer.map_or_else(
            |status| refusal(&status),
            |answer| (if answer.into_inner().durable { "durable" } else { "in memory" }).to_owned(),
        )
    }

    /// `done`, or the refusal.
    pub(super) async fn resume(&self, reason: &str) -> String {
        let (reason, operator) = (reason.to_owned(), "op@desk".to_owned());
        let answer = self.client.clone().resume(ResumeRequest { reason, operator }).await;
        answer.map_or_else(|status| refusal(&status), |_| "done".to_owned())
    }

    /// Watches, after a minute or from here on.
    pub(super) async fn watch(&self, after: Option<&str>) -> Watcher {
        self.try_watch(after).await.unwrap()
    }

    pub(super) async fn try_watch(&self, after: Option<&str>) -> Result<Watcher, Status> {
        let after = after.map(|after| timestamp(time(after)));
        Ok(Watcher(self.client.clone().watch(WatchRequest { after }).await?.into_inner()))
    }
}
