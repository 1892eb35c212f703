//! Who may have a name.

use chassis::{grid::Minute, name::Name};

use super::{
    error::Refusal,
    registry::{Registration, Registry},
};

/// What a request to register comes to.
#[derive(Debug)]
pub(super) enum Claim {
    /// The instance holds the name already.
    Again(Registration),
    /// The instance's registration is on its way to the disk already.
    Underway,
    /// To be written: a new name.
    New,
    /// To be written: a lost session's name.
    TakeOver { first_minute: Minute },
}

impl Registry {
    /// Decides on a request to register; `held` is the epoch of this journal that the instance
    /// holds, if any.
    pub(super) fn claim(
        &self,
        name: &Name,
        instance: &Name,
        held: Option<u64>,
    ) -> Result<Claim, Refusal> {
        let pending = self.pending.get(name).map(|pending| &pending.registration.instance);
        let Some(strategy) = self.strategies.get(name) else {
            return match (pending, held) {
                (_, Some(held)) => Err(Refusal::Deregistered { name: name.clone(), held }),
                (Some(pending), None) if pending == instance => Ok(Claim::Underway),
                (Some(_), None) => Err(Refusal::Taken { name: name.clone() }),
                (None, None)
                    if self.strategies.len() + self.pending.len() >= self.strategies_max =>
                {
                    Err(Refusal::Full { max: self.strategies_max })
                }
                (None, None) => Ok(Claim::New),
            };
        };
        let current = &strategy.registration;
        match held {
            Some(held) if held != current.epoch || *instance != current.instance => {
                Err(Refusal::Fenced { name: name.clone(), held, current: current.epoch })
            }
            _ if pending == Some(instance) => Ok(Claim::Underway),
            _ if pending.is_some() && *instance == current.instance => {
                Err(Refusal::Journal(format!("strategy `{name}` is being taken over; try again")))
            }
            _ if *instance == current.instance => Ok(Claim::Again(current.clone())),
            _ if pending.is_some() || strategy.session.is_some() => {
                Err(Refusal::Taken { name: name.clone() })
            }
            _ => Ok(Claim::TakeOver { first_minute: current.first_minute }),
        }
    }
}
