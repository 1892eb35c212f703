//! What is said in a minute, in the order in which it comes in: whatever the verdict needs of it is
//! kept at hand, so that the last word does not have to wait for all others to be looked at again.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use chassis::name::Name;

use super::submission::Accepted;

/// Submissions of one minute.
#[derive(Clone, Debug, Default)]
pub(super) struct Said {
    submissions: Vec<(Name, Arc<Accepted>)>,
    decisions: Vec<f64>,
    /// The bits that the first decision read from each generator.
    read: BTreeMap<Name, u64>,
    /// Generators of which others read something else.
    disagreeing: BTreeSet<Name>,
    /// Epochs whose word does not count any more.
    dismissed: BTreeSet<u64>,
    abstained: usize,
}

impl Said {
    pub(super) fn push(&mut self, name: Name, accepted: Arc<Accepted>) {
        match accepted.decision() {
            Some(decision) => {
                self.decisions.push(decision);
                self.compare_signals(&accepted);
            }
            None => self.abstained += 1,
        }
        self.submissions.push((name, accepted));
    }

    fn compare_signals(&mut self, accepted: &Accepted) {
        for signal in &accepted.signals {
            let (generator, bits) = (&signal.generator, signal.value.to_bits());
            match self.read.get(generator) {
                Some(read) if *read == bits => {}
                Some(_) => {
                    self.disagreeing.insert(generator.clone());
                }
                None => {
                    self.read.insert(generator.clone(), bits);
                }
            }
        }
    }

    /// Whoever said it is off the list.
    pub(super) fn dismiss(&mut self, said: &Accepted) {
        assert!(self.dismissed.insert(said.epoch), "an epoch speaks once a minute");
        self.abstained -= usize::from(said.decision().is_none());
    }

    /// How many have spoken.
    pub(super) fn count(&self) -> usize {
        self.submissions.len() - self.dismissed.len()
    }

    /// How many of them abstained.
    pub(super) fn abstained(&self) -> usize {
        self.abstained
    }

    /// Everything that was said, in the order in which it came in, and what was dismissed since.
    pub(super) fn so_far(&self) -> &[(Name, Arc<Accepted>)] {
        &self.submissions
    }

    /// The decisions, in some order.
    pub(super) fn decisions(&mut self) -> &mut [f64] {
        self.sweep();
        &mut self.decisions
    }

    /// Everything that was said, in the order in which it came in.
    pub(super) fn submissions(mut self) -> Vec<(Name, Arc<Accepted>)> {
        self.sweep();
        self.submissions
    }

    /// Generators under whose name decisions carry different values.
    pub(super) fn disagreeing(&mut self) -> Vec<Name> {
        self.sweep();
        self.disagreeing.iter().cloned().collect()
    }

    /// Forgets what was dismissed.
    fn sweep(&mut self) {
        if self.dismissed.is_empty() {
            return;
        }
        let Self { submissions, dismissed, .. } = std::mem::take(self);
        for (name, accepted) in submissions {
            if !dismissed.contains(&accepted.epoch) {
                self.push(name, accepted);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use chassis::grid::{Minute, Timestamp};

    use super::*;
    use crate::engine::submission::{Content, Signal};

    /// Who says what under which epoch, having read what from generator `g`.
    fn word(name: &str, epoch: u64, content: Content, read: f64) -> (Name, Arc<Accepted>) {
        let at = Timestamp::from_micros(0);
        let minute = Minute::containing(at, "60s".parse().unwrap());
        let id: Name = "i1".parse().unwrap();
        let signal = Signal {
            generator: "g".parse().unwrap(),
            run_id: id.clone(),
            minute,
            value: read,
            produced_at: at,
        };
        let accepted = Accepted {
            epoch,
            instance: id,
            minute,
            decided_at: at,
            received_at: at,
            content,
            signals: [signal].into(),
        };
        (name.parse().unwrap(), Arc::new(accepted))
    }

    #[test]
    fn r5_a_word_that_is_dismissed_leaves_no_trace() {
        let abstention = Content::Abstention("why".into());
        let words = [
            word("a", 1, Content::Decision(0.5), 1.0),
            word("b", 2, abstention, 2.0),
            word("c", 3, Content::Decision(0.25), 2.0),
            word("a", 4, Content::Decision(0.75), 1.0),
        ];
        let mut said = Said::default();
        for (name, word) in &words {
            said.push(name.clone(), Arc::clone(word));
        }
        assert_eq!((said.count(), said.abstained()), (4, 1));
        assert_eq!(said.clone().disagreeing(), ["g".parse().unwrap()], "c has read another value");

        said.dismiss(&words[0].1);
        said.dismiss(&words[1].1);
        said.dismiss(&words[2].1);
        assert_eq!((said.count(), said.abstained(), said.so_far().len()), (1, 0, 4));
        assert_eq!(said.decisions(), [0.75], "the same name under another epoch counts");
        assert!(said.disagreeing().is_empty());
        assert_eq!(said.submissions(), words[3..]);
    }
}
