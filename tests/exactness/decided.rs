//! Fields that `f64` gets wrong: planted ties and near-ties of the exponential.

use popfield::patterns::{NoiseModel, add_noise};
use popfield::recall::Reason;
use popfield::{Memory, Patterns, Queries, Recall, Separation, Tie};

use crate::worlds::{Kind, World, check_everywhere, tiers};

/// Keys at chosen distances from the query of all +1, each voting in one column: `votes` holds (distance, vote, how
/// often).
fn world(dim: usize, votes: &[(usize, i8, u64)]) -> World {
    let (mut keys, mut values) = (Vec::new(), Vec::new());
    for &(distance, vote, times) in votes {
        for _ in 0..times {
            keys.push((0..dim).map(|j| if j < distance { -1 } else { 1 }).collect());
            // The second column opposes the first.
            values.push(vec![vote, -vote]);
        }
    }
    World { keys, values, queries: vec![vec![1; dim]] }
}

/// The field as plain `f64` would have it.
fn naive(votes: &[(usize, i8, u64)], beta: f64) -> f64 {
    votes.iter().map(|&(h, v, times)| f64::from(v) * times as f64 * (-2.0 * beta * h as f64).exp()).sum()
}

/// (1 − r)^order by its coefficients: positive for every r = e^{−2β} < 1, and tiny.
fn binomial(order: usize) -> Vec<(usize, i8, u64)> {
    let mut row = vec![1u64];
    for _ in 0..order {
        row = (0..=row.len()).map(|k| row.get(k).unwrap_or(&0) + if k > 0 { row[k - 1] } else { 0 }).collect();
    }
    row.into_iter().enumerate().map(|(k, times)| (k, if k % 2 == 0 { 1 } else { -1 }, times)).collect()
}

#[test]
fn near_ties_that_f64_gets_wrong() {
    let mut wrong = 0;
    for beta in [1e-9, 1e-6, 1e-3, 0.01] {
        for order in [4, 8, 11, 12] {
            let votes = binomial(order);
            wrong += usize::from(naive(&votes, beta) <= 0.0);
            let separation = Separation::exponential(beta).unwrap();
            let world = world(70, &votes);
            let expected = world.expected(separation, Tie::Plus);
            assert_eq!(expected, [(vec![1, -1], 0)], "the sum is (1 − r)^{order} > 0");
            check_everywhere(&world, separation, Tie::Minus);
        }
    }
    assert!(wrong > 0, "plain f64 decides every one of these: they prove nothing");
}

/// Digits of 1 in base e^{2β}: −1 at distance 0, then +1 wherever the rest still allows it, as far as `f64` can follow
/// and further.
#[test]
fn near_ties_by_greedy_expansion() {
    let beta = 0.3;
    let mut votes = vec![(0, -1, 1)];
    let mut rest = 1.0f64;
    for h in 1..60 {
        let weight = (-2.0 * beta * h as f64).exp();
        if weight < rest {
            rest -= weight;
            votes.push((h, 1, 1));
        }
    }
    for last in [0, 1] {
        let mut votes = votes.clone();
        votes.push((899, 1, last));
        check_everywhere(&world(900, &votes), Separation::exponential(beta).unwrap(), Tie::Plus);
    }
}

#[test]
fn a_planted_tie_is_seen_and_a_single_far_vote_breaks_it() {
    let dim = 600;
    let separation = Separation::exponential(1.0).unwrap();
    // Votes cancel at each of many distances …
    let mut votes: Vec<_> = (1..40).flat_map(|h| [(h, 1, 2), (h, -1, 2)]).collect();
    let tied = world(dim, &votes);
    assert_eq!(tied.expected(separation, Tie::Minus), [(vec![-1, -1], 2)]);
    check_everywhere(&tied, separation, Tie::Minus);
    // … until a key weighing e^−1200 of the others speaks.
    votes.push((600, 1, 1));
    let broken = world(dim, &votes);
    assert_eq!(broken.expected(separation, Tie::Minus), [(vec![1, -1], 0)]);
    check_everywhere(&broken, separation, Tie::Minus);
}

#[test]
fn huge_beta_reads_votes_in_order_of_distance() {
    let votes = [(3, 1, 1), (3, -1, 1), (4, -1, 5), (4, 1, 4), (5, 1, 1000)];
    check_everywhere(&world(64, &votes), Separation::exponential(1e9).unwrap(), Tie::Plus);
    check_everywhere(&world(64, &votes), Separation::Max, Tie::Minus);
}

