//! Recall through a matrix of weights that is learned from all associations: the pseudo-inverse and Storkey's rule.
//!
//! Weights are rational numbers, held as integers over one common positive denominator: the sign of a field is that of
//! a sum of integers.

use std::cmp::Ordering;

use num_bigint::BigInt;

type Matrix = Vec<Vec<BigInt>>;

/// The matrix whose columns are the patterns.
fn columns(patterns: &[Vec<i8>]) -> Matrix {
    (0..patterns[0].len()).map(|j| patterns.iter().map(|pattern| BigInt::from(pattern[j])).collect()).collect()
}

fn transpose(a: &Matrix) -> Matrix {
    (0..a[0].len()).map(|j| a.iter().map(|row| row[j].clone()).collect()).collect()
}

fn product(a: &Matrix, b: &Matrix) -> Matrix {
    assert_eq!(a[0].len(), b.len());
    a.iter().map(|row| (0..b[0].len()).map(|j| row.iter().zip(b).map(|(x, y)| x * &y[j]).sum()).collect()).collect()
}

/// The greatest common divisor, not negative.
fn gcd(a: &BigInt, b: &BigInt) -> BigInt {
    let (mut a, mut b) = (a.clone(), b.clone());
    while b != BigInt::ZERO {
        (a, b) = (b.clone(), a % b);
    }
    if a < BigInt::ZERO { -a } else { a }
}

/// The same rational matrix in lowest terms, with a positive denominator.
fn lowest_terms(numerators: &Matrix, denominator: &BigInt) -> (Matrix, BigInt) {
    let mut divisor = numerators.iter().flatten().fold(denominator.clone(), |divisor, x| gcd(&divisor, x));
    if *denominator < BigInt::ZERO {
        divisor = -divisor;
    }
    let divided = numerators.iter().map(|row| row.iter().map(|x| x / &divisor).collect()).collect();
    (divided, denominator / divisor)
}

/// Gauss–Jordan elimination without fractions (Bareiss): turns the matrix into δ · (its reduced row echelon form), and
/// returns the pivot columns and δ. All entries on the way are minors of the matrix, so that every division is exact.
fn reduce(matrix: &mut Matrix) -> (Vec<usize>, BigInt) {
    let mut pivots = Vec::new();
    let mut delta = BigInt::from(1);
    for column in 0..matrix[0].len() {
        let rank = pivots.len();
        let Some(row) = (rank..matrix.len()).find(|&row| matrix[row][column] != BigInt::ZERO) else { continue };
        matrix.swap(rank, row);
        let pivot_row = matrix[rank].clone();
        let pivot = &pivot_row[column];
        for (_, row) in matrix.iter_mut().enumerate().filter(|(i, _)| *i != rank) {
            let factor = row[column].clone();
            for (x, above) in row.iter_mut().zip(&pivot_row) {
                *x = (&*x * pivot - above * &factor) / &delta;
            }
        }
        delta = pivot.clone();
        pivots.push(column);
    }
    // The rows below the rank are zero now.
    matrix.truncate(pivots.len());
    (pivots, delta)
}

/// a⁻¹ · b as numerators and a denominator (of either sign), a being invertible.
fn solve(a: &Matrix, b: &Matrix) -> (Matrix, BigInt) {
    // Reducing (a | b) gives δ · (1 | a⁻¹ b).
    let mut both: Matrix = a.iter().zip(b).map(|(a, b)| a.iter().chain(b).cloned().collect()).collect();
    let (pivots, delta) = reduce(&mut both);
    assert!(pivots.into_iter().eq(0..a.len()), "an invertible matrix");
    (both.into_iter().map(|row| row[a.len()..].to_vec()).collect(), delta)
}

