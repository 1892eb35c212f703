//! The grid of minutes: instants of the wall clock, the minutes they fall into, and the settings
//! that belong to them. Pure: nothing here asks what time it is.

mod timestamp;
mod minute;
mod timing;

pub use minute::{Interval, IntervalError, Minute, OffGrid};
pub use timestamp::{ClockOffset, Now, Timestamp};
pub use timing::{Timing, TimingError};
