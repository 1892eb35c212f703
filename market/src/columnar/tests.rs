//! Parquet files are read as the same bars in CSV are, or refused by name.

use std::fmt::Write as _;

use chassis::grid::Timestamp;
use parquet::{
    basic::{Compression, Encoding, GzipLevel, ZstdLevel},
    data_type::Int96,
    file::properties::{WriterProperties, WriterVersion},
};

use super::samples::{Column, MICROS, Values, bars, csv, file, micros, plain};
use crate::{
    bar::Bar,
    convention::{Conventions, Declared, How, Unit},
    history::History,
    number::Number,
    reading::{ReadError, read},
    tests::minute,
};

fn now() -> Timestamp {
    minute(10_000).start()
}

fn known(bytes: Vec<u8>) -> Result<History, ReadError> {
    read(bytes, Declared::default(), now())
}

fn all(history: &History) -> (Vec<Bar>, String, Conventions) {
    let bars = history.closed(now()).map(|closed| *closed.bar()).collect();
    (bars, history.quality.to_string(), history.conventions)
}

#[test]
fn trades_are_what_they_are_in_csv() {
    let times: Vec<i64> = (0..9).map(|n| micros(n / 2) + 5_000_000 * n).collect();
    let bought = [true, false, true, true, false, false, true, true, false];
    let prices: Vec<f64> = (0..9).map(|n| 100.0 + f64::from(n % 4)).collect();
    let mut text = "id,price,qty,time,is_buyer_maker\n".to_owned();
    for (n, at) in times.iter().enumerate() {
        writeln!(text, "{},{},0.25,{at},{}", n + 7, prices[n], bought[n]).unwrap();
    }
    let columns: Vec<Column<'_>> = vec![
        ("required int64 id", Values::Int64((7..16).collect()), None),
        ("required double price", Values::Double(prices), None),
        ("required double qty", Values::Double(vec![0.25; 9]), None),
        ("required int64 time (TIMESTAMP(MICROS,true))", Values::Int64(times), None),
        ("required boolean is_buyer_maker", Values::Bool(bought.to_vec()), None),
    ];
    let of_text = all(&known(text.into_bytes()).unwrap());
    assert_eq!(of_text.0.len(), 3);
    let of_columns = all(&known(file(&columns, plain(), 1)).unwrap());
    assert_eq!(of_columns, of_text);
}

#[test]
fn however_it_is_packed_it_is_what_csv_is() {
    let minutes: Vec<i64> = (0..3_000).filter(|n| n % 700 != 5).chain([20, 4_000]).collect();
    let columns = bars(MICROS, &minutes, 1);
    let expected = all(&known(csv(&columns)).unwrap());
    assert_eq!(expected.1.lines().count(), 5, "{}", expected.1);
    for packed in [
        Compression::UNCOMPRESSED,
        Compression::SNAPPY,
        Compression::GZIP(GzipLevel::default()),
        Compression::ZSTD(ZstdLevel::default()),
    ] {
        for version in [WriterVersion::PARQUET_1_0, WriterVersion::PARQUET_2_0] {
            let properties =
                WriterProperties::builder().set_compression(packed).set_writer_version(version);
            let small = properties.set_data_page_row_count_limit(500).set_write_batch_size(100);
            let history = known(file(&columns, small.build(), 1)).unwrap();
            assert_eq!(all(&history), expected, "{packed} {version:?}");
        }
    }
    for encoding in [Encoding::PLAIN, Encoding::BYTE_STREAM_SPLIT] {
        let properties =
            WriterProperties::builder().set_dictionary_enabled(false).set_encoding(encoding);
        assert_eq!(all(&known(file(&columns, properties.build(), 1)).unwrap()), expected);
    }
}

#[test]
fn texts_that_are_packed_as_differences_are_refused() {
    let mut columns = bars(MICROS, &[0, 1], 1);
    columns[5] = ("required binary volume (STRING)", Values::texts(&["1", "2"]), None);
    for encoding in [Encoding::DELTA_LENGTH_BYTE_ARRAY, Encoding::DELTA_BYTE_ARRAY] {
        let properties = WriterProperties::builder().set_dictionary_enabled(false);
        let properties = properties.set_column_encoding("volume".into(), encoding).build();
        let refused = known(file(&columns, properties, 1)).unwrap_err().to_string();
        assert!(refused.contains(&format!("packed as {encoding}: write it without")), "{refused}");
    }
}

