//! Values of a column as text that says the same, digit by digit.

use chassis::grid::Timestamp;
use parquet::{
    basic::{ConvertedType, LogicalType, TimeUnit, Type},
    data_type::Int96,
    schema::types::ColumnDescriptor,
};

use crate::convention::Unit;

/// An INT96 has days since noon of 4714-11-24 BC, of which the Unix epoch is this one.
const EPOCH_DAY: i128 = 2_440_588;

const DAY_SECONDS: i64 = 86_400;

/// What the values of a column are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Whole numbers, or doubles.
    Number,
    /// Whole numbers that are never negative.
    Unsigned,
    /// Whole numbers with so many decimals.
    Decimal(usize),
    /// Whole numbers of a unit since the Unix epoch.
    Instant(Unit),
    /// Days since the Unix epoch.
    Date,
    /// Text.
    Text,
    /// Yes or no.
    Truth,
}

impl Kind {
    /// What a column has, if it is something that bars or trades have.
    pub(super) fn of(column: &ColumnDescriptor) -> Option<Self> {
        let (logical, converted) = (column.logical_type_ref(), column.converted_type());
        let is_decimal =
            matches!(logical, Some(LogicalType::Decimal(_))) || converted == ConvertedType::DECIMAL;
        let decimal = || usize::try_from(column.type_scale()).ok().map(Self::Decimal);
        match column.physical_type() {
            Type::FLOAT | Type::DOUBLE => Some(Self::Number),
            Type::INT96 => Some(Self::Instant(Unit::Nanoseconds)),
            Type::INT32 | Type::INT64 | Type::BYTE_ARRAY | Type::FIXED_LEN_BYTE_ARRAY
                if is_decimal =>
            {
                decimal()
            }
            Type::INT32 | Type::INT64 => Self::of_whole(logical, converted),
            Type::BYTE_ARRAY => Some(Self::Text),
            Type::BOOLEAN => Some(Self::Truth),
            Type::FIXED_LEN_BYTE_ARRAY => None,
        }
    }

    fn of_whole(logical: Option<&LogicalType>, converted: ConvertedType) -> Option<Self> {
        if let Some(LogicalType::Timestamp(instant)) = logical {
            return Some(Self::Instant(match instant.unit {
                TimeUnit::MILLIS => Unit::Milliseconds,
                TimeUnit::MICROS => Unit::Microseconds,
                TimeUnit::NANOS => Unit::Nanoseconds,
            }));
        }
        if let Some(LogicalType::Integer(whole)) = logical {
            return Some(if whole.is_signed { Self::Number } else { Self::Unsigned });
        }
        let known = [
            (ConvertedType::NONE, Self::Number),
            (ConvertedType::INT_8, Self::Number),
            (ConvertedType::INT_16, Self::Number),
            (ConvertedType::INT_32, Self::Number),
            (ConvertedType::INT_64, Self::Number),
            (ConvertedType::UINT_8, Self::Unsigned),
            (ConvertedType::UINT_16, Self::Unsigned),
            (ConvertedType::UINT_32, Self::Unsigned),
            (ConvertedType::UINT_64, Self::Unsigned),
            (ConvertedType::TIMESTAMP_MILLIS, Self::Instant(Unit::Milliseconds)),
            (ConvertedType::TIMESTAMP_MICROS, Self::Instant(Unit::Microseconds)),
            (ConvertedType::DATE, Self::Date),
        ];
        let is_time = matches!(logical, Some(LogicalType::Time(_)));
        let found = known.into_iter().find(|(type_of, _)| *type_of == converted && !is_time);
        found.map(|(_, kind)| kind)
    }

    /// The unit of times, where the type says it.
    pub(super) fn unit(self) -> Option<Unit> {
        match self {
            Self::Instant(unit) => Some(unit),
            Self::Date => Some(Unit::Text),
            Self::Number | Self::Unsigned | Self::Decimal(_) | Self::Text | Self::Truth => None,
        }
    }

    /// What a whole number says.
    pub(super) fn int32(self, value: i32) -> Option<String> {
        if self == Self::Unsigned {
            return Some(value.cast_unsigned().to_string());
        }
        self.int64(value.into())
    }

