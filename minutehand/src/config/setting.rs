//! One setting of a part: its value in effect, and who says so.

use std::fmt;

use chassis::exit::Failure;
use clap::{Arg, ArgMatches, Command, parser::ValueSource};
use serde::{Serialize, Serializer};

use super::{computed, redacted};

/// A flag and its value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Setting {
    pub(super) flag: String,
    /// Redacted; none: it is not set, which is its default.
    pub(super) value: Option<String>,
    pub(super) origin: Origin,
}

/// Who says so: each is stronger than those below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// The command line.
    Flag,
    /// `up` by itself, for what it needs.
    Up,
    /// The environment, by this variable.
    Environment(String),
    /// The plan in this file.
    Plan(String),
    /// Nobody.
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag => f.write_str("flag"),
            Self::Up => f.write_str("up"),
            Self::Environment(variable) => write!(f, "environment {variable}"),
            Self::Plan(file) => write!(f, "plan {file}"),
            Self::Default => f.write_str("default"),
        }
    }
}

impl Serialize for Origin {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Setting {
    /// With what may be shown of the value.
    pub(super) fn new(flag: &str, value: Option<&str>, origin: Origin) -> Self {
        let value = value.map(|value| redacted::shown(flag, value));
        Self { flag: flag.to_owned(), value, origin }
    }

    /// What nobody says.
    pub(super) fn default(argument: &Arg, flag: &str) -> Self {
        let values: Vec<_> =
            argument.get_default_values().iter().map(|value| value.to_string_lossy()).collect();
        let value = if !argument.get_action().takes_values() {
            Some("false".to_owned())
        } else if values.is_empty() {
            in_words(argument)
        } else {
            Some(values.join(","))
        };
        Self::new(flag, value.as_deref(), Origin::Default)
    }
}

/// How a default is come by that depends on others, in the words of `[default: …]` of its help.
fn in_words(argument: &Arg) -> Option<String> {
    let help = argument.get_help()?.to_string();
    let (_, after) = help.split_once("[default: ")?;
    let (default, _) = after.rsplit_once(']')?;
    Some(default.replace('`', ""))
}

/// The flags of a command that have a name and say something.
pub(super) fn flags(command: &Command) -> impl Iterator<Item = (&Arg, &str)> {
    let named =
        command.get_arguments().filter_map(|argument| Some((argument, argument.get_long()?)));
    named.filter(|(_, flag)| !["help", "version"].contains(flag))
}

/// The settings of a command line and its environment.
pub(super) fn of_matches(command: &Command, matches: &ArgMatches) -> Result<Vec<Setting>, Failure> {
    let settings = flags(command).map(|(argument, flag)| of_match(argument, flag, matches));
    let mut settings: Vec<_> = settings.collect();
    fill(&mut settings, &computed::defaults(command.get_name(), matches)?);
    Ok(settings)
}

/// Puts in what follows from other settings, where nobody says it.
pub(super) fn fill(settings: &mut [Setting], defaults: &[(&str, String)]) {
    for setting in settings.iter_mut().filter(|setting| setting.origin == Origin::Default) {
        if let Some((_, value)) = defaults.iter().find(|(flag, _)| *flag == setting.flag) {
            setting.value = Some(value.clone());
        }
    }
}

fn of_match(argument: &Arg, flag: &str, matches: &ArgMatches) -> Setting {
    let id = argument.get_id().as_str();
    let origin = match matches.value_source(id) {
        Some(ValueSource::CommandLine) => Origin::Flag,
        Some(ValueSource::EnvVariable) => {
            let variable = argument.get_env().map(|variable| variable.to_string_lossy());
            Origin::Environment(variable.unwrap_or_default().into_owned())
        }
        Some(_) | None => return Setting::default(argument, flag),
    };
    let value = if argument.get_action().takes_values() {
        let raw = matches.get_raw(id).into_iter().flatten();
        raw.map(|value| value.to_string_lossy()).collect::<Vec<_>>().join(",")
    } else {
        matches.get_flag(id).to_string()
    };
    Setting::new(flag, Some(&value), origin)
}
