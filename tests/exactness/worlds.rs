//! Memories that are hard to get right, as plain vectors for the reference and packed for the engine.

use std::sync::OnceLock;

use popfield::patterns::stream;
use popfield::tiers::{TIERS, Tier};
use popfield::{Memory, Patterns, Queries, Recall, Recalled, Separation, Tie};
use popfield_reference as reference;
use proptest::prelude::*;
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::Rng;

/// How keys and values hang together.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// Independent fair bits.
    Random,
    /// Few different keys, each stored many times over with its own values.
    Duplicates,
    /// Every other key is the complement of the one before.
    Complements,
    /// Every association comes twice, the second time with some value bits opposed: planted ties.
    PlantedTies,
    /// Every association comes twice with all values opposed: every vote cancels.
    Cancelling,
    /// All keys at one distance from the first query.
    Equidistant,
    /// Keys a few flips away from a few centres.
    Clustered,
    /// Each key a little nearer to the first query than the one before: a scan always finds better.
    Approaching,
}

pub const KINDS: [Kind; 8] = [
    Kind::Random,
    Kind::Duplicates,
    Kind::Complements,
    Kind::PlantedTies,
    Kind::Cancelling,
    Kind::Equidistant,
    Kind::Clustered,
    Kind::Approaching,
];

/// A memory and queries, unpacked.
#[derive(Clone, Debug)]
pub struct World {
    pub keys: Vec<Vec<i8>>,
    pub values: Vec<Vec<i8>>,
    pub queries: Vec<Vec<i8>>,
}

struct Dice(Xoshiro256PlusPlus);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        (self.0.next_u64() % bound as u64) as usize
    }

    fn signs(&mut self, dim: usize) -> Vec<i8> {
        (0..dim).map(|_| if self.0.next_u64() >> 63 == 0 { 1 } else { -1 }).collect()
    }

    /// `flips` different positions of `pattern` flipped.
    fn flipped(&mut self, pattern: &[i8], flips: usize) -> Vec<i8> {
        let mut positions: Vec<usize> = (0..pattern.len()).collect();
        let mut flipped = pattern.to_vec();
        for i in 0..flips.min(pattern.len()) {
            let j = i + self.below(pattern.len() - i);
            positions.swap(i, j);
            flipped[positions[i]] *= -1;
        }
        flipped
    }
}

fn opposed(pattern: &[i8]) -> Vec<i8> {
    pattern.iter().map(|&sign| -sign).collect()
}

impl World {
    /// `n` associations from `dim` to `value_dim` positions and `queries` queries, of which a share `erased` of
    /// positions is unknown.
    pub fn new(kind: Kind, n: usize, dim: usize, value_dim: usize, queries: usize, erased: f64, seed: u64) -> Self {
        let mut dice = Dice(stream(seed, "world", 0));
        let centres: Vec<_> = (0..4).map(|_| dice.signs(dim)).collect();
        let prompt = dice.signs(dim);
        let distance = dice.below(dim + 1);
        let (mut keys, mut values): (Vec<Vec<i8>>, Vec<Vec<i8>>) = (Vec::new(), Vec::new());
        for i in 0..n {
            let twin = i % 2 == 1;
            keys.push(match kind {
                Kind::Random => dice.signs(dim),
                Kind::Duplicates => centres[dice.below(4)].clone(),
                Kind::Complements if twin => opposed(&keys[i - 1]),
                Kind::PlantedTies | Kind::Cancelling if twin => keys[i - 1].clone(),
                Kind::Complements | Kind::PlantedTies | Kind::Cancelling => dice.signs(dim),
                Kind::Equidistant => dice.flipped(&prompt, distance),
                Kind::Approaching => dice.flipped(&prompt, (n - i) * dim / n),
                Kind::Clustered => {
                    let (centre, flips) = (dice.below(4), dice.below(dim.min(8) + 1));
                    dice.flipped(&centres[centre], flips)
                }
            });
            values.push(match kind {
                Kind::Cancelling if twin => opposed(&values[i - 1]),
                Kind::PlantedTies if twin => {
                    let flips = dice.below(value_dim + 1);
                    dice.flipped(&values[i - 1], flips)
                }
                _ => dice.signs(value_dim),
            });
        }
        let queries = (0..queries)
            .map(|q| {
                let near = keys[dice.below(n)].clone();
                let mut query = match q % 3 {
                    0 => prompt.clone(),
                    1 => dice.flipped(&near, dim / 10),
                    _ => dice.signs(dim),
                };
                for element in &mut query {
                    if (dice.below(1 << 20) as f64) < erased * f64::from(1 << 20) {
                        *element = 0;
                    }
                }
                query
            })
            .collect();
        Self { keys, values, queries }
    }

    pub fn memory(&self) -> Memory {
        Memory::hetero_associative(packed(&self.keys), packed(&self.values)).unwrap()
    }

    pub fn packed_queries(&self) -> Queries {
        Queries::from_signs(&self.queries.concat(), self.queries[0].len()).unwrap()
    }

    /// What the reference recalls: elements and ties of each query.
    pub fn expected(&self, separation: Separation, tie: Tie) -> Vec<(Vec<i8>, u64)> {
        let mut oracle = reference::Oracle::default();
        let (separation, tie) = (plain(separation), plain_tie(tie));
        self.queries.iter().map(|query| oracle.recall(&self.keys, &self.values, query, separation, tie)).collect()
    }

