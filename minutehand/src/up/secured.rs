//! The certificates of a system: those that its plan names, or some that are made for one run.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use chassis::{
    chance,
    channel::Dialer,
    clock::Clock,
    exit::{Exit, Failure},
    tls::{Identity, Role, Tls},
};
use tempfile::TempDir;

use crate::{
    certs::{self, Order, fill},
    plan::Plan,
};

/// How a system's traders are asked.
#[derive(Debug)]
pub(super) struct Access {
    /// By `up` itself.
    pub(super) dialer: Dialer,
    /// By an operator: what to add to a command, a space before each.
    pub(super) flags: String,
}

/// Where nothing is encrypted.
impl Default for Access {
    fn default() -> Self {
        Self { dialer: Dialer::tcp(), flags: String::new() }
    }
}

/// The certificates of a running system.
#[derive(Debug)]
pub(super) struct Secured {
    /// Where they are.
    pub(super) directory: PathBuf,
    /// As whom `up` asks the traders.
    pub(super) operator: Identity,
    /// Removed at the end.
    _made_for_this_run: Option<TempDir>,
}

impl Secured {
    /// What `plan` asks for; none, if it asks for nothing. All of its certificates are there.
    pub(super) fn of(plan: &Plan, file: Option<&Path>) -> Result<Option<Self>, Failure> {
        let Some(directory) = plan.tls.clone() else { return Ok(None) };
        let operator = certs::operator_in(&directory);
        certs::are_there(&directory, plan.identities().chain([operator.clone()]), file)?;
        Ok(Some(Self { directory, operator, _made_for_this_run: None }))
    }

    /// With a CA of its own, whose certificates last as long as it does.
    pub(super) fn for_this_run(plan: &mut Plan) -> Result<Self, Failure> {
        if let Some(directory) = &plan.tls {
            return Err(Exit::Usage.because(format!(
                "the plan has certificates of its own, in {}: leave out --secure",
                directory.display()
            )));
        }
        let made = tempfile::Builder::new().prefix("minutehand-").tempdir();
        let home = made.map_err(|error| {
            Exit::Failed.because(format!("cannot make a directory for certificates: {error}"))
        })?;
        let directory = home.path().to_owned();
        let operator = Identity { role: Role::Operator, name: certs::operator() };
        let order = Order {
            directory: directory.clone(),
            identities: plan.identities().chain([operator.clone()]).collect(),
            hosts: BTreeSet::new(),
            life: certs::AUTHORITY_LIFE,
            renew: false,
        };
        fill(&order, Clock::system().wall(), &mut chance::start(None))?;
        plan.tls = Some(directory.clone());
        Ok(Self { directory, operator, _made_for_this_run: Some(home) })
    }

    /// How the traders are asked.
    pub(super) fn access(&self) -> Result<Access, Failure> {
        let files = certs::files(&self.directory, &self.operator);
        let tls = Tls::open(files, Clock::system())
            .map_err(|error| Exit::Failed.because(error.to_string()))?;
        let flags = certs::flags(&self.directory, &self.operator);
        let flags = flags.map(|flag| format!(" {flag}")).concat();
        Ok(Access { dialer: Dialer::over_tcp(Some(tls)), flags })
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const PLAN: &str = "[tls]\ndir = 'c'\n[trader]\nephemeral = true\n[[generator]]\nname = 'a'\n[[strategy]]\nname = 'X'\nsignals = ['a']";

    fn plan(home: &Path) -> (PathBuf, Plan) {
        let file = home.join("p.toml");
        fs::write(&file, PLAN).unwrap();
        let plan = Plan::read(&file).unwrap();
        (file, plan)
    }

    fn fill_for(plan: &Plan, operators: &[&str]) {
        let operators =
            operators.iter().map(|name| certs::identity(&format!("operator/{name}")).unwrap());
        let order = Order {
            directory: plan.tls.clone().unwrap(),
            identities: plan.identities().chain(operators).collect(),
            hosts: BTreeSet::new(),
            life: certs::AUTHORITY_LIFE,
            renew: false,
        };
        fill(&order, Clock::system().wall(), &mut chance::start(None)).unwrap();
    }

    #[test]
    fn c4_a_certificate_that_is_missing_is_named_with_the_command_that_makes_it() {
        let home = tempfile::tempdir().unwrap();
        let (file, plan) = plan(home.path());
        let refused = |missing: &str| {
            let failure = Secured::of(&plan, Some(&file)).unwrap_err();
            let directory = home.path().join("c").display().to_string();
            assert_eq!(
                failure.message,
                format!(
                    "{directory}/{missing} is not there: `minutehand certs {}` makes what is missing",
                    file.display()
                )
            );
            assert_eq!(failure.exit, Exit::Failed);
        };
        refused("ca.pem");
        fill_for(&plan, &[]);
        refused(&format!("operator-{}.pem", certs::operator()));
        fill_for(&plan, &["zoe", "ann"]);
        let secured = Secured::of(&plan, Some(&file)).unwrap().unwrap();
        assert_eq!(secured.operator.to_string(), "operator ann");
        for missing in ["strategy-X.key", "generator-a.pem", "trader-main.pem"] {
            fs::remove_file(home.path().join("c").join(missing)).unwrap();
            refused(missing);
            fill_for(&plan, &[]);
        }
        let user = certs::operator();
        fill_for(&plan, &[user.as_str()]);
        let secured = Secured::of(&plan, Some(&file)).unwrap().unwrap();
        assert_eq!(secured.operator.name, user);
    }

    #[test]
    fn c4_certificates_for_one_run_are_all_there_and_go_with_it() {
        let mut plan = Plan::demo();
        assert!(Secured::of(&plan, None).unwrap().is_none(), "the demo asks for nothing");
        let secured = Secured::for_this_run(&mut plan).unwrap();
        assert!(Secured::of(&plan, None).unwrap().is_some());
        let failure = Secured::for_this_run(&mut plan).unwrap_err();
        assert_eq!(failure.exit, Exit::Usage, "{failure}");
        let directory = secured.directory.clone();
        drop(secured);
        assert!(!directory.exists());
    }
}