#[test]
fn groups_of_rows_go_on_where_the_one_before_ended() {
    let history = known(file(&bars(MICROS, &[0, 1], 1), plain(), 3)).unwrap();
    assert_eq!((history.quality.rows, history.quality.bars), (6, 2));
}

#[test]
fn times_are_of_the_unit_of_their_type() {
    for (time, unit, said) in [
        (MICROS, 1, Unit::Microseconds),
        ("optional int64 open_time (TIMESTAMP(MILLIS,true))", 1_000, Unit::Milliseconds),
        ("required int64 time (TIMESTAMP(MILLIS,false))", 1_000, Unit::Milliseconds),
        ("required int64 ts (TIMESTAMP_MICROS)", 1, Unit::Microseconds),
        ("required int64 date", 1_000_000, Unit::Seconds),
        ("required int64 time", 1_000, Unit::Milliseconds),
        ("required int64 unix (INTEGER(64,false))", 1, Unit::Microseconds),
    ] {
        let mut columns = bars(time, &[0, 1, 2], unit);
        columns[0].2 = time.starts_with("optional").then_some(&[1, 1, 1]);
        let history = known(file(&columns, plain(), 1)).unwrap();
        assert_eq!(history.conventions.unit, (said, How::Detected), "{time}");
        assert_eq!(history.first(), minute(0), "{time}");
    }
    // A type is believed: these are seconds in a column of milliseconds.
    let columns = bars("required int64 time (TIMESTAMP(MILLIS,true))", &[0, 1], 1_000_000);
    let error = known(file(&columns, plain(), 1)).unwrap_err().to_string();
    assert!(error.contains("is no time between 1990 and 2100: expected milliseconds"), "{error}");
}

#[test]
fn times_of_other_types_are_read_too() {
    let minutes = [0, 1, 2];
    let nanos = minutes.map(|n| micros(n) * 1_000).to_vec();
    let seconds = minutes.map(|n| i32::try_from(micros(n) / 1_000_000).unwrap()).to_vec();
    let texts = minutes.map(|n| format!(" {}", minute(n)).into_bytes()).to_vec();
    let int96 = |n| {
        let (of_day, day) = (micros(n) % 86_400_000_000 * 1_000, micros(n) / 86_400_000_000);
        let half = |shift: u32| u32::try_from(of_day >> shift & 0xffff_ffff).unwrap();
        let mut at = Int96::new();
        at.set_data(half(0), half(32), u32::try_from(day + 2_440_588).unwrap());
        at
    };
    for (time, values, unit) in [
        ("required int64 time (TIMESTAMP(NANOS,true))", Values::Int64(nanos), Unit::Nanoseconds),
        ("required int32 time", Values::Int32(seconds), Unit::Seconds),
        ("required binary time (STRING)", Values::Bytes(texts.clone()), Unit::Text),
        ("required binary time", Values::Bytes(texts), Unit::Text),
        ("required int96 time", Values::Int96(minutes.map(int96).to_vec()), Unit::Nanoseconds),
    ] {
        let mut columns = bars(time, &minutes, 1);
        columns[0].1 = values;
        let history = known(file(&columns, plain(), 1)).unwrap();
        assert_eq!(history.conventions.unit, (unit, How::Detected), "{time}");
        assert_eq!(history.quality.bars, 3, "{time}");
    }
    let mut days = bars("required int32 date (DATE)", &minutes, 1);
    days[0].1 = Values::Int32(vec![18_990, 18_991, 18_992]);
    let history = known(file(&days, plain(), 1)).unwrap();
    assert_eq!(history.first().to_string(), "2021-12-29T00:00:00Z");
    assert_eq!(history.conventions.unit.0, Unit::Text);
}