    /// What a whole number says.
    pub(super) fn int64(self, value: i64) -> Option<String> {
        match self {
            Self::Number | Self::Instant(_) | Self::Text | Self::Truth => Some(value.to_string()),
            Self::Unsigned => Some(value.cast_unsigned().to_string()),
            Self::Decimal(scale) => decimal(value.into(), scale),
            Self::Date => {
                let micros = value.checked_mul(DAY_SECONDS * 1_000_000)?;
                Some(Timestamp::from_micros(micros).to_string())
            }
        }
    }

    /// What bytes say: a number with the first byte first, or a text.
    pub(super) fn bytes(self, bytes: &[u8]) -> Option<String> {
        match self {
            Self::Decimal(scale) => decimal(big_endian(bytes)?, scale),
            Self::Number
            | Self::Unsigned
            | Self::Instant(_)
            | Self::Date
            | Self::Text
            | Self::Truth => str::from_utf8(bytes).ok().map(|text| text.trim().to_owned()),
        }
    }
}

/// Nanoseconds since the Unix epoch.
pub(super) fn int96(value: &Int96) -> Option<String> {
    let &[low, high, day] = value.data() else { return None };
    let of_day = (i128::from(high) << 32) | i128::from(low);
    let day = i128::from(day) - EPOCH_DAY;
    Some((day * i128::from(DAY_SECONDS) * 1_000_000_000 + of_day).to_string())
}

/// A number in two's complement, if it has no more than 16 bytes.
fn big_endian(bytes: &[u8]) -> Option<i128> {
    let sign = if bytes.first()? & 0x80 == 0 { 0 } else { 0xff };
    let mut whole = [sign; 16];
    let start = whole.len().checked_sub(bytes.len())?;
    whole[start..].copy_from_slice(bytes);
    Some(i128::from_be_bytes(whole))
}

/// The last `scale` digits of `whole` are decimals; zeros at their end say nothing.
fn decimal(whole: i128, scale: usize) -> Option<String> {
    /// What 16 bytes can hold.
    const DIGITS_MAX: usize = 39;
    if scale > DIGITS_MAX {
        return None;
    }
    let sign = if whole < 0 { "-" } else { "" };
    let digits = format!("{:0>width$}", whole.unsigned_abs(), width = scale + 1);
    let (whole, decimals) = digits.split_at(digits.len() - scale);
    let decimals = decimals.trim_end_matches('0');
    let point = if decimals.is_empty() { "" } else { "." };
    Some(format!("{sign}{whole}{point}{decimals}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_exact() {
        for (whole, scale, said) in [
            (123_450, 2, "1234.5"),
            (-5, 3, "-0.005"),
            (0, 18, "0"),
            (7, 0, "7"),
            (46_319_000_000_000_000_000_000, 18, "46319"),
            (i128::MIN, 38, "-1.70141183460469231731687303715884105728"),
        ] {
            assert_eq!(decimal(whole, scale).as_deref(), Some(said));
        }
        assert_eq!(decimal(1, 40), None);
        for (bytes, number) in
            [(&[0x01, 0x00][..], Some(256)), (&[0xff], Some(-1)), (&[], None), (&[0; 17], None)]
        {
            assert_eq!(big_endian(bytes), number, "{bytes:?}");
        }
    }

    #[test]
    fn whole_numbers_are_what_their_type_says() {
        assert_eq!(Kind::Unsigned.int32(-1).as_deref(), Some("4294967295"));
        assert_eq!(Kind::Unsigned.int64(-1).as_deref(), Some("18446744073709551615"));
        assert_eq!(Kind::Number.int32(-1).as_deref(), Some("-1"));
        assert_eq!(Kind::Date.int32(18_992).as_deref(), Some("2021-12-31T00:00:00Z"));
        let mut noon = Int96::new();
        noon.set_data(0x4b80_0000, 0x2746, 2_440_588 + 18_992);
        let nanos: i64 = int96(&noon).unwrap().parse().unwrap();
        assert_eq!(nanos / 1_000_000_000 / DAY_SECONDS, 18_992);
    }
}
