//! Texts of people: names, addresses, lists of ports, durations, times. What is taken is written as it
//! was meant, and what is not is refused in one printable line.

use std::{fmt::Display, str::FromStr, time::Duration};

use chassis::{
    channel::Address,
    flag,
    grid::{Interval, Minute, Timestamp},
    name::{Name, untrusted},
};
use strategy::args::Generators;

/// One text, read as everything that a text can be.
pub fn run(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    again::<Name>(text);
    again::<Address>(text);
    again::<Interval>(text);
    taken(text.parse::<Generators>());
    taken(Generators::of_ports(text));
    taken(flag::duration(text));
    taken(flag::longer_than_nothing(text));
    assert_eq!(line(&untrusted(text)), untrusted(text));
    if let Some(at) = Timestamp::parse(text) {
        let written = Timestamp::parse(&at.to_string()).expect("it was written");
        assert!(at.distance(written) < Duration::from_millis(1), "{text}");
        let minute = Minute::containing(at, Interval::default());
        assert!(minute.start() <= at);
    }
}

/// What is taken reads the same when it is written.
fn again<T: FromStr<Err: Display> + Display + PartialEq + std::fmt::Debug>(text: &str) {
    if let Some(value) = taken(text.parse::<T>()) {
        let written = value.to_string();
        assert_eq!(written.parse::<T>().ok(), Some(value), "{written}");
    }
}

/// A refusal is one line without anything that steers a terminal.
fn taken<T>(result: Result<T, impl Display>) -> Option<T> {
    result.map_err(|error| assert_eq!(line(&error.to_string()), error.to_string())).ok()
}

fn line(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}
