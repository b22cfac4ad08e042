//! `popfield_fuzz::readers::image` over whatever the fuzzer finds.

#![no_main]

popfield_fuzz::reader_target!(popfield_fuzz::readers::image);
