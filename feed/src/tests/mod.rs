//! From what an exchange says to signals, and the same again from the recording of it.

#[cfg(feature = "live")]
mod live;
#[cfg(feature = "live")]
mod opening;

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
};

use chassis::grid::{Interval, Minute, Timestamp, Timing};

use crate::{
    event::Event,
    feed::{Feed, read},
    recorder::{Recorder, RecorderError},
    recording::{Heard, Recording, RecordingError, Written, is_recording},
    replay,
    signals::Signals,
    source::Source,
};

const START: i64 = 1_795_176_000_000_000;

fn source(text: &str) -> Source {
    text.parse().unwrap()
}

fn heard(of: &str, interval: &str) -> Heard {
    let (source, interval) = (source(of), interval.parse().unwrap());
    Heard { source, interval, endpoint: "wss://h/ws".into() }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_micros(START + second * 1_000_000)
}

fn minute(n: i64) -> Minute {
    Minute::containing(at(n * 60), Interval::default())
}

fn signals(of: &str, signal: &str) -> Signals {
    let feed = Feed::new(source(of), Interval::default()).unwrap();
    Signals::new(feed, &signal.parse().unwrap()).unwrap()
}

fn said(signals: &Signals, n: i64) -> String {
    signals.signal(minute(n)).map_or_else(|error| error.to_string(), |value| value.to_string())
}

/// A trade as Binance says it.
fn trade(id: u64, second: i64, price: &str) -> String {
    let at = at(second).as_micros() / 1_000;
    format!(
        r#"{{"e":"trade","E":{at},"s":"BTCUSDT","t":{id},"p":"{price}","q":"0.5","T":{at},"m":true,"M":true}}"#
    )
}

/// A session as it was heard: what happened at which second.
fn session() -> Vec<(i64, String)> {
    let mut session = vec![(1, "connected".to_owned())];
    session.extend((0..40_i64).map(|n| {
        (2 + n * 9, trade(100 + n.unsigned_abs(), 2 + n * 9, &format!("{}.5", 50 + n % 7)))
    }));
    session.push((363, "lost it was mute for 5 s".to_owned()));
    session.push((365, "connected".to_owned()));
    session.push((371, trade(144, 371, "60")));
    session.push((430, trade(145, 430, "61")));
    session.extend((1..=8).map(|n| (n * 60 + 9, format!("asked {n}"))));
    session.sort_by_key(|(second, _)| *second);
    session
}

/// Puts a session into a recording and into `signals`; what was asked, and what came of it.
fn listen(path: &Path, signals: &mut Signals, session: &[(i64, String)]) -> Vec<String> {
    let here = heard("binance:BTCUSDT", "60s");
    let source = &here.source;
    let (mut recorder, torn) =
        Recorder::open(path, &here, |at, event| signals.apply(at, event)).unwrap();
    assert_eq!(torn, 0);
    let mut happens = |second, event: &Event, written| {
        recorder.write(at(second), written).unwrap();
        signals.apply(at(second), event);
        match event {
            Event::Asked(minute) => Some(format!("{:?}", signals.signal(*minute))),
            Event::Begun | Event::Connected | Event::Said(_) | Event::Lost(_) => None,
        }
    };
    happens(0, &Event::Begun, Written::Begun(&here));
    let each = session.iter().filter_map(|(second, what)| match what.split_once(' ') {
        None if what == "connected" => happens(*second, &Event::Connected, Written::Connected),
        Some(("lost", why)) => happens(*second, &Event::Lost(why.into()), Written::Lost(why)),
        Some(("asked", n)) => {
            let minute = minute(n.parse().unwrap());
            happens(*second, &Event::Asked(minute), Written::Asked(minute))
        }
        Some(_) | None => {
            let message = read(what, source, Interval::default()).unwrap();
            happens(*second, &Event::Said(message), Written::Said(what))
        }
    });
    each.collect()
}

/// What was asked according to a recording, and what comes of it.
fn again(path: &Path, signals: &mut Signals) -> Result<Vec<String>, RecordingError> {
    let mut recording = Recording::open(path)?;
    let mut answers = Vec::new();
    while let Some((at, event)) = recording.next()? {
        signals.apply(at, &event);
        if let Event::Asked(minute) = event {
            answers.push(format!("{:?}", signals.signal(minute)));
        }
    }
    Ok(answers)
}

