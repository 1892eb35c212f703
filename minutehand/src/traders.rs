//! Which traders a command is about: the one that its flags name, or all of a plan.

use std::path::{Path, PathBuf};

use chassis::{
    exit::{Exit, Failure},
    name::Name,
    tls::Files,
};

use crate::{
    certs,
    link::TraderArgs,
    plan::{Plan, Trader},
};

/// All traders of a plan, if one is named.
#[derive(Clone, Debug, clap::Args)]
pub struct PlanArgs {
    /// A plan, for all of its traders: on this machine, with an operator's certificate of the plan's
    /// directory if it has one.
    #[arg(value_name = "PLAN.toml", conflicts_with_all = ["trader", "trader_port"])]
    plan: Option<PathBuf>,
}

/// A trader that a command is about.
#[derive(Clone, Debug)]
pub struct Meant {
    /// What it is called.
    pub called: Called,
    /// The flags that would name it alone.
    pub flags: TraderArgs,
}

/// What a trader is called in what is said of it.
#[derive(Clone, Debug, Default)]
pub struct Called {
    /// In JSON; none where no plan was named.
    field: Option<Name>,
    /// In front of text; none where nobody could mistake it for another.
    line: Option<Name>,
}

impl Called {
    /// The only one there is, or one of a plan.
    fn of(trader: &Trader) -> Self {
        Self { field: Some(trader.name()), line: trader.name.clone() }
    }

    /// Its name for JSON.
    pub fn field(&self) -> Option<&str> {
        self.field.as_ref().map(Name::as_str)
    }

    /// A text about it, with its name in front if that says more.
    pub fn before(&self, text: &str) -> String {
        match &self.line {
            Some(name) => format!("{name}: {text}"),
            None => text.to_owned(),
        }
    }
}

impl PlanArgs {
    /// The plan's file, if one is named.
    pub fn file(&self) -> Option<&Path> {
        self.plan.as_deref()
    }

    /// The plan's traders; the one of `flags`, if no plan is named.
    pub fn traders(&self, flags: &TraderArgs) -> Result<Vec<Meant>, Failure> {
        let Some(file) = &self.plan else {
            return Ok(vec![Meant { called: Called::default(), flags: flags.clone() }]);
        };
        let plan = Plan::read(file)?;
        if let Some(trader) = plan.traders.iter().find(|trader| trader.port == 0) {
            return Err(on_a_free_port(file, trader));
        }
        let files = if flags.tls().files().is_some() { None } else { certificate(file, &plan)? };
        let meant = |trader: &Trader| Meant {
            called: Called::of(trader),
            flags: flags.of_plan(file, trader.port, files.clone()),
        };
        Ok(plan.traders.iter().map(meant).collect())
    }
}

/// What an operator shows, if the plan has certificates.
fn certificate(file: &Path, plan: &Plan) -> Result<Option<Files>, Failure> {
    let Some(directory) = &plan.tls else { return Ok(None) };
    let operator = certs::operator_in(directory);
    certs::are_there(directory, std::iter::once(operator.clone()), Some(file))?;
    Ok(Some(certs::files(directory, &operator)))
}

fn on_a_free_port(file: &Path, trader: &Trader) -> Failure {
    Exit::Usage.because(format!(
        "plan {}: the {} is on a free port, which only the log of `minutehand up` says: give it one with `port = PORT`, or name that one with --trader-port PORT instead of the plan",
        file.display(),
        trader.label()
    ))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::scripted;

    const TWO: &str = "[[trader]]\nname = 'btc'\nport = 7\n[[trader]]\nname = 'eth'\nport = 8\n";

    #[derive(Debug, clap::Args)]
    struct Line {
        #[command(flatten)]
        plan: PlanArgs,
        #[command(flatten)]
        flags: TraderArgs,
    }

    /// What the traders of a plan are called and how they are asked.
    fn traders(plan: &str, flags: &[&str]) -> Result<Vec<String>, String> {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("p.toml");
        fs::write(&file, plan).unwrap();
        fs::create_dir(home.path().join("c")).unwrap();
        for name in ["ca.pem", "operator-zoe.pem", "operator-zoe.key"] {
            fs::write(home.path().join("c").join(name), "").unwrap();
        }
        let line: Line = scripted::parse(&[&[file.to_str().unwrap()], flags].concat());
        let home = format!("{}/", home.path().display());
        let meant = line.plan.traders(&line.flags);
        let meant = meant.map_err(|failure| failure.message.replace(&home, ""))?;
        let shown = meant.iter().map(|Meant { called, flags }| {
            let field = called.field().unwrap_or("-");
            let key =
                flags.tls().files().map_or("-".to_owned(), |files| format!("{:?}", files.key));
            called.before(&format!("{field} {} {key}", flags.address())).replace(&home, "")
        });
        Ok(shown.collect())
    }

    #[test]
    fn c5_the_traders_of_a_plan_are_found_by_their_ports_and_called_by_their_names() {
        assert_eq!(
            traders(TWO, &[]).unwrap(),
            ["btc: btc 127.0.0.1:7 -", "eth: eth 127.0.0.1:8 -"]
        );
        assert_eq!(traders("[trader]\nport = 7", &[]).unwrap(), ["main 127.0.0.1:7 -"]);
        let line: Line = scripted::parse(&["--trader-port", "9"]);
        let alone = line.plan.traders(&line.flags).unwrap();
        assert_eq!((alone.len(), alone[0].called.field()), (1, None));
        assert_eq!(alone[0].called.before("x"), "x");
    }

    #[test]
    fn c5_the_traders_of_a_secured_plan_are_asked_as_an_operator_unless_flags_say_otherwise() {
        let secured = format!("[tls]\ndir = 'c'\n{TWO}");
        assert_eq!(
            traders(&secured, &[]).unwrap(),
            [
                "btc: btc 127.0.0.1:7 \"c/operator-zoe.key\"",
                "eth: eth 127.0.0.1:8 \"c/operator-zoe.key\""
            ]
        );
        let flags = ["--tls-ca=a", "--tls-cert=b", "--tls-key=k"];
        assert_eq!(traders(&secured, &flags).unwrap()[0], "btc: btc 127.0.0.1:7 \"k\"");
        let message = traders(&secured.replace("'c'", "'d'"), &[]).unwrap_err();
        let expected = "d/ca.pem is not there: `minutehand certs p.toml` makes what is missing";
        assert_eq!(message, expected);
    }

    #[test]
    fn c5_a_trader_on_a_free_port_cannot_be_found_by_its_plan() {
        let message = traders(&TWO.replace("port = 8", "ephemeral = true"), &[]).unwrap_err();
        let expected = "plan p.toml: the trader eth is on a free port, which only the log of `minutehand up` says: give it one with `port = PORT`, or";
        assert!(message.starts_with(expected), "{message}");
        assert!(traders("[trader]\nport = 'x'", &[]).unwrap_err().starts_with("plan p.toml: "));
    }
}
