//! The queue to the disk by itself: one batch at a time, changes of state within their limit, and
//! whoever waits is told once.

use std::time::Duration;

use chassis::grid::{Interval, Minute, Timestamp};

use crate::engine::{
    ledger::{CHANGES_MAX, Entry, Halt, Ledger, Record, StateChange, Ticket},
    registry::Registration,
    verdict::State,
};

/// The minute that starts so many seconds after the epoch.
fn minute(seconds: i64) -> Minute {
    Minute::containing(Timestamp::from_micros(seconds * 1_000_000), Interval::default())
}

/// The change of state of a number.
fn change(number: usize) -> Entry {
    let change = StateChange {
        from: State::Waiting,
        to: State::Error,
        at: Timestamp::from_micros(i64::try_from(number).unwrap()),
        causes: [].into(),
        halt_reason: None,
    };
    Entry::new(Record::Changed(change), None, Duration::ZERO)
}

fn halt(ticket: Ticket, asked: u64) -> Entry {
    let at = Timestamp::default();
    let halt = Halt { reason: "drill".to_owned(), operator: "op@desk".to_owned(), at };
    Entry::new(Record::Halted(halt), Some(ticket), Duration::from_secs(asked))
}

/// Numbers of the changes in the next batch; nothing if there is none.
fn taken(ledger: &mut Ledger, at: u64) -> Option<Vec<i64>> {
    let records = ledger.take(Duration::from_millis(at), minute(0))?;
    let mut numbers = Vec::new();
    for record in &records {
        if let Record::Changed(change) = record {
            numbers.push(change.at.as_micros());
        }
    }
    Some(numbers)
}

fn range(from: usize, to: usize) -> Vec<i64> {
    (from..to).map(|number| i64::try_from(number).unwrap()).collect()
}

#[test]
fn j6_one_batch_is_written_at_a_time() {
    let mut ledger = Ledger::default();
    assert_eq!(taken(&mut ledger, 0), None);
    ledger.push(change(0));
    assert_eq!(taken(&mut ledger, 0), Some(vec![0]));
    ledger.push(change(1));
    assert_eq!(taken(&mut ledger, 0), None);
    assert_eq!(ledger.succeeded(), None);
    assert!(ledger.next_written().is_some() && ledger.next_written().is_none());
    assert_eq!(taken(&mut ledger, 0), Some(vec![1]));
}

#[test]
fn j6_a_failed_batch_is_tried_again_after_a_pause() {
    let mut ledger = Ledger::default();
    ledger.push(change(0));
    assert_eq!(taken(&mut ledger, 5_000), Some(vec![0]));
    let failed = ledger.failed(Duration::from_secs(5), "disk full".to_owned());
    ledger.put_back(failed);
    ledger.push(change(1));
    assert_eq!(taken(&mut ledger, 5_000), None);
    assert_eq!(taken(&mut ledger, 5_999), None);
    assert_eq!(ledger.retry_at(), Some(Duration::from_secs(6)));
    assert_eq!(taken(&mut ledger, 6_000), Some(vec![0, 1]));
}

#[test]
fn j6_of_too_many_changes_that_wait_the_oldest_go() {
    let mut ledger = Ledger::default();
    (0..CHANGES_MAX + 2).for_each(|number| ledger.push(change(number)));
    assert_eq!(taken(&mut ledger, 0), Some(range(2, CHANGES_MAX + 2)));
    // What is being written stays, and does not count among those that wait.
    ledger.push(halt(7, 0));
    (300..=300 + CHANGES_MAX).for_each(|number| ledger.push(change(number)));
    let failed = ledger.failed(Duration::ZERO, "disk full".to_owned());
    assert_eq!(failed.len(), CHANGES_MAX);
    ledger.put_back(failed);
    let kept = taken(&mut ledger, 1_000).unwrap();
    assert_eq!(kept[..CHANGES_MAX], range(2, CHANGES_MAX + 2));
    assert_eq!(kept[CHANGES_MAX..], range(301, 301 + CHANGES_MAX));
}

#[test]
fn j6_changes_that_are_put_back_count_among_those_that_wait() {
    let mut ledger = Ledger::default();
    (0..200).for_each(|number| ledger.push(change(number)));
    taken(&mut ledger, 0).unwrap();
    let failed = ledger.failed(Duration::ZERO, "disk full".to_owned());
    ledger.put_back(failed);
    (200..300).for_each(|number| ledger.push(change(number)));
    assert_eq!(taken(&mut ledger, 1_000), Some(range(300 - CHANGES_MAX, 300)));
}

/// Those whose patience is over.
fn told(ledger: &mut Ledger, seconds: u64) -> Vec<Ticket> {
    ledger.impatient(Duration::from_secs(seconds)).into_iter().map(|(ticket, _)| ticket).collect()
}

#[test]
fn j6_whoever_waits_is_told_once_whatever_goes_from_the_queue() {
    let mut ledger = Ledger::default();
    ledger.push(change(0));
    ledger.push(change(1));
    ledger.push(halt(7, 0));
    assert!(told(&mut ledger, 1).is_empty());
    assert_eq!(told(&mut ledger, 2), [7]);
    ledger.push(halt(8, 2));
    (2..CHANGES_MAX + 2).for_each(|number| ledger.push(change(number)));
    assert!(told(&mut ledger, 3).is_empty());
    assert_eq!(told(&mut ledger, 4), [8]);
    assert!(told(&mut ledger, 9).is_empty());
}

#[test]
fn r1_whoever_registers_while_a_boundary_passes_is_written_with_the_next_one() {
    for (taken_over, written) in [(false, 120), (true, 60)] {
        let (name, instance) = ("X".parse().unwrap(), "a".parse().unwrap());
        let registration = Registration { name, instance, epoch: 1, first_minute: minute(60) };
        let record = Record::Registered { registration, taken_over, at: Timestamp::default() };
        let mut ledger = Ledger::default();
        ledger.push(Entry::new(record, Some(1), Duration::ZERO));
        let records = ledger.take(Duration::ZERO, minute(120)).unwrap();
        let [Record::Registered { registration, .. }] = &records[..] else { panic!("{records:?}") };
        assert_eq!(registration.first_minute, minute(written), "taken over: {taken_over}");
        let entry = ledger.next_written().unwrap();
        assert_eq!(entry.record, records[0], "what is told is what is written");
    }
}
