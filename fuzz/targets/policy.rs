#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| gk_shared::fuzz::policy(data));
