//! HTTP/2 frames byte by byte (RFC 9113), as no well-behaved client would send them.

/// What a client says first.
pub(super) const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Bytes before a frame's payload.
pub(super) const HEAD_BYTES: usize = 9;

/// A flag of DATA and HEADERS: nothing follows on this stream.
pub(super) const END_STREAM: u8 = 0x1;

/// A flag of HEADERS and CONTINUATION: no CONTINUATION follows.
pub(super) const END_HEADERS: u8 = 0x4;

/// A type of frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Kind {
    Data = 0x0,
    Headers = 0x1,
    Priority = 0x2,
    RstStream = 0x3,
    Settings = 0x4,
    Ping = 0x6,
    GoAway = 0x7,
    WindowUpdate = 0x8,
    Continuation = 0x9,
}

/// One frame.
pub(super) fn frame(kind: Kind, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut frame = length[1..].to_vec();
    frame.extend([kind as u8, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

/// The preface and empty settings.
pub(super) fn hello() -> Vec<u8> {
    [PREFACE, &frame(Kind::Settings, 0, 0, &[])].concat()
}

/// A header that enters no table (RFC 7541, section 6.2.2); both texts are short.
pub(super) fn header(name: &str, value: &str) -> Vec<u8> {
    let text = |text: &str| {
        assert!(text.len() < 127, "the length fits its seven bits");
        [&[u8::try_from(text.len()).unwrap()], text.as_bytes()].concat()
    };
    [vec![0], text(name), text(value)].concat()
}

/// The headers of a gRPC call.
pub(super) fn call_headers(path: &str) -> Vec<u8> {
    [
        (":method", "POST"),
        (":scheme", "http"),
        (":path", path),
        (":authority", "minutehand"),
        ("content-type", "application/grpc"),
        ("te", "trailers"),
    ]
    .map(|(name, value)| header(name, value))
    .concat()
}

/// The beginning of a call.
pub(super) fn call(stream: u32, path: &str) -> Vec<u8> {
    frame(Kind::Headers, END_HEADERS, stream, &call_headers(path))
}

/// A message of a call: as a whole, or as much of it as `sent` has of the `length` that it claims.
pub(super) fn message(stream: u32, flags: u8, length: usize, sent: &[u8]) -> Vec<u8> {
    let length = u32::try_from(length).unwrap().to_be_bytes();
    frame(Kind::Data, flags, stream, &[&[0], &length[..], sent].concat())
}

/// The end of a stream, out of the blue.
pub(super) fn reset(stream: u32) -> Vec<u8> {
    frame(Kind::RstStream, 0, stream, &8_u32.to_be_bytes())
}

#[test]
fn a_frame_is_length_kind_flags_stream_and_payload() {
    assert_eq!(frame(Kind::Data, END_STREAM, 3, b"hi"), b"\0\0\x02\0\x01\0\0\0\x03hi");
    assert_eq!(header("te", "trailers"), b"\0\x02te\x08trailers");
    assert_eq!(message(1, 0, 2, b"h")[HEAD_BYTES..], *b"\0\0\0\0\x02h");
}
