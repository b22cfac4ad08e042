//! One runner for every tier: the same cases, held to a bit-by-bit count and so to each other.

use popfield_kernels::{
    KernelError, LANES, Lanes, MAX_WEIGHT, Near, QueryPanel, Screen, Slab, TIER_VARIABLE, TIERS, Tier,
};
use proptest::prelude::*;

/// Words that repeat no pattern, so that a swapped block, word or lane shows (SplitMix64).
fn word(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

struct Case {
    words: usize,
    patterns: usize,
    /// Blocks of a plane, some of them perhaps beyond the slab.
    stride: usize,
    lanes: Vec<Lanes>,
    signs: Vec<u64>,
    known: Vec<u64>,
}

impl Case {
    /// `patterns` keys and `queries` queries of `dim` bits; tail bits and tail lanes are zero, as in a memory.
    fn new(dim: usize, patterns: usize, queries: usize, seed: u64) -> Self {
        let words = dim.div_ceil(64);
        let tail = if dim.is_multiple_of(64) { u64::MAX } else { (1 << (dim % 64)) - 1 };
        let mut state = seed;
        let mut draw = |w: usize| word(&mut state) & if w + 1 == words { tail } else { u64::MAX };
        let stride = patterns.div_ceil(LANES) + (seed % 3) as usize;
        let mut lanes = vec![Lanes::default(); stride * words];
        for p in 0..patterns {
            for w in 0..words {
                lanes[w * stride + p / LANES].0[p % LANES] = draw(w);
            }
        }
        let signs = (0..queries * words).map(|i| draw(i % words)).collect();
        let known = (0..queries * words).map(|i| draw(i % words)).collect();
        Self { words, patterns, stride, lanes, signs, known }
    }

    fn slab(&self) -> Slab<'_> {
        Slab::new(&self.lanes, self.words, self.patterns.div_ceil(LANES), self.stride).unwrap()
    }

    fn panel(&self, masked: bool) -> QueryPanel {
        QueryPanel::new(self.signs.clone(), masked.then(|| self.known.clone()), self.words).unwrap()
    }

    /// The distance by definition: one bit after the other, sharing nothing with the kernels.
    fn distance(&self, query: usize, pattern: usize, masked: bool) -> u32 {
        let mut distance = 0;
        for w in 0..self.words {
            let key = self.lanes[w * self.stride + pattern / LANES].0[pattern % LANES];
            for bit in 0..64 {
                let differ = (key >> bit) & 1 != (self.signs[query * self.words + w] >> bit) & 1;
                let counts = !masked || (self.known[query * self.words + w] >> bit) & 1 == 1;
                distance += u32::from(differ && counts);
            }
        }
        distance
    }

    fn run(&self, tier: Tier, masked: bool) {
        const GUARD: u32 = 0xdead_beef;
        let (slab, panel) = (self.slab(), self.panel(masked));
        let length = panel.queries() * slab.patterns();
        // Guards on both sides, and an odd start so that the output is aligned to nothing.
        let mut out = vec![GUARD; length + 14];
        tier.distances(slab, &panel, &mut out[7..7 + length]).unwrap();
        assert!(out[..7].iter().chain(&out[7 + length..]).all(|&g| g == GUARD), "{}: guard hit", tier.name());
        for query in 0..panel.queries() {
            for pattern in 0..self.patterns {
                assert_eq!(
                    out[7 + query * slab.patterns() + pattern],
                    self.distance(query, pattern, masked),
                    "tier {}, {} words, query {query}, pattern {pattern}, masked {masked}",
                    tier.name(),
                    self.words,
                );
            }
        }
    }

    /// Weights added up where patterns have a set bit, on top of what is there.
    fn run_weigh(&self, tier: Tier, queries: usize, extreme: bool) {
        let slab = self.slab();
        let mut state = self.signs.first().copied().unwrap_or(7);
        let stride = slab.patterns() + 3;
        let weights: Vec<i32> = (0..queries * stride)
            .map(|_| match extreme {
                true => MAX_WEIGHT,
                false => (word(&mut state) % (2 * MAX_WEIGHT as u64 + 1)) as i32 - MAX_WEIGHT,
            })
            .collect();
        let before: Vec<i64> = (0..queries * self.words * 64).map(|i| i as i64 - 5).collect();
        let mut sums = before.clone();
        tier.weigh(slab, &weights, stride, &mut sums).unwrap();
        for (at, (sum, before)) in sums.into_iter().zip(before).enumerate() {
            let (query, position) = (at / (self.words * 64), at % (self.words * 64));
            let set = |p: &usize| {
                self.lanes[position / 64 * self.stride + p / LANES].0[p % LANES] >> (position % 64) & 1 == 1
            };
            let weight = |p: usize| i64::from(weights[query * stride + p]);
            let expected: i64 = (0..self.patterns).filter(set).map(weight).sum();
            assert_eq!(sum - before, expected, "tier {}, query {query}, position {position}", tier.name());
        }
    }

    /// Near patterns under every screen, with bounds from none to all.
    fn run_near(&self, tier: Tier, masked: bool, screens: &[Screen]) {
        let (slab, panel) = (self.slab(), self.panel(masked));
        let row = |query| (0..slab.patterns()).map(move |pattern| self.distance(query, pattern, masked));
        let bounds: Vec<u32> = (0..panel.queries())
            .map(|query| {
                let mut row: Vec<u32> = row(query).collect();
                row.sort_unstable();
                match (query % 5, row.len()) {
                    (_, 0) | (0, _) => 0,
                    (1, _) => row[0] + 1,
                    (2, n) => row[n / 2],
                    (3, n) => row[n - 1],
                    _ => u32::MAX,
                }
            })
            .collect();
        let mut expected = Vec::new();
        for (query, &bound) in bounds.iter().enumerate() {
            for (pattern, distance) in row(query).enumerate().filter(|near| near.1 < bound) {
                expected.push(Near { query: query as u32, pattern: pattern as u32, distance });
            }
        }
        for &screen in screens {
            let guard = Near { query: 99, pattern: 0, distance: 0 };
            let mut found = vec![guard];
            let read = tier.near(slab, &panel, screen, &bounds, &mut found).unwrap();
            let screened = slab.patterns() * screen.words.min(self.words) * bounds.len();
            let whole = (found.len() - 1) * self.words.saturating_sub(screen.words);
            assert!(read as usize >= screened + whole, "{read} words read");
            assert_eq!(found.remove(0), guard);
            let ascending = |query| found.iter().filter(move |near| near.query == query).is_sorted();
            assert!((0..panel.queries() as u32).all(ascending), "{} {screen:?}", tier.name());
            found.sort_unstable();
            assert!(found == expected, "tier {}, {} words, {screen:?}, masked {masked}", tier.name(), self.words);
        }
    }
}

