//! Callers that no part of ours would be: strategies that contradict themselves, processes that were
//! replaced long ago, strangers.

use chassis::{
    clock::Clock,
    grid::{Interval, Minute, Timestamp, Timing},
    wire,
};
use futures_util::{StreamExt as _, stream};
use proto::v1::{Signal, SubmitRequest, submit_request::Content};
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use tokio::sync::mpsc;

use super::{
    calls::{Client, Session, ask, client},
    stage,
};
use crate::{
    record::{Answer, Call},
    value,
};

/// What a rogue does.
#[derive(Clone, Debug)]
pub(crate) enum Script {
    /// A strategy of this name takes part for so many minutes, says everything twice and otherwise,
    /// and leaves.
    Visit { name: String, minutes: u32 },
    /// A process that had this hold on a name long ago speaks again.
    Haunt(Hold),
    /// Another process wants a name that is taken, or speaks for it without having it.
    Intrude { name: String },
}

/// What a process had, or says that it had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hold {
    pub(crate) name: String,
    pub(crate) instance: String,
    pub(crate) journal: String,
    pub(crate) epoch: u64,
}

struct Rogue {
    client: Client,
    clock: Clock,
    timing: Timing,
    rng: StdRng,
}

/// Plays scripts, each at once.
pub(crate) async fn play(
    timing: Timing,
    scripts: mpsc::Receiver<Script>,
    mut rng: StdRng,
) -> turmoil::Result {
    let (client, clock) = (client(), stage::clock());
    let scripts =
        stream::unfold(scripts, async |mut scripts| Some((scripts.recv().await?, scripts)));
    let scripts = scripts.map(|script| (script, StdRng::from_rng(&mut rng)));
    scripts
        .for_each_concurrent(None, async |(script, rng)| {
            let mut rogue = Rogue { client: client.clone(), clock, timing, rng };
            match script {
                Script::Visit { name, minutes } => rogue.visit(name, minutes).await,
                Script::Haunt(hold) => rogue.haunt(&hold).await,
                Script::Intrude { name } => rogue.intrude(&name).await,
            }
        })
        .await;
    Ok(())
}

impl Rogue {
    fn interval(&self) -> Interval {
        self.timing.interval
    }

    async fn ask(&self, call: Call) -> (Option<Answer>, Option<Session>) {
        let (outcome, session) = ask(&self.client, self.interval(), call).await;
        (outcome.ok(), session)
    }

    fn new_instance(&mut self) -> String {
        format!("rogue-{:08x}", self.rng.random::<u32>())
    }

    async fn visit(&mut self, name: String, minutes: u32) {
        let instance = self.new_instance();
        let call = Call::Register {
            name: name.clone(),
            instance: instance.clone(),
            journal: String::new(),
            epoch: 0,
        };
        let (Some(Answer::Registered { journal, epoch, .. }), Some(_session)) =
            self.ask(call).await
        else {
            return;
        };
        let hold = Hold { name, instance, journal, epoch };
        for _ in 0..minutes {
            let minute = Minute::first_after(self.clock.wall(), self.interval());
            self.clock.reach(minute.start()).await;
            self.take_part(&hold, minute).await;
        }
        let Hold { name, instance, epoch, .. } = hold;
        self.ask(Call::Leave { name, instance, epoch }).await;
    }

    /// Decides, and then says more than a strategy should.
    async fn take_part(&mut self, hold: &Hold, minute: Minute) {
        let decision = self.decision(hold, minute);
        if self.rng.random_bool(0.3) {
            // Stamped when the minute before was open, or when the next one will be.
            let interval = self.interval();
            let (before, after) = (minute.previous(interval), minute.next(interval));
            let stamp = if self.rng.random_bool(0.5) { before } else { after };
            let decided_at = Some(wire::timestamp(stamp.start()));
            self.submit(SubmitRequest { decided_at, ..decision.clone() }).await;
        }
        self.submit(decision.clone()).await;
        let mut other = decision.clone();
        match self.rng.random_range(0..6) {
            0 => {}
            1 => other.content = Some(Content::Decision(0.5)),
            2 => other.content = Some(Content::Abstention("changed its mind".to_owned())),
            3 => other.minute = Some(wire::timestamp(minute.previous(self.interval()).start())),
            4 => {
                let later = minute.next(self.interval()).next(self.interval());
                other.minute = Some(wire::timestamp(later.start()));
            }
            _ => other.epoch = other.epoch.saturating_sub(1),
        }
        self.submit(other).await;
        if self.rng.random_bool(0.3) {
            self.submit(decision).await;
        }
    }

    async fn haunt(&mut self, hold: &Hold) {
        let minute = Minute::containing(self.clock.wall(), self.interval());
        self.submit(self.decision(hold, minute)).await;
        let Hold { name, instance, journal, epoch } = hold.clone();
        if self.rng.random_bool(0.5) {
            let (name, instance) = (name.clone(), instance.clone());
            let (_, session) = self.ask(Call::Register { name, instance, journal, epoch }).await;
            drop(session);
        }
        if self.rng.random_bool(0.5) {
            self.ask(Call::Leave { name, instance, epoch }).await;
        }
    }

    async fn intrude(&mut self, name: &str) {
        let instance = self.new_instance();
        let hold = Hold {
            name: name.to_owned(),
            instance: instance.clone(),
            journal: "another".to_owned(),
            epoch: 1,
        };
        let minute = Minute::containing(self.clock.wall(), self.interval());
        self.submit(self.decision(&hold, minute)).await;
        let (name, journal) = (name.to_owned(), String::new());
        let (_, session) = self.ask(Call::Register { name, instance, journal, epoch: 0 }).await;
        drop(session);
    }

    async fn submit(&self, submission: SubmitRequest) {
        self.ask(Call::Submit(Box::new(submission))).await;
    }

    fn decision(&self, hold: &Hold, minute: Minute) -> SubmitRequest {
        let Hold { name, instance, journal, epoch } = hold.clone();
        let decided_at: Timestamp = self.clock.wall().max(minute.start());
        let signal = Signal {
            generator: format!("{name}-own"),
            run_id: "rogue".to_owned(),
            minute: Some(wire::timestamp(minute.start())),
            value: value::decision(&name, []),
            produced_at: Some(wire::timestamp(decided_at)),
        };
        SubmitRequest {
            content: Some(Content::Decision(value::decision(&name, [signal.value]))),
            name,
            instance,
            journal,
            epoch,
            minute: Some(wire::timestamp(minute.start())),
            decided_at: Some(wire::timestamp(decided_at)),
            signals: vec![signal],
            clock_offset: None,
        }
    }
}
