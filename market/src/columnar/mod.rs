//! Parquet files, a column at a time, as the rows that other formats have.

mod value;
mod guard;

use std::mem::size_of;

use bytes::Bytes;
use parquet::{
    column::reader::{ColumnReader, ColumnReaderImpl, get_column_reader},
    data_type::{AsBytes as _, DataType},
    errors::ParquetError,
    file::{
        reader::{FileReader as _, RowGroupReader},
        serialized_reader::SerializedFileReader,
    },
    schema::types::{SchemaDescriptor, Type},
};

use crate::{
    columns::ColumnsError,
    convention::Unit,
    layout::Layout,
    table::{Row, UNPACKED_BYTES_MAX},
};
use guard::Pages;
use value::{Kind, int96};

/// What columns may be.
const NUMBERS: &str =
    "a number, a text, or a timestamp of milliseconds, microseconds or nanoseconds";

/// So many values are unpacked at a time.
const BATCH: usize = 8_192;

/// How a Parquet file cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ColumnarError {
    /// It begins like Parquet and is not, or has been damaged, or is packed in a way that is not known.
    #[error("it cannot be read as Parquet: {0}")]
    Parquet(#[from] ParquetError),
    /// Its columns cannot be told.
    #[error(transparent)]
    Columns(#[from] ColumnsError),
    /// A column has columns of its own, or lists.
    #[error("its column `{}` is nested: expected one value a row", .0.escape_debug())]
    Nested(String),
    /// A column is of a type that bars and trades do not have.
    #[error("its column `{}` is {kind}: expected {expected}", .column.escape_debug())]
    Type {
        /// Which one.
        column: String,
        /// Its type in the file.
        kind: String,
        /// What it may be.
        expected: &'static str,
    },
    /// There is no value.
    #[error("row {place}: its `{}` is null: expected a value in every row", .column.escape_debug())]
    Null {
        /// Row, from 1.
        place: u64,
        /// Of which column.
        column: String,
    },
    /// There is a value that nothing can be made of.
    #[error(
        "row {place}: its `{}` cannot be read: expected UTF-8, or a number of at most 16 bytes", .column.escape_debug()
    )]
    Value {
        /// Row, from 1.
        place: u64,
        /// Of which column.
        column: String,
    },
    /// A column is shorter or longer than the others.
    #[error("its column `{}` and the first one are not of one length: one of them ends after {rows} rows", .column.escape_debug())]
    Uneven {
        /// Which one.
        column: String,
        /// How many rows both have.
        rows: usize,
    },
    /// It unpacks to more than is allowed.
    #[error("it unpacks to more than {UNPACKED_BYTES_MAX} bytes")]
    TooLarge,
}

/// A column that is read.
struct Column {
    name: String,
    /// Its place among the columns that have values.
    leaf: usize,
    kind: Kind,
}

/// Rows that grow by columns.
struct Sheet {
    rows: Vec<Row>,
    /// How many more bytes its values may take.
    bytes_left: u64,
}

/// The rows of a file, those of names first, and the unit of its times, if it says it. Columns that
/// nothing is read from are left out.
pub(crate) fn rows(bytes: Vec<u8>) -> Result<(Vec<Row>, Option<Unit>), ColumnarError> {
    let file = SerializedFileReader::new(Bytes::from(bytes))?;
    let columns = columns(file.metadata().file_metadata().schema_descr())?;
    let unit = columns.first().and_then(|time| time.kind.unit());
    let names = columns.iter().map(|column| column.name.as_str().into()).collect();
    let head = Row { place: 0, fields: names };
    let mut sheet = Sheet { rows: vec![head], bytes_left: UNPACKED_BYTES_MAX };
    for group in 0..file.num_row_groups() {
        sheet.group(&*file.get_row_group(group)?, &columns)?;
    }
    Ok((sheet.rows, unit))
}

/// The columns that are read, that of the time first.
fn columns(schema: &SchemaDescriptor) -> Result<Vec<Column>, ColumnarError> {
    let fields = schema.root_schema().get_fields();
    let names = fields.iter().map(|field| field.name().into()).collect();
    let layout = Layout::by_name(&Row { place: 0, fields: names })?;
    let column = |place: usize| {
        let column = column(schema, &fields[place], place)?;
        let fits = column.kind != Kind::Truth || layout.truth() == Some(place);
        if fits { Ok(column) } else { Err(unfit(schema, column.leaf, NUMBERS)) }
    };
    let columns = layout.places().into_iter().map(column).collect::<Result<Vec<_>, _>>()?;
    let times = columns.iter().skip(1).find(|number| number.kind.unit().is_some());
    if let Some(time) = times {
        return Err(unfit(schema, time.leaf, "a number"));
    }
    Ok(columns)
}

