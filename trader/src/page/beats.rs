//! What keeps an open page as the trader is: which version there is, and how long its median is valid yet.

use std::{convert::Infallible, time::Duration};

use bytes::Bytes;
use chassis::{clock::Clock, http::Answer};
use futures_util::stream;
use http::{HeaderValue, header::CONTENT_TYPE};
use http_body::Frame;
use http_body_util::{BodyExt as _, StreamBody};
use tokio::{sync::watch, time::timeout};

use super::keeper::{Latest, Rendered};

/// A page that has not heard anything for a few of these says that it has lost the trader.
const BEAT: Duration = Duration::from_secs(2);

/// At once, at each change, and at least so often; until there is nothing to be shown. Whoever reads
/// slowly misses versions, and gets the last one.
pub(super) fn stream(latest: watch::Receiver<Latest>, clock: Clock) -> Answer {
    let beats = stream::unfold((latest, true), move |(mut latest, first)| async move {
        if !first && let Ok(Err(_gone)) = timeout(BEAT, latest.changed()).await {
            return None;
        }
        let shown = latest.borrow_and_update().clone()?;
        let beat = Frame::data(Bytes::from(beat(&shown, clock)));
        Some((Ok::<_, Infallible>(beat), (latest, false)))
    });
    let mut answer = Answer::new(StreamBody::new(beats).boxed_unsync());
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    answer
}

fn beat(shown: &Rendered, clock: Clock) -> String {
    let valid = shown.valid_ms(clock).map_or_else(|| "null".to_owned(), |valid| valid.to_string());
    let version = &shown.version;
    format!(
        "event: beat\nretry: 2000\ndata: {{\"version\":\"{version}\",\"valid_ms\":{valid}}}\n\n"
    )
}
