//! `webhook` with whatever the fuzzer thinks of.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| segments_slack_fuzz::webhook(bytes));
