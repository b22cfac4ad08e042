//! One runner for every tier: the same cases, held to a bit-by-bit count and so to each other.
//!
//! A tier that the CPU lacks is skipped, and says so; those that the environment variable `POPFIELD_REQUIRE_TIERS`
//! lists fail instead (`runner.rs`).

mod runner;

use popfield_kernels::{
    KernelError, LANES, Lanes, MAX_SELECTED, MAX_WEIGHT, Near, QueryPanel, Rows, Screen, Slab, TIER_VARIABLE, TIERS,
    Tier, TierInfo, WeightTable, Weights,
};
use proptest::prelude::*;

use runner::{on_every_tier, skip};

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
        *self.distances_by_word(query, pattern, masked).last().unwrap()
    }

    /// The distance over the first 0, 1, … words.
    fn distances_by_word(&self, query: usize, pattern: usize, masked: bool) -> Vec<u32> {
        let mut distances = vec![0; self.words + 1];
        for w in 0..self.words {
            let key = self.lanes[w * self.stride + pattern / LANES].0[pattern % LANES];
            distances[w + 1] = distances[w];
            for bit in 0..64 {
                let differ = (key >> bit) & 1 != (self.signs[query * self.words + w] >> bit) & 1;
                let counts = !masked || (self.known[query * self.words + w] >> bit) & 1 == 1;
                distances[w + 1] += u32::from(differ && counts);
            }
        }
        distances
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

    /// Every distance by definition, `[query][pattern]`.
    fn every_distance(&self, masked: bool) -> Vec<u32> {
        let queries = 0..self.signs.len() / self.words;
        queries.flat_map(|q| (0..self.patterns).map(move |p| self.distance(q, p, masked))).collect()
    }

    /// Each distance by itself, under limits from none to all: exact below the limit, and else from there to the distance.
    fn run_one(&self, tier: Tier, masked: bool, expected: &[u32]) {
        let (slab, panel) = (self.slab(), self.panel(masked));
        for (at, &expected) in expected.iter().enumerate() {
            let (query, pattern) = (at / self.patterns, at % self.patterns);
            for limit in [0, 1, 31, expected / 2, expected.saturating_sub(1), expected, expected + 1, 1 << 31, u32::MAX]
            {
                let distance = tier.distance(slab, pattern, &panel, query, limit).unwrap();
                let right =
                    if expected < limit { distance == expected } else { (limit..=expected).contains(&distance) };
                let what = (tier.name(), self.words, query, pattern, masked);
                assert!(right, "{what:?}: {distance} of {expected}, limit {limit}");
            }
        }
    }

    /// A matrix in each type, in rows of a larger one that must stay as it is around them; `width` patterns of the slab.
    fn run_matrix(&self, tier: Tier, width: usize, masked: bool, expected: &[u32]) {
        let (slab, panel) = (self.slab(), self.panel(masked));
        let queries = panel.queries();
        let known: Vec<u32> = (0..queries as u32).map(|q| 3 * q + 5).collect();
        let (mut overlaps, mut long, mut short) =
            (vec![-77; queries * (width + 5)], vec![77; queries * (width + 5)], vec![77; queries * (width + 5)]);
        {
            let mut rows: Vec<&mut [i32]> = overlaps.chunks_mut(width + 5).map(|row| &mut row[3..3 + width]).collect();
            tier.matrix(slab, &panel, Rows::Overlaps { known: &known, rows: &mut rows }).unwrap();
            let mut rows: Vec<&mut [u32]> = long.chunks_mut(width + 5).map(|row| &mut row[3..3 + width]).collect();
            tier.matrix(slab, &panel, Rows::Distances(&mut rows)).unwrap();
            let mut rows: Vec<&mut [u16]> = short.chunks_mut(width + 5).map(|row| &mut row[3..3 + width]).collect();
            tier.matrix(slab, &panel, Rows::ShortDistances(&mut rows)).unwrap();
        }
        for (at, ((s, h), short)) in overlaps.into_iter().zip(long).zip(short).enumerate() {
            let (query, column) = (at / (width + 5), at % (width + 5));
            if (3..3 + width).contains(&column) {
                let expected = expected[query * self.patterns + column - 3];
                assert_eq!(h, expected, "{}, {} words, masked {masked}: {query}, {column}", tier.name(), self.words);
                assert_eq!((s, short), (known[query] as i32 - 2 * h as i32, h as u16), "{}", tier.name());
            } else {
                assert_eq!((s, h, short), (-77, 77, 77), "{}: written beyond a row", tier.name());
            }
        }
    }

    /// Weights looked up by distance from these keys and added up over the first `words` words of `values`, on top of
    /// what is there; both held to the definition.
    fn run_weights(&self, tier: Tier, values: &Case, tables: &[&WeightTable], masked: bool) {
        let (keys, panel) = (self.slab(), self.panel(masked));
        let mut made = Weights::new();
        // What was made before must not show.
        tier.weights(
            values.slab(),
            0,
            &values.panel(false),
            &vec![tables[0]; values.signs.len() / values.words],
            &mut made,
        )
        .unwrap();
        tier.weights(keys, self.patterns, &panel, tables, &mut made).unwrap();
        let row = values.words * 64;
        let before: Vec<i64> = (0..panel.queries() * row).map(|i| i as i64 - 5).collect();
        let mut sums = before.clone();
        tier.weigh(values.slab(), &made, &mut sums).unwrap();
        let mut heavy = made.heavy().to_vec();
        heavy.sort_unstable();
        for (query, &table) in tables.iter().enumerate() {
            let mut light = Vec::new();
            for pattern in 0..self.patterns {
                let distance = self.distance(query, pattern, masked);
                let weight = table.weight(distance);
                if weight.abs() > i64::from(MAX_WEIGHT) {
                    assert_eq!(
                        heavy.first(),
                        Some(&Near { query: query as u32, pattern: pattern as u32, distance }),
                        "{}",
                        tier.name()
                    );
                    heavy.remove(0);
                } else {
                    light.push((pattern, weight));
                }
            }
            let total: i64 = light.iter().map(|light| light.1).sum();
            assert_eq!(made.totals()[query], total, "tier {}, query {query}", tier.name());
            for position in 0..row {
                let set = |p: usize| {
                    values.lanes[position / 64 * values.stride + p / LANES].0[p % LANES] >> (position % 64) & 1 == 1
                };
                let expected: i64 = light.iter().filter(|light| set(light.0)).map(|light| light.1).sum();
                let at = query * row + position;
                assert_eq!(sums[at] - before[at], expected, "tier {}, query {query}, position {position}", tier.name());
            }
        }
        assert!(heavy.is_empty(), "{}", tier.name());
    }

    /// Near patterns under every screen, with bounds from none to all.
    fn run_near(&self, tier: Tier, masked: bool, screens: &[Screen]) {
        let (slab, panel) = (self.slab(), self.panel(masked));
        // `[query][pattern][words]`
        let by_word: Vec<Vec<Vec<u32>>> = (0..panel.queries())
            .map(|query| (0..slab.patterns()).map(|p| self.distances_by_word(query, p, masked)).collect())
            .collect();
        let row = |query: usize| by_word[query].iter().map(|distances| distances[self.words]);
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
            let blocks = by_word.iter().zip(&bounds).flat_map(|(row, &bound)| {
                row.chunks(LANES).map(move |block| LANES * words_read(block, screen.words.min(self.words), bound))
            });
            let what = format!("tier {}, {} words, {screen:?}, masked {masked}", tier.name(), self.words);
            assert_eq!(read, blocks.sum::<usize>() as u64, "words read, {what}");
            assert_eq!(found.remove(0), guard);
            let ascending = |query| found.iter().filter(move |near| near.query == query).is_sorted();
            assert!((0..panel.queries() as u32).all(ascending), "{what}");
            found.sort_unstable();
            assert!(found == expected, "{what}");
        }
    }
}