/// Every way to look at patterns of `words` words, and one that looks at more.
fn screens(words: usize) -> Vec<Screen> {
    let depths = (1..=9).chain([words / 2, words]).filter(|depth| (1..=words + 1).contains(depth));
    depths.flat_map(|words| [false, true].map(|joined| Screen { words, joined })).collect()
}

/// Runs `case` on every tier of this CPU, and says which ones it could not run.
fn on_every_tier(case: impl Fn(Tier)) {
    let mut ran = 0;
    for info in TIERS {
        match info.tier() {
            Some(tier) => {
                case(tier);
                ran += 1;
            }
            None => eprintln!("{}: skipped: CPU lacks {}", info.name, info.needs),
        }
    }
    assert!(ran >= 2, "scalar and wide run everywhere");
}

#[test]
fn dimensions_around_every_boundary() {
    // Around each multiple of 64 and of 512, and around 31 words, where byte counters must be emptied.
    let dims = (1..=9).chain([63, 64, 65, 127, 128, 129, 191, 193, 255, 256, 257, 447, 449, 511, 512, 513, 575, 577]);
    let dims = dims.chain([1000, 1023, 1024, 1025, 1983, 1984, 1985, 2048, 3967, 3968, 3969, 4096, 8193]);
    for dim in dims {
        let case = Case::new(dim, 19, 5, dim as u64);
        on_every_tier(|tier| [false, true].into_iter().for_each(|masked| case.run(tier, masked)));
    }
}

#[test]
fn counts_around_every_block_and_panel() {
    // 31 = 16 + 8 + 4 + 2 + 1: every tail of every width runs.
    for patterns in (0..=18).chain([31, 32, 33, 63, 64, 65, 127]) {
        for queries in [0, 1, 2, 3, 4, 5, 7, 8, 9, 31] {
            let case = Case::new(130, patterns, queries, (patterns * 100 + queries) as u64);
            on_every_tier(|tier| [false, true].into_iter().for_each(|masked| case.run(tier, masked)));
        }
    }
}