/// The Moore–Penrose inverse X⁺ of the matrix whose columns are the patterns, as numerators and a positive denominator,
/// and the rank of X.
///
/// X = B C, B the first linearly independent columns of X, and C how they make up all columns: the reduced row echelon
/// form of X. Then X⁺ = Cᵀ (C Cᵀ)⁻¹ (Bᵀ B)⁻¹ Bᵀ.
fn pseudo_inverse(patterns: &[Vec<i8>]) -> (Matrix, BigInt, usize) {
    let mut echelon = columns(patterns);
    let (pivots, delta) = reduce(&mut echelon);
    // C = c / γ.
    let (c, gamma) = lowest_terms(&echelon, &delta);
    let bt: Matrix = pivots.iter().map(|&id| patterns[id].iter().map(|&x| BigInt::from(x)).collect()).collect();
    let b = transpose(&bt);
    // u / μ = (Bᵀ B)⁻¹ Bᵀ.
    let (u, mu) = solve(&product(&bt, &b), &bt);
    let (u, mu) = lowest_terms(&u, &mu);
    // v / ν = (c cᵀ)⁻¹ u.
    let ct = transpose(&c);
    let (v, nu) = solve(&product(&c, &ct), &u);
    // X⁺ = (cᵀ/γ) (c cᵀ/γ²)⁻¹ (u/μ) = γ cᵀ v / (μ ν).
    let numerators: Matrix =
        product(&ct, &v).into_iter().map(|row| row.into_iter().map(|x| x * &gamma).collect()).collect();
    let (numerators, denominator) = lowest_terms(&numerators, &(mu * nu));
    (numerators, denominator, pivots.len())
}

/// The keys that are linear combinations of the keys before them, ascending.
pub fn dependent(keys: &[Vec<i8>]) -> Vec<usize> {
    let (independent, _) = reduce(&mut columns(keys));
    (0..keys.len()).filter(|id| !independent.contains(id)).collect()
}

/// The signs of W q, W given as numerators over a positive denominator, W_jj left out if so wished.
fn field_signs(numerators: &Matrix, query: &[i8], zero_diagonal: bool) -> Vec<Ordering> {
    assert_eq!(numerators[0].len(), query.len());
    assert!(!zero_diagonal || numerators.len() == query.len(), "only a square matrix has a diagonal to leave out");
    numerators
        .iter()
        .enumerate()
        .map(|(i, row)| {
            let field: BigInt = row
                .iter()
                .zip(query)
                .enumerate()
                .filter(|&(j, _)| !(zero_diagonal && i == j))
                .map(|(_, (weight, &element))| weight * element)
                .sum();
            field.cmp(&BigInt::ZERO)
        })
        .collect()
}

/// numerator / denominator in f64, rounded once; the denominator is positive.
fn quotient(numerator: &BigInt, denominator: &BigInt) -> f64 {
    // ⌊|numerator| · 2^shift / denominator⌋ has 100 or 101 bits, the last set if anything was cut off: more than
    // enough for the conversion to round as it would the quotient itself.
    let shift = 100 + denominator.bits() as i64 - numerator.bits() as i64;
    let (n, d) = (numerator.magnitude(), denominator.magnitude());
    let (n, d) = if shift >= 0 { (n << shift as u64, d.clone()) } else { (n.clone(), d << (-shift) as u64) };
    let mut whole = u128::try_from(&n / &d).expect("no more than 101 bits");
    if &n % &d != num_bigint::BigUint::ZERO {
        whole |= 1;
    }
    // In two steps, as 2^−shift may itself be too small for f64.
    let half = (shift / 2) as i32;
    let size = whole as f64 * 2f64.powi(-half) * 2f64.powi(half - shift as i32);
    if *numerator < BigInt::ZERO { -size } else { size }
}

/// A matrix of numerators over a positive denominator, in f64.
fn to_f64(numerators: &Matrix, denominator: &BigInt) -> Vec<Vec<f64>> {
    numerators.iter().map(|row| row.iter().map(|x| quotient(x, denominator)).collect()).collect()
}

/// The weights W = Y X⁺, of all matrices the one of least norm among those for which W X is nearest to Y: W X = Y
/// itself if the keys are linearly independent.
#[derive(Clone, Debug)]
pub struct PseudoInverse {
    numerators: Matrix,
    denominator: BigInt,
    rank: usize,
}

impl PseudoInverse {
    /// Learns the associations of keys with values.
    pub fn new(keys: &[Vec<i8>], values: &[Vec<i8>]) -> Self {
        assert_eq!(keys.len(), values.len());
        let (inverse, denominator, rank) = pseudo_inverse(keys);
        let (numerators, denominator) = lowest_terms(&product(&columns(values), &inverse), &denominator);
        Self { numerators, denominator, rank }
    }

