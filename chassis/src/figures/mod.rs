//! Figures: what a part tells of itself in numbers, in Prometheus's text format. Pure.
//!
//! A part declares its [`Family`]s as constants and writes a [`Page`] from values it holds anyway;
//! nothing is registered anywhere, so that a series lives exactly as long as what it is about.

mod family;
mod number;
mod histogram;
mod page;
mod common;

pub use common::{BUILD_INFO, GRACE, INTERVAL, SKEW, START_TIME, page_of};
pub use family::{Family, Kind};
pub use histogram::Histogram;
pub use number::Number;
pub use page::{CONTENT_TYPE, Page, Series};
