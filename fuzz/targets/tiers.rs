//! `popfield_fuzz::memories::tiers` over whatever the fuzzer finds.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| popfield_fuzz::memories::tiers(bytes));
