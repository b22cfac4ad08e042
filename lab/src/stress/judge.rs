//! The judge: what the definition says of a query, by loops that share nothing with the engine.
//!
//! All keys are made anew, so that neither what the engine stored nor how it looks for near keys is trusted. Distances
//! are counted key by key. Then the keys nearest to the query are weighed one by one, and what all others could weigh
//! together is added up by distance; where that leaves a bit open, all keys vote, and the sign of their votes by
//! distance is exact.

use popfield::{Pattern, Separation};
use rayon::prelude::*;

use crate::error::Result;

/// Keys that are made anew, some at a time.
pub trait Source: Sync {
    /// Positions of each.
    fn dim(&self) -> usize;
    /// How many there are.
    fn keys(&self) -> u64;
    /// The pieces that they come in.
    fn pieces(&self) -> usize;
    /// The keys of a piece.
    ///
    /// # Errors
    /// What making them fails with.
    fn piece(&self, index: usize) -> Result<Piece>;
}

/// Some keys.
#[derive(Clone, Debug, Default)]
pub struct Piece {
    /// The id of each.
    pub ids: Vec<u64>,
    /// Their words, ⌈d/64⌉ for each, one after the other.
    pub words: Vec<u64>,
}

/// What the definition says of a query.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Truth {
    /// The distance of the nearest keys.
    pub distance: u32,
    /// How many keys are at that distance.
    pub count: u64,
    /// The lowest id among them.
    pub id: u64,
    /// The signs of the fields, a field of 0 being +1; `None` where keys are too many for all of them to vote, and the
    /// nearest do not decide.
    pub signs: Option<Pattern>,
}

/// Keys nearest to a query that are weighed one by one, at the most.
const FEW: u64 = 4096;

/// Keys times positions up to which all keys of a query vote.
const ALL: u64 = 1 << 30;

/// What is said of every query by all keys of `source`.
///
/// Cost: two passes over all keys, in which a key is made once and compared with every query; and for a query whose
/// nearest keys do not decide one more, in which each key votes at every position.
///
/// # Errors
/// What `source` fails with; [`popfield::Error`] where there is no key.
pub fn judge(source: &dyn Source, queries: &[Pattern], separation: Separation) -> Result<Vec<Truth>> {
    let censuses = census(source, queries)?;
    if censuses.iter().any(|census| census.counts.is_empty()) {
        return Err(popfield::Error::Empty { what: "keys" }.into());
    }
    let reaches: Vec<Option<u32>> = censuses.iter().map(|census| census.reach(separation)).collect();
    let near = near_keys(source, queries, &reaches)?;
    let truths =
        queries.iter().zip(&censuses).zip(reaches.iter().zip(&near)).map(|((query, census), (reach, near))| {
            let signs = reach.and_then(|reach| near_signs(separation, query.dim(), census, near, reach));
            let signs = match signs {
                Some(signs) => Some(signs),
                None if source.keys().saturating_mul(query.dim() as u64) <= ALL => {
                    Some(all_signs(separation, query.dim(), census, &votes(source, query)?)?)
                }
                None => None,
            };
            let signs = signs.map(|signs| pattern_of(&signs)).transpose()?;
            let (distance, id) = census.nearest;
            Ok(Truth { distance, count: census.counts[distance as usize], id, signs })
        });
    truths.collect()
}

/// Keys that were found, as (distance, id).
pub type Found = Vec<(u32, u64)>;

/// The `top` keys nearest to each query, by distance and then by id.
///
/// # Errors
/// What `source` fails with.
pub fn nearest(source: &dyn Source, queries: &[Pattern], top: usize) -> Result<Vec<Found>> {
    let cut = |list: &mut Found| {
        list.sort_unstable();
        list.truncate(top);
    };
    let one = |index: usize| -> Result<Vec<Found>> {
        let piece = source.piece(index)?;
        let mut found = vec![Found::new(); queries.len()];
        each_distance(&piece, queries, |row, q, distance| {
            let list = &mut found[q];
            list.push((distance, piece.ids[row]));
            if list.len() > 4 * top + 64 {
                cut(list);
            }
        });
        Ok(found)
    };
    let none = || vec![Found::new(); queries.len()];
    let merge = |mut a: Vec<Found>, b: Vec<Found>| {
        for (list, more) in a.iter_mut().zip(b) {
            list.extend(more);
            cut(list);
        }
        Ok(a)
    };
    let mut found = (0..source.pieces()).into_par_iter().map(one).try_reduce(none, merge)?;
    found.iter_mut().for_each(cut);
    Ok(found)
}

/// Keys by their distance to a query.
#[derive(Clone, Debug, Default)]
struct Census {
    /// How many there are at each distance; empty where there are none at all.
    counts: Vec<u64>,
    /// The distance of the nearest, and the lowest id there.
    nearest: (u32, u64),
}

