//! What the environment of `up` says for the parts of a plan. A variable is of a kind of parts: so it can say
//! what is the same for all of them, and never what a plan says of a single one. Pure, but for the reading.

use std::collections::BTreeMap;

use chassis::{
    exit::{Exit, Failure},
    flag,
    grid::{Timing, TimingError},
    limits::Limits,
};
use clap::{Args as _, Command, CommandFactory as _, Parser};

use super::part::Part;

/// The flags that variables may say for all parts of a kind, besides the limits of servers. All others
/// are what makes a part itself (its name, its ports, where its data comes from), what the parts of a
/// system must have in common (the interval, the certificates), or what `up` needs (the form of logs).
const TAKEN: [(&str, &[&str]); 3] = [
    ("generator", &["grace", "skew"]),
    ("trader", &["grace", "skew", "keep", "strategies-max", "accept-clock"]),
    ("strategy", &["patience"]),
];

/// The variables of all three kinds, as they are set.
#[derive(Clone, Debug, Default)]
pub(crate) struct Variables(BTreeMap<String, String>);

/// What there is to say of a variable that is set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Note {
    /// It says something for all parts of a kind.
    Taken(String),
    /// It is of no effect.
    Ignored(String),
}

impl Variables {
    /// Those of this process.
    pub(crate) fn of_process() -> Self {
        let text = |value: std::ffi::OsString| value.to_string_lossy().into_owned();
        let all = std::env::vars_os().map(|(name, value)| (text(name), text(value)));
        Self::of(all)
    }

    pub(crate) fn of(all: impl IntoIterator<Item = (String, String)>) -> Self {
        let prefixes = TAKEN.map(|(kind, _)| flag::variable(kind, ""));
        let is_ours = |name: &str| prefixes.iter().any(|prefix| name.starts_with(prefix));
        Self(all.into_iter().filter(|(name, _)| is_ours(name)).collect())
    }

    /// The variable by which something is said for all parts of that kind, if it is.
    pub(crate) fn says(&self, kind: &str, flag: &str) -> Option<String> {
        let variable = flag::variable(kind, flag);
        (is_taken(kind, flag) && self.0.contains_key(&variable)).then_some(variable)
    }

    /// The part as it runs: what is said here is stronger than the plan.
    pub(super) fn over(&self, mut part: Part) -> Part {
        let command = command(part.kind());
        for argument in command.get_arguments() {
            let Some(flag) = argument.get_long() else { continue };
            let Some(variable) = self.says(part.kind(), flag) else { continue };
            let value = &self.0[&variable];
            part.forget(flag);
            match value.as_str() {
                "true" if !argument.get_action().takes_values() => {
                    part.arguments.push(format!("--{flag}"));
                }
                "false" if !argument.get_action().takes_values() => {}
                _ => part.arguments.push(format!("--{flag}={value}")),
            }
        }
        part
    }

    /// Fails if something that is said here makes no sense, or does not fit what the plan says.
    pub(super) fn check(&self, parts: &[Part]) -> Result<(), Failure> {
        let taken: Vec<_> = self.notes().into_iter().filter_map(Note::taken).collect();
        if taken.is_empty() {
            return Ok(());
        }
        let mut of_traders = None;
        for part in parts {
            let checked =
                check_line(part.kind(), &self.over(part.clone()).arguments, &mut of_traders);
            checked.map_err(|why| {
                Exit::Usage.because(format!("{} with {}: {why}", part.label, taken.join(", ")))
            })?;
        }
        Ok(())
    }

    /// What there is to say of those that are of no effect.
    pub(crate) fn ignored(&self) -> Vec<String> {
        let ignored = self.notes().into_iter().filter_map(|note| match note {
            Note::Ignored(text) => Some(text),
            Note::Taken(_) => None,
        });
        ignored.collect()
    }

