//! The operator's commands, and the launcher of whole systems. One program: the four other commands
//! are in it, too, so that `up` starts its children from itself.

pub mod tether;
pub mod output;
mod request;
pub mod report;
#[cfg(test)]
mod samples;
#[cfg(test)]
mod scripted;
pub mod link;
pub mod journal;
pub mod plan;
pub mod certs;
pub mod traders;
pub mod status;
pub mod watch;
pub mod explain;
pub mod halt;
pub mod doctor;
mod file;
pub mod backtest;
pub mod sweep;
pub mod up;
pub mod documents;
pub mod config;
pub mod cli;
