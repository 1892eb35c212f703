//! A decision as a strategy would send it, but for one byte.

use chassis::{
    grid::{Minute, Timestamp, Timing},
    wire::timestamp,
};
use prost::Message as _;
use proto::v1;

/// Who holds a name, as far as the trader told.
#[derive(Clone, Debug)]
pub(super) struct Holder {
    pub(super) name: String,
    pub(super) instance: String,
    pub(super) epoch: u64,
}

/// The holder's decision for the minute at hand, with the byte at `place` changed; none if that is no
/// message.
pub(super) fn decision(
    holder: &Holder,
    journal: &str,
    (now, timing): (Timestamp, Timing),
    value: u8,
    (place, change): (u8, u8),
) -> Option<v1::SubmitRequest> {
    let minute = Minute::containing(now.plus(timing.skew), timing.interval).start();
    let decided_at = now.max(minute);
    let signal = v1::Signal {
        generator: "g".to_owned(),
        run_id: "r1".to_owned(),
        minute: Some(timestamp(minute)),
        value: f64::from(value),
        produced_at: Some(timestamp(minute)),
    };
    let request = v1::SubmitRequest {
        name: holder.name.clone(),
        instance: holder.instance.clone(),
        journal: journal.to_owned(),
        epoch: holder.epoch,
        minute: Some(timestamp(minute)),
        decided_at: Some(timestamp(decided_at)),
        content: Some(v1::submit_request::Content::Decision(f64::from(value))),
        signals: vec![signal],
        clock_offset: None,
    };
    let mut message = request.encode_to_vec();
    let place = usize::from(place) % message.len();
    message[place] ^= change;
    v1::SubmitRequest::decode(&*message).ok()
}
