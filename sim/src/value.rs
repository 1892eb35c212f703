//! The numbers of a run: what generators compute and how strategies decide, all different, and all
//! to be recomputed by whoever wants to know.

use chassis::grid::Minute;

/// A number in [-1, 1) from other numbers, as if at random.
fn mixed(numbers: &[u64]) -> f64 {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    for number in numbers {
        state = (state ^ number).wrapping_mul(0xff51_afd7_ed55_8ccd);
        state = (state ^ (state >> 32)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
        state ^= state >> 29;
    }
    let bits = u32::try_from(state >> 32).expect("32 bits are left");
    f64::from(bits) / f64::from(1_u32 << 31) - 1.0
}

fn number(name: &str) -> u64 {
    name.bytes().fold(0, |number, byte| number * 131 + u64::from(byte))
}

/// The signal of a generator for a minute. Of two incarnations of one generator both may be asked
/// for the same: `salt` tells them apart, if their values differ.
pub fn signal(seed: u64, generator: &str, salt: u32, minute: Minute) -> f64 {
    let micros = minute.start().as_micros().cast_unsigned();
    mixed(&[seed, number(generator), u64::from(salt), micros])
}

/// The decision of a strategy from the values that its generators gave, in the order in which it
/// asks them. Every strategy has weights of its own, so that no two decide alike.
pub fn decision(strategy: &str, values: impl IntoIterator<Item = f64>) -> f64 {
    let name = number(strategy);
    let weighted = (1..).zip(values).map(|(index, value)| mixed(&[name, index]) * value);
    mixed(&[name]) + weighted.sum::<f64>()
}
