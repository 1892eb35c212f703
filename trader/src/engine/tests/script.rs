//! Scripts: rows of `SECONDS command -> what is told`, from [`START`](super::world::START) on. All
//! minutes are said in seconds since then; the first boundary is at 60.
//!
//! ```text
//! register X a [epoch=1] [journal=other]      lose X a
//! submit X a 0.5 [minute=60] [epoch=1] …      abstain X a REASON […]
//! deregister X [by=a] [epoch=1]               halt, resume, median, state
//! disk works|works-once|fails|hangs           clock +5 (the wall clock is set)
//! asleep (nobody calls the core until here)   wait
//! crash [committed]                           start [accept]
//! expect X,Y   at-least 2   full 3            before the first other row
//! talk (from here on each submission and each word about waiting shows as well)
//! ```
//!
//! The one signal behind a decision is 1, from generator `g`; `signal=` gives another value,
//! `signal-minute=`, `produced=` and `decided=` other times.

use std::{collections::BTreeMap, time::Duration};

use chassis::{
    grid::{Minute, Timestamp},
    name::Name,
};

use super::{
    told::{causes_told, change_told, reason, verdict_told},
    world::{Disk, JOURNAL, START, World, settings},
};
use crate::engine::{
    error::Refusal,
    ledger::StateChange,
    registry::SessionId,
    requests::Leave,
    submission::{Content, Signal, Submission},
};

/// Plays a script, and compares what is told row by row.
pub(super) fn check(script: &str) {
    let mut stage = Stage::new();
    for row in script.lines().map(str::trim).filter(|row| !row.is_empty()) {
        let (row, expected) = row.split_once("->").unwrap_or((row, ""));
        let told = stage.play(row.trim());
        assert_eq!(told, expected.trim(), "\n{row}\nin\n{script}");
    }
}

/// Plays rows, and says what is told by each.
pub(super) fn play(rows: &[&str]) -> Vec<String> {
    let mut stage = Stage::new();
    rows.iter().map(|row| stage.play(row)).collect()
}

/// The last refusal's whole message.
pub(super) fn refusal(rows: &[&str]) -> String {
    played(rows).refusal.expect("something was refused")
}

/// Every change of state that was told.
pub(super) fn changes(rows: &[&str]) -> Vec<StateChange> {
    played(rows).changes
}

fn played(rows: &[&str]) -> Stage {
    let mut stage = Stage::new();
    for row in rows {
        stage.play(row);
    }
    stage
}

/// A world, and the names that a script gives to what is in it.
pub(super) struct Stage {
    pub(super) world: World,
    pub(super) sessions: BTreeMap<(Name, Name), SessionId>,
    pub(super) epochs: BTreeMap<(Name, Name), u64>,
    pub(super) asked: BTreeMap<SessionId, (Name, Name)>,
    pub(super) talkative: bool,
    pub(super) changes: Vec<StateChange>,
    /// The last refusal's whole message.
    refusal: Option<String>,
}

/// The words of a row, and its `key=value`s.
struct Words<'a> {
    words: Vec<&'a str>,
    options: BTreeMap<&'a str, &'a str>,
}

impl<'a> Words<'a> {
    fn of(command: &'a str) -> Self {
        let (options, words): (Vec<_>, Vec<_>) =
            command.split_whitespace().partition(|word| word.contains('='));
        let options = options.into_iter().filter_map(|word| word.split_once('='));
        Self { words, options: options.collect() }
    }

    fn name(&self, index: usize) -> Name {
        self.words[index].parse().unwrap()
    }

    fn number<T: std::str::FromStr>(&self, key: &str) -> Option<T> {
        self.options.get(key).and_then(|value| value.parse().ok())
    }

    fn at(&self, key: &str) -> Option<Timestamp> {
        self.options.get(key).map(|value| at(value))
    }
}

fn at(seconds: &str) -> Timestamp {
    START.plus(Duration::from_secs_f64(seconds.parse().unwrap()))
}

impl Stage {
    fn new() -> Self {
        Self {
            world: World::new(settings()),
            sessions: BTreeMap::new(),
            epochs: BTreeMap::new(),
            asked: BTreeMap::new(),
            talkative: false,
            changes: Vec::new(),
            refusal: None,
        }
    }

    fn play(&mut self, row: &str) -> String {
        let (time, command) = row.split_once(' ').unwrap_or((row, "wait"));
        let words = Words::of(command);
        if let Ok(seconds) = time.parse() {
            let left = Duration::from_secs_f64(seconds).saturating_sub(self.world.elapsed());
            if words.words[0] == "asleep" {
                self.world.let_pass(left);
            } else {
                self.world.pass(left);
            }
            let mut told = self.told();
            told.extend(self.act(&words));
            told.extend(self.told());
            return told.join("; ");
        }
        self.set_up(time, command);
        String::new()
    }