#[test]
fn certificates_tell_how_the_proof_went() {
    let keys = Patterns::random(20_000, 256, 9, "keys").unwrap();
    let memory = Memory::auto_associative(keys.clone()).unwrap();
    let report = |queries: Queries, separation| memory.recall(&queries, &Recall::new(separation)).unwrap().reports[0];
    let one = report(keys.range(5..6).unwrap().into(), Separation::exponential(1.0).unwrap());
    assert_eq!((one.certificate.reason, one.certificate.keys_touched), (Reason::Dominant, 1));
    assert!(one.top_weight.unwrap()[0] > 0.5);
    let all = report(keys.range(5..6).unwrap().into(), Separation::Linear);
    assert_eq!((all.certificate.reason, all.certificate.keys_touched), (Reason::Full, 20_000));
    assert_eq!(all.top_weight, None);
    // Three copies of one key share the top weight and decide by votes.
    let copy = keys.get(7).unwrap();
    let copies: Vec<_> = std::iter::repeat_n(copy, 3).chain(keys.iter()).collect();
    let memory = Memory::auto_associative(copies.iter().collect::<popfield::Result<_>>().unwrap()).unwrap();
    let recalled =
        memory.recall(&keys.range(7..8).unwrap().into(), &Recall::new(Separation::exponential(1.0).unwrap())).unwrap();
    let votes = recalled.reports[0];
    assert_eq!((votes.certificate.reason, votes.nearest.count, votes.nearest.id), (Reason::Votes, 4, 0));
    assert_eq!(recalled.patterns, keys.range(7..8).unwrap());
}

/// A crowd that the census cannot keep comes first, the key that leaves it behind last: the proof closes all the same.
#[test]
fn a_late_key_closes_the_proof_as_an_early_one_does() {
    let keys = Patterns::random(60_000, 512, 4, "keys").unwrap();
    let query: Queries = keys.range(59_999..60_000).unwrap().into();
    let mut early = keys.range(59_999..60_000).unwrap();
    keys.range(0..59_999).unwrap().iter().for_each(|key| early.push(&key).unwrap());
    // The window is 32 wide: early on hundreds of random keys in a thousand fall into it.
    let recall = Recall::new(Separation::exponential(0.3).unwrap());
    for keys in [keys, early] {
        let recalled = Memory::auto_associative(keys).unwrap().recall(&query, &recall).unwrap();
        let certificate = recalled.reports[0].certificate;
        assert_eq!((certificate.reason, certificate.keys_touched), (Reason::Dominant, 1));
        assert_eq!(&recalled.patterns, query.signs());
    }
}

/// One piece of the scan sheds a crowd that decides the answer, another keeps farther keys than that: what was shed
/// must count as shed.
#[test]
fn pieces_that_shed_at_different_distances() {
    let mut world = World::new(Kind::Random, 60_000, 64, 3, 1, 0.0, 8);
    world.queries = vec![vec![1; 64]];
    // The nearest key, early; and late a crowd of its opponents a little farther, too many to keep.
    world.keys[5] = (0..64).map(|j| if j < 10 { -1 } else { 1 }).collect();
    world.values[5] = vec![1, 1, -1];
    for i in 30_000..60_000 {
        world.keys[i] = (0..64).map(|j| if j < 12 + i % 3 { -1 } else { 1 }).collect();
        world.values[i] = vec![-1, -1, 1];
    }
    let separation = Separation::exponential(0.5).unwrap();
    assert_eq!(world.expected(separation, Tie::Plus), [(vec![-1, -1, 1], 0)]);
    check_everywhere(&world, separation, Tie::Plus);
}

/// What was read is counted, alike on every tier; with figures on it.
#[test]
fn bits_that_were_read_are_counted() {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let read = |n: usize, dim: usize, noise: f64, separation: Separation| -> u64 {
        let keys = Patterns::random(n, dim, 11, "keys").unwrap();
        let originals = keys.range(0..64).unwrap();
        let queries = add_noise(&originals, noise, NoiseModel::Exact, 11).unwrap();
        let memory = Memory::hetero_associative(keys, Patterns::random(n, 70, 11, "values").unwrap()).unwrap();
        let on = |tier| -> u64 {
            let memory = memory.clone().with_tier(tier);
            let recalled = pool.install(|| memory.recall(&queries.clone().into(), &Recall::new(separation)).unwrap());
            recalled.reports.iter().map(|report| report.bits_read).sum()
        };
        let figures: Vec<u64> = tiers().map(on).collect();
        assert!(figures.iter().all(|figure| *figure == figures[0]), "{figures:?}");
        figures[0]
    };
    let exponential = Separation::exponential(1.0).unwrap();
    // Few keys are read whole, once, and the value of the nearest.
    assert_eq!(read(1000, 128, 0.0, exponential), 64 * (1000 * 128 + 70));
    // Every key, for the nearest, then for the fields, and all values.
    assert_eq!(read(1000, 128, 0.0, Separation::Linear), 64 * 1000 * (128 + 128 + 128));
    // Many keys by their first words, up to the bound that the first tile guesses: five of eight, or four.
    let (clean, noisy) = (read(20_000, 512, 0.0, exponential), read(20_000, 512, 0.1, exponential));
    assert_eq!((clean, noisy), (409_702_784, 327_815_552), "of {}", 64 * 20_000 * 512);
}
