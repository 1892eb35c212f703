//! Answers: their bodies, and the headers that all of them have.

use std::convert::Infallible;

use bytes::Bytes;
use http::{
    HeaderMap, HeaderName, HeaderValue, Response, StatusCode,
    header::{
        CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY,
        X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
    },
};
use http_body_util::{BodyExt as _, Full, combinators::UnsyncBoxBody};

/// A body: bytes that are there, or a stream of them, such as `StreamBody` of `http-body-util`. It ends
/// when it ends; there is no other way to fail.
pub type Body = UnsyncBoxBody<Bytes, Infallible>;

/// What a route says.
pub type Answer = Response<Body>;

/// No other page reads, shows or embeds what a part says, and nobody keeps it. A route that needs more
/// sets a header itself, which stays.
const COMMON: [(HeaderName, HeaderValue); 6] = [
    (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (
        CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'; base-uri 'none'"),
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("same-origin"),
    ),
    (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
];

/// Plain text.
pub fn text(status: StatusCode, text: impl Into<Bytes>) -> Answer {
    with_type(status, "text/plain; charset=utf-8", text)
}

/// Bytes of any type.
pub fn with_type(status: StatusCode, kind: &'static str, bytes: impl Into<Bytes>) -> Answer {
    let mut answer = Answer::new(Full::new(bytes.into()).boxed_unsync());
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    answer
}

/// A refusal: one line, in the words of whoever reads it.
pub fn refused(status: StatusCode, why: &str) -> Answer {
    text(status, format!("{why}\n"))
}

/// Puts in what every answer has, where the route has said nothing else.
pub(super) fn finish(headers: &mut HeaderMap) {
    for (name, value) in COMMON {
        headers.entry(name).or_insert(value);
    }
}
