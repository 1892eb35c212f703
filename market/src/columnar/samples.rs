//! Parquet files that other programs could have written, for tests.

use std::sync::Arc;

use parquet::{
    data_type::{
        BoolType, ByteArray, ByteArrayType, DataType, DoubleType, FixedLenByteArray,
        FixedLenByteArrayType, FloatType, Int32Type, Int64Type, Int96, Int96Type,
    },
    file::{
        properties::WriterProperties,
        writer::{SerializedFileWriter, SerializedRowGroupWriter},
    },
    schema::parser::parse_message_type,
};

use crate::tests::minute;

/// The values of a column.
#[derive(Clone, Debug)]
pub(super) enum Values {
    Bool(Vec<bool>),
    Int32(Vec<i32>),
    Int64(Vec<i64>),
    Int96(Vec<Int96>),
    Float(Vec<f32>),
    Double(Vec<f64>),
    Bytes(Vec<Vec<u8>>),
    Fixed(Vec<Vec<u8>>),
}

impl Values {
    pub(super) fn texts(texts: &[&str]) -> Self {
        Self::Bytes(texts.iter().map(|text| text.as_bytes().to_vec()).collect())
    }
}

/// A column: its line of the schema, its values, and which rows have one if not all have.
pub(super) type Column<'a> = (&'a str, Values, Option<&'a [i16]>);

/// A file of these columns, `groups` times the same rows.
pub(super) fn file(columns: &[Column<'_>], properties: WriterProperties, groups: usize) -> Vec<u8> {
    let line = |line: &str| if line.ends_with('}') { line.to_owned() } else { format!("{line};") };
    let lines: Vec<String> = columns.iter().map(|column| line(column.0)).collect();
    let schema = parse_message_type(&format!("message bars {{ {} }}", lines.concat())).unwrap();
    let mut bytes = Vec::new();
    let mut writer =
        SerializedFileWriter::new(&mut bytes, Arc::new(schema), Arc::new(properties)).unwrap();
    for _ in 0..groups {
        let mut group = writer.next_row_group().unwrap();
        for (_, values, levels) in columns {
            write(&mut group, values.clone(), *levels);
        }
        group.close().unwrap();
    }
    writer.close().unwrap();
    bytes
}

fn write(
    group: &mut SerializedRowGroupWriter<'_, &mut Vec<u8>>,
    values: Values,
    at: Option<&[i16]>,
) {
    let fixed = |bytes: Vec<u8>| FixedLenByteArray::from(ByteArray::from(bytes));
    match values {
        Values::Bool(values) => put::<BoolType>(group, &values, at),
        Values::Int32(values) => put::<Int32Type>(group, &values, at),
        Values::Int64(values) => put::<Int64Type>(group, &values, at),
        Values::Int96(values) => put::<Int96Type>(group, &values, at),
        Values::Float(values) => put::<FloatType>(group, &values, at),
        Values::Double(values) => put::<DoubleType>(group, &values, at),
        Values::Bytes(values) => {
            let values: Vec<_> = values.into_iter().map(ByteArray::from).collect();
            put::<ByteArrayType>(group, &values, at);
        }
        Values::Fixed(values) => {
            let values: Vec<_> = values.into_iter().map(fixed).collect();
            put::<FixedLenByteArrayType>(group, &values, at);
        }
    }
}

fn put<T: DataType>(
    group: &mut SerializedRowGroupWriter<'_, &mut Vec<u8>>,
    values: &[T::T],
    levels: Option<&[i16]>,
) {
    let mut column = group.next_column().unwrap().unwrap();
    column.typed::<T>().write_batch(values, levels, None).unwrap();
    column.close().unwrap();
}

pub(super) fn plain() -> WriterProperties {
    WriterProperties::builder().build()
}

pub(super) fn micros(n: i64) -> i64 {
    minute(n).start().as_micros()
}

/// Columns of bars at these minutes, whose times are in `unit` of so many microseconds.
pub(super) fn bars<'a>(time: &'a str, minutes: &[i64], unit: i64) -> Vec<Column<'a>> {
    let times = minutes.iter().map(|n| micros(*n) / unit).collect();
    let double = |of: fn(f64) -> f64| {
        Values::Double(minutes.iter().map(|n| of(f64::from(i32::try_from(*n).unwrap()))).collect())
    };
    vec![
        (time, Values::Int64(times), None),
        ("required double open", double(|n| 100.0 + n / 10.0), None),
        ("required double high", double(|n| 101.3 + n / 10.0), None),
        ("required double low", double(|n| 99.1 + n / 10.0), None),
        ("required double close", double(|n| 100.7 + n / 10.0), None),
        ("required double volume", double(|n| n * 1.1), None),
    ]
}

pub(super) const MICROS: &str = "required int64 timestamp (TIMESTAMP(MICROS,true))";

/// The same columns in CSV.
pub(super) fn csv(columns: &[Column<'_>]) -> Vec<u8> {
    let Values::Int64(times) = &columns[0].1 else { panic!("times are whole") };
    let cell = |values: &Values, n: usize| {
        if let Values::Double(values) = values {
            values[n].to_string()
        } else {
            times[n].to_string()
        }
    };
    let mut text = "timestamp,open,high,low,close,volume\n".to_owned();
    for n in 0..times.len() {
        let cells: Vec<String> = columns.iter().map(|(_, values, _)| cell(values, n)).collect();
        text += &(cells.join(",") + "\n");
    }
    text.into_bytes()
}
