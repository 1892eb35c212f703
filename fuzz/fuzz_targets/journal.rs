//! `src/journal.rs` under libFuzzer.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| minutehand_fuzz::journal::run(bytes));
