//! What a trader reports, as people and scripts read it: every struct here is one JSON object of
//! `--json`, and the plain text is made from the same structs.

mod moment;
mod text;
mod verdict;
mod state;
mod minute;

pub use minute::{Explained, Said, SignalUsed, Submission};
pub use moment::{Moment, length, seconds};
pub use state::{ClockOffset, Halt, Status, Strategy};
pub use text::{printable, table};
pub use verdict::{Cause, StateChange, Verdict};
