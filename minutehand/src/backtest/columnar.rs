//! What came of a backtest, as Parquet: the columns of the tables in CSV, typed.

use std::{
    fs::{self, File},
    path::Path,
    sync::Arc,
};

use chassis::{
    exit::{Exit, Failure},
    grid::Timestamp,
};
use parquet::{
    basic::{Compression, LogicalType, Repetition, TimeUnit, Type as Physical, ZstdLevel},
    data_type::{ByteArray, ByteArrayType, DataType, DoubleType, Int64Type},
    errors::ParquetError,
    file::{
        properties::WriterProperties,
        writer::{SerializedFileWriter, SerializedRowGroupWriter},
    },
    schema::types::Type,
};

use super::Backtest;

/// A column by its name.
struct Column {
    name: String,
    values: Values,
}

/// The values of a column, a row each; none where a cell is empty.
enum Values {
    /// Microseconds since the Unix epoch.
    Times(Vec<Option<i64>>),
    Numbers(Vec<Option<f64>>),
    Texts(Vec<Option<ByteArray>>),
}

/// Writes the tables into `directory`, which is made if it is not there.
pub(super) fn write(directory: &Path, backtest: &Backtest<'_>) -> Result<(), Failure> {
    let failed = |path: &Path, error: &dyn std::fmt::Display| {
        Exit::Failed.because(format!("cannot write {}: {error}", path.display()))
    };
    fs::create_dir_all(directory).map_err(|error| failed(directory, &error))?;
    for (name, columns) in [("minutes", minutes(backtest)), ("states", states(backtest))] {
        let path = directory.join(name).with_extension("parquet");
        let file = File::create(&path).map_err(|error| failed(&path, &error))?;
        table(file, name, &columns).map_err(|error| failed(&path, &error))?;
    }
    Ok(())
}

/// A minute a row, as in `minutes.csv`.
fn minutes(backtest: &Backtest<'_>) -> Vec<Column> {
    let course = &backtest.course;
    let minutes = course.minutes().map(|minute| micros(minute.start())).collect();
    let mut columns = vec![
        Column { name: "minute".to_owned(), values: Values::Times(minutes) },
        Column {
            name: "median".to_owned(),
            values: Values::Numbers(course.medians.iter().collect()),
        },
    ];
    for strategy in &course.strategies {
        let name = format!("decision:{}", strategy.name);
        columns.push(Column { name, values: Values::Numbers(strategy.decisions.iter().collect()) });
    }
    let names = course.strategies.iter().map(|strategy| format!("equity:{}", strategy.name));
    let names = std::iter::once("equity".to_owned()).chain(names);
    for (name, (_, equity)) in names.zip(&backtest.equities) {
        let values = equity.values.iter().take(course.medians.len());
        columns.push(Column { name, values: Values::Numbers(values.copied().map(Some).collect()) });
    }
    columns
}

/// A change of the trader's state a row, with a cause each, as in `states.csv`.
fn states(backtest: &Backtest<'_>) -> Vec<Column> {
    let (mut ats, mut sinces) = (Vec::new(), Vec::new());
    let mut texts: [Vec<Option<ByteArray>>; 4] = Default::default();
    for change in &backtest.course.changes {
        let causes = change.causes.iter().map(Some);
        let none = change.causes.is_empty().then_some(None);
        for cause in causes.chain(none) {
            ats.push(micros(change.at));
            sinces.push(cause.and_then(|cause| micros(cause.since.start())));
            let row = [
                Some(change.to.to_string()),
                cause.map(|cause| cause.subject.to_string()),
                cause.map(|cause| cause.code.to_string()),
                cause.map(|cause| cause.detail.clone()),
            ];
            for (column, text) in texts.iter_mut().zip(row) {
                column.push(text.map(|text| ByteArray::from(text.into_bytes())));
            }
        }
    }
    let column = |name: &str, values| Column { name: name.to_owned(), values };
    let [state, subject, cause, detail] = texts.map(Values::Texts);
    vec![
        column("at", Values::Times(ats)),
        column("state", state),
        column("subject", subject),
        column("cause", cause),
        column("since", Values::Times(sinces)),
        column("detail", detail),
    ]
}

