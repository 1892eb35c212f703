//! J2 and J5, over any history: records in, the same out, bit for bit.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;

/// Floats that get lost easily, among all others.
fn float() -> impl Strategy<Value = f64> {
    prop_oneof![
        Just(0.0),
        Just(-0.0),
        Just(f64::MAX),
        Just(-f64::MAX),
        Just(5e-324),
        Just(-5e-324),
        Just(f64::MIN_POSITIVE),
        Just(9_007_199_254_740_993.0),
        Just(-1.0),
        any::<f64>().prop_filter("finite", |value| value.is_finite()),
    ]
}

/// One thing that happens, of which the history makes a record that fits what came before.
#[derive(Clone, Debug)]
pub(super) enum Step {
    Register(usize),
    Deregister(usize, bool),
    Halt(String),
    Resume,
    Minute(Vec<Option<f64>>, Vec<String>),
    Asleep(i64),
}

pub(super) fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (0..4_usize).prop_map(Step::Register),
        1 => (0..4_usize, any::<bool>()).prop_map(|(who, by)| Step::Deregister(who, by)),
        1 => ".*".prop_map(Step::Halt),
        1 => Just(Step::Resume),
        4 => (prop::collection::vec(prop::option::of(float()), 1..4),
              prop::collection::vec(".*", 0..3)).prop_map(|(said, why)| Step::Minute(said, why)),
        1 => (1..5_i64).prop_map(Step::Asleep),
    ]
}

const NAMES: [&str; 4] = ["X", "Y", "trader", "z-1.0_b"];

/// What the journal should know, kept the simple way.
#[derive(Clone, Default)]
pub(super) struct Model {
    epoch: u64,
    in_force: BTreeMap<Name, Registration>,
    excused: BTreeSet<Name>,
    halt: Option<Halt>,
    judgements: Vec<Judgement>,
}

impl Model {
    fn next_minute(&self) -> i64 {
        let closed = self.judgements.last().map(|last| last.verdict.last);
        closed.map_or(1, |last| (last.start().as_micros() - BEGUN.as_micros()) / 60_000_000 + 1)
    }

    pub(super) fn record(&mut self, step: Step) -> Record {
        match step {
            Step::Register(who) => {
                self.epoch += 1;
                let registration = registration(NAMES[who], self.epoch, self.next_minute());
                let former = self.in_force.insert(name(NAMES[who]), registration.clone());
                self.excused.remove(&registration.name);
                let taken_over = former.is_some();
                Record::Registered { registration, taken_over, at: at(self.next_minute(), 1) }
            }
            Step::Deregister(who, by_operator) => {
                let name = name(NAMES[who]);
                let epoch = self.in_force.remove(&name).map(|former| former.epoch);
                let by = if by_operator { operator() } else { By::Itself };
                if by_operator {
                    self.excused.insert(name.clone());
                } else {
                    self.excused.remove(&name);
                }
                Record::Deregistered { name, epoch, by, at: at(self.next_minute(), 2) }
            }
            Step::Halt(reason) => {
                let halt = Halt { reason, ..halt() };
                self.halt = Some(halt.clone());
                Record::Halted(halt)
            }
            Step::Resume => {
                self.halt = None;
                resumed()
            }
            Step::Minute(said, why) => self.judged(&said, &why),
            Step::Asleep(length) => {
                let first = self.next_minute();
                self.keep(verdict(first, first + length - 1, Outcome::NotRunning), Vec::new())
            }
        }
    }

    fn judged(&mut self, spoken: &[Option<f64>], why: &[String]) -> Record {
        let number = self.next_minute();
        let content = |value: Option<f64>| match value {
            Some(value) => Content::Decision(value),
            None => Content::Abstention(why.concat().into()),
        };
        let submissions: Vec<_> = spoken
            .iter()
            .zip(["a", "b", "c"])
            .map(|(value, of)| {
                let (name, accepted) = said(of, 1, number, content(*value));
                let mut accepted = Accepted::clone(&accepted);
                // The signals go through the same columns as the decisions.
                accepted.signals[0].value = value.unwrap_or(-0.0);
                (name, Arc::new(accepted))
            })
            .collect();
        let mut values: Vec<f64> = spoken.iter().copied().flatten().collect();
        let outcome = if values.len() == spoken.len() {
            Outcome::Median(median(&mut values).unwrap())
        } else {
            let own = why.iter().map(|detail| {
                let cause = cause(Subject::Trader, CauseCode::TooFew, number);
                Cause { detail: detail.clone(), last_seen: None, ..cause }
            });
            let silent = cause(Subject::Strategy(name("trader")), CauseCode::Silent, number);
            Outcome::Failed(own.chain([silent]).collect())
        };
        let disagreeing = vec![name("g1"), name("g2")];
        self.keep(Verdict { disagreeing, ..verdict(number, number, outcome) }, submissions)
    }

    fn keep(&mut self, verdict: Verdict, submissions: Vec<(Name, Arc<Accepted>)>) -> Record {
        let record = judged(verdict, submissions);
        if let Record::Judged(judgement) = &record {
            self.judgements.push(judgement.clone());
        }
        record
    }

    /// Equal in every bit: `==` does not tell -0.0 from 0.0, but their texts do.
    pub(super) fn assert_told_by(&self, journal: &Journal, recovered: &Recovered) {
        assert_eq!(recovered.last_epoch, self.epoch);
        assert_eq!(recovered.registrations, self.in_force.values().cloned().collect::<Vec<_>>());
        assert_eq!(recovered.excused, self.excused);
        assert_eq!(recovered.halt, self.halt);
        let last = self.judgements.last().map(|last| Verdict::clone(&last.verdict));
        assert_eq!(format!("{:?}", recovered.last_verdict), format!("{last:?}"));
        for Judgement { verdict, submissions } in &self.judgements {
            let told = journal.explain(verdict.minute, None, 20).unwrap().unwrap();
            assert_eq!(format!("{:?}", told.verdict), format!("{verdict:?}"));
            assert_eq!(format!("{:?}", told.submissions), format!("{submissions:?}"));
            assert_eq!(told.causes, verdict.causes());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn j2_j5_records_come_back_bit_for_bit(
        batches in prop::collection::vec(prop::collection::vec(step(), 1..6), 1..5),
    ) {
        let place = Place::new();
        let (mut journal, _) = place.open();
        let mut model = Model::default();
        for batch in batches {
            let records: Vec<Record> = batch.into_iter().map(|step| model.record(step)).collect();
            journal.commit(&records).unwrap();
            let (crashed, recovered) = place.crash().open();
            model.assert_told_by(&crashed, &recovered);
        }
        drop(journal);
        let (reopened, recovered) = place.open();
        model.assert_told_by(&reopened, &recovered);
    }
}
