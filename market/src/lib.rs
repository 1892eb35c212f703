//! Market data: what sources wrote, read without guessing, checked without repairing, and handed out
//! only when it is over.
//!
//! A file becomes a [`history::History`]: its bars in order, what is wrong with it
//! ([`quality::Quality`]), and by which conventions it was read ([`convention::Conventions`]). A bar
//! that may be used is a [`bar::Closed`], and there is no way to make one before its minute has ended.

pub mod number;
pub mod bar;
pub mod tick;
pub mod convention;
pub mod stamp;
mod table;
mod columns;
pub mod quality;
pub mod history;
mod placing;
mod gathering;
mod trade_columns;
mod layout;
#[cfg(feature = "parquet")]
pub mod columnar;
mod detecting;
pub mod reading;

#[cfg(test)]
mod tests;
