//! Arbitrary bytes as a history: calls, what becomes of connections and disks, and time.

use prost::Message;
use proto::v1;

/// Something that happens.
#[derive(Clone, Debug)]
pub(super) enum Op {
    /// A message comes in.
    Call(Box<Call>),
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

/// Bytes that are no operation.
struct Noise;

/// Most that happens in one history: a few hundred show nothing that these do not.
const OPS_MAX: usize = 200;

/// The history that `bytes` are. An operation is its number, then its values, lowest byte first; a
/// message has its length, one byte, before it.
pub(super) fn read(mut bytes: &[u8]) -> Vec<Op> {
    std::iter::from_fn(|| next(&mut bytes)).flatten().take(OPS_MAX).collect()
}

/// The next operation; none at the end.
fn next(bytes: &mut &[u8]) -> Option<Result<Op, Noise>> {
    Some(Ok(match byte(bytes)? {
        0 => return call(bytes, Call::Register),
        1 => return call(bytes, Call::Submit),
        2 => return call(bytes, Call::Deregister),
        3 => return call(bytes, Call::Halt),
        4 => return call(bytes, Call::Resume),
        5 => return call(bytes, Call::Status),
        6 => return call(bytes, Call::Explain),
        7 => return call(bytes, Call::Watch),
        8 => return call(bytes, Call::Median),
        9 => {
            let [who, value, place, change] = array(bytes)?;
            Op::Decide { who, value, place, change }
        }
        10 => Op::HangUp(byte(bytes)?),
        11 => Op::Pass(u16::from_le_bytes(array(bytes)?)),
        12 => Op::Disk(match byte(bytes)? % 3 {
            0 => Disk::Works,
            1 => Disk::Fails,
            _ => Disk::Hangs,
        }),
        13 => Op::Step(i32::from_le_bytes(array(bytes)?)),
        14 => Op::Restart,
        _ => return Some(Err(Noise)),
    }))
}

fn byte(bytes: &mut &[u8]) -> Option<u8> {
    array(bytes).map(|[byte]| byte)
}

fn array<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (first, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(*first)
}

fn call<M: Message + Default>(
    bytes: &mut &[u8],
    call: impl Fn(M) -> Call,
) -> Option<Result<Op, Noise>> {
    let length = usize::from(byte(bytes)?).min(bytes.len());
    let (message, rest) = bytes.split_at(length);
    *bytes = rest;
    let message = M::decode(message).map_err(|_| Noise);
    Some(message.map(|message| Op::Call(Box::new(call(message)))))
}