#[expect(clippy::unnecessary_wraps, reason = "a cell may be empty, a time is one that is not")]
fn micros(at: Timestamp) -> Option<i64> {
    Some(at.as_micros())
}

impl Values {
    fn len(&self) -> usize {
        match self {
            Self::Times(values) => values.len(),
            Self::Numbers(values) => values.len(),
            Self::Texts(values) => values.len(),
        }
    }
}

fn table(file: File, name: &str, columns: &[Column]) -> Result<(), ParquetError> {
    let fields = columns.iter().map(field).collect::<Result<Vec<_>, _>>()?;
    let schema = Type::group_type_builder(name).with_fields(fields).build()?;
    let packed = Compression::ZSTD(ZstdLevel::default());
    let properties = WriterProperties::builder().set_compression(packed).build();
    let mut writer = SerializedFileWriter::new(file, Arc::new(schema), Arc::new(properties))?;
    let rows = columns.first().map_or(0, |column| column.values.len());
    if rows > 0 {
        let mut group = writer.next_row_group()?;
        for column in columns {
            match &column.values {
                Values::Times(values) => put::<Int64Type>(&mut group, values),
                Values::Numbers(values) => put::<DoubleType>(&mut group, values),
                Values::Texts(values) => put::<ByteArrayType>(&mut group, values),
            }?;
        }
        group.close()?;
    }
    writer.close().map(drop)
}

fn field(column: &Column) -> Result<Arc<Type>, ParquetError> {
    let (physical, logical) = match column.values {
        Values::Times(_) => (Physical::INT64, Some(LogicalType::timestamp(true, TimeUnit::MICROS))),
        Values::Numbers(_) => (Physical::DOUBLE, None),
        Values::Texts(_) => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
    };
    let field = Type::primitive_type_builder(&column.name, physical)
        .with_logical_type(logical)
        .with_repetition(Repetition::OPTIONAL);
    field.build().map(Arc::new)
}

fn put<T: DataType>(
    group: &mut SerializedRowGroupWriter<'_, File>,
    values: &[Option<T::T>],
) -> Result<(), ParquetError> {
    let mut column = group.next_column()?.expect("there is one for each field");
    let levels: Vec<i16> = values.iter().map(|value| i16::from(value.is_some())).collect();
    let values: Vec<T::T> = values.iter().flatten().cloned().collect();
    column.typed::<T>().write_batch(&values, Some(&levels), None)?;
    column.close()
}

#[cfg(test)]
pub(super) mod tests {
    use parquet::{
        file::{reader::FileReader as _, serialized_reader::SerializedFileReader},
        record::Field,
    };

    use super::*;

    /// The rows of a file as they are written in CSV.
    pub(in super::super) fn text(file: &Path) -> String {
        let file = SerializedFileReader::new(File::open(file).unwrap()).unwrap();
        let fields = file.metadata().file_metadata().schema().get_fields();
        let names: Vec<&str> = fields.iter().map(|field| field.name()).collect();
        let mut text = names.join(",") + "\n";
        for row in file.get_row_iter(None).unwrap() {
            let row = row.unwrap();
            let cells: Vec<String> =
                row.get_column_iter().map(|(name, cell)| said(name, cell)).collect();
            text += &(cells.join(",") + "\n");
        }
        text
    }

    fn said(name: &str, cell: &Field) -> String {
        if let Field::TimestampMicros(micros) = cell {
            Timestamp::from_micros(*micros).to_string()
        } else if let Field::Double(number) = cell {
            number.to_string()
        } else if let Field::Str(text) = cell {
            let quoted = || format!("\"{}\"", text.replace('"', "\"\""));
            if name == "detail" { quoted() } else { text.clone() }
        } else {
            assert_eq!(cell, &Field::Null, "{name}");
            String::new()
        }
    }
}
