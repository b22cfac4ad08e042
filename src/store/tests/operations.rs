//! Changes in any order, against a list.

use std::collections::BTreeSet;
use std::ops::Range;

use proptest::prelude::*;

use super::*;
use crate::patterns::Pattern;
use crate::store::write::most_rows;
use crate::{Error, Memory};

/// Changes of a small store, whose ids are few enough to meet.
fn changes() -> impl Strategy<Value = Vec<Change>> {
    let ids = || proptest::collection::vec(0u64..60, 0..12);
    let change = prop_oneof![
        4 => (0usize..20, any::<u64>()).prop_map(|(count, seed)| Change::Append(count, seed)),
        2 => (ids(), any::<u64>()).prop_map(|(ids, seed)| Change::AppendOwn(ids, seed)),
        3 => ids().prop_map(Change::Forget),
        1 => (0u64..60, 1u64..40).prop_map(|(first, count)| Change::Forget((first..first + count).collect())),
        1 => Just(Change::Compact),
    ];
    proptest::collection::vec(change, 1..25)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if thorough() { 500 } else { 12 }))]

    #[test]
    fn a_store_holds_what_a_list_would(changes in changes(), backend in prop_oneof![Just(Backend::Mmap), Just(Backend::Ram)]) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store");
        let mut store = Some(Store::create(&path, DIM, Some(VALUE_DIM), Notes::new()).unwrap());
        let mut expected = Expected::default();
        for (at, change) in changes.iter().enumerate() {
            let twice = |ids: &[u64]| (1..ids.len()).any(|i| ids[..i].contains(&ids[i]));
            let refused = match change {
                Change::AppendOwn(ids, _) => twice(ids) || ids.iter().any(|id| expected.rows.iter().any(|row| row.0 == *id)),
                Change::Forget(ids) => twice(ids),
                _ => false,
            };
            let here = store.get_or_insert_with(|| Store::open(&path).unwrap());
            match change.apply(here) {
                Err(Error::Id { place, found, .. }) if refused => {
                    // The first place at fault.
                    let (Change::AppendOwn(ids, _) | Change::Forget(ids)) = change else { panic!("{change:?}") };
                    let own = matches!(change, Change::AppendOwn(..));
                    let bad = |at: usize| {
                        ids[..at].contains(&ids[at]) || own && expected.rows.iter().any(|row| row.0 == ids[at])
                    };
                    prop_assert_eq!(Some(place), (0..ids.len()).find(|&at| bad(at)));
                    prop_assert_eq!(found, ids[place]);
                }
                Ok(()) if !refused => expected = expected.after(change),
                other => prop_assert!(false, "{:?}: {:?}", change, other),
            }
            prop_assert_eq!(&Expected::of(here.snapshot()), &expected);
            prop_assert_eq!(&Expected::of(&Snapshot::open(&path, backend).unwrap()), &expected);
            prop_assert!(here.snapshot().verify(Progress::NONE).unwrap().is_empty());
            // All files are named by the manifest; only the lock stands beside them.
            let mut names: BTreeSet<String> = here.snapshot.disk.names().unwrap().into_iter().collect();
            prop_assert!(names.remove("lock"));
            prop_assert_eq!(names, here.snapshot.manifest.files());
            if at % 5 == 4 {
                // The next change opens it anew.
                store = None;
            }
        }
    }
}

/// A store is written as one file in pieces, which are those of a memory that lies together.
#[test]
fn a_store_becomes_one_file() {
    let folder = tempfile::tempdir().unwrap();
    // More than a piece holds, in two segments, one of which has a gap.
    let (dim, rows) = (1 << 16, 1500);
    let patterns = Patterns::random(rows, dim, 1, "keys").unwrap();
    let mut store = Store::create(folder.path().join("store"), dim, None, Notes::new()).unwrap();
    let some = |range: Range<usize>| patterns.range(range).unwrap();
    store.append(Batch::new(&some(0..1100))).unwrap();
    store.append(Batch::new(&some(1100..rows))).unwrap();
    assert_eq!(store.snapshot().segments(), 2);
    let written = |memory: &Memory| {
        let mut bytes = Vec::new();
        memory.write_to(&mut bytes).unwrap();
        bytes
    };
    let whole = written(&Memory::of_snapshot(store.snapshot()).unwrap());
    assert!(whole == written(&Memory::auto_associative(some(0..rows)).unwrap()));
    store.forget(&[5, 1200], Missing::Refuse).unwrap();
    let kept: Vec<usize> = (0..rows).filter(|row| ![5, 1200].contains(row)).collect();
    let those: Vec<Pattern> = kept.iter().map(|&row| patterns.get(row).unwrap()).collect();
    let together: Result<Patterns> = those.iter().collect();
    let ids = kept.iter().map(|&row| row as u64).collect();
    let expected = Memory::auto_associative(together.unwrap()).unwrap().with_ids(ids).unwrap();
    assert!(written(&Memory::of_snapshot(store.snapshot()).unwrap()) == written(&expected));
}

