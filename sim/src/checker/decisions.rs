//! Signals and decisions, recomputed: each is what its generator, or its strategy, came to.

use std::collections::{BTreeMap, BTreeSet};

use chassis::grid::Timestamp;
use proto::v1::submit_request::Content;

use super::{
    ledger::Known,
    rows::{Submission, Verdict},
    scene::Scene,
    violation::{Checked, ensure},
};
use crate::{
    record::{Call, Record, What},
    value,
};

/// A process, for one minute.
type Once = (String, u64, Timestamp);

/// A generator's value, bit for bit.
type Value = (String, u64);

/// The values behind a decision, and the decision.
type Decision = (Vec<Value>, u64);

/// What was computed and decided.
#[derive(Debug, Default)]
pub(super) struct Decisions {
    /// Bits of a generator's values for a minute; more than one after a restart.
    signals: BTreeMap<(Timestamp, String), BTreeSet<u64>>,
    /// A strategy's decisions for a minute.
    decided: BTreeMap<(Timestamp, String), BTreeSet<Decision>>,
    /// What each process has computed or decided.
    once: BTreeMap<Once, u64>,
}

impl Decisions {
    pub(super) fn see(&mut self, record: &Record, scene: &Scene) -> Checked {
        match &record.what {
            What::Computed { generator, minute, value: Some(value) } => {
                let minute = minute.start();
                self.i13_one_value_each(record, minute, value.to_bits(), scene)?;
                let key = (minute, generator.clone());
                self.signals.entry(key).or_default().insert(value.to_bits());
                Ok(())
            }
            What::Decided { strategy, minute, signals, decision } => {
                let minute = minute.start();
                self.i13_one_value_each(record, minute, decision.to_bits(), scene)?;
                self.i13_from_signals_of_its_generators(strategy, minute, signals, scene)?;
                let expected = value::decision(strategy, signals.iter().map(|(_, value)| *value));
                let same = expected.to_bits() == decision.to_bits();
                ensure("i13_a_decision_is_a_function_of_its_signals", same, || {
                    format!("{expected} is expected: {record:?}")
                })?;
                let signals = signals.iter().map(|(name, value)| (name.clone(), value.to_bits()));
                let decided = (signals.collect(), decision.to_bits());
                self.decided.entry((minute, strategy.clone())).or_default().insert(decided);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// A process computes or decides once a minute, unless its clock was stepped.
    fn i13_one_value_each(
        &mut self,
        record: &Record,
        minute: Timestamp,
        bits: u64,
        scene: &Scene,
    ) -> Checked {
        let Some(process) = scene.processes.on(&record.host) else { return Ok(()) };
        let since = u64::try_from(process.since.as_millis()).expect("runs are shorter than that");
        let before = self.once.insert((record.host.to_string(), since, minute), bits);
        let stepped = scene.times.stepped(&record.host).is_some_and(|at| at >= process.since);
        ensure("i13_one_value_each", before.is_none() || stepped, || {
            format!("it is not the first one: {record:?}")
        })
    }

    /// One signal of every generator, each computed for that very minute.
    fn i13_from_signals_of_its_generators(
        &self,
        strategy: &str,
        minute: Timestamp,
        signals: &[(String, f64)],
        scene: &Scene,
    ) -> Checked {
        let expected = scene.description.strategies.get(strategy);
        let asked = expected.is_some_and(|expected| {
            expected.iter().eq(signals.iter().map(|(generator, _)| generator))
        });
        let computed = signals.iter().all(|(generator, value)| {
            let computed = self.signals.get(&(minute, generator.clone()));
            computed.is_some_and(|values| values.contains(&value.to_bits()))
        });
        ensure("i13_from_signals_of_its_generators", asked && computed, || {
            format!("{strategy} decides {minute} from {signals:?}, its generators are {expected:?}")
        })
    }

    /// Every decision behind a verdict was made by that strategy, for that minute, from those
    /// signals; or it was handed in by hand.
    pub(super) fn judge(&mut self, scene: &Scene, verdict: &Known<Verdict>) -> Checked {
        let row = &verdict.row;
        for said in &row.submissions {
            let Some(decision) = said.decision else { continue };
            let signals = said.signals.iter();
            let signals: Vec<_> =
                signals.map(|it| (it.generator.clone(), it.value.to_bits())).collect();
            let decided = self.decided.get(&(row.minute, said.name.clone()));
            let own = decided.is_some_and(|all| all.contains(&(signals, decision.to_bits())));
            ensure("i13_decided_by_that_strategy", own || by_hand(scene, row, said), || {
                format!("{decided:?} were decided for {}: {said:?}", row.minute)
            })?;
        }
        g5_who_disagrees_is_named(row)?;
        // A clock that is set back may bring an earlier minute once more, but no verdict for it.
        self.decided.retain(|(minute, _), _| *minute > row.last);
        Ok(())
    }
}

fn by_hand(scene: &Scene, row: &Verdict, said: &Submission) -> bool {
    scene.calls().any(|(_, call)| match call {
        Call::Submit(call) => {
            let minute = call.minute.and_then(|at| chassis::wire::read_timestamp(at).ok());
            let content = match &call.content {
                Some(Content::Decision(decision)) => Some(decision.to_bits()),
                Some(Content::Abstention(_)) | None => None,
            };
            call.instance == said.instance
                && call.name == said.name
                && minute == Some(row.minute)
                && content == said.decision.map(f64::to_bits)
        }
        _ => false,
    })
}

/// Generators whose values differ between decisions are named, and no others.
fn g5_who_disagrees_is_named(row: &Verdict) -> Checked {
    let mut values: BTreeMap<&str, BTreeSet<u64>> = BTreeMap::new();
    for said in row.submissions.iter().filter(|said| said.decision.is_some()) {
        for signal in &said.signals {
            values.entry(&signal.generator).or_default().insert(signal.value.to_bits());
        }
    }
    let different = values.iter().filter(|(_, values)| values.len() > 1).map(|(name, _)| *name);
    let named = row.disagreeing.split(',').filter(|name| !name.is_empty());
    ensure("g5_who_disagrees_is_named", different.eq(named) || row.minute != row.last, || {
        format!("{values:?}: {row:?}")
    })
}
