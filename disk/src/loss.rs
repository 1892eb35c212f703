//! What a power cut takes.

use std::fmt;

use rand::{Rng, RngExt as _};

/// What a power cut takes of what was not synced.
pub enum Loss<'r> {
    /// Nothing: all of it had reached the disk.
    Nothing,
    /// Everything.
    Everything,
    /// Some of it: whole operations, or single sectors of writes.
    Some(&'r mut dyn Rng),
}

impl fmt::Debug for Loss<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nothing => "nothing lost",
            Self::Everything => "everything lost",
            Self::Some(_) => "some lost",
        })
    }
}

/// Decides what a power cut leaves.
pub(crate) struct Keeps<'a, 'r> {
    loss: &'a mut Loss<'r>,
    /// How likely one thing is to stay.
    chance: f64,
    /// Whether writes are lost in parts.
    pub(crate) torn: bool,
}

impl<'a, 'r> Keeps<'a, 'r> {
    pub(crate) fn new(loss: &'a mut Loss<'r>) -> Self {
        let (chance, torn) = match loss {
            Loss::Nothing => (1.0, false),
            Loss::Everything => (0.0, false),
            // Mostly little: what comes after the first loss is often worth nothing.
            Loss::Some(rng) => (1.0 - rng.random::<f64>().powi(4), rng.random()),
        };
        Self { loss, chance, torn }
    }

    pub(crate) fn one(&mut self) -> bool {
        match self.loss {
            Loss::Nothing => true,
            Loss::Everything => false,
            Loss::Some(rng) => rng.random_bool(self.chance),
        }
    }
}
