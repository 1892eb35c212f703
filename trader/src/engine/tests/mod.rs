//! The core's tests: scripts in rows of text, one file a group of rules; and random histories.
//!
//! Both run in the same [`world`] and under the eyes of the same [`witness`], which shares no code
//! with the core.

mod journal;
mod audit;
mod witness;
mod world;
mod ledger;
mod told;
mod script;
mod time;
mod registration;
mod medians;
mod errors;
mod halts;
mod disk;
mod readers;
mod actors;
mod at_once;
mod properties;
