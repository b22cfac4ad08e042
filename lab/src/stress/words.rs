//! Patterns as words, row by row.

use popfield::Patterns;
use popfield::patterns::BitOrder;

/// The words of patterns, one pattern after the other.
pub(crate) fn words_of(patterns: &Patterns) -> Vec<u64> {
    let bytes = patterns.to_packed(BitOrder::Little);
    let word = |bytes: &[u8]| {
        let mut word = [0; 8];
        word[..bytes.len()].copy_from_slice(bytes);
        u64::from_le_bytes(word)
    };
    bytes.chunks_exact(patterns.dim().div_ceil(8)).flat_map(|row| row.chunks(8).map(word)).collect()
}
