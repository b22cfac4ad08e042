//! Small memories, all of them: the rules as the literature writes them, and how often a bit comes out wrong.

/// Wrong bits, tied bits, and tied bits whose own bit is wrong, as fractions.
#[derive(Clone, Copy, Debug)]
pub struct Fractions {
    pub wrong: f64,
    pub tie: f64,
    pub tie_stay_wrong: f64,
}

/// How the sign of a field is found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Sign {
    Wrong,
    Tied,
    Right,
}

/// Of a field, times the right bit, that is exact.
pub fn sign_of(field: i64) -> Sign {
    match field {
        0 => Sign::Tied,
        1.. => Sign::Right,
        _ => Sign::Wrong,
    }
}

/// All ±1 vectors of dimension `dim`, one a number.
fn vector(bits: u64, dim: usize) -> Vec<i64> {
    (0..dim).map(|j| if bits >> j & 1 == 1 { 1 } else { -1 }).collect()
}

/// What was counted among so many.
fn fractions(wrong: u64, tie: u64, tie_stay_wrong: f64, of: u64) -> Fractions {
    let share = |count: f64| count / of as f64;
    Fractions { wrong: share(wrong as f64), tie: share(tie as f64), tie_stay_wrong: share(tie_stay_wrong) }
}

/// Every memory of `patterns` auto-associative patterns, queried with the first of them with its first `flips`
/// positions flipped. `sign(keys, query, j)` is that of the field at j against the right bit, which is keys[0][j].
pub fn auto(dim: usize, patterns: usize, flips: usize, sign: impl Fn(&[Vec<i64>], &[i64], usize) -> Sign) -> Fractions {
    let (mut wrong, mut tie, mut tie_stay_wrong) = (0, 0, 0);
    let memories = 1u64 << (dim * patterns);
    for memory in 0..memories {
        let keys: Vec<Vec<i64>> = (0..patterns).map(|i| vector(memory >> (i * dim), dim)).collect();
        let query: Vec<i64> = (0..dim).map(|j| if j < flips { -keys[0][j] } else { keys[0][j] }).collect();
        for j in 0..dim {
            match sign(&keys, &query, j) {
                Sign::Wrong => wrong += 1,
                Sign::Tied => {
                    tie += 1;
                    tie_stay_wrong += u32::from(query[j] != keys[0][j]);
                }
                Sign::Right => {}
            }
        }
    }
    fractions(wrong, tie, f64::from(tie_stay_wrong), memories * dim as u64)
}

/// Every memory of `patterns` keys and one bit of their values, queried likewise. `sign(overlaps, values)` is that of
/// the field against the right bit, values[0].
pub fn hetero(dim: usize, patterns: usize, flips: usize, sign: impl Fn(&[i64], &[i64]) -> Sign) -> Fractions {
    let (mut wrong, mut tie) = (0, 0);
    let memories = 1u64 << (dim * patterns);
    for memory in 0..memories {
        let keys: Vec<Vec<i64>> = (0..patterns).map(|i| vector(memory >> (i * dim), dim)).collect();
        let query: Vec<i64> = (0..dim).map(|j| if j < flips { -keys[0][j] } else { keys[0][j] }).collect();
        let overlaps: Vec<i64> = keys.iter().map(|key| dot(key, &query)).collect();
        for values in 0..1u64 << patterns {
            match sign(&overlaps, &vector(values, patterns)) {
                Sign::Wrong => wrong += 1,
                Sign::Tied => tie += 1,
                Sign::Right => {}
            }
        }
    }
    fractions(wrong, tie, 0.5 * tie as f64, memories << patterns)
}

pub fn dot(a: &[i64], b: &[i64]) -> i64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// E of f over all ways in which `others` keys can lie: f gets their overlaps with a query of dimension `dim`, each
/// with its binomial probability, by Pascal's triangle.
pub fn over_overlaps(dim: usize, others: usize, f: &mut impl FnMut(&[i64]) -> f64) -> f64 {
    let mut row = vec![1.0];
    for _ in 0..dim {
        let padded: Vec<f64> = [0.0].iter().chain(&row).chain(&[0.0]).copied().collect();
        row = padded.windows(2).map(|pair| 0.5 * (pair[0] + pair[1])).collect();
    }
    fn visit(row: &[f64], left: usize, at: &mut Vec<i64>, f: &mut impl FnMut(&[i64]) -> f64) -> f64 {
        if left == 0 {
            return f(at);
        }
        let mut sum = 0.0;
        for (x, probability) in row.iter().enumerate() {
            at.push(2 * x as i64 - (row.len() as i64 - 1));
            sum += probability * visit(row, left - 1, at, f);
            at.pop();
        }
        sum
    }
    visit(&row, others, &mut Vec::new(), f)
}
