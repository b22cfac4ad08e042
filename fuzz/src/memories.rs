//! Checks of the library: files that may be memories, and small memories on every tier.

use std::io::Write;

use popfield::tiers::{TIERS, TierInfo};
use popfield::{ErrorKind, Memory, Missing, Patterns, Queries, Recall, Recalled, Separation, Tie};

const HASH_BYTES: usize = blake3::OUT_LEN;

/// Any bytes as a memory file: refused as what is no memory, or opened, and then they recall, search and are written
/// again as they were. Since no chance finds a hash, they are tried a second time with the right one at their end.
pub fn memory_file(bytes: &[u8]) {
    open(bytes);
    if let Some(content) = bytes.len().checked_sub(HASH_BYTES).map(|length| &bytes[..length]) {
        open(&[content, blake3::hash(content).as_bytes()].concat());
    }
}

fn open(bytes: &[u8]) {
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(bytes).expect("a temporary file that can be written");
    let memory = match Memory::open(file.path()) {
        Ok(memory) => memory,
        Err(error) => {
            assert!(
                matches!(error.kind(), ErrorKind::Format | ErrorKind::Input),
                "refused as {:?}: {error}",
                error.kind()
            );
            return;
        }
    };
    let mut again = Vec::new();
    memory.write_to(&mut again).expect("a vector takes what is written");
    assert_eq!(again, bytes, "a memory that is not written as it was read");
    let first: Queries = memory.keys().range(0..1).expect("one pattern fits").into();
    let found = memory.search_top(&first, 1).expect("a key of the memory is a query");
    assert_eq!(found[0][0].distance, 0, "a key is not found");
    let (key, _) = memory.get(found[0][0].id).expect("who is found has its id");
    assert!(first.signs().get(0) == Some(key), "another key is found");
    let recalled = memory.recall(&first, &Recall::new(Separation::Max)).expect("a key of the memory is a query");
    let auto = memory.is_auto_associative();
    assert!(!auto || recalled.patterns.get(0) == memory.keys().get(0), "a key does not recall itself");
    let recall = Recall::new(Separation::exponential(0.25).expect("a β in range"));
    memory.recall(&first, &recall).expect("a key of the memory is a query");
}

/// A small memory and queries that `bytes` describe, on every tier of this CPU: overlaps are those counted bit by bit
/// here, and all answers are those of the tier `scalar`.
///
/// Six bytes say the dimension, the dimension of values (0: keys are their own), the numbers of keys and queries, and
/// what is asked; the bits come from the others, over and over.
pub fn tiers(bytes: &[u8]) {
    let Some((head, bits)) = bytes.split_first_chunk::<6>().filter(|(_, bits)| !bits.is_empty()) else { return };
    let dim = usize::from(u16::from_le_bytes([head[0], head[1]])) % 600 + 1;
    let (value_dim, len, count) = (usize::from(head[2]), usize::from(head[3]) % 70 + 1, usize::from(head[4]) % 9 + 1);
    let mut bits = bits.iter().flat_map(|byte| (0..8).map(move |bit| byte >> bit & 1 == 1)).cycle();
    let mut rows = |len: usize, dim: usize| -> Vec<bool> { bits.by_ref().take(len * dim).collect() };
    let (keys, prompts) = (rows(len, dim), rows(count, dim));
    let known = if head[5] & 1 == 1 { rows(count, dim) } else { vec![true; count * dim] };
    let patterns = |rows: &[bool], dim| Patterns::from_bools(rows, dim).expect("whole rows");
    let stored = patterns(&keys, dim);
    let memory = match value_dim {
        0 => Memory::auto_associative(stored),
        _ => Memory::hetero_associative(stored, patterns(&rows(len, value_dim), value_dim)),
    };
    let memory = memory.expect("as many values as keys");
    let queries = Queries::with_known(patterns(&prompts, dim), patterns(&known, dim)).expect("as many of both");

    let overlap = |query: usize, key: usize| -> i32 {
        let position = |at: usize| match (known[query * dim + at], prompts[query * dim + at] == keys[key * dim + at]) {
            (false, _) => 0,
            (true, true) => 1,
            (true, false) => -1,
        };
        (0..dim).map(position).sum()
    };
    let overlaps: Vec<i32> = (0..count).flat_map(|query| (0..len).map(move |key| overlap(query, key))).collect();
    let expected =
        answers(&memory.clone().with_tier(scalar().tier().expect("scalar runs everywhere")), &queries, head[5]);
    for tier in TIERS.iter().filter_map(TierInfo::tier) {
        let memory = memory.clone().with_tier(tier);
        assert_eq!(memory.overlaps(&queries).expect("few overlaps fit"), overlaps, "overlaps on tier {}", tier.name());
        let found = answers(&memory, &queries, head[5]);
        assert!(found == expected, "tier {} and scalar disagree:\n{found:?}\n{expected:?}", tier.name());
    }
}

fn scalar() -> &'static TierInfo {
    TIERS.iter().find(|tier| tier.name == "scalar").expect("scalar is in the list")
}

/// What a memory says, as far as it may not depend on the tier: patterns recalled, ties and the nearest keys; keys found.
type Answers = (Vec<(Patterns, Vec<(u64, u32, u64, u64)>)>, Vec<Vec<(u64, u32)>>);

fn answers(memory: &Memory, queries: &Queries, asked: u8) -> Answers {
    let beta = [0.001, 0.05, 0.5, 2.0][usize::from(asked >> 1 & 3)];
    let separations = [
        Separation::Linear,
        Separation::polynomial(u32::from(asked >> 3 & 3) + 2).expect("a degree in range"),
        Separation::exponential(beta).expect("a β in range"),
        Separation::Max,
    ];
    let tie = if asked >> 5 & 1 == 1 { Tie::Minus } else { Tie::Plus };
    let told = |recalled: Recalled| {
        let reports = recalled.reports.iter();
        let told = reports.map(|r| (r.nearest.id, r.nearest.distance, r.nearest.count, r.tied_bits)).collect();
        (recalled.patterns, told)
    };
    let recall = |separation| memory.recall(queries, &Recall::new(separation).tie(tie)).expect("queries that fit");
    let mut recalled: Vec<_> = separations.map(recall).map(told).into();
    let searches = [
        memory.search_top(queries, usize::from(asked >> 2) + 1).expect("queries that fit"),
        memory.search_radius(queries, memory.dim() as u32 / 2).expect("queries that fit"),
    ];
    let mut found: Vec<_> = searches.into_iter().flatten().collect();
    // Every third key is as if it were not there.
    let absent: Vec<u64> = (0..memory.len() as u64).skip(1).step_by(3).collect();
    let scope = memory.scope(None, &absent, Missing::Refuse).expect("the first key is in it");
    let within = memory.within(&scope);
    let recall = Recall::new(separations[2]).tie(tie);
    recalled.push(told(within.recall(queries, &recall).expect("queries that fit")));
    found.extend(within.search_top(queries, 5).expect("queries that fit"));
    (recalled, found.into_iter().map(|keys| keys.into_iter().map(|key| (key.id, key.distance)).collect()).collect())
}