impl Census {
    /// The distance up to which keys are weighed one by one; `None` where that decides nothing.
    fn reach(&self, separation: Separation) -> Option<u32> {
        let nearest = self.nearest.0;
        let within = |reach: u32| self.counts[nearest as usize..=reach as usize].iter().sum::<u64>();
        let farthest = self.counts.len() as u32 - 1;
        match separation {
            Separation::Max if within(nearest) <= FEW => Some(nearest),
            Separation::Exponential(_) if within(nearest) <= FEW => {
                (nearest..=farthest).take_while(|&reach| within(reach) <= FEW).last()
            }
            _ => None,
        }
    }
}

/// Calls `visit` with every key of a piece and every query: row, query, distance.
fn each_distance(piece: &Piece, queries: &[Pattern], mut visit: impl FnMut(usize, usize, u32)) {
    let words = queries.first().map_or(1, |query| query.words().len());
    for (row, key) in piece.words.chunks_exact(words).enumerate() {
        for (q, query) in queries.iter().enumerate() {
            let distance = key.iter().zip(query.words()).map(|(a, b)| (a ^ b).count_ones()).sum();
            visit(row, q, distance);
        }
    }
}

fn census(source: &dyn Source, queries: &[Pattern]) -> Result<Vec<Census>> {
    let one = |index: usize| {
        let piece = source.piece(index)?;
        let empty = Census { counts: vec![0; source.dim() + 1], nearest: (u32::MAX, u64::MAX) };
        let mut found = vec![empty; queries.len()];
        each_distance(&piece, queries, |row, q, distance| {
            found[q].counts[distance as usize] += 1;
            found[q].nearest = found[q].nearest.min((distance, piece.ids[row]));
        });
        Ok(found)
    };
    let merge = |mut a: Vec<Census>, b: Vec<Census>| {
        for (census, more) in a.iter_mut().zip(b) {
            if census.counts.is_empty() {
                *census = more;
            } else if !more.counts.is_empty() {
                census.counts.iter_mut().zip(&more.counts).for_each(|(a, b)| *a += b);
                census.nearest = census.nearest.min(more.nearest);
            }
        }
        Ok(a)
    };
    (0..source.pieces()).into_par_iter().map(one).try_reduce(|| vec![Census::default(); queries.len()], merge)
}

/// A key near to a query: its distance, and its words.
type Near = (u32, Vec<u64>);

/// The keys within its reach of every query.
fn near_keys(source: &dyn Source, queries: &[Pattern], reaches: &[Option<u32>]) -> Result<Vec<Vec<Near>>> {
    if reaches.iter().all(Option::is_none) {
        return Ok(vec![Vec::new(); queries.len()]);
    }
    let words = source.dim().div_ceil(64);
    let one = |index: usize| {
        let piece = source.piece(index)?;
        let mut found: Vec<Vec<Near>> = vec![Vec::new(); queries.len()];
        each_distance(&piece, queries, |row, q, distance| {
            if reaches[q].is_some_and(|reach| distance <= reach) {
                found[q].push((distance, piece.words[row * words..][..words].to_vec()));
            }
        });
        Ok(found)
    };
    let merge = |mut a: Vec<Vec<Near>>, b: Vec<Vec<Near>>| {
        a.iter_mut().zip(b).for_each(|(list, more)| list.extend(more));
        Ok(a)
    };
    (0..source.pieces()).into_par_iter().map(one).try_reduce(|| vec![Vec::new(); queries.len()], merge)
}

fn bit(words: &[u64], position: usize) -> bool {
    words[position / 64] >> (position % 64) & 1 == 1
}

/// The signs of all fields by the keys up to distance `reach`, if those beyond cannot turn any.
fn near_signs(separation: Separation, dim: usize, census: &Census, near: &[Near], reach: u32) -> Option<Vec<bool>> {
    let nearest = census.nearest.0;
    let weight = |distance: u32| match separation.beta() {
        Some(beta) => libm::exp(-2.0 * beta.get() * f64::from(distance - nearest)),
        None => f64::from(u8::from(distance == nearest)),
    };
    let beyond = (reach + 1..census.counts.len() as u32).map(|h| census.counts[h as usize] as f64 * weight(h)).sum();
    let beyond: f64 = if separation == Separation::Max { 0.0 } else { beyond };
    let all: f64 = beyond + near.iter().map(|(distance, _)| weight(*distance)).sum::<f64>();
    // A few thousand terms and their exponentials, each rounded to 2⁻⁵² of all.
    let rounding = if separation == Separation::Max { 0.0 } else { 1e-11 * all };
    let sign = |position: usize| {
        let vote = |(distance, key): &Near| if bit(key, position) { weight(*distance) } else { -weight(*distance) };
        let field: f64 = near.iter().map(vote).sum();
        match separation {
            // Whole numbers, and a tie is plus.
            Separation::Max => Some(field >= 0.0),
            _ => (field.abs() > beyond + rounding).then_some(field > 0.0),
        }
    };
    (0..dim).map(sign).collect()
}

