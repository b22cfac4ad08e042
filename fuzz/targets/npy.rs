//! `popfield_fuzz::readers::npy` over whatever the fuzzer finds.

#![no_main]

popfield_fuzz::reader_target!(popfield_fuzz::readers::npy);
