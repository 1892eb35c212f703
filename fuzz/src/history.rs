//! Arbitrary bytes as a history: calls, what becomes of connections and disks, and time.

use prost::Message;
use proto::v1;

/// Something that happens.
#[derive(Clone, Debug)]
pub(super) enum Op {
    /// A message comes in.
    Call(Call),
    /// One of those who hold a name decides for the minute at hand; then one byte of its message
    /// is another.
    Decide { who: u8, value: u8, place: u8, change: u8 },
    /// One of the sessions breaks.
    HangUp(u8),
    /// So many milliseconds pass.
    Pass(u16),
    /// The disk works, fails, or does not answer.
    Disk(Disk),
    /// The wall clock is set, by so many milliseconds.
    Step(i32),
    /// The trader ends and starts again.
    Restart,
}

/// A message that could be decoded.
#[derive(Clone, Debug)]
pub(super) enum Call {
    Register(v1::RegisterRequest),
    Submit(v1::SubmitRequest),
    Deregister(v1::DeregisterRequest),
    Halt(v1::HaltRequest),
    Resume(v1::ResumeRequest),
    Status(v1::GetStatusRequest),
    Explain(v1::ExplainRequest),
    Watch(v1::WatchRequest),
    Median(v1::GetMedianRequest),
}

/// What becomes of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Disk {
    Works,
    Fails,
    Hangs,
}

/// Most that happens in one history: a few hundred show nothing that these do not.
const OPS_MAX: usize = 200;

/// The history that `bytes` are. An operation is its number, then its values, lowest byte first; a
/// message has its length, one byte, before it.
pub(super) fn read(mut bytes: &[u8]) -> Vec<Op> {
    std::iter::from_fn(|| next(&mut bytes)).flatten().take(OPS_MAX).collect()
}

/// The next operation, without a message that is none; nothing at the end.
fn next(bytes: &mut &[u8]) -> Option<Option<Op>> {
    Some(match byte(bytes)? {
        0 => message(bytes)?.map(Call::Register).map(Op::Call),
        1 => message(bytes)?.map(Call::Submit).map(Op::Call),
        2 => message(bytes)?.map(Call::Deregister).map(Op::Call),
        3 => message(bytes)?.map(Call::Halt).map(Op::Call),
        4 => message(bytes)?.map(Call::Resume).map(Op::Call),
        5 => message(bytes)?.map(Call::Status).map(Op::Call),
        6 => message(bytes)?.map(Call::Explain).map(Op::Call),
        7 => message(bytes)?.map(Call::Watch).map(Op::Call),
        8 => message(bytes)?.map(Call::Median).map(Op::Call),
        9 => {
            let [who, value, place, change] = array(bytes)?;
            Some(Op::Decide { who, value, place, change })
        }
        10 => Some(Op::HangUp(byte(bytes)?)),
        11 => Some(Op::Pass(u16::from_le_bytes(array(bytes)?))),
        12 => Some(Op::Disk(match byte(bytes)? % 3 {
            0 => Disk::Works,
            1 => Disk::Fails,
            _ => Disk::Hangs,
        })),
        13 => Some(Op::Step(i32::from_le_bytes(array(bytes)?))),
        14 => Some(Op::Restart),
        _ => None,
    })
}

fn byte(bytes: &mut &[u8]) -> Option<u8> {
    array(bytes).map(|[byte]| byte)
}

fn array<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (first, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(*first)
}

fn message<M: Message + Default>(bytes: &mut &[u8]) -> Option<Option<M>> {
    let length = usize::from(byte(bytes)?).min(bytes.len());
    let (message, rest) = bytes.split_at(length);
    *bytes = rest;
    Some(M::decode(message).ok())
}