    /// Holds what the engine recalled, bits, ties and reports, to the reference.
    pub fn check(&self, recalled: &Recalled, expected: &[(Vec<i8>, u64)], separation: Separation, what: &str) {
        assert_eq!(recalled.patterns.len(), self.queries.len());
        for (q, (bits, ties)) in expected.iter().enumerate() {
            assert_eq!(&recalled.patterns.get(q).unwrap().to_signs(), bits, "{what}, query {q}");
            let report = &recalled.reports[q];
            assert_eq!(report.tied_bits, *ties, "{what}, ties of query {q}");
            let distances: Vec<u32> = self.keys.iter().map(|key| reference::distance(&self.queries[q], key)).collect();
            let nearest = *distances.iter().min().unwrap();
            assert_eq!(report.nearest.distance, nearest, "{what}, query {q}");
            assert_eq!(report.nearest.id, distances.iter().position(|&h| h == nearest).unwrap() as u64);
            assert_eq!(report.nearest.count, distances.iter().filter(|&&h| h == nearest).count() as u64);
            assert!(report.certificate.keys_touched <= self.keys.len() as u64);
            match (separation.beta(), report.top_weight) {
                (None, None) => {}
                (Some(beta), Some([low, high])) => {
                    let weight = |h: u32| (-2.0 * beta.get() * f64::from(h - nearest)).exp();
                    let all: f64 = distances.iter().map(|&h| weight(h)).sum();
                    let truth = report.nearest.count as f64 / all;
                    assert!(0.0 <= low && low <= high && high <= 1.0, "{what}: [{low}, {high}]");
                    assert!(
                        low <= truth * (1.0 + 1e-9) && truth <= high * (1.0 + 1e-9),
                        "{what}: {truth} [{low}, {high}]"
                    );
                }
                (beta, weight) => panic!("{what}: β {beta:?}, top weight {weight:?}"),
            }
        }
    }
}

pub fn packed(rows: &[Vec<i8>]) -> Patterns {
    Patterns::from_signs(&rows.concat(), rows[0].len()).unwrap()
}

pub fn plain(separation: Separation) -> reference::Separation {
    match separation {
        Separation::Exponential(beta) => reference::Separation::Exponential(beta.get()),
        Separation::Polynomial(degree) => reference::Separation::Polynomial(degree.get()),
        Separation::Linear => reference::Separation::Linear,
        Separation::Max => reference::Separation::Max,
        other => panic!("the reference has no separation {other}"),
    }
}

pub fn plain_tie(tie: Tie) -> reference::Tie {
    match tie {
        Tie::Plus => reference::Tie::Plus,
        Tie::Minus => reference::Tie::Minus,
        Tie::Stay => reference::Tie::Stay,
    }
}

/// Every tier of this CPU.
pub fn tiers() -> impl Iterator<Item = Tier> {
    TIERS.iter().filter_map(|info| info.tier())
}

/// Runs `work` on pools of one, two and three threads.
pub fn on_threads<T>(work: impl Fn(usize) -> T + Sync) -> Vec<T>
where
    T: Send,
{
    static POOLS: OnceLock<Vec<rayon::ThreadPool>> = OnceLock::new();
    let pools = POOLS.get_or_init(|| {
        [1, 2, 3].map(|n| rayon::ThreadPoolBuilder::new().num_threads(n).build().unwrap()).into_iter().collect()
    });
    pools.iter().map(|pool| pool.install(|| work(pool.current_num_threads()))).collect()
}

/// Recalls on every tier and number of threads, and holds each answer to the reference.
pub fn check_everywhere(world: &World, separation: Separation, tie: Tie) {
    let expected = world.expected(separation, tie);
    let (memory, queries) = (world.memory(), world.packed_queries());
    let recall = Recall::new(separation).tie(tie);
    for tier in tiers() {
        let memory = memory.clone().with_tier(tier);
        on_threads(|threads| {
            let recalled = memory.recall(&queries, &recall).unwrap();
            let what = format!("{separation}, tie {}, tier {}, {threads} threads", tie.name(), tier.name());
            world.check(&recalled, &expected, separation, &what);
        });
    }
}

pub fn dims() -> impl Strategy<Value = usize> {
    prop_oneof![1 => Just(1), 6 => 2usize..=140, 3 => prop::sample::select(vec![63, 64, 65, 127, 511, 512, 513, 1000])]
}

pub fn betas() -> impl Strategy<Value = f64> {
    prop_oneof![
        // Every order of magnitude of the range, its ends, and the usual.
        (-9.0f64..=9.0).prop_map(|exponent| 10f64.powf(exponent).clamp(1e-9, 1e9)),
        (-3.0f64..=0.5).prop_map(|exponent| 10f64.powf(exponent)),
        prop::sample::select(vec![1e-9, 0.125, 0.25, 1.0, std::f64::consts::LN_2 / 2.0, 64.0, 1e9]),
    ]
}

pub fn separations() -> impl Strategy<Value = Separation> {
    prop_oneof![
        4 => betas().prop_map(|beta| Separation::exponential(beta).unwrap()),
        2 => prop_oneof![1u32..=64, 1u32..=5].prop_map(|degree| Separation::polynomial(degree).unwrap()),
        1 => Just(Separation::Linear),
        1 => Just(Separation::Max),
    ]
}

pub fn erasures() -> impl Strategy<Value = f64> {
    prop_oneof![3 => Just(0.0), 1 => 0.0..=1.0, 1 => Just(1.0)]
}
