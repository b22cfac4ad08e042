//! The memory that receipts speak of, as a check reads it.

use std::ops::Range;

use super::bits::words_of;

/// One association of a memory, its patterns as words: bit j mod 64 of word ⌊j/64⌋ is position j, 1 for +1.
#[derive(Clone, Copy, Debug)]
pub struct Association<'a> {
    /// What it is called.
    pub id: u64,
    /// ⌈d/64⌉ words.
    pub key: &'a [u64],
    /// As many words as values of their dimension take; the key again where keys are their own values.
    pub value: &'a [u64],
}

/// All associations of a memory in storing order, those that were forgotten left out.
pub trait Associations: Sync {
    /// Dimension d of the keys.
    fn dim(&self) -> usize;

    /// Dimension of the values.
    fn value_dim(&self) -> usize;

    /// Which commit of a store it is; 0 where it is none.
    fn generation(&self) -> u64;

    /// How many places there are for associations; some may be empty.
    fn places(&self) -> usize;

    /// Shows the associations at these places, in order, until `see` says to stop. Several threads may ask at a time.
    fn show(&self, places: Range<usize>, see: &mut dyn FnMut(Association<'_>) -> bool);

    /// Shows all of them.
    fn show_all(&self, see: &mut dyn FnMut(Association<'_>) -> bool) {
        self.show(0..self.places(), see);
    }
}

/// The hash of all that a memory holds: BLAKE3 of numbers of 64 bits, little-endian, which are d, the values' dimension, and
/// for each association in storing order its id, the words of its key and those of its value.
///
/// Cost: one pass over all associations.
pub fn content_hash(memory: &impl Associations) -> [u8; 32] {
    const PIECE: usize = 1 << 20;
    let mut hasher = blake3::Hasher::new();
    let mut piece: Vec<u8> = Vec::with_capacity(PIECE + 16 * (words_of(memory.dim()) + words_of(memory.value_dim())));
    let put = |piece: &mut Vec<u8>, number: u64| piece.extend(number.to_le_bytes());
    put(&mut piece, memory.dim() as u64);
    put(&mut piece, memory.value_dim() as u64);
    memory.show_all(&mut |association| {
        put(&mut piece, association.id);
        association.key.iter().chain(association.value).for_each(|&word| put(&mut piece, word));
        if piece.len() >= PIECE {
            hasher.update(&piece);
            piece.clear();
        }
        true
    });
    hasher.update(&piece);
    hasher.finalize().into()
}
