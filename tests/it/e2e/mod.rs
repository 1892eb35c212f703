//! Stories of real processes on real sockets, one theme a file. Each has a system of its own, waits
//! for lines and never for time to pass, and takes no given minute for granted: on a busy machine any
//! of them may fail.

mod system;
mod walkthrough;
mod history;
#[cfg(feature = "live")]
mod feeds;
#[cfg(feature = "otlp")]
mod traces;
mod crashes;
mod within_a_minute;
mod links;
mod names;
mod hosts;
mod clocks;
mod disks;
mod crowded;
mod versions;
mod watchers;
mod alarms;
mod webhooks;
mod doctor;
mod stops;
mod registration;
mod leaving;
mod restart;
mod supervised;
mod halt;
mod journal;
mod operator;
mod figures;
mod bad_input;
mod conformance;
mod limits;
mod launcher;
mod instruments;
mod secured;
mod stock_client;
mod attacks;