#[test]
fn near_patterns_are_the_same_under_every_screen() {
    for dim in [1, 40, 64, 65, 128, 190, 256, 320, 384, 449, 512, 600, 1024, 2000, 4100] {
        for patterns in [0, 1, 8, 9, 33, 70, 131] {
            let case = Case::new(dim, patterns, 5, (dim * 1000 + patterns) as u64);
            let screens = screens(case.words);
            on_every_tier(|tier| [false, true].into_iter().for_each(|masked| case.run_near(tier, masked, &screens)));
        }
    }
}

#[test]
fn weights_add_up() {
    for patterns in [0, 1, 7, 8, 33, 223, 224, 225, 247, 249, 500, 1001] {
        let case = Case::new(100, patterns, 1, patterns as u64);
        for queries in [0, 1, 3, 4, 5, 9, 33] {
            on_every_tier(|tier| [false, true].into_iter().for_each(|extreme| case.run_weigh(tier, queries, extreme)));
        }
    }
    let case = Case::new(700, 300, 1, 4);
    on_every_tier(|tier| case.run_weigh(tier, 6, false));
    on_every_tier(|tier| case.run_weigh(tier, 75, false));
    on_every_tier(|tier| {
        // Some words of all are what they are in all.
        let weights: Vec<i32> = (0..6 * case.slab().patterns() as i32).collect();
        let weigh = |words: std::ops::Range<usize>| {
            let slab = case.slab().narrowed(words).unwrap();
            let mut sums = vec![0; 6 * slab.words() * 64];
            tier.weigh(slab, &weights, slab.patterns(), &mut sums).unwrap();
            sums
        };
        let (all, some) = (weigh(0..11), weigh(4..7));
        assert!((0..6).all(|q| all[q * 704 + 256..][..192] == some[q * 192..][..192]), "{}", tier.name());
    });
    on_every_tier(|tier| {
        let (slab, patterns, row) = (case.slab(), case.slab().patterns(), 64 * case.words);
        assert!(tier.weigh(slab, &vec![0; patterns], patterns, &mut vec![0; row]).is_ok());
        assert!(tier.weigh(slab, &vec![0; patterns], patterns, &mut vec![0; row - 1]).is_err());
        assert!(tier.weigh(slab, &vec![0; patterns - 1], patterns, &mut vec![0; row]).is_err());
        assert!(tier.weigh(slab, &vec![0; 2 * patterns], patterns + 1, &mut vec![0; 2 * row]).is_err());
        assert!(tier.weigh(slab, &vec![0; 2 * patterns], patterns - 1, &mut vec![0; row]).is_err());
    });
}

#[test]
fn extreme_distances() {
    // All bits differ, in a pattern long enough to overflow any counter that is too narrow.
    let words = 2048;
    let lanes = vec![Lanes([u64::MAX; LANES]); words];
    let panel = QueryPanel::new(vec![0; words * 5], None, words).unwrap();
    let slab = Slab::new(&lanes, words, 1, 1).unwrap();
    let farthest = 64 * words as u32;
    on_every_tier(|tier| {
        let mut out = vec![0; 5 * LANES];
        tier.distances(slab, &panel, &mut out).unwrap();
        assert!(out.iter().all(|&h| h == farthest), "{}", tier.name());
        for screen in [Screen { words, joined: false }, Screen { words, joined: true }] {
            let mut found = Vec::new();
            tier.near(slab, &panel, screen, &[farthest; 5], &mut found).unwrap();
            assert!(found.is_empty(), "{}: nothing is nearer than the farthest", tier.name());
            tier.near(slab, &panel, screen, &[farthest + 1, 0, u32::MAX, 1 << 31, 1], &mut found).unwrap();
            assert_eq!(found.len(), 3 * LANES, "{}", tier.name());
            assert!(found.iter().all(|near| near.distance == farthest));
        }
    });
}

proptest! {
    #[test]
    fn every_tier_counts_bit_by_bit(dim in 1usize..700, patterns in 0usize..40, queries in 0usize..14, seed: u64) {
        let case = Case::new(dim, patterns, queries, seed);
        let screens = screens(case.words);
        on_every_tier(|tier| {
            for masked in [false, true] {
                case.run(tier, masked);
                case.run_near(tier, masked, &screens);
            }
        });
    }
}

