//! Rows of text, whatever the format: comma-separated values or JSON arrays, compressed or not.

use std::io::Read as _;

use serde_json::value::RawValue;

/// First bytes of a gzip file (RFC 1952, section 2.3.1).
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// First and last bytes of a Parquet file.
const PARQUET: &[u8] = b"PAR1";

/// Largest size of a source that was unpacked: more is no file of bars, but one made to fill memory.
pub(crate) const UNPACKED_BYTES_MAX: u64 = 4 << 30;

/// How the table of a source cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// It begins like gzip and is not.
    #[error("it cannot be unpacked: {0}")]
    Gzip(std::io::Error),
    /// It unpacks to more than is allowed.
    #[error("it unpacks to more than {UNPACKED_BYTES_MAX} bytes")]
    TooLarge,
    /// It is no text.
    #[error("it is not UTF-8 from byte {0} on")]
    NotText(usize),
    /// It is no comma-separated text.
    #[error("it cannot be read as CSV: {0}")]
    Csv(csv::Error),
    /// It begins like JSON and is not an array of rows.
    #[error("it cannot be read as an array of rows in JSON: {0}")]
    Json(serde_json::Error),
}

/// A row with its place: the line of a text, the row of an array, from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) place: u64,
    pub(crate) fields: Vec<Box<str>>,
}

/// Whether the bytes are those of a Parquet file.
pub(crate) fn is_parquet(bytes: &[u8]) -> bool {
    bytes.starts_with(PARQUET)
}

/// The bytes as text, unpacked if need be.
pub(crate) fn text(bytes: Vec<u8>) -> Result<String, TableError> {
    let bytes = if bytes.starts_with(&GZIP) { unpack(&bytes)? } else { bytes };
    let text = String::from_utf8(bytes)
        .map_err(|error| TableError::NotText(error.utf8_error().valid_up_to()))?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

fn unpack(bytes: &[u8]) -> Result<Vec<u8>, TableError> {
    let mut unpacked = Vec::new();
    let mut decoder = flate2::read::MultiGzDecoder::new(bytes).take(UNPACKED_BYTES_MAX + 1);
    let length = decoder.read_to_end(&mut unpacked).map_err(TableError::Gzip)?;
    if length as u64 > UNPACKED_BYTES_MAX { Err(TableError::TooLarge) } else { Ok(unpacked) }
}

/// The rows of a text; lines with nothing in them are none.
pub(crate) fn rows(text: &str) -> Result<Vec<Row>, TableError> {
    if text.trim_start().starts_with('[') { json(text) } else { csv(text) }
}

fn csv(text: &str) -> Result<Vec<Row>, TableError> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let mut rows = Vec::new();
    let (mut line, mut counted_to) = (1, 0);
    for record in reader.records() {
        let record = record.map_err(TableError::Csv)?;
        // Where the reader stood before it passed over empty lines.
        let before = record.position().map_or(0, csv::Position::byte);
        let before = usize::try_from(before).expect("the text is in memory");
        let start = text.len() - text[before..].trim_start_matches(['\r', '\n']).len();
        line += text[counted_to..start].matches('\n').count() as u64;
        counted_to = start;
        if record.iter().any(|field| !field.is_empty()) {
            rows.push(Row { place: line, fields: record.iter().map(Box::from).collect() });
        }
    }
    Ok(rows)
}

fn json(text: &str) -> Result<Vec<Row>, TableError> {
    let rows: Vec<Vec<&RawValue>> = serde_json::from_str(text).map_err(TableError::Json)?;
    let fields = |values: Vec<&RawValue>| values.into_iter().map(field).collect();
    Ok(rows.into_iter().zip(1..).map(|(row, place)| Row { place, fields: fields(row) }).collect())
}

/// A number as it is written, or what a string says.
fn field(value: &RawValue) -> Box<str> {
    let text = value.get();
    let said = text.starts_with('"').then(|| serde_json::from_str::<Box<str>>(text).ok()).flatten();
    said.unwrap_or_else(|| text.into())
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn read(text: &str) -> Vec<(u64, Vec<Box<str>>)> {
        let rows = rows(text).unwrap();
        rows.into_iter().map(|row| (row.place, row.fields)).collect()
    }

    fn row(place: u64, fields: &str) -> (u64, Vec<Box<str>>) {
        (place, fields.split(' ').map(Box::from).collect())
    }

    #[test]
    fn lines_and_arrays_are_rows_with_their_place() {
        assert_eq!(
            read("a,b\n\n1, 2\r\n \r\n3,\"4\""),
            [row(1, "a b"), row(3, "1 2"), row(5, "3 4")]
        );
        assert_eq!(
            read(" [[1,0.10],[2,\"0.20\",null]]"),
            [row(1, "1 0.10"), row(2, "2 0.20 null")]
        );
        assert_eq!(read(""), []);
        assert_eq!(read("[]"), []);
    }

    #[test]
    fn gzip_is_unpacked_all_of_its_members() {
        let pack = |text: &str| {
            let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            packer.write_all(text.as_bytes()).unwrap();
            packer.finish().unwrap()
        };
        let packed = [pack("1,2\n"), pack("3,4\n")].concat();
        assert_eq!(text(packed.clone()).unwrap(), "1,2\n3,4\n");
        let torn = text(packed[..packed.len() - 3].to_vec());
        assert!(matches!(torn, Err(TableError::Gzip(_))), "{torn:?}");
        assert_eq!(text("\u{feff}a".into()).unwrap(), "a");
    }

    #[test]
    fn what_is_no_table_says_so() {
        for (broken, start) in [
            ("[[1,2],[3", "it cannot be read as an array of rows in JSON: EOF"),
            ("[{\"a\":1}]", "it cannot be read as an array of rows in JSON: invalid type: map"),
        ] {
            let said = rows(broken).unwrap_err().to_string();
            assert!(said.starts_with(start), "{said}");
        }
        assert_eq!(
            text(vec![b'a', 0xff]).unwrap_err().to_string(),
            "it is not UTF-8 from byte 1 on"
        );
    }
}
