//! The roles of the job over a message bus, each a process: a generator publishes a number each
//! minute, a strategy the sum of its generators' numbers, an aggregator the median of the decisions.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use chassis::{
    clock::Clock,
    grid::{Interval, Minute, Timestamp},
};
use clap::{Parser, Subcommand};

use crate::{
    Result,
    figures::{median, scattered},
    peers::{
        broker::{DECISIONS, MEDIANS, signals},
        bus::{Bus, Message, Over},
    },
};

/// What a role says on standard output when it has begun.
pub(crate) const READY: &str = "ready";

/// One role of one system.
#[derive(Debug, Parser)]
#[command(name = "bus")]
pub(crate) struct Member {
    /// The bus.
    #[arg(long)]
    over: Over,

    /// Port of its server.
    #[arg(long)]
    port: u16,

    #[command(subcommand)]
    role: Role,
}

#[derive(Debug, Subcommand)]
enum Role {
    /// Publishes a number at each boundary.
    Generator {
        #[arg(long)]
        name: String,

        #[arg(long)]
        interval: Interval,

        /// How much its clock is behind.
        #[arg(long, default_value_t = 0)]
        behind_ms: u64,
    },

    /// Publishes the sum of its generators' numbers.
    Strategy {
        #[arg(long)]
        name: String,

        #[arg(long, value_delimiter = ',', required = true)]
        generators: Vec<String>,
    },

    /// Publishes the median of the strategies' decisions, once each of them has decided.
    Aggregator {
        #[arg(long, value_delimiter = ',', required = true)]
        strategies: Vec<String>,
    },
}

impl Member {
    /// Plays the role until the process ends.
    pub(crate) async fn run(self) -> Result<()> {
        let bus = Bus::connect(self.over, self.port).await?;
        match self.role {
            Role::Generator { name, interval, behind_ms } => {
                generate(bus, &name, interval, Duration::from_millis(behind_ms)).await
            }
            Role::Strategy { name, generators } => {
                let subjects: Vec<String> = generators.iter().map(|name| signals(name)).collect();
                let sum = |values: &[f64]| values.iter().sum();
                relay(bus, &subjects, Gathering::of(generators), (DECISIONS, &name), sum).await
            }
            Role::Aggregator { strategies } => {
                let subjects = [DECISIONS.to_owned()];
                let own = (MEDIANS, "aggregator");
                relay(bus, &subjects, Gathering::of(strategies), own, median).await
            }
        }
    }
}

#[expect(clippy::print_stdout, reason = "whoever started it waits for this line")]
fn say_ready() {
    println!("{READY}");
}

async fn generate(mut bus: Bus, name: &str, interval: Interval, behind: Duration) -> Result<()> {
    let clock = Clock::system();
    let subject = signals(name);
    say_ready();
    for index in 0.. {
        let minute = Minute::first_after(clock.wall().minus(behind), interval);
        clock.reach(minute.start().plus(behind)).await;
        let message = Message {
            minute: minute.start(),
            value: scattered(index),
            produced_at: clock.wall(),
            name: name.to_owned(),
        };
        bus.publish(&subject, &message).await?;
    }
    Ok(())
}

/// Publishes something of each minute's messages, once all of them are there.
async fn relay(
    mut bus: Bus,
    subjects: &[String],
    mut gathering: Gathering,
    (subject, name): (&str, &str),
    combine: impl Fn(&[f64]) -> f64,
) -> Result<()> {
    let clock = Clock::system();
    let mut subscription = bus.subscribe(subjects).await?;
    say_ready();
    loop {
        let message = subscription.next().await?;
        let minute = message.minute;
        if let Some(values) = gathering.add(message) {
            let message = Message {
                minute,
                value: combine(&values),
                produced_at: clock.wall(),
                name: name.to_owned(),
            };
            bus.publish(subject, &message).await?;
        }
    }
}

/// The messages of the latest minute, and who should speak in it.
#[derive(Debug)]
struct Gathering {
    expected: BTreeSet<String>,
    minute: Option<Timestamp>,
    values: BTreeMap<String, f64>,
}

impl Gathering {
    fn of(expected: Vec<String>) -> Self {
        let expected = expected.into_iter().collect();
        Self { expected, minute: None, values: BTreeMap::new() }
    }

    /// All values of the message's minute, when this is the last one that was missing. Earlier
    /// minutes, strangers and repetitions do not count.
    fn add(&mut self, message: Message) -> Option<Vec<f64>> {
        let Message { minute, value, name, .. } = message;
        if !self.expected.contains(&name) || self.minute.is_some_and(|latest| minute < latest) {
            return None;
        }
        if self.minute != Some(minute) {
            self.minute = Some(minute);
            self.values.clear();
        }
        if self.values.contains_key(&name) {
            return None;
        }
        self.values.insert(name, value);
        let whole = self.values.len() == self.expected.len();
        whole.then(|| self.values.values().copied().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(minute: i64, name: &str, value: f64) -> Message {
        let minute = Timestamp::from_micros(minute * 1_000_000);
        Message { minute, value, produced_at: minute, name: name.to_owned() }
    }

    fn check(expected: &str, messages: &[(i64, &str, f64, Option<&[f64]>)]) {
        let mut gathering = Gathering::of(expected.split(',').map(str::to_owned).collect());
        for (minute, name, value, whole) in messages {
            let got = gathering.add(message(*minute, name, *value));
            assert_eq!(got.as_deref(), *whole, "{name} in {minute}");
        }
    }

    #[test]
    fn a_minute_is_whole_with_its_last_message_once() {
        check(
            "x,y",
            &[
                (1, "y", 2.0, None),
                (1, "x", 1.0, Some(&[1.0, 2.0])),
                (1, "x", 7.0, None),
                (2, "x", 3.0, None),
                (2, "y", 4.0, Some(&[3.0, 4.0])),
            ],
        );
        check("x", &[(1, "x", 1.0, Some(&[1.0])), (2, "x", 2.0, Some(&[2.0]))]);
    }

    #[test]
    fn earlier_minutes_strangers_and_repetitions_do_not_count() {
        check(
            "x,y",
            &[
                (2, "x", 1.0, None),
                (1, "y", 2.0, None),
                (2, "z", 3.0, None),
                (2, "x", 4.0, None),
                (2, "y", 5.0, Some(&[1.0, 5.0])),
            ],
        );
        check("x,y", &[(1, "x", 1.0, None), (2, "y", 2.0, None), (3, "x", 3.0, None)]);
    }

    #[test]
    fn the_median_of_two_decisions_lies_between_them() {
        assert!((median(&[1.0, 2.0]) - 1.5).abs() < f64::EPSILON);
    }
}
