//! `cargo sim`: many seeded runs, each checked.
fn main() {}