    fn set_up(&mut self, what: &str, value: &str) {
        let mut settings = self.world.settings.clone();
        match what {
            "expect" => {
                settings.expect = value.split(',').map(|name| name.parse().unwrap()).collect();
            }
            "at-least" => settings.at_least = value.parse().unwrap(),
            "full" => settings.strategies_max = value.parse().unwrap(),
            _ => panic!("{what} is no setting"),
        }
        self.world = World::new(settings);
    }

    fn act(&mut self, words: &Words<'_>) -> Option<String> {
        match words.words[0] {
            "wait" => None,
            "asleep" => {
                self.world.tick();
                None
            }
            "talk" => {
                self.talkative = true;
                None
            }
            "register" => {
                let result = self.register(words);
                self.refused(result)
            }
            "lose" => {
                let session = self.sessions[&(words.name(1), words.name(2))];
                self.world.lose(session);
                None
            }
            "submit" => {
                let decision = words.words[3].parse().unwrap();
                self.submit(words, Content::Decision(decision))
            }
            "abstain" => self.submit(words, Content::Abstention(words.words[3].into())),
            "deregister" => {
                let result = self.deregister(words);
                self.refused(result)
            }
            "halt" => {
                self.world.halt();
                None
            }
            "resume" => {
                let result = self.world.resume();
                self.refused(result)
            }
            "median" => Some(match self.world.median() {
                Ok(verdict) => verdict_told(&verdict),
                Err(none) => format!("none, {}{}", none.state, causes_told(&none.causes)),
            }),
            "state" => {
                let present = self.world.engine.as_ref().expect("it runs").present();
                Some(change_told(&present))
            }
            _ => self.act_on_the_world(words),
        }
    }

    fn act_on_the_world(&mut self, words: &Words<'_>) -> Option<String> {
        match words.words[..] {
            ["disk", disk] => {
                self.world.disk = match disk {
                    "works" => Disk::Works,
                    "works-once" => Disk::WorksOnce,
                    "fails" => Disk::Fails,
                    "hangs" => Disk::Hangs,
                    _ => panic!("a disk does not {disk}"),
                };
                self.world.write();
            }
            ["clock", by] => {
                let seconds: f64 = by.parse().unwrap();
                #[expect(clippy::cast_possible_truncation, reason = "a script's few seconds")]
                self.world.step_clock((seconds * 1e6) as i64);
                self.world.tick();
            }
            ["crash"] => self.world.crash(false),
            ["crash", "committed"] => self.world.crash(true),
            ["start", ref accept @ ..] => {
                self.world.settings.accept_clock = *accept == ["accept"];
                let result = self.world.start();
                return result.err().map(|leapt| leapt.to_string());
            }
            _ => panic!("{:?} is no command", words.words),
        }
        None
    }

    fn register(&mut self, words: &Words<'_>) -> Result<(), Refusal> {
        let holder = (words.name(1), words.name(2));
        let journal = words.options.get("journal").copied().unwrap_or(JOURNAL);
        let held = words.number("epoch").map(|epoch| (journal, epoch));
        self.asked.insert(self.world.next_ticket(), holder.clone());
        self.world.register(&holder.0, &holder.1, held)
    }

    fn deregister(&mut self, words: &Words<'_>) -> Result<(), Refusal> {
        let name = words.name(1);
        let leave = words.options.get("by").map(|instance| {
            let instance: Name = instance.parse().unwrap();
            let known = || self.epochs.get(&(name.clone(), instance.clone())).copied();
            let epoch = words.number("epoch").or_else(known).unwrap_or(1);
            Leave { instance, epoch }
        });
        self.world.deregister(&name, leave)
    }

    fn submit(&mut self, words: &Words<'_>, content: Content) -> Option<String> {
        let (name, instance) = (words.name(1), words.name(2));
        let (now, timing) = (self.world.now().wall, self.world.timing());
        let open = Minute::containing(now.plus(timing.skew), timing.interval);
        let minute = words.at("minute").map(|at| Minute::containing(at, timing.interval));
        let minute = minute.unwrap_or(open);
        let signal = Signal {
            generator: "g".parse().unwrap(),
            run_id: "1".parse().unwrap(),
            minute: words
                .at("signal-minute")
                .map_or(minute, |at| Minute::containing(at, timing.interval)),
            value: words.number("signal").unwrap_or(1.0),
            produced_at: words.at("produced").unwrap_or(minute.start()),
        };
        let known = self.epochs.get(&(name.clone(), instance.clone())).copied();
        let submission = Submission {
            journal: words.options.get("journal").copied().unwrap_or(JOURNAL).into(),
            epoch: words.number("epoch").or(known).unwrap_or(1),
            name,
            instance,
            minute,
            decided_at: words.at("decided").unwrap_or(now.max(minute.start())),
            content,
            signals: [signal].into(),
            clock_offset: None,
        };
        match self.world.submit(&submission) {
            Ok(again) => Some(if again { "again" } else { "ok" }.to_owned()),
            Err(refusal) => self.refused(Err(refusal)),
        }
    }

    fn refused(&mut self, result: Result<(), Refusal>) -> Option<String> {
        let refusal = result.err()?;
        self.refusal = Some(refusal.to_string());
        Some(reason(&refusal))
    }
}
