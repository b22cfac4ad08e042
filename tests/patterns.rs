//! Patterns, noise and stores as data: what goes in comes out, what does not fit is refused with its place.

use popfield::patterns::{BitOrder, MAX_DIM, NoiseModel, add_noise, flips};
use popfield::separation::{Beta, Degree};
use popfield::{Error, Memory, Pattern, Patterns, Queries, Recall, Separation, Tie};

#[test]
fn hadamard_rows_are_orthogonal() {
    for dim in [1, 2, 4, 32, 64, 128, 512] {
        let rows = Patterns::hadamard(dim, dim).unwrap();
        let memory = Memory::auto_associative(rows.clone()).unwrap();
        let overlaps = memory.overlaps(&rows.clone().into()).unwrap();
        for (at, overlap) in overlaps.into_iter().enumerate() {
            assert_eq!(overlap, if at / dim == at % dim { dim as i32 } else { 0 }, "order {dim}");
        }
        for (i, row) in rows.iter().enumerate() {
            assert!(row.to_signs().iter().enumerate().all(|(j, &x)| x == 1 - 2 * ((i & j).count_ones() % 2) as i8));
        }
    }
    // n = d orthogonal keys, exactly, by plain Hebb with the diagonal kept.
    let keys = Patterns::hadamard(256, 256).unwrap();
    let values = Patterns::random(256, 100, 3, "values").unwrap();
    let memory = Memory::hetero_associative(keys.clone(), values.clone()).unwrap();
    assert_eq!(memory.recall(&keys.into(), &Recall::new(Separation::Linear)).unwrap().patterns, values);
    for (len, dim) in [(1, 3), (1, 0), (5, 4)] {
        assert!(matches!(Patterns::hadamard(len, dim), Err(Error::Parameter { .. })));
    }
}

#[test]
fn random_patterns_depend_on_seed_and_purpose_alone() {
    let keys = Patterns::random(1001, 130, 7, "keys").unwrap();
    assert_eq!(Patterns::random(500, 130, 7, "keys").unwrap(), keys.range(0..500).unwrap());
    for (seed, purpose) in [(8, "keys"), (7, "values")] {
        assert_ne!(Patterns::random(1001, 130, seed, purpose).unwrap(), keys);
    }
    for threads in [1, 3] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        assert_eq!(pool.install(|| Patterns::random(1001, 130, 7, "keys").unwrap()), keys);
    }
    // Written down once, so that no platform or version can drift from it unseen.
    assert_eq!(Patterns::random(2, 20, 42, "keys").unwrap().iter().map(|p| p.to_string()).collect::<Vec<_>>(), FROZEN);
    // 130,130 fair bits: five standard deviations.
    let ones = keys.to_bools().into_iter().filter(|&bit| bit).count() as f64;
    assert!((ones - 65_065.0).abs() < 5.0 * (130_130f64 / 4.0).sqrt());
}

const FROZEN: [&str; 2] = ["+---+----+---+-----+", "+-+-++--+--+++++-+++"];

#[test]
fn exact_noise_flips_exactly() {
    let patterns = Patterns::random(400, 100, 1, "keys").unwrap();
    for p in [0.0, 0.004, 0.005, 0.1, 0.335, 0.5, 1.0] {
        let noisy = add_noise(&patterns, p, NoiseModel::Exact, 5).unwrap();
        let expected = flips(p, 100);
        assert_eq!(expected, (p * 100.0).round() as usize);
        for (a, b) in patterns.iter().zip(noisy.iter()) {
            assert_eq!(a.distance(&b).unwrap() as usize, expected);
        }
    }
    // Every position is as likely as any other: 400 · 0.3 flips each, five standard deviations.
    let noisy = add_noise(&patterns, 0.3, NoiseModel::Exact, 6).unwrap();
    let mut counts = [0i32; 100];
    for (a, b) in patterns.iter().zip(noisy.iter()) {
        a.bits().iter().zip(b.bits()).enumerate().for_each(|(j, (a, b))| counts[j] += i32::from(a != b));
    }
    assert!(
        counts.iter().all(|&count| f64::from((count - 120).abs()) < 5.0 * (400f64 * 0.3 * 0.7).sqrt()),
        "{counts:?}"
    );
}

