//! Memory files that were written once and must open for ever, and files that are refused.
//!
//! The files in `tests/data` were written by the version of the program that came out with their format:
//! `cargo test --test format -- --ignored` writes them. It is run once for each version of the format, whose files are
//! then kept as they are; a file that exists is not written again.

use std::path::PathBuf;

use popfield::patterns::Notes;
use popfield::{Error, Memory, Patterns};

fn data(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

/// Everything that a file may hold: own ids in no order, of which some count, labels, notes, and a gap.
fn named() -> Memory {
    let keys = Patterns::random(11, 70, 3, "keys of a file").unwrap();
    let values = Patterns::random(11, 9, 3, "values of a file").unwrap();
    let ids = vec![40, 41, 42, 7, 3_000_000_000_000, 9, 8, 10, 11, 12, 0];
    let labels = ["vierzig", "", "forty-two", "", "", "neun", "", "", "", "δώδεκα", "nought"];
    let notes: Notes = [("encoding", "signs"), ("made by", "a test")].map(|(n, t)| (n.to_owned(), t.to_owned())).into();
    let memory = Memory::hetero_associative(keys, values).unwrap().with_ids(ids).unwrap();
    let mut memory = memory.with_labels(&labels).unwrap().with_notes(notes);
    memory.forget(10).unwrap();
    memory
}

/// As little as a file may hold.
fn plain() -> Memory {
    Memory::auto_associative(Patterns::random(9, 65, 3, "keys of a file").unwrap()).unwrap()
}

fn files() -> [(&'static str, Memory); 2] {
    [("named-3.pop", named()), ("plain-3.pop", plain())]
}

fn bytes(memory: &Memory) -> Vec<u8> {
    let mut bytes = Vec::new();
    memory.write_to(&mut bytes).unwrap();
    bytes
}

#[test]
fn files_of_version_3_open() {
    for (name, expected) in files() {
        let memory = Memory::open(data(name)).unwrap();
        assert!(memory.keys() == expected.keys() && memory.values() == expected.values(), "{name}");
        assert_eq!(memory.is_auto_associative(), expected.is_auto_associative());
        assert!(memory.ids().eq(expected.ids()) && memory.labels().eq(expected.labels()), "{name}");
        assert_eq!((memory.next_id(), memory.notes()), (expected.next_id(), expected.notes()), "{name}");
    }
    let memory = Memory::open(data("named-3.pop")).unwrap();
    assert_eq!((memory.label(12), memory.label(41), memory.next_id()), (Some("δώδεκα"), None, 3_000_000_000_001));
}

#[test]
#[ignore = "writes the files that are then kept"]
fn write_files() {
    for (name, memory) in files().into_iter().filter(|(name, _)| !data(name).exists()) {
        std::fs::write(data(name), bytes(&memory)).unwrap();
    }
}

#[test]
fn other_versions_are_refused_by_what_to_do() {
    let says = |version: u32| {
        let mut bytes = bytes(&plain());
        bytes[8..12].copy_from_slice(&version.to_le_bytes());
        let error = Memory::read_from(&bytes[..], bytes.len() as u64).unwrap_err();
        assert!(matches!(error, Error::Version { .. }));
        error.to_string()
    };
    let old = "made by an earlier, unreleased popfield: create it again from its patterns";
    assert_eq!(says(2), format!("popfield memory: expected format version 3, found 2, {old}"));
    let new = "made by a newer popfield, which is needed to read it";
    assert_eq!(says(4), format!("popfield memory: expected format version 3, found 4, {new}"));
}

/// What a file says of ids, labels and notes is checked, whatever its hash vouches for.
#[test]
fn names_that_make_no_sense_are_refused() {
    let whole = bytes(&named());
    // 10 associations: a page of two blocks of two words, and one of one word.
    let spans = 128 + 2 * 2 * 64 + 2 * 64;
    let number = |at: usize| u64::from_le_bytes(whole[at..at + 8].try_into().unwrap());
    let count = number(48) as usize;
    assert_eq!((count, number(spans), number(spans + 8)), (7, 40, 3));
    let (ends, label_bytes) = (spans + 16 * count, number(56) as usize);
    let (text, notes) = (ends + 80, ends + 80 + label_bytes);
    let says = |changes: &[(usize, u64)]| {
        let mut bytes = whole.clone();
        changes.iter().for_each(|&(at, number)| bytes[at..at + 8].copy_from_slice(&number.to_le_bytes()));
        let end = bytes.len() - 32;
        let hash = blake3::hash(&bytes[..end]);
        bytes[end..].copy_from_slice(hash.as_bytes());
        Memory::read_from(&bytes[..], bytes.len() as u64).map_or_else(|error| error.to_string(), |_| "read".into())
    };
    let refused = |changes: &[(usize, u64)], expected: &str| {
        let said = says(changes);
        assert!(said.contains(expected), "{changes:?}: {said}");
    };
    refused(&[], "read");
    refused(&[(40, 3_000_000_000_000)], "next id: expected at least 3000000000001, above all ids, found 3000000000000");
    refused(&[(spans, u64::MAX - 3), (40, u64::MAX)], "read");
    refused(&[(spans, u64::MAX), (40, u64::MAX)], "next id: expected at least");
    refused(&[(spans, 7)], "ids: expected each once, found");
    refused(&[(spans + 8, 4)], "ids: expected 10, as many as associations, found 11");
    refused(&[(spans + 8, u64::MAX)], "ids: expected 10, as many as associations");
    refused(&[(spans + 8, 2), (spans + 24, 2)], "ids: expected each once");
    refused(&[(spans + 16, 43)], "ids: expected spans as few as can be");
    refused(&[(spans + 8, 0), (spans + 24, 4)], "ids: expected spans as few as can be");
    refused(&[(48, 8)], "length");
    refused(&[(48, u64::MAX)], "length");
    refused(&[(56, u64::MAX)], "length");
    refused(&[(64, u64::MAX), (56, u64::MAX), (48, u64::MAX), (32, u64::MAX)], "length");
    refused(&[(72, 1)], "reserved bytes");
    refused(&[(ends, 8)], "labels: expected ends that ascend");
    refused(&[(ends + 72, 2)], "labels: expected ends that ascend");
    refused(&[(text, u64::MAX)], "labels: expected UTF-8");
    refused(&[(notes, 9)], "notes: expected");
    refused(&[(notes, u64::MAX)], "notes: expected whole texts");
    refused(&[(notes + 8, u64::MAX)], "notes: expected UTF-8");
    // Names that descend.
    refused(&[(notes + 8, u64::from_le_bytes(*b"zncoding"))], "notes: expected names that ascend");
}

#[cfg(feature = "store")]
mod stores {
    use popfield::Batch;
    use popfield::store::{Backend, Snapshot, Store};
    use popfield::{Missing, Progress};

    use super::*;

    const STORE: &str = "store-1";

    /// Everything that a store may hold: several segments, own ids and counted ones, labels, what is forgotten in a list
    /// and in a bitmap.
    fn write(path: &std::path::Path) {
        let keys = |count, purpose| Patterns::random(count, 70, 5, purpose).unwrap();
        let values = |count, purpose| Patterns::random(count, 9, 5, purpose).unwrap();
        let notes: Notes = [("encoding".to_owned(), "01".to_owned())].into();
        let mut store = Store::create(path, 70, Some(9), notes).unwrap();
        let labels: Vec<String> =
            (0..150).map(|row| if row % 4 == 0 { format!("número {row}") } else { String::new() }).collect();
        let own: Vec<u64> = (0..150).map(|row| row * 7919 % 1009).collect();
        store.append(Batch::new(&keys(150, "own")).values(&values(150, "own")).ids(&own).labels(&labels)).unwrap();
        store.forget(&own[40..110], Missing::Refuse).unwrap();
        store.append(Batch::new(&keys(30, "counted")).values(&values(30, "counted"))).unwrap();
        store.forget(&[own[3], 1020], Missing::Refuse).unwrap();
        // Written once, it has no writer.
        drop(store);
        std::fs::remove_file(path.join("lock")).unwrap();
    }

    #[test]
    #[ignore = "writes the store that is then kept"]
    fn write_store() {
        if !data(STORE).exists() {
            write(&data(STORE));
        }
    }

    /// The store of version 1 opens, and holds what was written; and what is written today is the same files.
    #[test]
    fn stores_of_version_1_open() {
        let folder = tempfile::tempdir().unwrap();
        let today = folder.path().join("today");
        write(&today);
        for backend in [Backend::Mmap, Backend::Ram] {
            let kept = Snapshot::open(data(STORE), backend).unwrap();
            assert!(kept.verify(Progress::NONE).unwrap().is_empty());
            let (kept, expected) = (Memory::of_snapshot(&kept).unwrap(), Memory::open(&today).unwrap());
            assert_eq!(kept.len(), 108);
            assert!(kept.keys() == expected.keys() && kept.values() == expected.values());
            assert!(kept.ids().eq(expected.ids()) && kept.labels().eq(expected.labels()));
            assert_eq!((kept.next_id(), kept.notes()), (expected.next_id(), expected.notes()));
            assert_eq!((kept.label(0), kept.label(7919 % 1009), kept.next_id()), (Some("número 0"), None, 1036));
        }
        for entry in data(STORE).read_dir().unwrap().map(|entry| entry.unwrap()) {
            let now = std::fs::read(today.join(entry.file_name())).unwrap();
            assert_eq!(std::fs::read(entry.path()).unwrap(), now, "{:?}", entry.file_name());
        }
    }
}

/// What is no file is not replaced by one.
#[cfg(unix)]
#[test]
fn a_memory_is_not_saved_in_place_of_a_socket_or_folder() {
    use std::os::unix::fs::FileTypeExt;
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("socket");
    let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    let memory = Memory::auto_associative(Patterns::random(3, 64, 5, "keys").unwrap()).unwrap();
    for path in [socket.as_path(), folder.path()] {
        let refused = memory.save(path).unwrap_err().to_string();
        assert!(refused.starts_with("where to save: expected a new name, or a regular file to replace"), "{refused}");
    }
    assert!(socket.metadata().unwrap().file_type().is_socket());
}