struct Place {
    _directory: tempfile::TempDir,
    file: PathBuf,
}

fn place() -> Place {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("btc.feed");
    Place { _directory: directory, file }
}

#[test]
fn a_signal_is_of_the_bar_before_its_minute_or_says_why_not() {
    let mut signals = signals("binance:BTCUSDT", "close");
    assert!(
        said(&signals, 1).starts_with("no bar for 2026-11-20T12:00:00Z yet: nothing was heard yet")
    );
    let place = place();
    let answers = listen(&place.file, &mut signals, &session());
    assert_eq!(answers.len(), 8);
    assert!(answers[0].contains("the first trade that was received, 100, came"), "{}", answers[0]);
    assert_eq!(
        said(&signals, 7),
        "no bar for 2026-11-20T12:06:00Z: trades 140 to 143 were not received"
    );
    assert!(said(&signals, 8).contains("no bar for 2026-11-20T12:07:00Z yet: heard since"));
    assert!(signals.is_known(minute(7)) && !signals.is_known(minute(8)));
}

#[test]
fn a_recording_gives_the_same_signals_bit_by_bit() {
    let place = place();
    let (mut live, mut replayed) =
        (signals("binance:BTCUSDT", "ema(close, 2)"), signals("binance:BTCUSDT", "ema(close, 2)"));
    let answers = listen(&place.file, &mut live, &session());
    assert!(answers.iter().filter(|answer| answer.starts_with("Ok(")).count() >= 2, "{answers:?}");
    assert_eq!(again(&place.file, &mut replayed).unwrap(), answers);
    assert!(is_recording(&fs::read(&place.file).unwrap()));
}

#[test]
fn a_generator_that_starts_again_goes_on_from_its_recording() {
    let place = place();
    let (first, second): (Vec<_>, Vec<_>) =
        session().into_iter().partition(|(second, _)| *second < 200);
    let mut before = signals("binance:BTCUSDT", "ema(close, 2)");
    let mut answers = listen(&place.file, &mut before, &first);
    drop(before);
    let mut after = signals("binance:BTCUSDT", "ema(close, 2)");
    answers.extend(listen(&place.file, &mut after, &second));
    let mut replayed = signals("binance:BTCUSDT", "ema(close, 2)");
    assert_eq!(again(&place.file, &mut replayed).unwrap(), answers);
    // The bars of before the start are the first ones of the average.
    assert!(answers[4].starts_with("Ok("), "{answers:?}");
}

#[test]
fn what_was_half_written_is_cut_off_and_all_else_that_was_changed_is_refused() {
    let place = place();
    listen(&place.file, &mut signals("binance:BTCUSDT", "close"), &session());
    let whole = fs::read(&place.file).unwrap();
    let here = heard("binance:BTCUSDT", "60s");
    let open = |file: &Path| Recorder::open(file, &here, |_, _| {});
    for torn in [&b"0b7e"[..], &[0; 4096], b"0b7e55d1 1795176000205311 said {\"e\":"] {
        fs::OpenOptions::new().append(true).open(&place.file).unwrap().write_all(torn).unwrap();
        assert_eq!(open(&place.file).unwrap().1, torn.len() as u64);
        assert!(fs::read(&place.file).unwrap() == whole, "what was torn is gone");
    }
    let lines: Vec<_> = whole.split_inclusive(|byte| *byte == b'\n').collect();
    let without = [&lines[..5], &lines[6..]].concat().concat();
    let swapped = [&lines[..5], &[lines[6], lines[5]], &lines[7..]].concat().concat();
    let mut flipped = whole.clone();
    flipped[whole.len() / 2] ^= 1;
    // A line without an end is nothing that a dying process leaves.
    let endless = [&whole[..], &vec![b'0'; 4 << 20]].concat();
    for damaged in [without, swapped, flipped, endless] {
        fs::write(&place.file, &damaged).unwrap();
        let refused = open(&place.file).unwrap_err().to_string();
        assert!(refused.contains("is damaged, or is not where it was"), "{refused}");
        assert!(fs::read(&place.file).unwrap() == damaged, "it is left as it is");
    }
}

