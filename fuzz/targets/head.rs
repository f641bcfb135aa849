#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| gk_validate::fuzz::head(data));
