//! What each fuzz target holds its input to: plain functions that panic where a promise is broken.
//!
//! The same files are part of ordinary tests, which run them over `seeds/` on a stable toolchain: `tests/corpus.rs` at
//! the root, and `cli/tests/corpus.rs`.

pub mod memories;
pub mod readers;

/// A target of the command line's readers: each input is the file that `check` runs the program on.
#[macro_export]
macro_rules! reader_target {
    ($check:path) => {
        libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
            static READER: std::sync::LazyLock<$crate::readers::Folder> =
                std::sync::LazyLock::new(|| $crate::readers::Folder::new($crate::readers::built()));
            $check(&READER, bytes);
        });
    };
}
