//! Attacks on real servers while an honest system works: two generators, a trader, three strategies,
//! minutes of two seconds. Each attack goes on over a boundary, against the trader and a generator
//! at the same time, and stops by itself. `--nocapture` shows what each came to.

mod frames;
mod raw;
mod gauge;
mod siege;
mod floods;
mod handshakes;
mod certified;
mod calls;
mod strangers;
mod readers;
