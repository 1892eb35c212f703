//! The frames of HTTP/2 as they go by (RFC 9113, section 4.1): which ones, no more.

/// Bytes before a frame's payload.
const HEAD_BYTES: usize = 9;

/// Bytes of a GOAWAY's payload up to the end of its code.
const GOAWAY_BYTES: usize = 8;

/// A frame that goes by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Frame {
    /// Part of a request or an answer.
    Message,
    /// The last word of a connection: why it ends.
    GoAway(u32),
    /// Anything else.
    Control,
}

/// Follows the frames of one direction of a connection, however they are cut into pieces.
#[derive(Debug)]
pub(super) struct Frames {
    /// Bytes that are passed over: what is left of the preface, or of a payload.
    skipped: usize,
    head: [u8; HEAD_BYTES + GOAWAY_BYTES],
    filled: usize,
}

impl Frames {
    /// After so many bytes that are no frames.
    pub(super) fn after(skipped: usize) -> Self {
        Self { skipped, head: [0; HEAD_BYTES + GOAWAY_BYTES], filled: 0 }
    }

    /// Calls `each` with every frame whose beginning is complete with these bytes.
    pub(super) fn follow(&mut self, mut bytes: &[u8], mut each: impl FnMut(Frame)) {
        while !bytes.is_empty() {
            let passed = self.skipped.min(bytes.len());
            self.skipped -= passed;
            bytes = &bytes[passed..];
            let taken = (self.wanted() - self.filled).min(bytes.len());
            self.head[self.filled..][..taken].copy_from_slice(&bytes[..taken]);
            self.filled += taken;
            bytes = &bytes[taken..];
            if self.filled >= HEAD_BYTES && self.filled == self.wanted() {
                each(self.frame());
                self.skipped = (HEAD_BYTES + self.length()).saturating_sub(self.filled);
                self.filled = 0;
            }
        }
    }

    fn wanted(&self) -> usize {
        let goaway = self.filled >= HEAD_BYTES && self.head[3] == 0x7;
        HEAD_BYTES + if goaway { GOAWAY_BYTES.min(self.length()) } else { 0 }
    }

    fn length(&self) -> usize {
        let [high, middle, low] = [self.head[0], self.head[1], self.head[2]].map(usize::from);
        high << 16 | middle << 8 | low
    }

    fn frame(&self) -> Frame {
        match self.head[3] {
            // DATA, HEADERS and CONTINUATION.
            0x0 | 0x1 | 0x9 => Frame::Message,
            0x7 => {
                let code = self.head[HEAD_BYTES + 4..].try_into().expect("four bytes are left");
                Frame::GoAway(u32::from_be_bytes(code))
            }
            _ => Frame::Control,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// DATA of three bytes, a PING, a GOAWAY with code 11 and a debug text, empty HEADERS.
    const TALK: &[u8] = b"PRI\0\0\x03\0\0\0\0\0\x01abc\0\0\x08\x06\0\0\0\0\0pingpong\
        \0\0\x0a\x07\0\0\0\0\0\0\0\0\x01\0\0\0\x0bhi\0\0\0\x01\x05\0\0\0\x03";

    #[test]
    fn frames_are_followed_however_they_are_cut() {
        for size in 1..=TALK.len() {
            let mut frames = Frames::after(3);
            let mut seen = Vec::new();
            for piece in TALK.chunks(size) {
                frames.follow(piece, |frame| seen.push(frame));
            }
            let expected = [Frame::Message, Frame::Control, Frame::GoAway(11), Frame::Message];
            assert_eq!(seen, expected, "in pieces of {size}");
        }
    }

    #[test]
    fn fault_52_no_bytes_at_all_confuse_it() {
        for kind in [0x7, 0xff] {
            let mut frames = Frames::after(0);
            let mut count = 0;
            // A GOAWAY that is too short for its code, again and again.
            frames.follow(&[0, 0, 1, kind, 0, 0, 0, 0, 0, 9].repeat(10), |_| count += 1);
            assert_eq!(count, 10);
        }
    }
}