#[test]
fn bernoulli_noise_flips_each_on_its_own() {
    let patterns = Patterns::random(2000, 100, 1, "keys").unwrap();
    let noisy = add_noise(&patterns, 0.2, NoiseModel::Bernoulli, 5).unwrap();
    let distances: Vec<f64> =
        patterns.iter().zip(noisy.iter()).map(|(a, b)| f64::from(a.distance(&b).unwrap())).collect();
    let mean = distances.iter().sum::<f64>() / 2000.0;
    let variance = distances.iter().map(|h| (h - mean).powi(2)).sum::<f64>() / 1999.0;
    assert!((mean - 20.0).abs() < 5.0 * (16f64 / 2000.0).sqrt(), "mean {mean}");
    assert!((variance - 16.0).abs() < 5.0 * 16.0 * (2f64 / 2000.0).sqrt(), "variance {variance}");
    for p in [-0.1, 1.1, f64::NAN, f64::INFINITY] {
        assert!(matches!(add_noise(&patterns, p, NoiseModel::Exact, 5), Err(Error::Parameter { what: "noise", .. })));
    }
}

#[test]
fn bit_views_read_and_set_what_the_pattern_holds() {
    let mut pattern = Pattern::new(70).unwrap();
    pattern.bits_mut().set(69, true);
    pattern.bits_mut()[3..5].fill(true);
    assert_eq!(pattern.words(), [0b11000, 1 << 5]);
    assert_eq!(pattern.bits().iter_ones().collect::<Vec<_>>(), [3, 4, 69]);
    assert_eq!(pattern.bits_mut().len(), 70, "what lies beyond is out of reach");
    let mut patterns = Patterns::filled(3, 70, false).unwrap();
    assert!(patterns.set(2, 69, true) && !patterns.set(3, 0, true) && !patterns.set(0, 70, true));
    assert_eq!(patterns.get(2).unwrap().bits().iter_ones().collect::<Vec<_>>(), [69]);
    assert!(patterns.set(2, 69, false));
    assert_eq!(patterns, Patterns::filled(3, 70, false).unwrap());
    assert!(Patterns::filled(11, 70, true).unwrap().to_signs().iter().all(|&sign| sign == 1));
    assert_eq!(patterns.get(3), None);
}