#[test]
fn numbers_are_what_was_written() {
    let fixed = |numbers: [i128; 2]| {
        Values::Fixed(numbers.iter().map(|number| number.to_be_bytes().to_vec()).collect())
    };
    let (low, high) = (-5_000_000_000_000_000_000_i128, 300_000_000_000_000_000_000);
    for (line, values, said) in [
        ("double volume", Values::Double(vec![0.1, 1e15]), ["0.1", "1000000000000000"]),
        ("float volume", Values::Float(vec![0.1, 1e7]), ["0.1", "10000000"]),
        ("int32 volume", Values::Int32(vec![7, -7]), ["7", "-7"]),
        ("int32 volume (UINT_32)", Values::Int32(vec![7, -1]), ["7", "4294967295"]),
        (
            "int64 volume (INTEGER(64,true))",
            Values::Int64(vec![7, 1 << 60]),
            ["7", "1152921504606846976"],
        ),
        ("int32 volume (DECIMAL(9,2))", Values::Int32(vec![700, -1]), ["7", "-0.01"]),
        (
            "int64 volume (DECIMAL(18,8))",
            Values::Int64(vec![1, 123_456_789]),
            ["0.00000001", "1.23456789"],
        ),
        ("fixed_len_byte_array (16) volume (DECIMAL(38,18))", fixed([low, high]), ["-5", "300"]),
        (
            "binary volume (DECIMAL(20,1))",
            Values::Bytes(vec![vec![0xff], vec![0x01, 0x00]]),
            ["-0.1", "25.6"],
        ),
        ("binary volume (STRING)", Values::texts(&["0.10", " 1e3 "]), ["0.10", "1000"]),
    ] {
        let line = format!("required {line}");
        let mut columns = bars(MICROS, &[0, 1], 1);
        columns[5] = (&line, values, None);
        let (rows, _) = super::rows(file(&columns, plain(), 1)).unwrap();
        let numbers = rows[1..].iter().map(|row| row.fields[5].parse::<Number>());
        let numbers: Vec<String> = numbers.map(|number| number.unwrap().to_string()).collect();
        assert_eq!(numbers, said, "{line}");
    }
}

#[test]
fn columns_are_found_by_name_and_others_are_passed_over() {
    let mut columns = bars(MICROS, &[0, 1], 1);
    columns.reverse();
    columns.insert(0, ("required boolean final", Values::Bool(vec![true, false]), None));
    let nested = "required group book { required int32 bids; }";
    columns.insert(1, (nested, Values::Int32(vec![1, 2]), None));
    columns.push((
        "optional double taker_buy_volume",
        Values::Double(vec![0.0, 0.5]),
        Some(&[1, 1]),
    ));
    let history = known(file(&columns, plain(), 1)).unwrap();
    let bought = history.bar(minute(1), now()).unwrap().bar().taker_buy.unwrap();
    assert_eq!(bought.to_string(), "0.5");
}

#[test]
fn what_is_no_table_of_bars_says_why() {
    let said = |place: usize, column: Column<'_>| {
        let mut columns = bars(MICROS, &[0, 1], 1);
        columns[place] = column;
        known(file(&columns, plain(), 1)).unwrap_err().to_string()
    };
    for (place, column, expected) in [
        (
            4,
            ("optional double close", Values::Double(vec![100.7]), Some(&[1, 0][..])),
            "row 2: its `close` is null: expected a value in every row",
        ),
        (
            0,
            ("optional int64 time", Values::Int64(vec![1]), Some(&[0, 1])),
            "row 1: its `time` is null: expected a value in every row",
        ),
        (
            5,
            ("required double size", Values::Double(vec![1.0; 2]), None),
            "it has no column `volume` among `timestamp,open,high,low,close,size`",
        ),
        (
            4,
            ("required boolean close", Values::Bool(vec![true; 2]), None),
            "its column `close` is BOOLEAN (NONE): expected a number, a text, or a timestamp of",
        ),
        (
            0,
            ("required int64 time (TIME(MICROS,true))", Values::Int64(vec![1; 2]), None),
            "its column `time` is INT64 (TIME_MICROS): expected a number, a text, or a timestamp",
        ),
        (
            5,
            ("required int32 volume (DATE)", Values::Int32(vec![1; 2]), None),
            "its column `volume` is INT32 (DATE): expected a number",
        ),
        (
            1,
            ("required double open", Values::Double(vec![f64::NAN; 2]), None),
            "row 1: its open, `NaN` is not a decimal number",
        ),
        (
            0,
            ("required binary time", Values::Bytes(vec![vec![0xff]; 2]), None),
            "row 1: its `time` cannot be read: expected UTF-8, or a number of at most 16 bytes",
        ),
        (
            1,
            ("required group open { required double price; }", Values::Double(vec![1.0; 2]), None),
            "its column `open` is nested: expected one value a row",
        ),
    ] {
        let error = said(place, column);
        assert!(error.starts_with(expected), "{error}");
    }
    let none = bars(MICROS, &[], 1);
    assert_eq!(known(file(&none, plain(), 1)).unwrap_err().to_string(), "it has no bars");
    assert_eq!(known(file(&none, plain(), 0)).unwrap_err().to_string(), "it has no bars");
    let not = known(b"PAR1 and no more".to_vec()).unwrap_err().to_string();
    assert!(not.starts_with("it cannot be read as Parquet: "), "{not}");
}
