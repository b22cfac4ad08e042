//! `popfield_fuzz::memories::memory_file` over whatever the fuzzer finds.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| popfield_fuzz::memories::memory_file(bytes));