    /// A note for each, in their order.
    pub(super) fn notes(&self) -> Vec<Note> {
        self.0.iter().map(|(name, value)| note(name, value)).collect()
    }
}

impl Note {
    fn taken(self) -> Option<String> {
        match self {
            Self::Taken(text) => Some(text),
            Self::Ignored(_) => None,
        }
    }
}

fn note(name: &str, value: &str) -> Note {
    let of = |(kind, _): (&'static str, _)| {
        let command = command(kind);
        let mut flags = command.get_arguments().filter_map(clap::Arg::get_long);
        let flag = flags.find(|flag| flag::variable(kind, flag) == name)?.to_owned();
        Some((kind, flag))
    };
    match TAKEN.into_iter().find_map(of) {
        Some((kind, flag)) if is_taken(kind, &flag) => Note::Taken(format!("{name}={value}")),
        Some((kind, flag)) => Note::Ignored(format!(
            "{name} is set and not taken: of the --{flag} of a {kind} its plan alone speaks"
        )),
        None => Note::Ignored(format!("{name} is set, and there is no such flag")),
    }
}

fn is_taken(kind: &str, flag: &str) -> bool {
    let limits = || {
        let limits = Limits::augment_args(Command::new("limits"));
        limits.get_arguments().any(|limit| limit.get_long() == Some(flag))
    };
    let taken = TAKEN.iter().find(|(taken, _)| *taken == kind);
    taken.is_some_and(|(_, flags)| flags.contains(&flag)) || (kind != "strategy" && limits())
}

/// The command of a kind of parts, without its variables.
pub(crate) fn command(kind: &str) -> Command {
    match kind {
        "generator" => generator::Args::command(),
        "trader" => trader::Args::command(),
        _ => strategy::Args::command(),
    }
}

/// Checks a part by itself, and a strategy with the traders, which come before it.
fn check_line(kind: &str, line: &[String], of_traders: &mut Option<Timing>) -> Result<(), String> {
    let text = |error: TimingError| error.to_string();
    match kind {
        "generator" => parsed::<generator::Args>(line)?.timing().map(drop).map_err(text),
        "trader" => {
            let args = parsed::<trader::Args>(line)?;
            *of_traders = Some(args.timing().map_err(text)?);
            args.numbers()
        }
        _ => {
            let patience = parsed::<strategy::Args>(line)?.common.patience;
            let fits = of_traders.map_or(Ok(()), |timing| timing.patience(patience).map(drop));
            fits.map_err(text)
        }
    }
}

