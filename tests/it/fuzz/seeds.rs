//! The seeds of the fuzz targets: what people, plans, servers and strategies would send.

use prost::Message;
use prost_types::{Duration, Timestamp};
use proto::v1;

/// 2026-11-20T12:01:00Z: the first minute of every history.
const FIRST: i64 = 1_795_176_060;

/// The seeds of a target.
pub(super) fn of(target: &str) -> Vec<Vec<u8>> {
    match target {
        "text" => texts(),
        "plan" => plans(),
        "bars" => bars(),
        "answers" => answers(),
        "core" | "requests" => histories(),
        "journal" => damages(),
        other => panic!("no seeds for {other}"),
    }
}

fn texts() -> Vec<Vec<u8>> {
    let texts = [
        "mean-reversion_2.1",
        "127.0.0.1:1010",
        "[::1]:65535",
        "trader.example:1010",
        "1000,1001, 1002",
        "a.example:1000,b.example:1000",
        "1m 30s 500ms",
        "24h",
        "2026-11-20T12:01:00.500Z",
        "a\u{1b}[31mé",
        "a#\0:1000,a#\0:1000",
    ];
    texts.map(|text| text.as_bytes().to_vec()).into()
}

fn plans() -> Vec<Vec<u8>> {
    let every_key = "interval = '2s'\ngrace = '1s'\npatience = '900ms'\nskew = '33ms'\n\
        [trader]\nport = 1010\njournal = 'j.sqlite'\nat_least = 2\n\
        [[generator]]\nname = 'a'\nport = 1000\nseed = 7\n\
        [[generator]]\nname = 'b'\nsource = 'b.csv'\nsignal = 'sma(close, 5) / 2'\nspeed = 60\n\
        [[strategy]]\nname = 'X'\nsignal_ports = [1000]\nsignals = ['h:1']\ndecide = 'mean'\n";
    let [demo, several] = [
        &include_bytes!("../../../examples/demo.toml")[..],
        include_bytes!("../../../examples/two-instruments.toml"),
    ];
    vec![every_key.into(), demo.to_vec(), several.to_vec()]
}

/// An expression a line, and sources of every format below it.
fn bars() -> Vec<Vec<u8>> {
    let csv = "timestamp,open,high,low,close,volume\n2021-12-31 23:01:00,1,2,0.5,1.5,7\n\
        2021-12-31 23:02:00,1.5,2,1,1.25,3\n2021-12-31 23:04:00,1.25,1.25,1,1,0\n";
    let ccxt = "[[1640991660000,1,2,0.5,1.5,7],[1640991720000,1.5,2,1,1.25,3]]";
    let kline = "[[1640991660000,\"1\",\"2\",\"0.5\",\"1.5\",\"7\",1640991719999,\"0\",3,\"4\",\"0\",\"0\"],\
        [1640991720000,\"1\",\"2\",\"0.5\",\"1.5\",\"7\",1640991779999,\"0\",3,\"4\",\"0\",\"0\"]]";
    let trades = "id,price,qty,time,is_buyer_maker\n7,1,2,1640991665000,false\n\
        8,1.5,0.5,1640991725000,true\n10,1.25,1,1640991785000,false\n11,1,1,1640991905000,true\n";
    let expressions = [
        "ema(close, 2) - -wma(typical, 2) / 3",
        "imbalance(1)",
        "resample(2m, rsi(low, 1))",
        "vwap(1)",
    ];
    let all = expressions.iter().zip([csv, ccxt, kline, trades]);
    all.map(|(signal, source)| format!("{signal}\n{source}").into_bytes()).collect()
}

#[expect(clippy::unnecessary_wraps, reason = "instants in messages are optional")]
fn at(seconds: i64) -> Option<Timestamp> {
    Some(Timestamp { seconds: FIRST + seconds, nanos: 0 })
}

fn signal(minute: i64) -> v1::Signal {
    let run_id = "r1".to_owned();
    let (minute, produced_at) = (at(minute * 60), at(minute * 60));
    v1::Signal { generator: "g".to_owned(), run_id, minute, value: 0.5, produced_at }
}

fn answers() -> Vec<Vec<u8>> {
    let verdict = v1::Verdict {
        minute: at(0),
        last_minute: at(0),
        kind: v1::VerdictKind::Failed.into(),
        state: v1::State::Error.into(),
        closed_at: at(10),
        valid_until: at(70),
        causes: vec![v1::Cause {
            subject: "X".to_owned(),
            code: v1::CauseCode::Silent.into(),
            since: at(0),
            last_seen: at(1),
            detail: "connected".to_owned(),
        }],
        causes_total: 1,
        ..Default::default()
    };
    let status = v1::GetStatusResponse {
        state: v1::State::Error.into(),
        state_since: at(10),
        last_verdict: Some(verdict.clone()),
        current_minute: at(60),
        trader_time: at(20),
        strategies: vec![v1::StrategyStatus {
            name: "X".to_owned(),
            epoch: 1,
            ..Default::default()
        }],
        ..Default::default()
    };
    let told = v1::WatchResponse {
        event: Some(v1::watch_response::Event::Verdict(verdict)),
        trader_time: at(20),
        kept_from: None,
    };
    vec![
        v1::GetSignalResponse { signal: Some(signal(0)), generator_time: at(0) }.encode_to_vec(),
        status.encode_to_vec(),
        told.encode_to_vec(),
    ]
}

