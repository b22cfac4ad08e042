//! Elements of one pattern to bits and back, eight or a word at a time.

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

/// The lowest bits of eight bytes, side by side, those of later bytes higher.
#[inline]
fn gathered(bytes: u64) -> u64 {
    bytes.wrapping_mul(0x0102_0408_1020_4080) >> 56
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
    let mut good = true;
    // Where rows end −1 stands for 0.
    by_eights(signs, -1, words, |eight| {
        let elements = u64::from_le_bytes(eight.map(i8::cast_unsigned));
        let minus = elements >> 7 & ONES;
        good &= elements == ONES + minus * 0xfe;
        minus ^ ONES
    });
    match good {
        true => Ok(()),
        false => Err(signs.iter().position(|&sign| sign != 1 && sign != -1).unwrap_or_default()),
    }
}

/// The words of a pattern of elements 0 and 1; `Err` is the place of the first other one. Bits beyond them are zero.
pub(super) fn pack_bits(bits: &[u8], words: &mut [u64]) -> Result<(), usize> {
    let mut good = true;
    by_eights(bits, 0, words, |eight| {
        let elements = u64::from_le_bytes(eight);
        good &= elements & !ONES == 0;
        elements & ONES
    });
    match good {
        true => Ok(()),
        false => Err(bits.iter().position(|&bit| bit > 1).unwrap_or_default()),
    }
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
fn by_eights<T: Copy>(elements: &[T], filling: T, words: &mut [u64], mut bits: impl FnMut([T; 8]) -> u64) {
    let (full, rest) = elements.as_chunks::<64>();
    for (word, elements) in words.iter_mut().zip(full) {
        let (eights, _) = elements.as_chunks::<8>();
        *word = eights.iter().rev().fold(0, |word, &eight| word << 8 | gathered(bits(eight)) & 0xff);
    }
    for word in &mut words[full.len()..] {
        *word = 0;
        for (at, eight) in rest.chunks(8).enumerate() {
            let mut filled = [filling; 8];
            filled[..eight.len()].copy_from_slice(eight);
            *word |= (gathered(bits(filled)) & 0xff) << (at * 8);
        }
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

/// The elements of a pattern, a byte each: what `of_bit` makes of 1 and of 0.
pub(super) fn to_elements<T: Copy>(words: impl Iterator<Item = u64>, of_bit: [T; 2], elements: &mut [T]) {
    for (word, elements) in words.zip(elements.chunks_mut(64)) {
        for (at, eight) in elements.chunks_mut(8).enumerate() {
            for (element, bit) in eight.iter_mut().zip(spread(word >> (at * 8)).to_le_bytes()) {
                *element = of_bit[usize::from(bit)];
            }
        }
    }
}