fn parsed<A: Parser>(line: &[String]) -> Result<A, String> {
    A::try_parse_from(line).map_err(|error| {
        let text = error.render().to_string();
        let first = text.lines().next().unwrap_or_default();
        first.strip_prefix("error: ").unwrap_or(first).to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{plan::Plan, up::part};

    fn variables(all: &[(&str, &str)]) -> Variables {
        Variables::of(all.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
    }

    /// The demo's trader and its strategy X, as they run.
    fn lines(all: &[(&str, &str)]) -> [String; 2] {
        let (plan, variables) = (Plan::demo(), variables(all));
        let parts =
            [part::traders(&plan).remove(0), part::strategies(&plan, &[1], &[1, 2, 3]).remove(0)];
        parts.map(|part| variables.over(part).arguments.join(" "))
    }

    #[test]
    fn c4_what_is_the_same_for_all_parts_of_a_kind_the_environment_may_say() {
        let [plain, strategy] = lines(&[]);
        assert!(plain.contains(" --grace=1s ") && !plain.contains("--keep"), "{plain}");
        let [trader, same] = lines(&[
            ("MINUTEHAND_TRADER_GRACE", "800ms"),
            ("MINUTEHAND_TRADER_ACCEPT_CLOCK", "true"),
            ("MINUTEHAND_TRADER_STREAMS_MAX", "8"),
        ]);
        assert!(!trader.contains("--grace=1s"), "{trader}");
        assert!(trader.ends_with(" --grace=800ms --accept-clock --streams-max=8"), "{trader}");
        assert_eq!(same, strategy);
        let [trader, strategy] = lines(&[
            ("MINUTEHAND_STRATEGY_PATIENCE", "300ms"),
            ("MINUTEHAND_TRADER_ACCEPT_CLOCK", "false"),
        ]);
        assert!(strategy.ends_with(" --stay --patience=300ms"), "{strategy}");
        assert_eq!(trader, plain);
    }

    #[test]
    fn c4_what_makes_a_part_itself_the_plan_alone_says() {
        let alone = [
            ("MINUTEHAND_STRATEGY_NAME", "Z"),
            ("MINUTEHAND_STRATEGY_DECIDE", "mean"),
            ("MINUTEHAND_TRADER_PORT", "7"),
            ("MINUTEHAND_TRADER_INTERVAL", "1s"),
            ("MINUTEHAND_TRADER_EXPECT", "Q"),
            ("MINUTEHAND_TRADER_TLS_CA", "ca.pem"),
            ("MINUTEHAND_TRADER_LOG_FORMAT", "json"),
        ];
        assert_eq!(lines(&alone), lines(&[]));
        let notes = variables(&alone).notes();
        assert!(notes.iter().all(|note| matches!(note, Note::Ignored(_))), "{notes:?}");
        let mixed = [
            ("MINUTEHAND_STATUS_TIMEOUT", "1s"),
            ("MINUTEHAND_STRATEGY_NAME", "Z"),
            ("MINUTEHAND_TRADER_GRACEE", "1s"),
            ("MINUTEHAND_TRADER_SKEW", "2ms"),
        ];
        assert_eq!(
            variables(&mixed).notes(),
            [
                Note::Ignored("MINUTEHAND_STRATEGY_NAME is set and not taken: of the --name of a strategy its plan alone speaks".to_owned()),
                Note::Ignored("MINUTEHAND_TRADER_GRACEE is set, and there is no such flag".to_owned()),
                Note::Taken("MINUTEHAND_TRADER_SKEW=2ms".to_owned()),
            ]
        );
    }

    #[test]
    fn c4_what_makes_no_sense_is_refused_before_anything_starts() {
        let plan = Plan::demo();
        let parts = [part::traders(&plan), part::strategies(&plan, &[1], &[1, 2, 3])].concat();
        let check = |variable: &str, value: &str| {
            let checked = variables(&[(variable, value)]).check(&parts);
            checked.map_err(|failure| failure.to_string())
        };
        assert_eq!(check("MINUTEHAND_TRADER_GRACE", "900ms"), Ok(()));
        assert_eq!(check("MINUTEHAND_TRADER_NAME", "soon"), Ok(()), "it is not taken");
        for (variable, value, why) in [
            (
                "TRADER_GRACE",
                "soon",
                "trader with MINUTEHAND_TRADER_GRACE=soon: invalid value 'soon' for ",
            ),
            ("TRADER_GRACE", "3s", "trader with MINUTEHAND_TRADER_GRACE=3s: "),
            ("TRADER_GRACE", "100ms", "strategy X with MINUTEHAND_TRADER_GRACE=100ms: patience "),
            (
                "STRATEGY_PATIENCE",
                "990ms",
                "strategy X with MINUTEHAND_STRATEGY_PATIENCE=990ms: patience ",
            ),
        ] {
            let message = check(&format!("MINUTEHAND_{variable}"), value).unwrap_err();
            assert!(message.starts_with(why), "{message}");
        }
    }

    #[test]
    fn c4_every_flag_that_is_taken_is_one() {
        for (kind, flags) in TAKEN {
            let command = command(kind);
            let all: Vec<_> = command.get_arguments().filter_map(clap::Arg::get_long).collect();
            for flag in flags {
                assert!(all.contains(flag), "{kind} --{flag}");
            }
        }
    }
}