/// The votes of all keys for a query: at each distance, Σ ±1 at every position.
fn votes(source: &dyn Source, query: &Pattern) -> Result<Vec<i64>> {
    let dim = source.dim();
    let size = (dim + 1) * dim;
    let fold = |votes: Result<Vec<i64>>, index: usize| {
        let mut votes = votes?;
        let piece = source.piece(index)?;
        votes.resize(size, 0);
        let words = query.words().len();
        each_distance(&piece, std::slice::from_ref(query), |row, _, distance| {
            let key = &piece.words[row * words..][..words];
            let row = &mut votes[distance as usize * dim..][..dim];
            row.iter_mut().enumerate().for_each(|(j, vote)| *vote += if bit(key, j) { 1 } else { -1 });
        });
        Ok(votes)
    };
    let merge = |mut a: Vec<i64>, b: Vec<i64>| {
        if a.is_empty() {
            return Ok(b);
        }
        a.iter_mut().zip(&b).for_each(|(a, b)| *a += b);
        Ok(a)
    };
    (0..source.pieces()).into_par_iter().fold(|| Ok(Vec::new()), fold).try_reduce(Vec::new, merge)
}

fn all_signs(separation: Separation, dim: usize, census: &Census, votes: &[i64]) -> Result<Vec<bool>> {
    let sign = |position: usize| {
        let at = |h: usize| votes[h * dim + position];
        if separation == Separation::Linear {
            let field: i128 = (0..=dim).map(|h| (dim as i128 - 2 * h as i128) * i128::from(at(h))).sum();
            return Ok(field >= 0);
        }
        let rows: Vec<(u32, u64, i64)> = (0..=dim).map(|h| (h as u32, census.counts[h], at(h))).collect();
        Ok(separation.sign(dim as u32, &rows)?.is_ge())
    };
    (0..dim).map(sign).collect()
}

fn pattern_of(signs: &[bool]) -> Result<Pattern> {
    let mut pattern = Pattern::new(signs.len())?;
    for (j, &sign) in signs.iter().enumerate() {
        pattern.bits_mut().set(j, sign);
    }
    Ok(pattern)
}

#[cfg(test)]
mod tests {
    use popfield::{Memory, Patterns, Recall};

    use super::*;
    use crate::stress::words::words_of;

    /// Patterns, in pieces of three, the id of row i being 10·i + 1.
    struct Listed(Patterns);

    impl Source for Listed {
        fn dim(&self) -> usize {
            self.0.dim()
        }

        fn keys(&self) -> u64 {
            self.0.len() as u64
        }

        fn pieces(&self) -> usize {
            self.0.len().div_ceil(3)
        }

        fn piece(&self, index: usize) -> Result<Piece> {
            let range = 3 * index..self.0.len().min(3 * index + 3);
            let ids = range.clone().map(|row| 10 * row as u64 + 1).collect();
            Ok(Piece { ids, words: words_of(&self.0.range(range)?) })
        }
    }

    #[test]
    fn the_engine_answers_as_it_is_judged() {
        for (seed, (dim, patterns)) in
            [(3, 40), (5, 1), (8, 300), (64, 50), (70, 500), (130, 9000)].into_iter().enumerate()
        {
            let keys = Patterns::random(patterns, dim, seed as u64, "keys").unwrap();
            let queries = Patterns::random(6, dim, seed as u64, "queries").unwrap();
            let ids = (0..patterns as u64).map(|row| 10 * row + 1).collect();
            let memory = Memory::auto_associative(keys.clone()).unwrap().with_ids(ids).unwrap();
            let asked: Vec<Pattern> = queries.iter().collect();
            let top = nearest(&Listed(keys.clone()), &asked, 7).unwrap();
            let found = memory.search_top(&queries.clone().into(), 7).unwrap();
            for (top, found) in top.iter().zip(&found) {
                assert_eq!(*top, found.iter().map(|near| (near.distance, near.id)).collect::<Found>());
            }
            for separation in [
                Separation::Max,
                Separation::Linear,
                Separation::polynomial(2).unwrap(),
                Separation::exponential(1.0).unwrap(),
                Separation::exponential(0.02).unwrap(),
            ] {
                let truths = judge(&Listed(keys.clone()), &asked, separation).unwrap();
                let recalled = memory.recall(&queries.clone().into(), &Recall::new(separation)).unwrap();
                for (q, truth) in truths.iter().enumerate() {
                    let near = recalled.reports[q].nearest;
                    assert_eq!((truth.distance, truth.count, truth.id), (near.distance, near.count, near.id));
                    assert_eq!(truth.signs, recalled.patterns.get(q), "d = {dim}, n = {patterns}, {separation}");
                }
            }
        }
        assert!(judge(&Listed(Patterns::new(4).unwrap()), &[Pattern::new(4).unwrap()], Separation::Max).is_err());
    }
}
