//! Which processes held which names: what a zombie would know.

use std::{collections::BTreeMap, rc::Rc};

use rand::{rngs::StdRng, seq::IndexedRandom as _};

use super::{plan::TRADER, rogue::Hold};
use crate::record::{Record, What};

/// So many old holds are enough to haunt with.
const HOLDS_MAX: usize = 64;

/// Learnt from what strategies log.
#[derive(Debug, Default)]
pub(crate) struct Holds {
    journal: String,
    /// The process that started last on a host.
    instances: BTreeMap<Rc<str>, String>,
    /// The journal is filled in when it is known.
    had: Vec<Hold>,
}

impl Holds {
    pub(crate) fn learn(&mut self, record: &Record) {
        match &record.what {
            What::Status(status) => self.journal.clone_from(&status.journal),
            What::Line { message, fields, .. } if &*record.host != TRADER => {
                if let Some(instance) = fields.get("instance") {
                    self.instances.insert(Rc::clone(&record.host), instance.clone());
                }
                let name = message.strip_prefix("registered ");
                let epoch = fields.get("epoch").and_then(|epoch| epoch.parse().ok());
                if let (Some(name), Some(epoch)) = (name, epoch)
                    && let Some(instance) = self.instances.get(&record.host).cloned()
                    && self.had.len() < HOLDS_MAX
                {
                    let (name, journal) = (name.to_owned(), String::new());
                    self.had.push(Hold { name, instance, journal, epoch });
                }
            }
            _ => {}
        }
    }

    /// A hold that was replaced; none as long as nobody has said which journal gave it.
    pub(crate) fn old(&self, rng: &mut StdRng) -> Option<Hold> {
        if self.journal.is_empty() {
            return None;
        }
        let newest = |name: &str| {
            let of_name = self.had.iter().filter(|hold| hold.name == name);
            of_name.map(|hold| hold.epoch).max()
        };
        let old = self.had.iter().filter(|hold| Some(hold.epoch) < newest(&hold.name));
        old.collect::<Vec<_>>()
            .choose(rng)
            .map(|hold| Hold { journal: self.journal.clone(), ..(*hold).clone() })
    }
}