#[test]
fn wrong_shapes_are_errors() {
    let lanes = vec![Lanes::default(); 6];
    let narrowed = |words| Slab::new(&lanes, 3, 2, 2).unwrap().narrowed(words).map(|slab| slab.words());
    assert_eq!((narrowed(0..3), narrowed(2..3)), (Ok(3), Ok(1)));
    assert!(narrowed(1..1).is_err() && narrowed(2..4).is_err());
    assert!(matches!(Slab::new(&lanes, 4, 2, 2), Err(KernelError::Length { expected: 8, found: 6, .. })));
    assert!(matches!(Slab::new(&lanes, 2, 3, 2), Err(KernelError::Length { expected: 3, found: 2, .. })));
    assert!(Slab::new(&lanes, 0, 1, 1).is_err());
    assert!(Slab::new(&lanes, usize::MAX, 2, usize::MAX).is_err());
    assert!(QueryPanel::new(vec![0; 5], None, 2).is_err());
    assert!(QueryPanel::new(vec![0; 4], Some(vec![0; 2]), 2).is_err());
    assert!(QueryPanel::new(vec![], None, 0).is_err());
    let slab = Slab::new(&lanes, 2, 3, 3).unwrap();
    let screen = Screen { words: 1, joined: false };
    on_every_tier(|tier| {
        let panel = QueryPanel::new(vec![0; 2], None, 2).unwrap();
        assert!(tier.distances(slab, &panel, &mut [0; 23]).is_err());
        assert!(tier.near(slab, &panel, screen, &[1, 1], &mut Vec::new()).is_err());
        let other = QueryPanel::new(vec![0; 3], None, 3).unwrap();
        assert!(tier.distances(slab, &other, &mut [0; 24]).is_err());
        assert!(tier.near(slab, &other, screen, &[1], &mut Vec::new()).is_err());
    });
}

#[test]
fn names_lead_to_tiers() {
    let mut names: Vec<_> = TIERS.iter().map(|info| info.name).collect();
    for info in TIERS {
        match Tier::by_name(info.name) {
            Ok(tier) => assert_eq!(tier.name(), info.name),
            Err(error) => {
                assert!(info.tier().is_none());
                assert!(error.to_string().contains(info.needs), "{error}");
            }
        }
    }
    let error = Tier::by_name("sse9").unwrap_err().to_string();
    assert!(names.iter().all(|name| error.contains(name)) && error.contains("sse9"), "{error}");
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), TIERS.len(), "two tiers of one name");
}

/// With the variable set (CI sets it to each tier in turn) the forced tier is the one that runs.
#[test]
fn the_forced_tier_is_the_one_that_runs() {
    match std::env::var(TIER_VARIABLE) {
        Err(_) => assert_eq!(Tier::from_env().unwrap().name(), Tier::detect().name()),
        Ok(name) => match Tier::from_env() {
            Ok(tier) => {
                assert_eq!(tier.name(), name);
                let case = Case::new(513, 21, 6, 1);
                case.run(tier, true);
                case.run_near(tier, true, &screens(9));
            }
            Err(error) => {
                assert!(TIERS.iter().all(|info| info.name != name || info.tier().is_none()));
                eprintln!("skipped: {error}");
            }
        },
    }
}

#[test]
fn weights_are_looked_up() {
    let table: Vec<i32> = (0..100).map(|h| h * h - 7).collect();
    for count in [0, 1, 15, 16, 17, 40] {
        let mut distances: Vec<u32> = (0..count).map(|i| i * 37 % 100).collect();
        if count > 20 {
            // Beyond the table there is no weight, however far.
            (distances[3], distances[17], distances[39]) = (100, u32::MAX, 1 << 31);
        }
        let expected: Vec<i32> = distances.iter().map(|&h| table.get(h as usize).copied().unwrap_or(0)).collect();
        on_every_tier(|tier| {
            let mut weights = vec![9; count as usize];
            tier.look_up(&table, &distances, &mut weights).unwrap();
            assert_eq!(weights, expected, "{}", tier.name());
            assert!(tier.look_up(&table, &distances, &mut vec![0; count as usize + 1]).is_err());
        });
    }
}

#[test]
fn peaks_are_rates() {
    on_every_tier(|tier| assert!(tier.peak_bits_per_second(1) > 1e6, "{}", tier.name()));
}
