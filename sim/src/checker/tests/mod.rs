//! Every check is seen to fail: runs written by hand, each with one thing that must not be.

mod row;
mod story;
mod minutes;
mod names;
mod readers;
mod calm;
mod mutants;
