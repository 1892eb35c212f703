//! The end of a run: everything is mended, the operator puts in order what is left, and from then on
//! nothing happens any more.

use std::time::Duration;

use tonic::Code;

use super::{Event, World};
use crate::{
    record::{Call, Record, Refused, What},
    world::{fault, plan::TWIN},
};

/// From the end of the last fault until nothing may be left of it but what the operator must do.
pub(super) const RECOVERY: Duration = Duration::from_secs(15);

/// The operator is done by then.
const MENDING_MAX: Duration = Duration::from_mins(2);

impl World {
    pub(super) fn is_gone(&self, host: &str) -> bool {
        self.mending_since.is_some() && self.plan.gone.as_deref() == Some(host)
    }

    /// Ends all faults at once, and puts back in order what they have left behind.
    pub(super) fn mend(&mut self) {
        self.mending_since = Some(self.machines.now());
        let ids: Vec<u64> = self.faults.keys().copied().collect();
        for id in ids {
            self.heal(id);
        }
        self.kill_if_running(TWIN);
        let hosts: Vec<String> = self.machines.seats.keys().cloned().collect();
        for host in hosts.into_iter().filter(|host| host != TWIN) {
            if self.is_gone(&host) {
                self.kill_if_running(&host);
            } else {
                self.machines.start(&host);
            }
        }
        self.after(RECOVERY, Event::Orders);
    }

    pub(super) fn give_orders(&mut self) {
        let off = self.plan.gone.iter().chain(&self.visitors).cloned();
        let calls = off.map(|name| Call::Deregister { name }).chain([Call::Resume]);
        for call in calls.collect::<Vec<_>>() {
            self.orders.insert(fault::order(&self.machines, call.clone()), call);
        }
    }

    /// Orders of the end are repeated until they are carried out.
    pub(super) fn hear(&mut self, record: &Record) {
        let What::Answered { id, outcome } = &record.what else { return };
        let Some(call) = self.orders.remove(id) else { return };
        if let Err(Refused { code, .. }) = outcome
            && !matches!(code, Code::NotFound | Code::FailedPrecondition)
        {
            self.orders.insert(fault::order(&self.machines, call.clone()), call);
        }
    }

    pub(super) fn calm_down(&mut self) -> Result<(), String> {
        let Some(since) = self.mending_since else { return Ok(()) };
        let now = self.machines.now();
        if self.quiet || now < since + RECOVERY + Duration::from_secs(1) {
            return Ok(());
        }
        if self.orders.is_empty() {
            self.quiet = true;
            let names = self.plan.description.strategies.keys();
            let strategies = names.filter(|name| !self.is_gone(name)).cloned().collect();
            self.machines.see("world", What::Quiet { strategies });
            return Ok(());
        }
        if now > since + MENDING_MAX {
            return Err(format!("the trader did not carry out {:?}", self.orders));
        }
        Ok(())
    }
}
