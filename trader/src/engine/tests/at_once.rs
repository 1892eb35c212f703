//! Minutes in one step: when there is more to a minute, nothing happens.

use std::time::Duration;

use chassis::grid::{Minute, Now, Timestamp};

use super::world::{JOURNAL, START, settings};
use crate::engine::{
    Engine, Recovered, Settings,
    registry::Registration,
    requests::{Application, Leave},
    submission::{Content, Submission},
};

/// The core after a minute that came to a median the long way, of two strategies where `at_least` so many
/// should be; and the next minute.
fn running(at_least: usize) -> (Engine, Minute) {
    let settings = Settings { at_least, ..settings() };
    let interval = settings.timing.interval;
    let first_minute = Minute::first_after(START, interval);
    let registration = |(name, epoch): (&str, u64)| Registration {
        name: name.parse().unwrap(),
        instance: "i".parse().unwrap(),
        epoch,
        first_minute,
    };
    let registrations = [("X", 1), ("Y", 2)].map(registration).into();
    let recovered = Recovered { last_epoch: 2, registrations, ..Recovered::nothing(first_minute) };
    let mut engine = Engine::new(settings, recovered, at(START)).unwrap();
    for (name, epoch) in [("X", 1), ("Y", 2)] {
        engine.submit(at(first_minute.start()), submission(name, epoch, first_minute)).unwrap();
    }
    write(&mut engine, first_minute.start());
    (engine, first_minute.next(interval))
}

fn submission(name: &str, epoch: u64, minute: Minute) -> Submission {
    Submission {
        name: name.parse().unwrap(),
        instance: "i".parse().unwrap(),
        journal: JOURNAL.into(),
        epoch,
        minute,
        decided_at: minute.start(),
        content: Content::Decision(0.5),
        signals: [].into(),
        clock_offset: None,
    }
}

fn at(wall: Timestamp) -> Now {
    Now { wall, mono: wall.since(START) }
}

fn write(engine: &mut Engine, wall: Timestamp) {
    while engine.take_records(at(wall)).is_some() {
        engine.written(at(wall), Ok(()));
    }
    engine.drain();
}

#[test]
fn m1_a_minute_in_one_step_has_the_median_and_is_over() {
    let (mut engine, minute) = running(1);
    let now = at(minute.start());
    let median = engine.decide_at_once(now, &mut [0.25, 0.75]).unwrap();
    assert_eq!((median.value, median.lowest, median.highest), (0.5, 0.25, 0.75));
    engine.check();
    assert_eq!(engine.last_verdict().unwrap().minute, minute);
    assert!(engine.current(now).is_ok());
    assert!(engine.take_records(now).is_none() && engine.drain().is_empty());
    assert!(engine.decide_at_once(now, &mut [0.25, 0.75]).is_none(), "a minute ends once");
}

#[test]
fn m1_where_there_is_more_to_a_minute_nothing_happens_in_one_step() {
    let (engine, minute) = running(1);
    let start = minute.start();
    let mid_minute = at(start.minus(Duration::from_secs(30)));
    let halted = {
        let mut engine = engine.clone();
        engine.halt(mid_minute, "why".into(), "who".into(), 1);
        write(&mut engine, mid_minute.wall);
        engine
    };
    let failed = {
        let mut engine = engine.clone();
        let content = Content::Abstention("why".into());
        engine.submit(at(start), Submission { content, ..submission("X", 1, minute) }).unwrap();
        engine.submit(at(start), submission("Y", 2, minute)).unwrap();
        write(&mut engine, start);
        engine
    };
    let after_it = at(minute.next(settings().timing.interval).start());
    let with_a_new_one = {
        let mut engine = engine.clone();
        let (name, instance) = ("Z".parse().unwrap(), "i".parse().unwrap());
        let application = Application { name, instance, journal: "".into(), epoch: 0 };
        engine.register(mid_minute, &application, 1, 1).unwrap();
        write(&mut engine, mid_minute.wall);
        engine
    };
    let without_x = |at_least| {
        let (mut engine, _) = running(at_least);
        let leave = Leave { instance: "i".parse().unwrap(), epoch: 1 };
        let name = "X".parse().unwrap();
        engine.deregister(mid_minute, &name, Some(leave), String::new(), 1).unwrap();
        engine
    };
    let leaving = without_x(1);
    let short = {
        let mut engine = without_x(2);
        write(&mut engine, mid_minute.wall);
        engine
    };
    let spoken = {
        let mut engine = engine.clone();
        engine.submit(at(start), submission("X", 1, minute)).unwrap();
        engine
    };
    let stepped = Now { wall: start, mono: Duration::from_mins(10) };
    let deadline = at(settings().timing.deadline(minute));
    let early = at(start.minus(Duration::from_secs(1)));
    for (what, engine, now, decisions) in [
        ("too few", &engine, at(start), vec![0.5]),
        ("too many", &engine, at(start), vec![0.5; 3]),
        ("before its boundary", &engine, early, vec![0.5; 2]),
        ("after its deadline", &engine, deadline, vec![0.5; 2]),
        ("a clock that was stepped", &engine, stepped, vec![0.5; 2]),
        ("halted", &halted, at(start), vec![0.5; 2]),
        ("an error that is over", &failed, after_it, vec![0.5; 2]),
        ("somebody has spoken", &spoken, at(start), vec![0.5; 2]),
        ("somebody is new", &with_a_new_one, at(start), vec![0.5; 3]),
        ("a record on its way", &leaving, at(start), vec![0.5]),
        ("fewer than there should be", &short, at(start), vec![0.5]),
    ] {
        let (mut after, mut decisions) = (engine.clone(), decisions);
        assert!(after.decide_at_once(now, &mut decisions).is_none(), "{what}");
        assert_eq!(format!("{after:?}"), format!("{engine:?}"), "{what}");
    }
}