/// A message as an operation of its number.
fn call(number: u8, message: &impl Message) -> Vec<u8> {
    let message = message.encode_to_vec();
    let length = u8::try_from(message.len()).expect("a short message");
    [&[number, length], &*message].concat()
}

fn register(name: &str, instance: &str, epoch: u64) -> Vec<u8> {
    let request = v1::RegisterRequest {
        name: name.to_owned(),
        instance: instance.to_owned(),
        interval: Some(Duration { seconds: 60, nanos: 0 }),
        journal: "journal-1".to_owned(),
        epoch,
    };
    call(0, &request)
}

fn submit(name: &str, epoch: u64, minute: i64, content: v1::submit_request::Content) -> Vec<u8> {
    let request = v1::SubmitRequest {
        name: name.to_owned(),
        instance: format!("{name}1"),
        journal: "journal-1".to_owned(),
        epoch,
        minute: at(minute * 60),
        decided_at: at(minute * 60),
        content: Some(content),
        signals: vec![signal(minute)],
        clock_offset: Some(v1::ClockOffset {
            offset: Some(Duration { seconds: 0, nanos: 1_000_000 }),
            uncertainty: Some(Duration { seconds: 0, nanos: 1_000_000 }),
        }),
    };
    call(1, &request)
}

fn leave(name: &str, instance: &str, epoch: u64) -> Vec<u8> {
    let (name, instance) = (name.to_owned(), instance.to_owned());
    call(2, &v1::DeregisterRequest { name, instance, epoch, operator: "ann@desk".to_owned() })
}

fn halt() -> Vec<u8> {
    call(3, &v1::HaltRequest { reason: "drill".to_owned(), operator: "ann@desk".to_owned() })
}

fn resume() -> Vec<u8> {
    call(4, &v1::ResumeRequest { reason: "done".to_owned(), operator: "ann@desk".to_owned() })
}

fn looks() -> Vec<u8> {
    [
        call(5, &v1::GetStatusRequest { page_size: 1, page_token: "X".to_owned() }),
        call(6, &v1::ExplainRequest { minute: at(0), page_size: 1, page_token: String::new() }),
        call(7, &v1::WatchRequest { after: at(-60) }),
        call(8, &v1::GetMedianRequest {}),
    ]
    .concat()
}

fn pass(millis: u16) -> Vec<u8> {
    [&[11], &millis.to_le_bytes()[..]].concat()
}

fn step(millis: i32) -> Vec<u8> {
    [&[13], &millis.to_le_bytes()[..]].concat()
}

fn hang_up(session: u8) -> Vec<u8> {
    vec![10, session]
}

/// It works, fails, or hangs.
fn disk(mood: u8) -> Vec<u8> {
    vec![12, mood]
}

const RESTART: &[u8] = &[14];

fn decide(who: u8, value: u8) -> Vec<u8> {
    vec![9, who, value, 0, 0]
}

fn histories() -> Vec<Vec<u8>> {
    use v1::submit_request::Content::{Abstention, Decision};
    let both = [register("X", "X1", 0), register("Y", "Y1", 0)].concat();
    let round = [pass(60_000), decide(0, 3), decide(1, 5)].concat();
    vec![
        [
            &*both,
            &pass(60_100),
            &submit("X", 1, 0, Decision(0.25)),
            &submit("Y", 2, 0, Decision(0.75)),
            &looks(),
        ]
        .concat(),
        [&*both, &pass(60_100), &submit("X", 1, 0, Abstention("none".into())), &pass(11_000)]
            .concat(),
        [&*both, &round, &halt(), &round, &resume(), &round, &looks()].concat(),
        [&*both, &round, &hang_up(1), &register("X", "X2", 0), &round, &leave("Y", "", 0), &round]
            .concat(),
        [&*both, &leave("X", "X1", 1), &leave("Y", "Y1", 2), &pass(65_000), &looks()].concat(),
        [&*both, &disk(1), &round, &pass(9_000), &disk(0), &round, &disk(2), &round, &disk(0)]
            .concat(),
        [&*both, &round, RESTART, &register("X", "X1", 1), &register("Y", "Y1", 2), &round]
            .concat(),
        [&*both, &round, &step(-180_000), &round, &step(400_000), &round, &step(-500), &round]
            .concat(),
    ]
}

/// The first byte says which journal, or that the rest is the file; then damages of five bytes each.
fn damages() -> Vec<Vec<u8>> {
    let place = |at: u32| [at.to_le_bytes()[0], at.to_le_bytes()[1], at.to_le_bytes()[2]];
    let put = |file: u8, at: u32, byte: u8| [&[file], &place(at)[..], &[byte]].concat();
    let damages = [
        [&[0], &b"SQLite format 3\0"[..]].concat(),
        vec![1],
        vec![2],
        [&[1], &*put(0, 60, 2)].concat(),
        [&[1], &*put(1, 4_096, 0)].concat(),
        [&[1], &*put(0, 8_100, 0x55)].concat(),
        [&[2], &*put(0x80, 5_000, 0x55)].concat(),
        [&[2], &*put(0x81, 9_000, 0)].concat(),
    ];
    damages.into()
}
