//! Flags that several commands take: their values, and the environment variable of each.

mod otlp;
mod tls;

use std::{
    ffi::OsString,
    io::{self, Write as _},
    time::Duration,
};

use clap::{
    Arg, Command, Parser,
    error::{ContextKind, ContextValue},
};

pub use otlp::Otlp;
pub use tls::Tls;

/// Longest duration that a flag takes: the longest interval.
const DURATION_MAX: Duration = Duration::from_hours(24);

/// The command line of this process, or of its environment; ends the process when it is wrong.
pub fn parse<A: Parser>() -> A {
    let matches = with_variables(A::command()).try_get_matches();
    matches.and_then(|matches| A::from_arg_matches(&matches)).unwrap_or_else(|error| refuse(&error))
}

/// Ends the process as clap does; what the environment said is named by its variable.
pub fn refuse(error: &clap::Error) -> ! {
    let line: Vec<String> = std::env::args().skip(1).collect();
    let text = |text: OsString| text.to_string_lossy().into_owned();
    let variables = std::env::vars_os().map(|(name, value)| (text(name), text(value)));
    for variable in blamed(error, &line, variables) {
        let _closed = writeln!(io::stderr(), "by the environment's {variable}:");
    }
    error.exit()
}

/// Variables of that flag with the very value that is wrong, if the command line does not have it.
fn blamed(
    error: &clap::Error,
    line: &[String],
    variables: impl Iterator<Item = (String, String)>,
) -> Vec<String> {
    let said = |kind| match error.get(kind) {
        Some(ContextValue::String(said)) => said.as_str(),
        _ => "",
    };
    let (shown, wrong) = (said(ContextKind::InvalidArg), said(ContextKind::InvalidValue));
    let Some(long) = shown.split(' ').next().and_then(|flag| flag.strip_prefix("--")) else {
        return Vec::new();
    };
    if line.iter().any(|word| word.ends_with(wrong)) {
        return Vec::new();
    }
    let (begin, end) = ("MINUTEHAND_", variable("", long).replace("MINUTEHAND__", "_"));
    let is_it = |(name, value): &(String, String)| {
        name.starts_with(begin) && name.ends_with(&end) && value == wrong
    };
    variables.filter(is_it).map(|(name, _)| name).collect()
}

/// Gives each flag of a command its environment variable: `MINUTEHAND_<COMMAND>_<FLAG>`.
pub fn with_variables(command: Command) -> Command {
    let name = command.get_name().to_owned();
    command.mut_args(|flag| with_variable(flag, &name))
}

fn with_variable(flag: Arg, command: &str) -> Arg {
    let Some(long) = flag.get_long() else { return flag };
    let variable = variable(command, long);
    flag.env(variable)
}

/// The environment variable of a command's flag.
pub fn variable(command: &str, flag: &str) -> String {
    format!("MINUTEHAND_{command}_{flag}").replace('-', "_").to_uppercase()
}

/// A duration such as `10s` or `500ms`, at most 24 h.
pub fn duration(text: &str) -> Result<Duration, String> {
    let length = humantime::parse_duration(text)
        .map_err(|error| format!("{error}; write it like 10s or 500ms"))?;
    if length <= DURATION_MAX { Ok(length) } else { Err("it is more than 24h".to_owned()) }
}

/// A whole number within bounds, both of them included.
pub fn number<const LEAST: usize, const MOST: usize>(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(number) if (LEAST..=MOST).contains(&number) => Ok(number),
        _ => Err(format!("it is a whole number from {LEAST} to {MOST}")),
    }
}

/// A duration that is not zero.
pub fn longer_than_nothing(text: &str) -> Result<Duration, String> {
    duration(text)
        .and_then(|length| if length.is_zero() { Err("it is zero".to_owned()) } else { Ok(length) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c4_a_wrong_value_of_the_environment_is_named_by_its_variable() {
        let number = Arg::new("a-number").long("a-number").value_parser(clap::value_parser!(u8));
        let command = Command::new("part").arg(number);
        let error = command.try_get_matches_from(["part", "--a-number=x"]).unwrap_err();
        let set = || {
            let all = [("PART_A_NUMBER", "x"), ("ANOTHER_A_NUMBER", "7"), ("PART_B", "x")];
            all.map(|(name, value)| (format!("MINUTEHAND_{name}"), value.to_owned())).into_iter()
        };
        assert_eq!(blamed(&error, &[], set()), ["MINUTEHAND_PART_A_NUMBER"]);
        for typed in ["--a-number=x", "x", "-nx"] {
            assert!(blamed(&error, &[typed.to_owned()], set()).is_empty(), "{typed}");
        }
    }

    #[test]
    fn c1_durations_have_units_and_bounds() {
        assert_eq!(duration("10s"), Ok(Duration::from_secs(10)));
        assert_eq!(duration("0s"), Ok(Duration::ZERO));
        for bad in ["", "10", "-1s", "25h", "soon"] {
            assert!(duration(bad).is_err(), "{bad}");
        }
        assert!(longer_than_nothing("0s").is_err());
    }

    #[test]
    fn c1_each_flag_has_a_variable_named_after_its_command() {
        let flags = [Arg::new("seed").long("seed"), Arg::new("at").long("log-format").short('l')];
        let command = with_variables(Command::new("a-part").args(flags).arg(Arg::new("FILE")));
        let variables: Vec<_> = command.get_arguments().map(|flag| flag.get_env()).collect();
        let named = |name: &'static str| Some(name.as_ref());
        assert_eq!(
            variables,
            [named("MINUTEHAND_A_PART_SEED"), named("MINUTEHAND_A_PART_LOG_FORMAT"), None]
        );
    }
}
