//! Who takes part in a long run.

use std::path::Path;

use super::storm::Role;
use crate::harness::Part;

/// Length of a minute in a long run.
pub(super) const INTERVAL: &str = "1s";

pub(super) const GENERATORS: [&str; 3] = ["a", "b", "c"];

/// The strategies, and the places of their generators in [`GENERATORS`].
pub(super) const STRATEGIES: [(&str, &[usize]); 4] =
    [("W", &[0]), ("X", &[1]), ("Y", &[1, 2]), ("Z", &[2, 0])];

/// The trader's place: after the generators, before the strategies.
pub(super) const TRADER: usize = GENERATORS.len();

/// One of each kind: they are not ended in the second half, so that what they take can be compared.
pub(super) const VETERANS: [usize; 3] = [0, TRADER, TRADER + 1];

/// The seed of a generator's signals.
pub(super) fn seed_of(generator: usize) -> u64 {
    generator as u64 + 7
}

/// What each part is.
pub(super) fn roles() -> Vec<Role> {
    let generators = GENERATORS.map(|_| Role::Generator);
    [&generators[..], &[Role::Trader], &STRATEGIES.map(|_| Role::Strategy)].concat()
}

/// All of them, with these flags for the trader.
pub(super) async fn start(journal: &Path, flags: &[&str]) -> Vec<Part> {
    let mut parts = Vec::new();
    for (at, name) in GENERATORS.into_iter().enumerate() {
        let seed = seed_of(at).to_string();
        let args = ["--interval", INTERVAL, "--name", name, "--seed", &seed];
        parts.push(Part::server(name, "generator", &args).await);
    }
    let args = ["--interval", INTERVAL, "--journal", journal.to_str().unwrap()];
    parts.push(Part::server("trader", "trader", &[&args, flags].concat()).await);
    for (name, of) in STRATEGIES {
        parts.push(strategy(&parts, name, of));
    }
    parts
}

/// A process of this name, which asks these generators.
pub(super) fn strategy(parts: &[Part], name: &str, of: &[usize]) -> Part {
    let ports: Vec<u16> = of.iter().map(|at| parts[*at].port).collect();
    // Half of them leave when they are stopped, half of them stay on the list.
    let args = ["--interval", INTERVAL, "--stay"];
    let args = if name < "Y" { &args[..] } else { &args[..2] };
    Part::strategy_at(name, parts[TRADER].port, &ports, args)
}
