//! How messages of a connection are kept back, doubled and put out of order. Pure.

use std::mem;

use crate::message::Say;

/// What is distorted at present.
#[derive(Debug, Default)]
pub(crate) struct Distortion {
    muted: bool,
    /// How many messages with trades are still to be sent twice.
    repeats: u32,
    swap: Swap,
}

#[derive(Debug, Default)]
enum Swap {
    #[default]
    None,
    /// The next message with trades waits for the one after it.
    Asked,
    /// It waits.
    Waiting(Say),
}

impl Distortion {
    /// A distortion that keeps everything back, or none.
    pub(crate) fn new(muted: bool) -> Self {
        Self { muted, ..Self::default() }
    }

    pub(crate) fn muted(&self) -> bool {
        self.muted
    }

    pub(crate) fn mute(&mut self, muted: bool) {
        self.muted = muted;
    }

    /// Sends this many messages with trades twice, besides those that are asked for already.
    pub(crate) fn repeat(&mut self, count: u32) {
        self.repeats = self.repeats.saturating_add(count);
    }

    /// Puts the next two messages with trades into the wrong order.
    pub(crate) fn swap(&mut self) {
        if matches!(self.swap, Swap::None) {
            self.swap = Swap::Asked;
        }
    }

    /// What is sent in place of `say`, in order.
    pub(crate) fn pass(&mut self, say: Say) -> Vec<Say> {
        if self.muted {
            return Vec::new();
        }
        if !matches!(say, Say::Trades(_)) {
            return vec![say];
        }
        match mem::take(&mut self.swap) {
            Swap::Asked => {
                self.swap = Swap::Waiting(say);
                Vec::new()
            }
            Swap::Waiting(earlier) => [self.repeated(say), self.repeated(earlier)].concat(),
            Swap::None => self.repeated(say),
        }
    }

    fn repeated(&mut self, say: Say) -> Vec<Say> {
        if self.repeats == 0 {
            return vec![say];
        }
        self.repeats -= 1;
        vec![say.clone(), say]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What comes of messages with trades, which are numbers, and of one without, which is `x`.
    fn passed(distortion: &mut Distortion, said: &str) -> String {
        let say = |word: &str| match word {
            "x" => Say::Text(word.to_owned()),
            _ => Say::Trades(word.to_owned()),
        };
        let text = |say| match say {
            Say::Text(text) | Say::Trades(text) => text,
            Say::Ping | Say::Close(..) => panic!("nobody said so"),
        };
        let passed = said.split(' ').flat_map(|word| distortion.pass(say(word)));
        passed.map(text).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn messages_with_trades_are_distorted_and_others_are_not() {
        let mut distortion = Distortion::new(false);
        assert_eq!(passed(&mut distortion, "1 x 2"), "1 x 2");
        distortion.swap();
        assert_eq!(passed(&mut distortion, "x 1 x 2 3 4"), "x x 2 1 3 4");
        distortion.repeat(1);
        distortion.repeat(1);
        assert_eq!(passed(&mut distortion, "1 x 2 3"), "1 1 x 2 2 3");
        distortion.mute(true);
        assert_eq!(passed(&mut distortion, "1 x 2"), "");
        distortion.mute(false);
        assert_eq!(passed(&mut distortion, "3 x"), "3 x");
    }

    #[test]
    fn what_waits_to_be_swapped_outlasts_a_silence() {
        let mut distortion = Distortion::new(false);
        distortion.swap();
        assert_eq!(passed(&mut distortion, "1"), "");
        distortion.swap();
        distortion.mute(true);
        assert_eq!(passed(&mut distortion, "2"), "");
        distortion.mute(false);
        assert_eq!(passed(&mut distortion, "3 4"), "3 1 4");
    }
}
