//! Basins of all keys at once: each way in which keys meet held to the definition, and runs that are stopped and gone on
//! with to those that are not.

use std::sync::atomic::{AtomicU64, Ordering};

use super::*;
use crate::Missing;
use crate::basins::found::{Found, Way};
use crate::basins::{Basin, Look};
use crate::index::join;
use crate::memory::basins::meet;
use crate::patterns::{Stored, stream};
use crate::scan::keys::Scan;
use rand_xoshiro::rand_core::Rng;

/// Random keys of `dim` positions, but for one in `of` that stands around one of `centres`, up to `spread` flips from it.
fn clustered([count, of, centres]: [usize; 3], dim: usize, spread: usize, seed: u64) -> Patterns {
    let mut dice = stream(seed, "clusters", 0);
    let mut below = |bound: usize| (dice.next_u64() % bound as u64) as usize;
    let random = Patterns::random(count + centres, dim, seed, "keys").unwrap().to_signs();
    let mut rows = random.chunks_exact(dim);
    let centres: Vec<&[i8]> = rows.by_ref().take(centres).collect();
    let mut signs = Vec::with_capacity(count * dim);
    for row in rows {
        if below(of) > 0 {
            signs.extend(row);
            continue;
        }
        let mut row = centres[below(centres.len())].to_vec();
        for _ in 0..below(spread + 1) {
            let at = below(dim);
            row[at] = -row[at];
        }
        signs.extend(row);
    }
    Patterns::from_signs(&signs, dim).unwrap()
}

/// A memory in segments, of keys with values of their own or not, some of them forgotten.
fn memory(keys: &Patterns, hetero: bool, forgotten: usize) -> Memory {
    let lengths = [keys.len() / 3, 701];
    let values = hetero.then(|| in_segments(&Patterns::random(keys.len(), 3, 1, "values").unwrap(), &lengths, true));
    let mut memory = Memory::of_sides(in_segments(keys, &lengths, true), values).unwrap();
    let gone: Vec<u64> = (0..forgotten as u64).map(|i| i * 7).collect();
    memory.forget_some(&gone, Missing::Refuse).unwrap();
    memory
}

/// What stands around each key, by the definition.
fn by_definition(view: &View<'_>, radius: u32) -> Vec<Basin> {
    let rows = |stored: Stored<'_>| stored.iter().map(|row| row.words().to_vec()).collect::<Vec<_>>();
    let (keys, values, ids) = (rows(view.keys()), rows(view.values()), view.ids().collect::<Vec<_>>());
    let distance = |a: &[u64], b: &[u64]| a.iter().zip(b).map(|(a, b)| (a ^ b).count_ones()).sum::<u32>();
    (0..keys.len())
        .map(|i| {
            let mut counts = vec![0; radius as usize + 1];
            let (mut nearest, mut agree) = (None, true);
            for j in 0..keys.len() {
                let distance = distance(&keys[i], &keys[j]);
                if distance > radius {
                    continue;
                }
                counts[distance as usize] += 1;
                agree &= distance > 0 || view.memory().is_auto_associative() || values[i] == values[j];
                if distance > 0 {
                    let other = (distance, ids[j]);
                    nearest = Some(nearest.map_or(other, |nearest: (u32, u64)| nearest.min(other)));
                }
            }
            Basin {
                id: ids[i],
                copies: counts[0],
                values_agree: agree,
                nearest: nearest.map(|(distance, id)| crate::Neighbor { distance, id }),
                near: (0..).zip(counts).skip(1).filter(|counted| counted.1 > 0).collect(),
                far: None,
            }
        })
        .collect()
}

/// The basins by one way, and the way by which they were found in the end.
fn by_way(memory: &Memory, look: &Look<'_>, way: Way) -> (Vec<Basin>, Way) {
    let view = memory.view();
    let steps = Progress::NONE.begin(0);
    let scan = view.scan(&steps).unwrap();
    let values = (!memory.is_auto_associative()).then(|| memory.value_side());
    let mut found = Found::new(view.keys(), scan.ids(), values, look).unwrap();
    found.begin(way, look).unwrap();
    meet(scan, &mut found, look, &mut |_| Ok(())).unwrap();
    let way = found.way;
    (found.into_basins(), way)
}

#[test]
fn all_ways_find_what_is_there() {
    for (dim, spread, radius, hetero, forgotten) in [(128, 5, 3, false, 0), (256, 3, 4, true, 300), (70, 3, 2, true, 1)]
    {
        let memory = memory(&clustered([5_003, 3, 2_500], dim, spread, dim as u64), hetero, forgotten);
        let expected = by_definition(&memory.view(), radius);
        assert!(expected.iter().filter(|basin| basin.nearest.is_some()).count() > 100);
        assert!(!hetero || expected.iter().any(|basin| !basin.values_agree));
        for way in [Way::Chunks, Way::Later, Way::All] {
            let (found, by) = by_way(&memory, &Look::new(radius), way);
            assert_eq!(by, way, "{dim}");
            assert!(found == expected, "{way:?}, {dim}");
        }
    }
}

/// Where chunks do not tell keys apart they are left for scans, and where keys stand in crowds each meets all.
#[test]
fn crowds_are_counted_by_scans() {
    // A crowd after thousands that have met only those that come later.
    let mut signs = Patterns::random(4_500, 96, 1, "keys").unwrap().to_signs();
    let crowd = Patterns::random(1, 96, 2, "keys").unwrap().to_signs();
    (0..1_500).for_each(|i| {
        let mut row = crowd.clone();
        row[i % 96] = -row[i % 96];
        signs.extend(row);
    });
    let memory = memory(&Patterns::from_signs(&signs, 96).unwrap(), false, 40);
    for radius in [2, 20] {
        let expected = by_definition(&memory.view(), radius);
        for way in [Way::Chunks, Way::Later] {
            let (found, by) = by_way(&memory, &Look::new(radius), way);
            assert!(by == Way::All && found == expected, "{way:?}");
        }
    }
}

