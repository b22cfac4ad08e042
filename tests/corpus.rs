//! The checks of the library's fuzz targets over the seeds in `fuzz/seeds`, on any toolchain.

#[path = "../fuzz/src/memories.rs"]
mod memories;

use std::path::Path;

/// Runs `check` over each seed of a target. A seed that fails says which it is.
fn each_seed(target: &str, check: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(target);
    let mut seeds: Vec<_> = folder.read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
    seeds.sort();
    assert!(!seeds.is_empty(), "{}: no seeds", folder.display());
    for seed in seeds {
        println!("{}", seed.display());
        check(&std::fs::read(&seed).unwrap());
    }
}

#[test]
fn memory_file() {
    each_seed("memory_file", memories::memory_file);
    // What chance seldom makes: nothing at all, and a header alone.
    memories::memory_file(b"");
    memories::memory_file(b"popfield");
}

#[test]
fn tiers() {
    each_seed("tiers", memories::tiers);
}
