//! Patterns as words, and as the file has them.

/// Words of a pattern of dimension `dim`; bit j mod 64 of word ⌊j/64⌋ is position j.
pub(super) fn words_of(dim: usize) -> usize {
    dim.div_ceil(64)
}

/// The pattern that `text` stands for; `None` unless it is one of dimension `dim`.
pub(super) fn parse(text: &str, dim: usize) -> Option<Vec<u64>> {
    let digits = text.as_bytes();
    if digits.len() != 2 * dim.div_ceil(8) {
        return None;
    }
    let mut words = vec![0u64; words_of(dim)];
    for (byte, pair) in digits.chunks_exact(2).enumerate() {
        // Capitals would be another way to write the same.
        let digit = |digit: u8| match digit {
            b'0'..=b'9' => Some(u64::from(digit - b'0')),
            b'a'..=b'f' => Some(u64::from(digit - b'a' + 10)),
            _ => None,
        };
        words[byte / 8] |= (digit(pair[0])? << 4 | digit(pair[1])?) << (8 * (byte % 8));
    }
    let beyond = words.last().filter(|_| !dim.is_multiple_of(64)).is_some_and(|last| last >> (dim % 64) != 0);
    (!beyond).then_some(words)
}

pub(super) fn is_set(words: &[u64], position: usize) -> bool {
    words[position / 64] >> (position % 64) & 1 == 1
}

/// Positions that are set.
pub(super) fn count(words: &[u64]) -> u32 {
    words.iter().map(|word| word.count_ones()).sum()
}

/// A query: ±1 elements, and which of them are known.
#[derive(Clone, Debug)]
pub(super) struct Packed {
    pub(super) bits: Vec<u64>,
    /// `None` for all.
    pub(super) known: Option<Vec<u64>>,
}

impl Packed {
    /// Known positions in which `key` differs.
    pub(super) fn distance(&self, key: &[u64]) -> u32 {
        let differ = self.bits.iter().zip(key).map(|(a, b)| a ^ b);
        match &self.known {
            None => differ.map(u64::count_ones).sum(),
            Some(known) => differ.zip(known).map(|(differ, known)| (differ & known).count_ones()).sum(),
        }
    }

    /// The same, and which these are.
    pub(super) fn differ(&self, key: &[u64], differ: &mut [u64]) -> u32 {
        let all = differ.iter_mut().zip(&self.bits).zip(key);
        match &self.known {
            None => all.for_each(|((differ, a), b)| *differ = a ^ b),
            Some(known) => all.zip(known).for_each(|(((differ, a), b), known)| *differ = (a ^ b) & known),
        }
        count(differ)
    }

    pub(super) fn is_known(&self, position: usize) -> bool {
        self.known.as_ref().is_none_or(|known| is_set(known, position))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_written_in_one_way() {
        assert_eq!(parse("f10000000000008005", 67), Some(vec![0x8000_0000_0000_00f1, 0b101]));
        // Too long, too short, beyond the dimension, capitals, no digits.
        for (text, dim) in [("f1", 16), ("f1f1", 8), ("f1", 7), ("F1", 8), ("g1", 8), ("é", 8)] {
            assert_eq!(parse(text, dim), None, "{text}");
        }
    }
}