#[test]
fn what_does_not_fit_is_refused_with_its_place() {
    let dim = |result: Result<Patterns, Error>| matches!(result, Err(Error::Parameter { what: "dimension", .. }));
    assert!(dim(Patterns::new(0)) && dim(Patterns::new(MAX_DIM + 1)) && dim(Patterns::from_signs(&[], 0)));
    assert!(dim(Patterns::from_bools(&[], 0)) && dim(Patterns::from_packed(&[], 0, BitOrder::Big)));
    assert!(matches!(
        Patterns::from_signs(&[1, -1, 1, 0], 2),
        Err(Error::Element { row: 1, column: 1, ref found, .. }) if found == "0"
    ));
    assert!(matches!(Patterns::from_signs(&[1, -1, 1], 2), Err(Error::Count { expected: 4, found: 3, .. })));
    assert!(matches!(Patterns::from_packed(&[1, 2, 3], 9, BitOrder::Big), Err(Error::Count { .. })));
    assert!(matches!(
        Patterns::from_packed(&[0, 0, 0, 0b0100_0000], 9, BitOrder::Big),
        Err(Error::TailBit { row: 1, dim: 9, bit: 9, .. })
    ));
    assert!(matches!(Pattern::from_words(vec![1 << 9], 9), Err(Error::TailBit { bit: 9, .. })));
    assert!(matches!(Pattern::from_words(vec![1, 0], 9), Err(Error::Count { expected: 1, found: 2, .. })));
    assert!(matches!(Queries::from_signs(&[1, 0, 2], 3), Err(Error::Element { row: 0, column: 2, .. })));
    assert!(Queries::from_signs(&[1], 0).is_err());
    let (three, four) = (Patterns::filled(3, 8, true).unwrap(), Patterns::filled(4, 8, true).unwrap());
    assert!(matches!(Queries::with_known(three.clone(), four.clone()), Err(Error::Count { .. })));
    assert!(matches!(
        Queries::with_known(three.clone(), Patterns::filled(3, 9, true).unwrap()),
        Err(Error::Dimension { expected: 8, found: 9, .. })
    ));
    assert!(matches!(Memory::hetero_associative(three.clone(), four), Err(Error::Count { expected: 3, found: 4, .. })));
    assert!(matches!(Memory::auto_associative(Patterns::new(8).unwrap()), Err(Error::Empty { .. })));
    assert!(matches!(Patterns::filled(usize::MAX, 64, false), Err(Error::OutOfMemory { .. })));
    for beta in [0.0, -1.0, f64::NAN, f64::INFINITY, 0.9e-9, 1.1e9] {
        assert!(matches!(Beta::new(beta), Err(Error::Parameter { what: "beta", .. })), "{beta}");
    }
    assert!(Degree::new(0).is_err() && Degree::new(65).is_err() && Degree::new(64).is_ok());
    assert!(Recall::new(Separation::Linear).steps(0).is_err());

    let memory = Memory::hetero_associative(three, Patterns::filled(3, 5, false).unwrap()).unwrap();
    let (good, bad) = (Queries::from_signs(&[1; 8], 8).unwrap(), Queries::from_signs(&[1; 9], 9).unwrap());
    let linear = Recall::new(Separation::Linear);
    let wrong_dimension = |error: Error| matches!(error, Error::Dimension { expected: 8, found: 9, .. });
    assert!(wrong_dimension(memory.recall(&bad, &linear).unwrap_err()));
    assert!(wrong_dimension(memory.overlaps(&bad).unwrap_err()));
    assert!(wrong_dimension(memory.search_top(&bad, 1).unwrap_err()));
    assert!(wrong_dimension(memory.search_radius(&bad, 1).unwrap_err()));
    assert!(wrong_dimension(memory.attend(&bad, Beta::new(1.0).unwrap()).unwrap_err()));
    assert!(wrong_dimension(memory.attention_weights(&bad, Beta::new(1.0).unwrap()).unwrap_err()));
    assert!(matches!(memory.search_top(&good, 0), Err(Error::Parameter { what: "top", .. })));
    let unequal = |error: Error| matches!(error, Error::UnequalDimensions { key_dim: 8, value_dim: 5, .. });
    assert!(unequal(memory.recall(&good, &linear.tie(Tie::Stay)).unwrap_err()));
    assert!(unequal(memory.recall(&good, &linear.steps(2).unwrap()).unwrap_err()));
    // No queries are no error: nothing is recalled.
    let none = Queries::from(Patterns::new(8).unwrap());
    assert_eq!(memory.recall(&none, &linear).unwrap().patterns.len(), 0);
    assert!(memory.search_top(&none, 3).unwrap().is_empty() && memory.overlaps(&none).unwrap().is_empty());
}

/// Any single byte changed, cut off or added is found out.
#[test]
fn a_damaged_memory_is_found_out() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("memory");
    let keys = Patterns::random(9, 70, 1, "keys").unwrap();
    Memory::hetero_associative(keys, Patterns::random(9, 3, 1, "values").unwrap()).unwrap().save(&path).unwrap();
    let whole = std::fs::read(&path).unwrap();
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "a temporary file was left");
    for at in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] ^= 1 << (at % 8);
        std::fs::write(&path, bytes).unwrap();
        assert!(Memory::open(&path).is_err(), "byte {at} of {}", whole.len());
    }
    for length in [0, 1, 11, 12, 127, 128, 159, 160, whole.len() - 1] {
        std::fs::write(&path, &whole[..length]).unwrap();
        assert!(matches!(Memory::open(&path), Err(Error::Format { .. })), "{length} bytes");
    }
    // A hash that vouches for bits which must not be: one beyond the dimension, one in a lane without a pattern.
    for at in [128 + 2 * 64 + 7, 128 + 64 + 8] {
        let mut bytes = whole.clone();
        bytes[at] = 0x80;
        let end = bytes.len() - 32;
        let hash = blake3::hash(&bytes[..end]);
        bytes[end..].copy_from_slice(hash.as_bytes());
        std::fs::write(&path, bytes).unwrap();
        assert!(matches!(Memory::open(&path), Err(Error::TailBit { .. })), "byte {at}");
    }
    std::fs::write(&path, [whole.as_slice(), &[0]].concat()).unwrap();
    assert!(matches!(Memory::open(&path), Err(Error::Format { place: "length", .. })));
    assert!(matches!(Memory::open(folder.path().join("none")), Err(Error::Io(_))));
}
