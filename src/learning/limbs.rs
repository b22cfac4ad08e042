//! Integers of a fixed number of 64-bit limbs, the lowest first, in two's complement: sums wrap, so that only what is
//! kept must fit, not what comes between.
//!
//! What runs over many of them is inlined, so that a caller that knows how many limbs there are pays for no loop.

use std::cmp::Ordering;

/// number ← (factor·number + x + y) / 2^shift, rounded down; `shift` is below 64.
///
/// The limbs of all three must be as many, and what is divided must fit in them.
#[inline(always)]
pub(super) fn scale_and_add(number: &mut [u64], factor: u64, x: &[u64], y: &[u64], shift: u32) {
    let divide = |below: u64, limb: u64| {
        // In two steps, as a shift by 64 is none.
        below >> shift | (limb << 1) << (63 - shift)
    };
    let (mut carry, mut below) = (0u128, None);
    let limbs = number.len();
    let (x, y) = (&x[..limbs], &y[..limbs]);
    for at in 0..limbs {
        // At most (2⁶⁴ − 1)·factor + 2·(2⁶⁴ − 1) and a carry below factor + 2.
        let sum = u128::from(number[at]) * u128::from(factor) + u128::from(x[at]) + u128::from(y[at]) + carry;
        carry = sum >> 64;
        if let Some(below) = below {
            number[at - 1] = divide(below, sum as u64);
        }
        below = Some(sum as u64);
    }
    if let (Some(last), Some(below)) = (number.last_mut(), below) {
        *last = (below.cast_signed() >> shift).cast_unsigned();
    }
}

/// to ← Σ ±number over the numbers of `numbers`, of `limbs` limbs each `stride` apart; the sign of each is that of
/// `sign` at its index, and 0 leaves it out.
#[inline(always)]
pub(super) fn signed_sum(to: &mut [u64], numbers: &[u64], stride: usize, sign: impl Fn(usize) -> i8) {
    to.fill(0);
    let limbs = to.len();
    for (at, number) in numbers.chunks_exact(stride).enumerate() {
        let sign = sign(at);
        if sign == 0 {
            continue;
        }
        // −number = !number + 1.
        let flip = if sign < 0 { u64::MAX } else { 0 };
        let mut carry = flip & 1;
        for (to, limb) in to.iter_mut().zip(&number[..limbs]) {
            let sum = u128::from(*to) + u128::from(limb ^ flip) + u128::from(carry);
            *to = sum as u64;
            carry = (sum >> 64) as u64;
        }
    }
}

/// Writes a number in more limbs than it has: those from `limbs` on are written.
pub(super) fn extend(number: &mut [u64], limbs: usize) {
    let fill = if is_negative(&number[..limbs]) { u64::MAX } else { 0 };
    number[limbs..].fill(fill);
}

fn is_negative(number: &[u64]) -> bool {
    number.last().is_some_and(|limb| limb.cast_signed() < 0)
}

/// The sign of a number, and how many bits its magnitude has.
pub(super) fn sign_and_bits(number: &[u64]) -> (Ordering, usize) {
    let mut bits = 0;
    magnitude(number, |at, limb| {
        if limb != 0 {
            bits = 64 * at + (64 - limb.leading_zeros() as usize);
        }
    });
    (
        if bits == 0 {
            Ordering::Equal
        } else if is_negative(number) {
            Ordering::Less
        } else {
            Ordering::Greater
        },
        bits,
    )
}

/// Shows each limb of the magnitude, the lowest first.
fn magnitude(number: &[u64], mut show: impl FnMut(usize, u64)) {
    let flip = if is_negative(number) { u64::MAX } else { 0 };
    let mut carry = flip & 1 == 1;
    for (at, limb) in number.iter().enumerate() {
        let (limb, over) = (limb ^ flip).overflowing_add(u64::from(carry));
        carry = over;
        show(at, limb);
    }
}

/// number / unit in `f64`, off by less than 8 roundings; `unit` is above 0. Infinite where `f64` ends.
pub(super) fn ratio(number: &[u64], unit: &[u64]) -> f64 {
    let ((number, point), (unit, unit_point)) = (leading(number), leading(unit));
    number / unit * 2f64.powi(point - unit_point)
}

/// The three highest limbs that count, as x·2^point with |x| from 1 to below 2⁶⁴, or 0.
fn leading(number: &[u64]) -> (f64, i32) {
    let (sign, bits) = sign_and_bits(number);
    let top = bits.saturating_sub(1) / 64;
    let mut x = 0.0;
    magnitude(number, |at, limb| {
        if at <= top && at + 3 > top {
            x = x / TWO_64 + limb as f64;
        }
    });
    (if sign == Ordering::Less { -x } else { x }, 64 * top as i32)
}

const TWO_64: f64 = 18_446_744_073_709_551_616.0;
