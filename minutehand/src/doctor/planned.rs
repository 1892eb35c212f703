//! All that a plan names, part by part.

use std::path::{Path, PathBuf};

use chassis::{
    channel::{Address, Dialer},
    clock::Clock,
    exit::Failure,
    tls::Files,
};

use super::{
    certificates, clock, disk,
    finding::Finding,
    journal, pages,
    ports::{self, Asking, Server},
};
use crate::{
    certs,
    link::{CallArgs, TraderArgs, default_journal},
    plan::{Computes, Generator, Journal, Live, Plan, Trader},
};

/// A plan, and how its parts are asked.
pub(super) struct Planned {
    file: PathBuf,
    plan: Plan,
    /// What an operator shows.
    files: Option<Files>,
}

impl Planned {
    /// Fails only if the plan is wrong.
    pub(super) fn read(file: &Path, flags: &TraderArgs) -> Result<Self, Failure> {
        let plan = Plan::read(file)?;
        let of_plan = |directory: &PathBuf| certs::files(directory, &certs::operator_in(directory));
        let files = flags.tls().files().or_else(|| plan.tls.as_ref().map(of_plan));
        Ok(Self { file: file.to_owned(), plan, files })
    }

    /// Everything, in the order in which it is needed.
    pub(super) async fn examine(&self, call: &CallArgs) -> Result<Vec<Finding>, Failure> {
        let mut findings = vec![self.whole(), clock::examine(self.plan.timing.skew).await];
        findings.extend(self.certificates());
        for trader in &self.plan.traders {
            findings.extend(self.kept_by(trader));
        }
        for generator in &self.plan.generators {
            findings.extend(self.read_by(generator));
        }
        let asking = Asking {
            timeout: call.timeout(),
            dialer: self.dialer(),
            secured: self.files.is_some(),
            timing: Some(self.plan.timing),
        };
        for generator in self.plan.generators.iter().filter(|generator| generator.port != 0) {
            let server = server(generator.label(), generator.port);
            findings.extend(ports::generator(&server, &asking).await);
        }
        for (place, trader) in self.plan.traders.iter().enumerate() {
            if trader.port != 0 {
                let of_it = self.plan.strategies.iter().filter(|one| one.trader == place);
                let strategies = of_it.map(|one| one.name.clone()).collect();
                let server = Server { strategies, ..server(trader.label(), trader.port) };
                findings.extend(ports::trader(&server, &asking).await);
            }
        }
        for (at, label) in self.plan.pages().filter(|(at, _)| at.port() != 0) {
            findings.push(pages::examine(at, &label, asking.timeout).await);
        }
        Ok(findings)
    }

    fn whole(&self) -> Finding {
        let Plan { traders, generators, strategies, .. } = &self.plan;
        let count = |count: usize, what: &str| {
            format!("{count} {what}{}", if count == 1 { "" } else { "s" })
        };
        let found = format!(
            "{}, {}, {}",
            count(traders.len(), "trader"),
            count(generators.len(), "generator"),
            if strategies.len() == 1 {
                "1 strategy".to_owned()
            } else {
                format!("{} strategies", strategies.len())
            }
        );
        Finding::ok("plan", &self.file.display().to_string(), found)
    }

    fn certificates(&self) -> Vec<Finding> {
        let Some(directory) = &self.plan.tls else { return Vec::new() };
        let remedy = format!("`minutehand certs {}` makes and renews them", self.file.display());
        let authority = certs::files(directory, &certs::operator_in(directory)).ca;
        if !authority.exists() {
            let subject = directory.display().to_string();
            let found = format!("{} is not there", authority.display());
            return vec![Finding::bad("certificate", &subject, found).so(remedy)];
        }
        let all = self.plan.identities().chain([certs::operator_in(directory)]);
        let examine = |identity| {
            let files = certs::files(directory, &identity);
            certificates::examine(&files, Some(&identity), Clock::system(), &remedy)
        };
        all.map(examine).collect()
    }

    fn kept_by(&self, trader: &Trader) -> Vec<Finding> {
        let (label, grace) = (trader.label(), self.plan.timing.grace);
        let journal = match &trader.journal {
            Journal::File(file) => file.clone(),
            Journal::Default => match default_journal(trader.port) {
                Ok(file) => file,
                Err(error) => return vec![Finding::bad("journal", &label, error.to_string())],
            },
            Journal::Ephemeral => return Vec::new(),
        };
        let directory = journal.parent().unwrap_or(Path::new("."));
        let examine = match trader.journal {
            Journal::Default => disk::examine_made,
            Journal::File(_) | Journal::Ephemeral => disk::examine,
        };
        vec![examine(directory, &label, grace), journal::examine(&journal, &label)]
    }

    fn read_by(&self, generator: &Generator) -> Option<Finding> {
        let label = generator.label();
        match &generator.computes {
            Computes::Bars(bars) => Some(readable(&bars.source, &label)),
            Computes::Live(Live { record: Some(record), .. }) => {
                let directory = record.parent().unwrap_or(Path::new("."));
                Some(disk::examine(directory, &label, self.plan.timing.grace))
            }
            Computes::Live(Live { record: None, .. }) | Computes::Random(_) => None,
        }
    }

    /// None, if the certificates cannot be used, which is a finding of its own.
    fn dialer(&self) -> Option<Dialer> {
        let Some(files) = self.files.clone() else { return Some(Dialer::tcp()) };
        let opened = chassis::tls::Tls::open(files, Clock::system());
        opened.ok().map(|tls| Dialer::over_tcp(Some(tls)))
    }
}

fn server(label: String, port: u16) -> Server {
    Server { label, address: Address::local(port), planned: Some(port), strategies: Vec::new() }
}

fn readable(source: &Path, label: &str) -> Finding {
    let subject = format!("{} ({label})", source.display());
    match std::fs::File::open(source) {
        Ok(_) => Finding::ok("source", &subject, "it can be read"),
        Err(error) => Finding::bad("source", &subject, format!("it cannot be read: {error}"))
            .so("put it there, or name another one by `source`"),
    }
}
