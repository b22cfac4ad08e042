//! Elements of one pattern to bits and back, a word at a time.

/// The order in which the bits of a packed byte stand for positions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BitOrder {
    /// Position 0 is the highest bit of the first byte, as in `numpy.packbits`.
    #[default]
    Big,
    /// Position 0 is the lowest bit of the first byte.
    Little,
}

/// A byte for each of eight elements, each 1.
const ONES: u64 = 0x0101_0101_0101_0101;

/// The bits of eight bytes, of which bit k of byte j becomes bit j of byte k: squares of one bit, of two by two and of
/// four by four change places across the diagonal.
#[inline]
fn transposed(bits: u64) -> u64 {
    [(7, 0x00aa_00aa_00aa_00aa), (14, 0x0000_cccc_0000_cccc), (28, 0x0000_0000_f0f0_f0f0)].into_iter().fold(
        bits,
        |bits, (apart, above)| {
            let differ = (bits ^ bits >> apart) & above;
            bits ^ differ ^ differ << apart
        },
    )
}

/// The eight lowest bits, each in a byte of its own, lower ones in earlier bytes.
#[inline]
fn spread(bits: u64) -> u64 {
    // A copy of the bits in each byte, of which that byte's own is kept, and moved to the lowest place: a bit that is
    // there carries into the highest.
    let own = ((bits & 0xff) * ONES) & 0x8040_2010_0804_0201;
    ((own + 0x7f7f_7f7f_7f7f_7f7f) | own) >> 7 & ONES
}

/// The words of a pattern of elements ±1; `Err` is the place of the first other one. Bits beyond the elements are zero.
pub(super) fn pack_signs(signs: &[i8], words: &mut [u64]) -> Result<(), usize> {
    // By itself, as it is compiled to compare many elements at a time: 1 more, they are 2 and 0.
    let odd = signs.iter().fold(0, |odd, sign| odd | (sign.cast_unsigned().wrapping_add(1) & !2));
    if odd != 0 {
        return Err(signs.iter().position(|&sign| sign != 1 && sign != -1).unwrap_or_default());
    }
    // Where rows end −1 stands for 0.
    by_eights(signs, -1, words, |eight| u64::from_le_bytes(eight.map(i8::cast_unsigned)) >> 7 & ONES ^ ONES);
    Ok(())
}

/// The words of a pattern of elements 0 and 1; `Err` is the place of the first other one. Bits beyond them are zero.
pub(super) fn pack_bits(bits: &[u8], words: &mut [u64]) -> Result<(), usize> {
    // As above.
    if bits.iter().fold(0, |all, bit| all | bit) > 1 {
        return Err(bits.iter().position(|&bit| bit > 1).unwrap_or_default());
    }
    by_eights(bits, 0, words, u64::from_le_bytes);
    Ok(())
}

/// The words of a pattern of elements, of which `is_set` tells the bit; those of the type's default have none. Bits beyond
/// them are zero.
pub(super) fn pack<T: Copy + Default>(elements: &[T], is_set: impl Fn(&T) -> bool, words: &mut [u64]) {
    by_eights(elements, T::default(), words, |eight| {
        u64::from_le_bytes(eight.map(|element| u8::from(is_set(&element))))
    });
}

/// Makes of eight elements each the bits that `bits` gives, a byte each; a last eight that is not full is filled up.
#[inline(always)]
fn by_eights<T: Copy>(elements: &[T], filling: T, words: &mut [u64], bits: impl Fn([T; 8]) -> u64) {
    let (full, rest) = elements.as_chunks::<64>();
    let word_of = |elements: &[T; 64]| {
        // Eight eights side by side, each a bit above the one before: bit k of byte j is that of element 8k + j.
        let (eights, _) = elements.as_chunks::<8>();
        transposed(eights.iter().rev().fold(0, |all, &eight| all << 1 | bits(eight)))
    };
    for (word, elements) in words.iter_mut().zip(full) {
        *word = word_of(elements);
    }
    if let Some(last) = words.get_mut(full.len()) {
        let mut filled = [filling; 64];
        filled[..rest.len()].copy_from_slice(rest);
        *last = word_of(&filled);
    }
}

/// The words that packed bytes hold, which may be fewer than would fill them.
pub(super) fn unpack_bytes(bytes: &[u8], order: BitOrder, words: &mut [u64]) {
    let (whole, rest) = bytes.as_chunks::<8>();
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    for (word, &bytes) in words.iter_mut().zip(whole.iter().chain([&last])) {
        let bits = u64::from_le_bytes(bytes);
        // The first of a byte's bits, which is its highest, becomes the lowest.
        *word = if order == BitOrder::Big { bits.reverse_bits().swap_bytes() } else { bits };
    }
}

/// The elements of a pattern, eight at a time: what `of_bits` makes of bytes that are 1 or 0.
pub(super) fn to_elements<T: Copy>(
    words: impl Iterator<Item = u64>,
    of_bits: impl Fn(u64) -> [T; 8],
    elements: &mut [T],
) {
    for (word, elements) in words.zip(elements.chunks_mut(64)) {
        let (eights, rest) = elements.as_chunks_mut::<8>();
        let full = eights.len();
        for (at, eight) in eights.iter_mut().enumerate() {
            *eight = of_bits(spread(word >> (at * 8)));
        }
        if !rest.is_empty() {
            rest.copy_from_slice(&of_bits(spread(word >> (full * 8)))[..rest.len()]);
        }
    }
}

/// +1 and −1 for bytes that are 1 and 0.
pub(super) fn signs_of(bits: u64) -> [i8; 8] {
    // All ones in the bytes that were 0, each by itself.
    (ONES | ((bits ^ ONES) * 0xff)).to_le_bytes().map(u8::cast_signed)
}

/// Booleans for bytes that are 1 and 0.
pub(super) fn bools_of(bits: u64) -> [bool; 8] {
    bits.to_le_bytes().map(|bit| bit != 0)
}
