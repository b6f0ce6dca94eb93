//! The claim `contact_record`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzz::claim("contact_record", input));