    /// How many keys are linearly independent.
    pub fn rank(&self) -> usize {
        self.rank
    }

    /// The signs of W q, or of (W with a diagonal of 0) q. The query may hold 0.
    pub fn field_signs(&self, query: &[i8], zero_diagonal: bool) -> Vec<Ordering> {
        field_signs(&self.numerators, query, zero_diagonal)
    }

    /// W in f64, one row for each position of a value.
    pub fn weights(&self) -> Vec<Vec<f64>> {
        to_f64(&self.numerators, &self.denominator)
    }
}

/// The weights of Storkey's rule (1997). From W = 0, each pattern ξ adds
///
/// (1/d) (ξ_i ξ_j − ξ_i h_ji − h_ij ξ_j) to W_ij, where h_ij = Σ_{k ≠ i, j} W_ik ξ_k, from the W before it.
#[derive(Clone, Debug)]
pub struct Storkey {
    /// d^n W.
    numerators: Matrix,
    /// d^n.
    denominator: BigInt,
}

impl Storkey {
    /// Learns the keys one after the other.
    pub fn new(keys: &[Vec<i8>]) -> Self {
        let dim = keys[0].len();
        let mut old = vec![vec![BigInt::ZERO; dim]; dim];
        // d^(keys learned): the denominator of the old W, and of h.
        let mut denominator = BigInt::from(1);
        for key in keys {
            let h = |i: usize, j: usize| -> BigInt {
                (0..dim).filter(|&k| k != i && k != j).map(|k| &old[i][k] * key[k]).sum()
            };
            let new = |i: usize, j: usize| {
                &old[i][j] * dim + (&denominator * key[i] * key[j] - h(j, i) * key[i] - h(i, j) * key[j])
            };
            old = (0..dim).map(|i| (0..dim).map(|j| new(i, j)).collect()).collect();
            denominator *= dim;
        }
        Self { numerators: old, denominator }
    }

    /// The signs of W q, or of (W with a diagonal of 0) q. The query may hold 0.
    pub fn field_signs(&self, query: &[i8], zero_diagonal: bool) -> Vec<Ordering> {
        field_signs(&self.numerators, query, zero_diagonal)
    }