/// Stops a run whenever it has come a quarter further, and goes on with it from the file.
fn stopped_and_resumed(memory: &Memory, look: &Look<'_>, path: &std::path::Path) -> Vec<Basin> {
    let (mut went_on, mut had_come_to) = (false, 0);
    loop {
        let (first, last) = (AtomicU64::new(u64::MAX), AtomicU64::new(0));
        let watcher = |done: u64, total: u64| {
            first.fetch_min(done, Ordering::Relaxed);
            last.fetch_max(done, Ordering::Relaxed);
            done <= had_come_to + total / 4
        };
        let found = memory.view().watched(Progress::new(&watcher)).basins_resumed(look, path);
        went_on |= (1..u64::MAX).contains(&first.into_inner());
        match found {
            Ok(basins) => {
                assert!(had_come_to > 0 && went_on);
                return basins.all().to_vec();
            }
            Err(Error::Interrupted) => had_come_to = last.into_inner(),
            Err(error) => panic!("{error}"),
        }
    }
}

#[test]
fn a_run_that_was_stopped_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let keys = clustered([9_000, 4, 2_000], 256, 3, 9);
    let sparse = memory(&keys, true, 20);
    let every: Vec<u64> = sparse.ids().collect();
    for (name, look) in [
        ("chunks", Look::new(4)),
        ("later", Look::new(60)),
        ("all", Look::new(4).keys(&every)),
        ("far", Look::new(60).far()),
    ] {
        let path = folder.path().join(name);
        let expected = sparse.basins_of(&look).unwrap();
        assert!(name != "chunks" || by_way(&sparse, &look, Way::Chunks).1 == Way::Chunks);
        assert!(stopped_and_resumed(&sparse, &look, &path) == expected.all(), "{name}");
        // Once more: all is there.
        let told = AtomicU64::new(u64::MAX);
        let watcher = |done: u64, _: u64| {
            told.fetch_min(done, Ordering::Relaxed);
            true
        };
        let again = sparse.view().watched(Progress::new(&watcher)).basins_resumed(&look, &path).unwrap();
        assert!(again.all() == expected.all() && told.into_inner() >= sparse.len() as u64, "{name}");
    }
    // What is kept is of this question about this memory.
    let path = folder.path().join("chunks");
    let refused = |memory: &Memory, look: &Look<'_>| {
        let error = memory.basins_resumed(look, &path).unwrap_err();
        assert!(matches!(error, Error::Run { place: "settings", .. }), "{error}");
    };
    refused(&sparse, &Look::new(5));
    refused(&sparse, &Look::new(4).far());
    refused(&sparse, &Look::new(4).keys(&every));
    let mut other = sparse.clone();
    other.forget(every[17]).unwrap();
    refused(&other, &Look::new(4));
    refused(&memory(&keys, false, 20), &Look::new(4));
    // And whole: no byte of it may be another.
    let bytes = std::fs::read(&path).unwrap();
    let damaged = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        sparse.basins_resumed(&Look::new(4), &path).unwrap_err()
    };
    for at in (0..64).chain((64..bytes.len()).step_by(997)) {
        let mut other = bytes.clone();
        other[at] ^= 1 << (at % 8);
        let error = damaged(&other);
        assert!(matches!(error, Error::Run { .. } | Error::Version { .. }), "{at}: {error}");
    }
    for length in [0, 1, 31, 32, 63, 95, 96, bytes.len() - 1] {
        assert!(matches!(damaged(&bytes[..length]), Error::Run { .. }), "{length}");
    }
    std::fs::write(&path, &bytes).unwrap();
    assert!(sparse.basins_resumed(&Look::new(4), &path).is_ok());
}

/// Keys of which few positions are set meet by folded chunks, and all that are within the radius do.
#[test]
fn sparse_keys_meet_by_folded_chunks() {
    let dice = &mut stream(3, "sparse", 0);
    let mut below = |bound: usize| (dice.next_u64() % bound as u64) as usize;
    let mut rows: Vec<Vec<i8>> = Vec::new();
    for nth in 0..6_000 {
        let near = nth % 16 == 1;
        let mut row = if near { rows[below(nth)].clone() } else { vec![-1; 1024] };
        for _ in 0..if near { below(8) } else { 40 } {
            let most = 1 + below(1024);
            let at = below(most);
            row[at] = -row[at];
        }
        rows.push(row);
    }
    let memory = Memory::auto_associative(Patterns::from_signs(&rows.concat(), 1024).unwrap()).unwrap();
    let steps = Progress::NONE.begin(0);
    let scan = Scan::new(&memory.keys, None, &steps).unwrap();
    let chunks = join::chunks(scan, rows.len(), 6).unwrap().unwrap();
    assert!(chunks.length() > chunks.bits() as usize, "{} {}", chunks.length(), chunks.bits());
    let (basins, way) = by_way(&memory, &Look::new(6), Way::Chunks);
    assert_eq!(way, Way::Chunks);
    assert!(basins == by_way(&memory, &Look::new(6), Way::All).0);
    assert!(basins.iter().filter(|basin| !basin.near().is_empty()).count() > 400);
}
