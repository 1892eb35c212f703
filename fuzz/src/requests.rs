//! Requests through the trader's service and its one loop, to an answer each: on a paused clock,
//! over a journal in memory.

use std::time::Duration;

use chassis::{
    clock::Clock,
    grid::{Timestamp, Timing},
    service_manager::ServiceManager,
};
use proto::v1::{self, register_response::Event, trader_service_server::TraderService as _};
use tokio::{
    task::JoinSet,
    time::{sleep, timeout},
};
use tokio_stream::StreamExt as _;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status};
use trader::{
    driver::Driver,
    engine::{Engine, Settings},
    handle::{About, Handle},
    journal::Journal,
    service::Service,
    store,
};

use super::{
    decision::{Holder, decision},
    history::{self, Call, Op},
};

/// 2026-11-20T12:00:00Z.
const START: Timestamp = Timestamp::from_micros(1_795_176_000_000_000);

/// A caller has its answer after this, whatever it asked.
const ANSWER_MAX: Duration = Duration::from_secs(5);

type Session = <Service as v1::trader_service_server::TraderService>::RegisterStream;
type Watch = <Service as v1::trader_service_server::TraderService>::WatchStream;

/// A trader without a network.
struct World {
    clock: Clock,
    timing: Timing,
    service: Service,
    sessions: Vec<Session>,
    watches: Vec<Watch>,
    holders: Vec<Holder>,
    tasks: JoinSet<()>,
}

/// A history of calls; one takes as long as its clock says, which nobody waits for.
pub fn run(bytes: &[u8]) {
    let ops = history::read(bytes);
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_time().start_paused(true).build().expect("a runtime");
    runtime.block_on(async {
        let mut world = World::new();
        for op in ops {
            world.happens(op).await;
        }
        world.answers().await;
    });
}

impl World {
    fn new() -> Self {
        let clock = Clock::starting_at(START);
        let timing =
            Timing::new("60s".parse().expect("an interval"), None, None).expect("defaults");
        let id = "journal-1".parse().expect("a name");
        let (journal, recovered) =
            Journal::ephemeral(timing.interval, START, id).expect("there is memory");
        let settings = Settings {
            timing,
            journal: journal.id().into(),
            expect: [].into(),
            at_least: 1,
            strategies_max: 8,
            accept_clock: false,
            here: "".into(),
        };
        let begun = journal.begun();
        let about = About {
            started_at: START,
            journal: journal.id().into(),
            begun,
            timing,
            called: "t".into(),
        };
        let engine = Engine::new(settings, recovered, clock.now()).expect("the clock is right");
        let (handle, requests) = Handle::new(about);
        let pace = store::Pace::default();
        let (store, worker) = store::store(journal, &store::Place::Inline(pace.clone()));
        let (health, _service) = chassis::server::health("trader");
        let driver = Driver::new(engine, clock, store, health, ServiceManager::default());
        let mut tasks = JoinSet::new();
        tasks.spawn(worker.run(pace));
        tasks.spawn(driver.run(requests, CancellationToken::default()));
        Self {
            clock,
            timing,
            service: Service::new(handle, clock),
            sessions: Vec::new(),
            watches: Vec::new(),
            holders: Vec::new(),
            tasks,
        }
    }

    async fn happens(&mut self, op: Op) {
        match op {
            Op::Call(call) => self.call(*call).await,
            Op::Decide { who, value, place, change } if !self.holders.is_empty() => {
                let holder = &self.holders[usize::from(who) % self.holders.len()];
                let at = (self.clock.wall(), self.timing);
                if let Some(request) = decision(holder, "journal-1", at, value, (place, change)) {
                    self.call(Call::Submit(request)).await;
                }
            }
            Op::HangUp(session) if !self.sessions.is_empty() => {
                let which = usize::from(session) % self.sessions.len();
                drop(self.sessions.swap_remove(which));
            }
            Op::Pass(millis) => sleep(Duration::from_millis(millis.into())).await,
            // What only the core's own history has.
            Op::Decide { .. } | Op::HangUp(_) | Op::Disk(_) | Op::Step(_) | Op::Restart => {}
        }
    }

    async fn call(&mut self, call: Call) {
        let shown = format!("{call:?}");
        let answered = timeout(ANSWER_MAX, self.answer(call)).await;
        let answer = answered.unwrap_or_else(|_| panic!("no answer to {shown}"));
        if let Err(status) = answer {
            let reason = chassis::status::reason(&status);
            assert!(reason.is_some_and(|reason| !reason.is_empty()), "{status:?} to {shown}");
            assert!(!status.message().is_empty(), "{status:?} to {shown}");
        }
    }

    async fn answer(&mut self, call: Call) -> Result<(), Status> {
        let service = &self.service;
        match call {
            Call::Register(request) => self.register(request).await?,
            Call::Submit(request) => drop(service.submit(Request::new(request)).await?),
            Call::Deregister(request) => drop(service.deregister(Request::new(request)).await?),
            Call::Halt(request) => drop(service.halt(Request::new(request)).await?),
            Call::Resume(request) => drop(service.resume(Request::new(request)).await?),
            Call::Status(request) => drop(service.get_status(Request::new(request)).await?),
            Call::Explain(request) => drop(service.explain(Request::new(request)).await?),
            Call::Median(request) => drop(service.get_median(Request::new(request)).await?),
            Call::Watch(request) => {
                self.watches.push(service.watch(Request::new(request)).await?.into_inner());
            }
        }
        Ok(())
    }

    async fn register(&mut self, request: v1::RegisterRequest) -> Result<(), Status> {
        let v1::RegisterRequest { name, instance, .. } = request.clone();
        let answer = self.service.register(Request::new(request)).await;
        let mut session = answer.map(Response::into_inner)?;
        let first = session.next().await.expect("a session says first what it is")?;
        let Some(Event::Registered(registered)) = first.event else { panic!("{first:?}") };
        self.holders.push(Holder { name, instance, epoch: registered.epoch });
        self.sessions.push(session);
        Ok(())
    }

    /// Whatever came before, the trader is there, and answers.
    async fn answers(mut self) {
        self.call(Call::Status(v1::GetStatusRequest::default())).await;
        self.call(Call::Watch(v1::WatchRequest::default())).await;
        assert_eq!(self.tasks.len(), 2);
        assert!(self.tasks.try_join_next().is_none(), "driver and worker live");
    }
}
