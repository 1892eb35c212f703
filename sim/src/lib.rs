//! Minutehand in a simulated world.
//!
//! The shipped servers and the shipped strategy run on simulated hosts, over a simulated network and
//! simulated clocks. A world breaks things as its seed says; everything that is seen becomes a
//! [`record::Record`]; a checker that shares no code with the trader's core judges each.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "whoever looks at records looks for a few kinds, and a new kind is none of them"
)]

pub mod record;
pub mod value;
pub mod checker;
pub mod world;
pub mod run;
pub mod cli;
