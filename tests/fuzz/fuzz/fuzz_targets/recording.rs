//! The claim `recording`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzz::claim("recording", input));
