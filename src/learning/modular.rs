//! Linear algebra modulo a prime: fast, and proof of what it says of independence.
//!
//! Vectors that are independent modulo a prime are independent; the converse may fail for a prime that divides a minor,
//! so what looks dependent is proven by other means (`rational.rs`) or tried with another prime.

use rayon::prelude::*;

use crate::{Result, Steps};

/// 2⁶¹ − 1, whose remainders take no division, and two more for matrices that are singular modulo the first.
const PRIMES: [u64; 3] = [MERSENNE, (1 << 60) - 93, (1 << 59) - 55];
const MERSENNE: u64 = (1 << 61) - 1;

/// A prime below 2⁶¹, and arithmetic modulo it on numbers below it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Prime(u64);

impl Prime {
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        PRIMES.into_iter().map(Self)
    }

    /// The one whose remainders are cheapest.
    pub(crate) fn first() -> Self {
        Self(MERSENNE)
    }

    pub(crate) fn get(self) -> u64 {
        self.0
    }

    /// The remainder of any integer.
    pub(crate) fn reduce(self, number: i128) -> u64 {
        number.rem_euclid(i128::from(self.0)) as u64
    }

    pub(crate) fn multiply(self, a: u64, b: u64) -> u64 {
        let product = u128::from(a) * u128::from(b);
        if self.0 == MERSENNE {
            // 2⁶¹ ≡ 1.
            let folded = (product as u64 & MERSENNE) + (product >> 61) as u64;
            if folded >= MERSENNE { folded - MERSENNE } else { folded }
        } else {
            (product % u128::from(self.0)) as u64
        }
    }

    fn subtract(self, a: u64, b: u64) -> u64 {
        if a >= b { a - b } else { a + self.0 - b }
    }

    /// 1/a, for a ≠ 0: a^(p−2).
    fn invert(self, a: u64) -> u64 {
        let (mut result, mut power, mut exponent) = (1, a, self.0 - 2);
        while exponent > 0 {
            if exponent & 1 == 1 {
                result = self.multiply(result, power);
            }
            power = self.multiply(power, power);
            exponent >>= 1;
        }
        result
    }

    /// `row` − `factor`·`other`.
    fn eliminate(self, row: &mut [u64], factor: u64, other: &[u64]) {
        for (element, &other) in row.iter_mut().zip(other) {
            *element = self.subtract(*element, self.multiply(factor, other));
        }
    }

    /// The inverse of the square matrix of this order, row by row; `None` if it is singular modulo the prime.
    ///
    /// Cost: 2·order³ multiplications.
    ///
    /// # Errors
    /// [`Error::Interrupted`](crate::Error::Interrupted) if `steps` says so, which is asked for every row.
    pub(crate) fn inverse(self, mut matrix: Vec<u64>, order: usize, steps: &Steps<'_>) -> Result<Option<Vec<u64>>> {
        let mut inverse = vec![0; order * order];
        (0..order).for_each(|i| inverse[i * order + i] = 1);
        let swap = |matrix: &mut [u64], a: usize, b: usize| {
            (0..order).for_each(|column| matrix.swap(a * order + column, b * order + column));
        };
        for pivot in 0..order {
            steps.check()?;
            let Some(row) = (pivot..order).find(|&row| matrix[row * order + pivot] != 0) else { return Ok(None) };
            if row != pivot {
                swap(&mut matrix, row, pivot);
                swap(&mut inverse, row, pivot);
            }
            let scale = self.invert(matrix[pivot * order + pivot]);
            let scaled = |matrix: &mut [u64]| {
                let row = &mut matrix[pivot * order..(pivot + 1) * order];
                row.iter_mut().for_each(|element| *element = self.multiply(*element, scale));
                row.to_vec()
            };
            let (pivot_row, inverse_row) = (scaled(&mut matrix), scaled(&mut inverse));
            let rows = matrix.par_chunks_exact_mut(order).zip(inverse.par_chunks_exact_mut(order));
            rows.enumerate().with_min_len(32).filter(|(row, _)| *row != pivot).for_each(|(_, (row, inverse))| {
                let factor = row[pivot];
                if factor != 0 {
                    self.eliminate(row, factor, &pivot_row);
                    self.eliminate(inverse, factor, &inverse_row);
                }
            });
        }
        Ok(Some(inverse))
    }

    /// Which of `vectors` are independent, modulo the prime, of those before them; stops looking once `most` are.
    ///
    /// Cost: vectors × independent ones × their length multiplications.
    ///
    /// # Errors
    /// [`Error::Interrupted`](crate::Error::Interrupted) if `steps` says so, which is asked for every vector.
    pub(crate) fn independent(
        self,
        vectors: impl Iterator<Item = Vec<u64>>,
        most: usize,
        steps: &Steps<'_>,
    ) -> Result<Vec<usize>> {
        // Rows reduced by those before, each with the place of its first element, which is 1.
        let mut basis: Vec<(usize, Vec<u64>)> = Vec::new();
        let mut independent = Vec::new();
        for (index, mut vector) in vectors.enumerate() {
            if basis.len() == most {
                break;
            }
            steps.check()?;
            for (place, row) in &basis {
                let factor = vector[*place];
                if factor != 0 {
                    self.eliminate(&mut vector, factor, row);
                }
            }
            if let Some(place) = vector.iter().position(|&element| element != 0) {
                let scale = self.invert(vector[place]);
                vector.iter_mut().for_each(|element| *element = self.multiply(*element, scale));
                basis.push((place, vector));
                independent.push(index);
            }
        }
        Ok(independent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Progress;

    #[test]
    fn inverses_invert() {
        let steps = Progress::NONE.begin(0);
        for prime in Prime::all() {
            for order in [1, 2, 7, 20] {
                let element = |k: usize| prime.reduce((k as i128 * 7_919 + 13).pow(3) % 1_000_003 - 500_000);
                let matrix: Vec<u64> = (0..order * order).map(element).collect();
                let inverse = prime.inverse(matrix.clone(), order, &steps).unwrap().unwrap();
                for i in 0..order {
                    for j in 0..order {
                        let product = (0..order).fold(0u128, |sum, k| {
                            sum + u128::from(prime.multiply(matrix[i * order + k], inverse[k * order + j]))
                        });
                        assert_eq!(product % u128::from(prime.get()), u128::from(i == j));
                    }
                }
            }
            assert_eq!(prime.inverse(vec![1, 2, 2, 4], 2, &steps).unwrap(), None);
        }
    }

    #[test]
    fn the_first_independent_vectors_are_found() {
        let steps = Progress::NONE.begin(0);
        for prime in Prime::all() {
            let vectors = [[1, 1, 1], [1, 1, 1], [1, -1, 1], [3, -1, 3], [-1, 1, 1], [1, 1, -1]];
            let vectors = || vectors.iter().map(|v| v.iter().map(|&x| prime.reduce(x)).collect());
            assert_eq!(prime.independent(vectors(), 9, &steps).unwrap(), [0, 2, 4]);
            assert_eq!(prime.independent(vectors(), 2, &steps).unwrap(), [0, 2]);
        }
    }
}
