//! The settings of all parts of a plan, as `up` would run them.

use std::path::Path;

use chassis::exit::Failure;
use clap::{Arg, Command};
use toml::Table;

use super::{
    computed,
    setting::{Origin, Setting, fill, flags},
};
use crate::{
    plan::Plan,
    up::{self, Line, Variables},
};

/// What `up` says for all parts, whatever the plan.
const OF_UP: [&str; 3] = ["log-format", "starts-at", "stay"];

/// What a plan says for all parts, or leaves to what follows from the interval.
const OF_ALL: [&str; 3] = ["interval", "grace", "skew"];

/// Where a part is whose port is free until it runs …
const NOT_KNOWN: &str = "127.0.0.1:0";

/// … and how that is written.
const FREE: &str = "127.0.0.1:(a free one)";

/// Each part by what people call it, and its settings.
pub(super) fn settings(
    file: &Path,
    variables: &Variables,
) -> Result<Vec<(String, Vec<Setting>)>, Failure> {
    let text = Plan::text(file)?;
    let plan = Plan::of(file, &text)?;
    let keys: Table = text.parse().expect("it was read as a plan");
    let reader = Reader { file: file.display().to_string(), keys, variables };
    let lines = up::lines(&plan, variables)?;
    lines.iter().map(|line| Ok((line.label().to_owned(), reader.of(line)?))).collect()
}

struct Reader<'a> {
    file: String,
    keys: Table,
    variables: &'a Variables,
}

impl Reader<'_> {
    fn of(&self, line: &Line) -> Result<Vec<Setting>, Failure> {
        let command = up::command(line.kind());
        let mut settings: Vec<_> = self.told(line, &command);
        // Of a server alone something follows: a strategy's line may have ports that are not known yet.
        if let Ok(matches) = command.try_get_matches_from(line.words()) {
            fill(&mut settings, &computed::defaults(line.kind(), &matches)?);
        }
        Ok(settings)
    }

    fn told(&self, line: &Line, command: &Command) -> Vec<Setting> {
        let setting = |(argument, flag): (&Arg, &str)| match line.told(flag) {
            None => Setting::default(argument, flag),
            Some(value) => {
                let value =
                    if argument.get_action().takes_values() { value } else { "true".to_owned() };
                let free = flag == "port" && value == "0";
                let value =
                    if free { "a free one".to_owned() } else { value.replace(NOT_KNOWN, FREE) };
                let origin = if free { Origin::Default } else { self.origin(line.kind(), flag) };
                Setting::new(flag, Some(&value), origin)
            }
        };
        flags(command).map(setting).collect()
    }

    fn origin(&self, kind: &str, flag: &str) -> Origin {
        if let Some(variable) = self.variables.says(kind, flag) {
            Origin::Environment(variable)
        } else if OF_UP.contains(&flag) {
            Origin::Up
        } else if OF_ALL.contains(&flag) && !self.keys.contains_key(flag) {
            Origin::Default
        } else {
            Origin::Plan(self.file.clone())
        }
    }
}
