//! The claim `transcript`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzz::claim("transcript", input));
