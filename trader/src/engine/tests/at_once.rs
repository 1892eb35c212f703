//! Minutes in one step: when there is more to a minute, nothing happens.

use std::{collections::BTreeSet, time::Duration};

use chassis::grid::{Minute, Now, Timestamp};

use super::world::{JOURNAL, START, settings};
use crate::engine::{
    Engine, Recovered,
    registry::Registration,
    submission::{Content, Submission},
};

/// The core after a minute that came to a median the long way, of two strategies; and the next minute.
fn running() -> (Engine, Minute) {
    let interval = settings().timing.interval;
    let first_minute = Minute::first_after(START, interval);
    let registration = |(name, epoch): (&str, u64)| Registration {
        name: name.parse().unwrap(),
        instance: "i".parse().unwrap(),
        epoch,
        first_minute,
    };
    let recovered = Recovered {
        first_minute,
        last_epoch: 2,
        registrations: [("X", 1), ("Y", 2)].map(registration).into(),
        excused: BTreeSet::new(),
        halt: None,
        resumed_at: None,
        last_verdict: None,
    };
    let mut engine = Engine::new(settings(), recovered, at(START)).unwrap();
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
    let (mut engine, minute) = running();
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
    let (engine, minute) = running();
    let start = minute.start();
    let halted = {
        let mut engine = engine.clone();
        engine.halt(at(start.minus(Duration::from_secs(1))), "why".into(), "who".into(), 1);
        engine
    };
    let unwritten = {
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
        ("somebody has spoken", &unwritten, at(start), vec![0.5; 2]),
    ] {
        let (mut after, mut decisions) = (engine.clone(), decisions);
        assert!(after.decide_at_once(now, &mut decisions).is_none(), "{what}");
        assert_eq!(format!("{after:?}"), format!("{engine:?}"), "{what}");
    }
}