/// The field at a place of the schema as a column.
fn column(schema: &SchemaDescriptor, field: &Type, place: usize) -> Result<Column, ColumnarError> {
    let name = field.name().to_owned();
    let mut leaves = 0..schema.num_columns();
    let leaf = leaves.find(|leaf| schema.get_column_root_idx(*leaf) == place);
    let leaf =
        leaf.filter(|leaf| field.is_primitive() && schema.column(*leaf).max_rep_level() == 0);
    let Some(leaf) = leaf else { return Err(ColumnarError::Nested(name)) };
    let kind = Kind::of(&schema.column(leaf)).ok_or_else(|| unfit(schema, leaf, NUMBERS))?;
    Ok(Column { name, leaf, kind })
}

fn unfit(schema: &SchemaDescriptor, leaf: usize, expected: &'static str) -> ColumnarError {
    let column = schema.column(leaf);
    let kind = format!("{} ({})", column.physical_type(), column.converted_type());
    ColumnarError::Type { column: column.name().to_owned(), kind, expected }
}

impl Sheet {
    fn group(
        &mut self,
        group: &dyn RowGroupReader,
        columns: &[Column],
    ) -> Result<(), ColumnarError> {
        let start = self.rows.len();
        for (nth, column) in columns.iter().enumerate() {
            let kind = column.kind;
            let mut cells = Cells { sheet: self, column, nth, at: start };
            match reader(group, column.leaf)? {
                ColumnReader::BoolColumnReader(of) => {
                    cells.fill(of, |value| Some(value.to_string()))
                }
                ColumnReader::Int32ColumnReader(of) => cells.fill(of, |value| kind.int32(*value)),
                ColumnReader::Int64ColumnReader(of) => cells.fill(of, |value| kind.int64(*value)),
                ColumnReader::Int96ColumnReader(of) => cells.fill(of, int96),
                ColumnReader::FloatColumnReader(of) => {
                    cells.fill(of, |value| Some(value.to_string()))
                }
                ColumnReader::DoubleColumnReader(of) => {
                    cells.fill(of, |value| Some(value.to_string()))
                }
                ColumnReader::ByteArrayColumnReader(of) => {
                    cells.fill(of, |value| kind.bytes(value.as_bytes()))
                }
                ColumnReader::FixedLenByteArrayColumnReader(of) => {
                    cells.fill(of, |value| kind.bytes(value.as_bytes()))
                }
            }?;
        }
        Ok(())
    }
}

/// The column at a place among those that have values.
fn reader(group: &dyn RowGroupReader, leaf: usize) -> Result<ColumnReader, ParquetError> {
    let column = group.metadata().column(leaf);
    guard::check_place(column)?;
    let pages = Pages::of(group.get_column_page_reader(leaf)?, column.column_descr_ptr());
    Ok(get_column_reader(column.column_descr_ptr(), Box::new(pages)))
}

/// Where the values of a column go.
struct Cells<'a> {
    sheet: &'a mut Sheet,
    column: &'a Column,
    /// Which one of the columns it is, from 0: the first one makes the rows.
    nth: usize,
    /// The row of the next value.
    at: usize,
}

impl Cells<'_> {
    fn fill<T: DataType>(
        &mut self,
        mut reader: ColumnReaderImpl<T>,
        text: impl Fn(&T::T) -> Option<String>,
    ) -> Result<(), ColumnarError> {
        let (mut values, mut levels) = (Vec::new(), Vec::new());
        loop {
            let (records, ..) = reader.read_records(BATCH, Some(&mut levels), None, &mut values)?;
            if records == 0 {
                break;
            }
            let null = levels.iter().position(|level| *level == 0);
            for value in &values[..null.unwrap_or(records)] {
                let text = text(value).ok_or_else(|| self.unreadable())?;
                self.put(text.into())?;
            }
            if null.is_some() {
                let (place, column) = (self.at as u64, self.column.name.clone());
                return Err(ColumnarError::Null { place, column });
            }
            values.clear();
            levels.clear();
        }
        if self.at == self.sheet.rows.len() { Ok(()) } else { Err(self.uneven()) }
    }

    fn put(&mut self, text: Box<str>) -> Result<(), ColumnarError> {
        let bytes = size_of::<Box<str>>() + text.len();
        let left = self.sheet.bytes_left.checked_sub(bytes as u64);
        self.sheet.bytes_left = left.ok_or(ColumnarError::TooLarge)?;
        if self.nth == 0 {
            self.sheet.rows.push(Row { place: self.at as u64, fields: vec![text] });
        } else {
            let Some(row) = self.sheet.rows.get_mut(self.at) else { return Err(self.uneven()) };
            row.fields.push(text);
        }
        self.at += 1;
        Ok(())
    }

    fn unreadable(&self) -> ColumnarError {
        ColumnarError::Value { place: self.at as u64, column: self.column.name.clone() }
    }

    fn uneven(&self) -> ColumnarError {
        ColumnarError::Uneven { column: self.column.name.clone(), rows: self.at }
    }
}

#[cfg(test)]
mod samples;
#[cfg(test)]
mod tests;
