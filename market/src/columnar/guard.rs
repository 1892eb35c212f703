//! What the library takes on trust in a damaged file, and panics at, looked at first.
//!
//! It also panics at numbers of too many bytes in pages that are packed as differences (`DELTA_BINARY_PACKED`);
//! these are not looked at. Texts that are packed so (`DELTA_LENGTH_BYTE_ARRAY`, `DELTA_BYTE_ARRAY`) say
//! themselves how much memory they take, and are refused.

use parquet::{
    basic::{Encoding, Type},
    column::page::{Page, PageMetadata, PageReader},
    errors::{ParquetError, Result},
    file::metadata::ColumnChunkMetaData,
    schema::types::ColumnDescPtr,
};

/// Whether a column may be where the file says.
pub(super) fn check_place(column: &ColumnChunkMetaData) -> Result<()> {
    let places = [column.data_page_offset(), column.dictionary_page_offset().unwrap_or_default()];
    let is_none = places.into_iter().chain([column.compressed_size()]).any(|at| at < 0);
    if is_none { Err(damaged("a column begins or ends before the file does")) } else { Ok(()) }
}

/// The pages of a column, each looked at before it is unpacked.
pub(super) struct Pages {
    reader: Box<dyn PageReader>,
    column: ColumnDescPtr,
    has_dictionary: bool,
}

impl Pages {
    pub(super) fn of(reader: Box<dyn PageReader>, column: ColumnDescPtr) -> Self {
        Self { reader, column, has_dictionary: false }
    }

    fn check(&mut self, page: &Page) -> Result<()> {
        if page.is_dictionary_page() {
            self.has_dictionary = true;
            return Ok(());
        }
        let encoding = page.encoding();
        let by_dictionary = [Encoding::RLE_DICTIONARY, Encoding::PLAIN_DICTIONARY];
        if by_dictionary.contains(&encoding) && !self.has_dictionary {
            return Err(damaged("a page has places in a dictionary, and there is none"));
        }
        if [Encoding::DELTA_LENGTH_BYTE_ARRAY, Encoding::DELTA_BYTE_ARRAY].contains(&encoding) {
            let why = format!("a page of texts is packed as {encoding}: write it without");
            return Err(damaged(&why));
        }
        if encoding == Encoding::BYTE_STREAM_SPLIT && self.is_short(page) {
            return Err(damaged("a page has nulls, or less bytes than its values"));
        }
        Ok(())
    }

    /// Whether a page has less bytes than as many values take, each as long as the next.
    fn is_short(&self, page: &Page) -> bool {
        let levels = match page {
            Page::DataPage { .. } if self.column.max_def_level() == 0 => Some(0),
            Page::DataPage { buf, .. } => buf.first_chunk().and_then(|length| {
                usize::try_from(u32::from_le_bytes(*length)).ok()?.checked_add(length.len())
            }),
            Page::DataPageV2 { def_levels_byte_len, rep_levels_byte_len, .. } => {
                let bytes = def_levels_byte_len.checked_add(*rep_levels_byte_len);
                bytes.and_then(|bytes| usize::try_from(bytes).ok())
            }
            Page::DictionaryPage { .. } => None,
        };
        let width = match self.column.physical_type() {
            Type::INT32 | Type::FLOAT => 4,
            Type::INT64 | Type::DOUBLE => 8,
            Type::INT96 => 12,
            Type::BOOLEAN | Type::BYTE_ARRAY | Type::FIXED_LEN_BYTE_ARRAY => {
                usize::try_from(self.column.type_length()).unwrap_or(usize::MAX)
            }
        };
        let values = levels.and_then(|levels| page.buffer().len().checked_sub(levels));
        let enough = usize::try_from(page.num_values()).ok().and_then(|n| n.checked_mul(width));
        !matches!((values, enough), (Some(values), Some(enough)) if values >= enough)
    }
}

fn damaged(what: &str) -> ParquetError {
    ParquetError::General(what.to_owned())
}

impl Iterator for Pages {
    type Item = Result<Page>;

    fn next(&mut self) -> Option<Result<Page>> {
        self.get_next_page().transpose()
    }
}

impl PageReader for Pages {
    fn get_next_page(&mut self) -> Result<Option<Page>> {
        let page = self.reader.get_next_page()?;
        page.map(|page| self.check(&page).map(|()| page)).transpose()
    }

    fn peek_next_page(&mut self) -> Result<Option<PageMetadata>> {
        self.reader.peek_next_page()
    }

    fn skip_next_page(&mut self) -> Result<()> {
        self.reader.skip_next_page()
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use parquet::{
        basic::{Compression, ZstdLevel},
        file::properties::{WriterProperties, WriterVersion},
    };

    use super::{
        super::samples::{MICROS, bars, file},
        *,
    };
    use crate::{convention::Declared, reading::read, tests::minute};

    /// Files of each packing but that as differences.
    fn samples() -> Vec<Vec<u8>> {
        let minutes: Vec<i64> = (0..12).collect();
        let mut columns = bars(MICROS, &minutes, 1);
        columns[4] = ("optional double close", columns[4].1.clone(), Some(&[1; 12]));
        let sample = |(packed, version, encoding)| {
            let properties = WriterProperties::builder()
                .set_compression(packed)
                .set_writer_version(version)
                .set_dictionary_enabled(encoding == Encoding::RLE_DICTIONARY);
            let is_other = encoding != Encoding::RLE_DICTIONARY;
            let properties = if is_other { properties.set_encoding(encoding) } else { properties };
            file(&columns, properties.build(), 1)
        };
        let (one, two) = (WriterVersion::PARQUET_1_0, WriterVersion::PARQUET_2_0);
        let packings = [
            (Compression::UNCOMPRESSED, one, Encoding::RLE_DICTIONARY),
            (Compression::SNAPPY, two, Encoding::RLE_DICTIONARY),
            (Compression::ZSTD(ZstdLevel::default()), one, Encoding::RLE_DICTIONARY),
            (Compression::UNCOMPRESSED, two, Encoding::PLAIN),
            (Compression::UNCOMPRESSED, one, Encoding::BYTE_STREAM_SPLIT),
            (Compression::SNAPPY, two, Encoding::BYTE_STREAM_SPLIT),
        ];
        packings.into_iter().map(sample).collect()
    }

    /// Every bit, and every length: `PARQUET_DAMAGE=1` is all of them, without it every seventh.
    #[test]
    fn no_damage_panics() {
        let step = if std::env::var_os("PARQUET_DAMAGE").is_some() { 1 } else { 7 };
        let known = |bytes| read(bytes, Declared::default(), minute(100).start());
        let flipped = |sample: &[u8], bit: usize| {
            let mut bytes = sample.to_vec();
            bytes[bit / 8] ^= 1 << (bit % 8);
            bytes
        };
        let (mut taken, mut refused, mut panicked) = (0_usize, 0_usize, Vec::new());
        for (nth, sample) in samples().into_iter().enumerate() {
            let flips = (0..sample.len() * 8).map(|bit| (bit, flipped(&sample, bit)));
            let cuts = (0..sample.len()).map(|length| (length, sample[..length].to_vec()));
            for (at, bytes) in flips.chain(cuts).step_by(step) {
                match catch_unwind(AssertUnwindSafe(|| known(bytes))) {
                    Ok(Ok(_)) => taken += 1,
                    Ok(Err(_)) => refused += 1,
                    Err(_) => panicked.push((nth, at)),
                }
            }
        }
        assert_eq!(panicked, [], "{taken} were read all the same, {refused} refused");
        assert!(refused > 0);
    }
}