/// Segments stay few, whatever is appended.
#[test]
fn one_row_appends_leave_few_segments() {
    let disk = Arc::new(model::Model::new(model::State::default(), model::Plan::Well));
    let mut store = new_store(disk).unwrap();
    let mut most = 0;
    for row in 0..1500u64 {
        Change::Append(1, row).apply(&mut store).unwrap();
        most = most.max(store.snapshot().segments());
    }
    assert_eq!(store.snapshot().len(), 1500);
    // Each is more than twice as large as the next.
    assert!(most <= 11, "{most}");
    let sizes: Vec<u64> = store.snapshot.segments.iter().map(|segment| segment.entry.rows).collect();
    assert!(sizes.windows(2).all(|pair| pair[0] > 2 * pair[1]), "{sizes:?}");
}

/// Rows that come some at a time, and too many to wait in memory.
#[test]
fn appending_goes_on_past_what_waits() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let mut store = Store::create(&path, 4096, None, Notes::new()).unwrap();
    let (few, many) =
        (Patterns::random(7, 4096, 1, "keys").unwrap(), Patterns::random(30_000, 4096, 2, "keys").unwrap());
    let own: Vec<u64> = (0..30_000).map(|row| 1_000_000 - row).collect();
    store.append(Batch::new(&few)).unwrap();
    let mut appending = store.begin().unwrap();
    appending.push(Batch::new(&many)).unwrap();
    appending.push(Batch::new(&many).ids(&own)).unwrap();
    appending.push(Batch::new(&few).ids(&[5_000_000, 50_000, 3_000_000, 2_000_000, 60_000, 70_000, 80_000])).unwrap();
    assert_eq!(Snapshot::open(&path, Backend::Mmap).unwrap().len(), 7);
    appending.commit().unwrap();
    assert_eq!(store.snapshot().len(), 60_014);
    assert_eq!(store.snapshot().next_id(), 5_000_001);
    let contents = store.snapshot().contents().unwrap();
    let expected: Vec<u64> = (0..30_007)
        .chain(own.iter().copied())
        .chain([5_000_000, 50_000, 3_000_000, 2_000_000, 60_000, 70_000, 80_000])
        .collect();
    assert!(contents.ids.iter(0..60_014).eq(expected));
    for (place, pattern) in few.iter().enumerate() {
        assert_eq!(
            (contents.keys.get(place), contents.keys.get(60_007 + place)),
            (Some(pattern.clone()), Some(pattern))
        );
    }
    assert!((0..30_000).all(|row| contents.keys.get(7 + row) == contents.keys.get(30_007 + row)));
    // An id of the far past, and one of just now.
    for id in [3, 999_999] {
        let mut appending = store.begin().unwrap();
        appending.push(Batch::new(&many).ids(&(2_000_001..2_030_001).collect::<Vec<_>>())).unwrap();
        appending.push(Batch::new(&many).ids(&(6_000_000..6_030_000).collect::<Vec<_>>())).unwrap();
        appending
            .push(Batch::new(&few).ids(&[1_500_000, id, 1_500_001, 1_500_002, 1_500_003, 1_500_004, 1_500_005]))
            .unwrap();
        let refused = appending.commit();
        assert!(matches!(refused, Err(Error::Id { place: 60_001, found, .. }) if found == id), "{refused:?}");
    }
    assert_eq!(Snapshot::open(&path, Backend::Ram).unwrap().len(), 60_014);
}

#[test]
fn ids_have_an_end() {
    let mut store = new_store(Arc::new(model::Model::new(model::State::default(), model::Plan::Well))).unwrap();
    assert!(matches!(Change::AppendOwn(vec![4, u64::MAX], 1).apply(&mut store), Err(Error::Id { place: 1, .. })));
    Change::AppendOwn(vec![u64::MAX - 1], 1).apply(&mut store).unwrap();
    assert!(matches!(Change::Append(1, 1).apply(&mut store), Err(Error::Parameter { what: "ids", .. })));
    Change::AppendOwn(vec![7], 1).apply(&mut store).unwrap();
    assert_eq!(store.snapshot().len(), 2);
}

#[test]
fn one_writer_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let mut store = Store::create(&path, DIM, Some(VALUE_DIM), Notes::new()).unwrap();
    Change::Append(5, 1).apply(&mut store).unwrap();
    match Store::open(&path) {
        Err(Error::Locked { holder, .. }) => assert!(holder.contains(&std::process::id().to_string()), "{holder}"),
        other => panic!("{other:?}"),
    }
    assert!(Store::create(&path, DIM, None, Notes::new()).is_err());
    assert_eq!(Snapshot::open(&path, Backend::Mmap).unwrap().len(), 5);
    drop(store);
    Store::open(&path).unwrap();
    assert!(Store::open(folder.path()).is_err() && !folder.path().join("lock").exists());
    // Files of others stay.
    std::fs::write(path.join("notes.txt"), "mine").unwrap();
    std::fs::write(path.join("segment-77-keys.npy.new"), "left").unwrap();
    std::fs::write(path.join("segment-mine"), "mine").unwrap();
    Store::open(&path).unwrap();
    let names = |name: &str| path.join(name).exists();
    assert!(names("notes.txt") && names("segment-mine") && !names("segment-77-keys.npy.new"));
}

#[test]
fn segments_have_an_end() {
    assert_eq!(most_rows([1, 1], false), 1 << 25);
    assert_eq!(most_rows([16, 1], true), (4 << 30) / (17 * 8));
    assert_eq!(most_rows([1 << 30, 1], false), 1);
}
