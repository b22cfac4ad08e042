//! Files of a store that were cut short or changed: refused at opening, or found by verifying.

use std::fs;
use std::path::PathBuf;

use super::*;
use crate::Error;

/// A store with every kind of file, small.
fn store() -> (tempfile::TempDir, PathBuf, Expected) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let mut store = Store::create(&path, DIM, Some(VALUE_DIM), Notes::from([("a".into(), "b".into())])).unwrap();
    let mut expected = Expected::default();
    for change in [
        Change::AppendOwn(vec![7, 900, 3, 4], 2),
        Change::Forget(vec![4]),
        Change::Append(1, 4),
        Change::Append(160, 6),
        Change::Forget((905..975).collect()),
        Change::Append(2, 8),
        Change::Forget(vec![1062]),
    ] {
        change.apply(&mut store).unwrap();
        expected = expected.after(&change);
    }
    assert_eq!(Expected::of(store.snapshot()), expected);
    (folder, path, expected)
}

/// What comes of a damaged store: it is refused when it is opened, or by what verifying says.
fn is_found(path: &Path, what: &str) -> bool {
    let opened = Snapshot::open(path, Backend::Mmap);
    match opened {
        Err(Error::Store { .. } | Error::Version { .. } | Error::Io(_)) => true,
        Err(other) => panic!("{what}: {other}"),
        Ok(snapshot) => {
            // Whatever the files hold, it can be read.
            let _ = Expected::of(&snapshot);
            !snapshot.verify(Progress::NONE).unwrap().is_empty()
        }
    }
}

#[test]
fn every_cut_and_every_flip_is_found() {
    let (_folder, path, expected) = store();
    let mut tried = 0;
    for name in fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()) {
        if name == "lock" {
            continue;
        }
        let file = path.join(&name);
        let bytes = fs::read(&file).unwrap();
        // All of them where there is time, else some of each file.
        let step = if thorough() { 1 } else { (bytes.len() / 40).max(1) };
        for at in (0..bytes.len()).step_by(step) {
            for bit in (0..8).filter(|bit| thorough() || (at + bit) % 3 == 0) {
                let mut changed = bytes.clone();
                changed[at] ^= 1 << bit;
                fs::write(&file, changed).unwrap();
                assert!(is_found(&path, &name), "{name}: bit {bit} of byte {at}");
                tried += 1;
            }
            fs::write(&file, &bytes[..at]).unwrap();
            assert!(is_found(&path, &name), "{name}: cut to {at} of {} bytes", bytes.len());
            assert!(Snapshot::open(&path, Backend::Mmap).is_err(), "{name}: cut to {at} bytes");
            tried += 1;
        }
        fs::write(&file, [&bytes[..], b"x"].concat()).unwrap();
        assert!(is_found(&path, &name), "{name}: longer");
        fs::remove_file(&file).unwrap();
        assert!(Snapshot::open(&path, Backend::Mmap).is_err(), "{name}: gone");
        fs::write(&file, bytes).unwrap();
    }
    println!("damage: {tried} cuts and flips, each found");
    let whole = Snapshot::open(&path, Backend::Mmap).unwrap();
    assert_eq!(Expected::of(&whole), expected);
    assert!(whole.verify(Progress::NONE).unwrap().is_empty());
}

#[test]
fn other_versions_say_what_to_do() {
    use crate::store::manifest::{Manifest, manifest_file};
    let (_folder, path, _) = store();
    let snapshot = Snapshot::open(&path, Backend::Mmap).unwrap();
    let bytes = snapshot.manifest.to_bytes().unwrap();
    let body = &bytes[bytes.iter().position(|&byte| byte == b'\n').unwrap() + 1..];
    let of_version = |version: u32, body: &[u8]| {
        let hash = blake3::hash(&[format!("popfield store {version}\n").as_bytes(), body].concat()).to_hex();
        [format!("popfield store {version} {hash}\n").as_bytes(), body].concat()
    };
    let file = path.join(manifest_file(snapshot.generation()));
    for (version, says) in [(2, "newer"), (0, "earlier"), (u32::MAX, "newer")] {
        fs::write(&file, of_version(version, body)).unwrap();
        match Snapshot::open(&path, Backend::Mmap) {
            Err(error @ Error::Version { .. }) => {
                let text = error.to_string();
                assert!(text.contains(says) && text.contains(&version.to_string()) && text.contains('1'), "{text}");
            }
            other => panic!("{other:?}"),
        }
    }
    // Manifests that are whole, and say what cannot be.
    let text = std::str::from_utf8(body).unwrap();
    for (from, to) in [
        ("\"dim\":70", "\"dim\":0"),
        ("\"dim\":70", "\"dim\":7000000000"),
        ("\"dim\":70", "\"dim\":-1"),
        ("\"dim\":70", "\"dim\":200"),
        ("\"value_dim\":130", "\"value_dim\":null"),
        ("\"rows\":", "\"rows\":1"),
        ("\"rows\":", "\"rows\":99999999999"),
        ("\"number\":", "\"number\":9"),
        ("\"next_id\":", "\"next_id\":0,\"next_id\":"),
        ("\"notes\":", "\"more\":1,\"notes\":"),
        ("{", "[["),
    ] {
        assert!(text.contains(from));
        fs::write(&file, of_version(1, text.replacen(from, to, 1).as_bytes())).unwrap();
        assert!(matches!(Snapshot::open(&path, Backend::Mmap), Err(Error::Store { .. })), "{from} → {to}");
    }
    let nested = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    fs::write(&file, of_version(1, nested.as_bytes())).unwrap();
    assert!(Snapshot::open(&path, Backend::Mmap).is_err());
    assert!(Manifest::of_bytes(&bytes, snapshot.generation()).is_ok());
}