/// How many words of each pattern of a block are read for a query, given their distances by word: those of the screen,
/// and further ones as long as any pattern may still be near.
fn words_read(block: &[Vec<u32>], depth: usize, bound: u32) -> usize {
    let words = block[0].len() - 1;
    let mut read = depth;
    for step in [2, 4, 8, 16].into_iter().chain(std::iter::repeat(31)) {
        if read == words || block.iter().all(|distances| distances[read] >= bound) {
            break;
        }
        read = words.min(read + step);
    }
    read
}

/// Every way to look at patterns of `words` words, and one that looks at more.
fn screens(words: usize) -> Vec<Screen> {
    let depths = (1..=9).chain([words / 2, words]).filter(|depth| (1..=words + 1).contains(depth));
    depths.flat_map(|words| [false, true].map(|joined| Screen { words, joined })).collect()
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
fn one_distance_as_far_as_its_limit() {
    // Around each number of words between two looks at the limit, and a panel whose queries differ.
    for dim in [1, 40, 64, 65, 128, 192, 200, 256, 257, 320, 449, 512, 513, 769, 1024, 2000, 4100] {
        for patterns in [1, 7, 8, 9, 33] {
            let case = Case::new(dim, patterns, 3, (dim * 100 + patterns) as u64);
            for masked in [false, true] {
                let expected = case.every_distance(masked);
                on_every_tier(|tier| case.run_one(tier, masked, &expected));
            }
        }
    }
}

/// Tables of every width and with heavy weights near, far or nowhere, for distances up to `most`.
fn tables(most: u32, usual: std::ops::Range<u32>) -> Vec<WeightTable> {
    let largest = i64::from(MAX_WEIGHT);
    let of = |weigh: &dyn Fn(i64) -> i64| WeightTable::new((0..=i64::from(most)).map(weigh).collect(), usual.clone());
    let middle = i64::from(usual.start.midpoint(usual.end));
    let mut tables = vec![
        of(&|h| h % 3 - 1),
        of(&|h| if h % 2 == 0 { -128 } else { 127 }),
        of(&|h| middle - h),
        of(&|h| (middle - h) * 250),
        of(&|_| largest),
        of(&|h| if h % 2 == 0 { -largest } else { largest }),
        of(&|h| (middle - h).pow(3) * 40),
        of(&|h| if h < middle - 3 { largest + 1 } else { largest - h }),
        of(&|h| if (h - middle).abs() > 2 { (middle - h) << 40 } else { h - middle }),
        of(&|h| if h == middle { i64::MIN + 1 } else { 7 }),
    ];
    // Distances beyond the end have no weight.
    tables.push(WeightTable::new(vec![5, -6], 0..2));
    tables.push(WeightTable::new(Vec::new(), 0..0));
    tables
}

#[test]
fn weights_are_looked_up_and_add_up() {
    for (dim, patterns) in
        [(64, 0), (64, 1), (100, 7), (64, 63), (65, 64), (130, 65), (200, 500), (64, 2100), (1000, 300)]
    {
        let usual = (dim / 2 - dim / 8) as u32..(dim / 2 + dim / 8) as u32;
        let tables = tables(dim as u32, usual);
        // Long ones once by themselves, with few and with many.
        let batches: &[usize] = if patterns > 400 { &[1, 3, 40] } else { &[1, 2, 3, 7, 8, 9, 33, 40] };
        for &queries in batches {
            let seed = (dim * 10_000 + patterns + queries) as u64;
            let keys = Case::new(dim, patterns, queries, seed);
            let values = Case::new(150, patterns, 3, seed + 1);
            on_every_tier(|tier| {
                for (t, table) in tables.iter().enumerate() {
                    keys.run_weights(tier, &values, &vec![table; queries], t % 2 == 1);
                }
                // A table of its own for each query.
                let mixed: Vec<&WeightTable> = tables.iter().cycle().take(queries).collect();
                keys.run_weights(tier, &values, &mixed, true);
            });
        }
    }
    // Wider than a byte can tell.
    let keys = Case::new(3000, 90, 9, 3);
    let wide = WeightTable::new((0..=3000).map(|h| 1500 - h).collect(), 1200..1800);
    let narrow = WeightTable::new((0..=3000).map(|h| 1500 - h).collect(), 1450..1550);
    on_every_tier(|tier| {
        keys.run_weights(tier, &keys, &[&wide; 9], false);
        keys.run_weights(tier, &keys, &[&narrow; 9], false);
        keys.run_weights(tier, &keys, &[&narrow, &wide, &narrow, &wide, &narrow, &wide, &narrow, &wide, &narrow], true);
    });
    // Some words of all are what they are in all.
    let case = Case::new(700, 300, 6, 4);
    on_every_tier(|tier| {
        let mut made = Weights::new();
        tier.weights(case.slab(), 300, &case.panel(false), &[&narrow; 6], &mut made).unwrap();
        let weigh = |words: std::ops::Range<usize>| {
            let slab = case.slab().narrowed(words).unwrap();
            let mut sums = vec![0; 6 * slab.words() * 64];
            tier.weigh(slab, &made, &mut sums).unwrap();
            sums
        };
        let (all, some) = (weigh(0..11), weigh(4..7));
        assert!((0..6).all(|q| all[q * 704 + 256..][..192] == some[q * 192..][..192]), "{}", tier.name());
    });
    on_every_tier(|tier| {
        let mut made = Weights::new();
        let (slab, panel) = (case.slab(), case.panel(false));
        assert!(tier.weights(slab, 300, &panel, &[&narrow; 5], &mut made).is_err());
        assert!(tier.weights(slab, slab.patterns() + 1, &panel, &[&narrow; 6], &mut made).is_err());
        assert!(tier.weights(keys.slab(), 90, &panel, &[&narrow; 6], &mut made).is_err());
        tier.weights(slab, 300, &panel, &[&narrow; 6], &mut made).unwrap();
        assert!(tier.weigh(slab, &made, &mut vec![0; 6 * 704 - 1]).is_err());
        assert!(tier.weigh(keys.slab(), &made, &mut vec![0; 6 * 3008]).is_err());
        for other in TIERS.iter().filter_map(TierInfo::tier).filter(|other| other.name() != tier.name()) {
            let refused = other.weigh(slab, &made, &mut vec![0; 6 * 704]);
            assert!(matches!(refused, Err(KernelError::OtherTier { .. })), "{}", other.name());
        }
    });
}

/// Words read, in numbers: a block of copies of the query is read whole; one of complements until 64 bits a word are
/// enough.
#[test]
fn words_that_are_read() {
    const WORDS: u64 = 20;
    let lanes: Vec<Lanes> = (0..2 * WORDS).map(|at| Lanes([if at % 2 == 1 { u64::MAX } else { 0 }; LANES])).collect();
    let slab = Slab::new(&lanes, WORDS as usize, 2, 2).unwrap();
    let panel = QueryPanel::new(vec![0; 20], None, WORDS as usize).unwrap();
    for (depth, bound, copies, complements) in [
        (1, 0, 1, 1),
        (1, 64, WORDS, 1),
        (1, 65, WORDS, 3),
        (1, 193, WORDS, 7),
        (1, 449, WORDS, 15),
        (3, 193, WORDS, 5),
    ] {
        for joined in [false, true] {
            on_every_tier(|tier| {
                let screen = Screen { words: depth, joined };
                let read = tier.near(slab, &panel, screen, &[bound], &mut Vec::new());
                assert_eq!(read, Ok(8 * (copies + complements)), "{}, {screen:?}, bound {bound}", tier.name());
            });
        }
    }
}

/// Sums as large as 16 bits hold, and by one larger: tiers may add up small ones in narrow lanes.
#[test]
fn sums_at_the_edge_of_sixteen_bits() {
    const PATTERNS: usize = 224;
    let blocks = PATTERNS / LANES;
    let mut keys = vec![Lanes::default(); blocks];
    keys[9].0[5] = 1;
    let values = vec![Lanes([u64::MAX; LANES]); 2 * blocks];
    let of_keys = Slab::new(&keys, 1, blocks, blocks).unwrap();
    let of_values = Slab::new(&values, 2, blocks, blocks).unwrap();
    for queries in 1..=3 {
        let panel = QueryPanel::new(vec![0; queries], None, 1).unwrap();
        for (most, sign) in [(32_766, 1), (32_767, 1), (32_768, 1), (32_767, -1), (32_768, -1), (32_769, -1)] {
            let table = WeightTable::new(vec![sign * 146, sign * (most - 146 * (PATTERNS as i64 - 1))], 0..2);
            on_every_tier(|tier| {
                let mut made = Weights::new();
                tier.weights(of_keys, PATTERNS, &panel, &vec![&table; queries], &mut made).unwrap();
                let mut sums = vec![5; queries * 128];
                tier.weigh(of_values, &made, &mut sums).unwrap();
                assert!(sums.iter().all(|&sum| sum == 5 + sign * most), "{}: {most}", tier.name());
            });
        }
    }
}

#[test]
fn sums_above_a_limit() {
    let sums: Vec<i64> = (0..192).map(|i| (i * 37 % 64 - 30) << (i % 50)).collect();
    for limit in [-(1 << 40), -1, 0, 1, 5 << 30, i64::MAX, i64::MIN] {
        on_every_tier(|tier| {
            let mut masks = [9; 3];
            tier.above(&sums, limit, &mut masks).unwrap();
            for (i, &sum) in sums.iter().enumerate() {
                assert_eq!(masks[i / 64] >> (i % 64) & 1 == 1, sum > limit, "{}", tier.name());
            }
            assert!(tier.above(&sums, limit, &mut [0; 2]).is_err());
        });
    }
}

/// Columns of no word, of a few, and of more than 32 bits can add up; bits dense, sparse, none and all.
#[test]
fn numbers_that_a_column_selects() {
    for words in [0, 1, 2, 15, 16, 31, 127, 128, 260] {
        let mut state = words as u64;
        let drawn: Vec<u64> = (0..words).map(|_| word(&mut state)).collect();
        let sparse = drawn.iter().map(|bits| bits & bits >> 7 & bits << 5).collect();
        for column in [drawn.clone(), sparse, vec![0; words], vec![u64::MAX; words]] {
            let selected = |i: usize| column[i / 64] >> (i % 64) & 1 == 1;
            let shift = |i: usize, change: i32| if selected(i) { change } else { -change };
            let varied: Vec<i32> =
                (0..words * 64).map(|_| (word(&mut state) % (1 << 25)) as i32 - MAX_SELECTED).collect();
            for numbers in [varied, vec![MAX_SELECTED; words * 64], vec![-MAX_SELECTED; words * 64]] {
                let sum: i64 = (0..numbers.len()).filter(|&i| selected(i)).map(|i| i64::from(numbers[i])).sum();
                // Thirds of very different size, to see how they are rounded.
                let thirds: Vec<f64> =
                    numbers.iter().map(|&s| f64::from(s) / 3.0 * f64::from(s % 100).exp2()).collect();
                let mut floats = [0.0; 16];
                (0..thirds.len()).filter(|&i| selected(i)).for_each(|i| floats[i % 16] += thirds[i]);
                let float = (0..8).fold(0.0, |sum, i| sum + (floats[i] + floats[i + 8]));
                on_every_tier(|tier| {
                    assert_eq!(tier.sum_selected(&numbers, &column), Ok(sum), "{}, {words} words", tier.name());
                    let rounded = tier.sum_selected_f64(&thirds, &column).unwrap();
                    assert_eq!(rounded.to_bits(), float.to_bits(), "{}, {words} words", tier.name());
                    for change in [-2, 0, 1, 2] {
                        let mut shifted = numbers.clone();
                        tier.shift_selected(&mut shifted, &column, change).unwrap();
                        assert!((0..numbers.len()).all(|i| shifted[i] == numbers[i] + shift(i, change)));
                    }
                });
            }
        }
    }
    on_every_tier(|tier| {
        assert!(tier.sum_selected(&[0; 64], &[0; 2]).is_err());
        assert!(tier.sum_selected_f64(&[0.0; 63], &[0]).is_err());
        assert!(tier.shift_selected(&mut [0; 65], &[0], 1).is_err());
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
        assert_eq!(tier.distance(slab, 7, &panel, 4, u32::MAX), Ok(farthest), "{}", tier.name());
        let mut overlaps = [1; 5 * LANES];
        let mut rows: Vec<&mut [i32]> = overlaps.chunks_mut(LANES).collect();
        tier.matrix(slab, &panel, Rows::Overlaps { known: &[farthest; 5], rows: &mut rows }).unwrap();
        assert!(overlaps.iter().all(|&s| s == -(farthest as i32)), "{}", tier.name());
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

    #[test]
    fn every_tier_fills_matrices(
        dim in 1usize..900, patterns in 0usize..120, less in 0usize..40, queries in 0usize..40, seed: u64
    ) {
        let case = Case::new(dim, patterns, queries, seed);
        for masked in [false, true] {
            let expected = case.every_distance(masked);
            on_every_tier(|tier| case.run_matrix(tier, patterns.saturating_sub(less), masked, &expected));
        }
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
        let refused = |widths: &[usize]| {
            let mut rows: Vec<Vec<u16>> = widths.iter().map(|&width| vec![0; width]).collect();
            let mut rows: Vec<&mut [u16]> = rows.iter_mut().map(Vec::as_mut_slice).collect();
            tier.matrix(slab, &panel, Rows::ShortDistances(&mut rows)).is_err()
        };
        assert!(!refused(&[24]) && !refused(&[0]));
        assert!(refused(&[25]) && refused(&[]) && refused(&[24, 24]));
        let rows = Rows::Overlaps { known: &[], rows: &mut [&mut [0; 24]] };
        assert!(tier.matrix(slab, &panel, rows).is_err());
        assert!(tier.near(slab, &panel, screen, &[1, 1], &mut Vec::new()).is_err());
        let other = QueryPanel::new(vec![0; 3], None, 3).unwrap();
        assert!(tier.distances(slab, &other, &mut [0; 24]).is_err());
        assert!(tier.near(slab, &other, screen, &[1], &mut Vec::new()).is_err());
        assert_eq!(tier.distance(slab, 23, &panel, 0, 9), Ok(0));
        assert!(matches!(
            tier.distance(slab, 24, &panel, 0, 9),
            Err(KernelError::Length { what: "patterns", expected: 25, found: 24 })
        ));
        assert!(matches!(
            tier.distance(slab, 0, &panel, 1, 9),
            Err(KernelError::Length { what: "queries", expected: 2, found: 1 })
        ));
        assert!(tier.distance(slab, 0, &other, 0, 9).is_err());
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
            Err(error) => match TIERS.iter().find(|info| info.name == name) {
                Some(info) => {
                    assert!(info.tier().is_none(), "{error}");
                    skip(info);
                }
                None => panic!("{error}"),
            },
        },
    }
}

#[test]
fn peaks_are_rates() {
    on_every_tier(|tier| assert!(tier.peak_bits_per_second(1) > 1e6, "{}", tier.name()));
}
