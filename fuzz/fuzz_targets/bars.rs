//! `src/bars.rs` under libFuzzer.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| minutehand_fuzz::bars::run(bytes));
