//! The page to look at, at `--http`: the state with its causes, who did what in the last minutes, and the
//! median. All of it is asked of the driver, as everybody asks, and put into words once for all who look.
//!
//! `board` (what is shown) and `markup` (how) are pure; `keeper` asks, `routes` answers.

mod board;
mod words;
mod markup;
mod form;
mod keeper;
mod beats;
mod routes;
#[cfg(test)]
mod tests;

#[cfg(test)]
pub(crate) use keeper::{Latest, keep};
pub(crate) use routes::on;