#[test]
fn a_first_line_that_was_half_written_is_begun_anew() {
    let place = place();
    for torn in [&b""[..], b"8d2f1c3a 17", b"8d2f1c3a 1795176000123456 begun 1 bin", &[0; 200]] {
        fs::write(&place.file, torn).unwrap();
        let mut signals = signals("binance:BTCUSDT", "close");
        let (recorder, cut) =
            Recorder::open(&place.file, &heard("binance:BTCUSDT", "60s"), |at, event| {
                signals.apply(at, event);
            })
            .unwrap();
        assert_eq!(cut, torn.len() as u64);
        drop(recorder);
        listen(&place.file, &mut signals, &session());
        assert_eq!(
            again(&place.file, &mut self::signals("binance:BTCUSDT", "close")).unwrap().len(),
            8
        );
    }
}

#[test]
fn what_others_wrote_is_not_begun_anew() {
    let place = place();
    for other in [&b"8d2f"[..], b"8d2f1c3a", b"8d2f1c3a and more", b"notes", b"8d2f1c3a 17\n"] {
        fs::write(&place.file, other).unwrap();
        let refused = Recorder::open(&place.file, &heard("binance:BTCUSDT", "60s"), |_, _| {});
        assert!(refused.unwrap_err().is_final());
        assert_eq!(fs::read(&place.file).unwrap(), other);
    }
}

#[test]
fn a_signal_that_came_when_the_minute_was_over_is_none() {
    let place = place();
    let mut late = session();
    for (second, what) in &mut late {
        if what == "asked 4" {
            *second += 15;
        }
    }
    late.sort_by_key(|(second, _)| *second);
    listen(&place.file, &mut signals("binance:BTCUSDT", "close"), &late);
    let timing = Timing::new(Interval::default(), None, None).unwrap();
    let recording = Recording::open(&place.file).unwrap();
    let given = replay::signals(recording, &"close".parse().unwrap(), timing).unwrap();
    assert!(given[&minute(3)].is_ok() && !given.contains_key(&minute(4)), "{given:?}");
}

#[test]
fn a_file_that_is_another_or_in_use_is_refused() {
    let place = place();
    listen(&place.file, &mut signals("binance:BTCUSDT", "close"), &session());
    let open =
        |of: &str, interval: &str| Recorder::open(&place.file, &heard(of, interval), |_, _| {});
    let other = open("binance:ETHUSDT", "60s").unwrap_err().to_string();
    assert_eq!(
        other,
        "it is of bars of 1m of binance:BTCUSDT at wss://h/ws, not of bars of 1m of binance:ETHUSDT at \
         wss://h/ws: name another file"
    );
    assert!(
        open("binance:BTCUSDT", "2s")
            .unwrap_err()
            .to_string()
            .contains("not of bars of 2s of binance:BTCUSDT")
    );
    let elsewhere = Heard { endpoint: "ws://h/ws".into(), ..heard("binance:BTCUSDT", "60s") };
    let elsewhere = Recorder::open(&place.file, &elsewhere, |_, _| {}).unwrap_err();
    assert!(elsewhere.is_final(), "a trial is not gone on with: {elsewhere}");
    let held = open("binance:BTCUSDT", "60s").unwrap();
    assert!(matches!(open("binance:BTCUSDT", "60s"), Err(RecorderError::InUse)));
    drop(held);
    fs::write(&place.file, "timestamp,open,high,low,close,volume\n").unwrap();
    assert!(open("binance:BTCUSDT", "60s").is_err());
    assert!(!is_recording(&fs::read(&place.file).unwrap()));
    assert_eq!(fs::read(&place.file).unwrap(), b"timestamp,open,high,low,close,volume\n");
}

#[test]
fn bars_that_an_exchange_does_not_make_are_refused() {
    let refused = |of: &str, interval: &str| {
        Feed::new(source(of), interval.parse().unwrap()).unwrap_err().to_string()
    };
    assert_eq!(
        refused("coinbase:BTC-USD/klines", "60s"),
        "coinbase:BTC-USD/klines gives no bars of 1m: expected 5m"
    );
    assert!(refused("binance:BTCUSDT/klines", "2s").contains("expected 1s, 1m, 3m"));
    assert!(refused("binance:BTCUSDT", "500ms").contains("expected whole seconds"));
    let feed = Feed::new(source("coinbase:BTC-USD/klines"), "5m".parse().unwrap()).unwrap();
    assert!(Signals::new(feed, &"imbalance(5)".parse().unwrap()).is_err());
}
