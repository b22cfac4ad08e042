//! The checks of the readers' fuzz targets over the seeds in `fuzz/seeds`, on any toolchain.

#[path = "../../fuzz/src/readers.rs"]
mod readers;

use std::path::Path;

use readers::Folder;

/// Runs `check` over each seed of a target, whole and cut short. A seed that fails says which it is.
fn each_seed(target: &str, check: fn(&Folder, &[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/seeds").join(target);
    let mut seeds: Vec<_> = folder.read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
    seeds.sort();
    assert!(!seeds.is_empty(), "{}: no seeds", folder.display());
    let sandbox = Folder::new(env!("CARGO_BIN_EXE_popfield"));
    for seed in seeds {
        println!("{}", seed.display());
        let bytes = std::fs::read(&seed).unwrap();
        check(&sandbox, &bytes);
        check(&sandbox, &bytes[..bytes.len() / 2]);
    }
}

#[test]
fn npy() {
    each_seed("npy", readers::npy);
}

#[test]
fn text() {
    each_seed("text", readers::text);
}

#[test]
fn image() {
    each_seed("image", readers::image);
}