    /// W in f64.
    pub fn weights(&self) -> Vec<Vec<f64>> {
        to_f64(&self.numerators, &self.denominator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use Ordering::{Equal, Greater, Less};

    fn integers(rows: &[&[i64]]) -> Matrix {
        rows.iter().map(|row| row.iter().map(|&x| BigInt::from(x)).collect()).collect()
    }

    fn scaled(a: &Matrix, factor: &BigInt) -> Matrix {
        a.iter().map(|row| row.iter().map(|x| x * factor).collect()).collect()
    }

    /// A linear congruential generator's next number below `bound`.
    fn below(seed: &mut u64, bound: usize) -> usize {
        *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (*seed >> 33) as usize % bound
    }

    fn pattern(seed: &mut u64, dim: usize) -> Vec<i8> {
        (0..dim).map(|_| if below(seed, 2) == 0 { 1 } else { -1 }).collect()
    }

    /// Patterns of which some repeat or complement an earlier one.
    fn patterns(seed: &mut u64, count: usize, dim: usize) -> Vec<Vec<i8>> {
        let mut all: Vec<Vec<i8>> = vec![pattern(seed, dim)];
        while all.len() < count {
            let earlier = below(seed, all.len());
            let next = match below(seed, 6) {
                0 => all[earlier].clone(),
                1 => all[earlier].iter().map(|x| -x).collect(),
                _ => pattern(seed, dim),
            };
            all.push(next);
        }
        all
    }

    #[test]
    fn reduction_by_hand() {
        // Rows 2·(1 2 3) and (1 2 4): columns 0 and 2 are independent, and column 1 is twice column 0.
        let mut matrix = integers(&[&[2, 4, 6], &[1, 2, 4], &[1, 2, 3]]);
        let (pivots, delta) = reduce(&mut matrix);
        assert_eq!(pivots, [0, 2]);
        assert_eq!(matrix, scaled(&integers(&[&[1, 2, 0], &[0, 0, 1]]), &delta));
        // (1 2 | 1)(3 4 | 0): the inverse's first column is (−2, 3/2).
        let (x, delta) = solve(&integers(&[&[1, 2], &[3, 4]]), &integers(&[&[1], &[0]]));
        assert_eq!(lowest_terms(&x, &delta), (integers(&[&[-4], &[3]]), BigInt::from(2)));
    }

    #[test]
    fn greatest_common_divisors() {
        let gcd = |a: i64, b: i64| gcd(&BigInt::from(a), &BigInt::from(b));
        assert_eq!(gcd(12, -18), BigInt::from(6));
        assert_eq!(gcd(-12, 0), BigInt::from(12));
        assert_eq!(gcd(0, 5), BigInt::from(5));
        let (x, d) = lowest_terms(&integers(&[&[4, -6], &[0, 2]]), &BigInt::from(-8));
        assert_eq!((x, d), (integers(&[&[-2, 3], &[0, -1]]), BigInt::from(4)));
    }

    #[test]
    fn quotients_are_rounded_once() {
        for (n, d) in [(0i64, 1i64), (1, 3), (-2, 3), (7, 1), (1, 10), (-355, 113), (1 << 52, 3), (3, (1 << 52) + 1)] {
            assert_eq!(quotient(&BigInt::from(n), &BigInt::from(d)), n as f64 / d as f64, "{n}/{d}");
        }
        let huge = BigInt::from(3).pow(5000);
        assert_eq!(quotient(&(&huge * 7), &(&huge * 9)), 7.0 / 9.0);
        assert_eq!(quotient(&BigInt::from(1), &(BigInt::from(1) << 1060)), 2f64.powi(-1060));
        // Just above halfway between 1 and its successor, and halfway.
        let one = BigInt::from(1) << 500;
        let half: BigInt = &one + (BigInt::from(1) << 447);
        assert_eq!(quotient(&half, &one), 1.0);
        assert_eq!(quotient(&(half + 1), &one), 1.0 + f64::EPSILON);
    }

    #[test]
    fn dependent_keys() {
        let (a, b, c) = (vec![1, 1, 1], vec![1, 1, -1], vec![1, -1, 1]);
        let minus_a = vec![-1, -1, -1];
        // b + c − a.
        let sum = vec![1, -1, -1];
        let keys = [a, b.clone(), minus_a, c, sum, b];
        assert_eq!(dependent(&keys), [2, 4, 5]);
        assert!(dependent(&keys[..2]).is_empty());
        assert_eq!(PseudoInverse::new(&keys, &keys).rank(), 3);
    }

    #[test]
    fn projection_by_hand() {
        // The keys span (1, 1, 0) and (0, 0, 1).
        let keys = [vec![1, 1, 1], vec![1, 1, -1]];
        let learned = PseudoInverse::new(&keys, &keys);
        assert_eq!(learned.rank(), 2);
        assert_eq!(learned.weights(), [[0.5, 0.5, 0.0], [0.5, 0.5, 0.0], [0.0, 0.0, 1.0]]);
        assert_eq!(learned.field_signs(&[1, -1, 1], false), [Equal, Equal, Greater]);
        assert_eq!(learned.field_signs(&[1, -1, 1], true), [Less, Greater, Equal]);
        assert_eq!(learned.field_signs(&[0, -1, -1], false), [Less, Less, Less]);
        assert_eq!(learned.field_signs(&[0, -1, -1], true), [Less, Equal, Equal]);
    }

    #[test]
    fn repeated_keys() {
        // X = (x x): X⁺ = xᵀ / 2d twice over, and W = (the mean of the values) xᵀ / d.
        let x = vec![1, 1, -1, 1];
        let keys = [x.clone(), x.clone()];
        let learned = PseudoInverse::new(&keys, &[vec![1, 1], vec![1, -1]]);
        assert_eq!(learned.rank(), 1);
        assert_eq!(learned.weights(), [[0.25, 0.25, -0.25, 0.25], [0.0; 4]]);
        assert_eq!(learned.field_signs(&x, false), [Greater, Equal]);
        // With x, the complement gives the same weights if its value is the complement.
        let complement: Vec<i8> = x.iter().map(|x| -x).collect();
        let learned = PseudoInverse::new(&[x, complement.clone()], &[vec![1, 1], vec![-1, 1]]);
        assert_eq!(learned.rank(), 1);
        assert_eq!(learned.weights(), [[0.25, 0.25, -0.25, 0.25], [0.0; 4]]);
        assert_eq!(learned.field_signs(&complement, false), [Less, Equal]);
        // Thrice, of which two agree: (1 + 1 − 1) / 3 of xᵀ / d.
        let keys = vec![vec![1, 1]; 3];
        let learned = PseudoInverse::new(&keys, &[vec![1], vec![-1], vec![1]]);
        assert_eq!(learned.weights(), [[1.0 / 6.0, 1.0 / 6.0]]);
    }

    /// X X⁺ X = X, X⁺ X X⁺ = X⁺, X X⁺ and X⁺ X symmetric: there is one such X⁺ only.
    #[test]
    fn penrose_conditions() {
        let mut seed = 7;
        for case in 0..200 {
            let (dim, count) = (1 + below(&mut seed, 8), 1 + below(&mut seed, 10));
            let keys = patterns(&mut seed, count, dim);
            let x = columns(&keys);
            let (p, denominator, rank) = pseudo_inverse(&keys);
            assert!(denominator > BigInt::ZERO);
            assert_eq!(rank, keys.len() - dependent(&keys).len());
            let (xp, px) = (product(&x, &p), product(&p, &x));
            assert_eq!(product(&xp, &x), scaled(&x, &denominator), "case {case}");
            assert_eq!(product(&px, &p), scaled(&p, &denominator), "case {case}");
            assert_eq!(xp, transpose(&xp), "case {case}");
            assert_eq!(px, transpose(&px), "case {case}");
        }
    }

    #[test]
    fn independent_keys_are_learned_exactly() {
        let mut seed = 3;
        let mut independent = 0;
        for (count, dim) in [(1, 3), (4, 6), (6, 6), (10, 16), (24, 24)].into_iter().cycle().take(25) {
            let keys: Vec<_> = (0..count).map(|_| pattern(&mut seed, dim)).collect();
            let values: Vec<_> = (0..count).map(|_| pattern(&mut seed, 5)).collect();
            let learned = PseudoInverse::new(&keys, &values);
            if learned.rank() == count {
                independent += 1;
                assert_eq!(
                    product(&learned.numerators, &columns(&keys)),
                    scaled(&columns(&values), &learned.denominator)
                );
                for (key, value) in keys.iter().zip(&values) {
                    let signs: Vec<_> = value.iter().map(|value| value.cmp(&0)).collect();
                    assert_eq!(learned.field_signs(key, false), signs);
                }
            }
        }
        assert!(independent >= 10, "only {independent}");
    }

    #[test]
    fn storkey_by_hand() {
        let thirds = |rows: [[i32; 3]; 3], d: i32| rows.map(|row| row.map(|x| f64::from(x) / f64::from(d)));
        let keys = [vec![1, 1, 1], vec![1, 1, -1], vec![1, -1, -1]];
        // (1/d) ξ ξᵀ.
        let one = Storkey::new(&[vec![1, -1]]);
        assert_eq!(one.weights(), [[0.5, -0.5], [-0.5, 0.5]]);
        assert_eq!(Storkey::new(&keys[..1]).weights(), thirds([[1; 3]; 3], 3));
        // h = (0 −1 1; −1 0 1; 1 1 2) / 3, and (3 5 −3; 5 3 −3; −3 −3 7) / 9 is added.
        let two = Storkey::new(&keys[..2]);
        assert_eq!(two.weights(), thirds([[6, 8, 0], [8, 6, 0], [0, 0, 10]], 9));
        assert_eq!(two.field_signs(&[1, -1, 1], false), [Less, Greater, Greater]);
        assert_eq!(two.field_signs(&[1, -1, 1], true), [Less, Greater, Equal]);
        assert_eq!(two.field_signs(&[0, 0, -1], false), [Equal, Equal, Less]);
        // h = (−8 0 −8; 0 8 8; 0 0 0) / 9, which is not symmetric; (25 −9 −17; −9 25 17; −17 17 9) / 27 is added.
        let three = Storkey::new(&keys);
        assert_eq!(three.weights(), thirds([[43, 15, -17], [15, 43, 17], [-17, 17, 39]], 27));
    }
}
