//! Asynchronous sweeps: one position after the other, all overlaps kept up to date.
//!
//! Visiting a position costs O(n): its field is a sum over keys of a weight that depends on the key's overlap alone, so
//! the weights are kept beside the overlaps, and a column of bits (`plane.rs`) says which of them count. W is never
//! formed. Let σ be the position's bit; with A(s) the weight of a key that agrees with it and B(s) of one that opposes,
//!
//! σ·field = Σ_agree A(s_i) − Σ_oppose B(s_i), hence field = Σ_{plus keys} (A + B) − (Σ B if σ = + else Σ A).
//!
//! Linear weights are integers and need no more. Others are summed in `f64` with a bound on the error, and where that
//! leaves doubt the votes are counted by distance and decided exactly, as in recall. So is every position where weights
//! depend on how many keys stand at each distance.

use std::cmp::Ordering;

use super::plane::Plane;
use super::visit::Visited;
use crate::error::room_for;
use crate::patterns::segments::Side;
use crate::scan::keys::Scan;
use crate::scan::watch::Visit;
use crate::separation::energy::Energy;
use crate::separation::field::Field;
use crate::separation::position::{NearKey, Sweeping};
use crate::sign::exact::{ULP, UNDERFLOW};
use crate::sign::self_term::Diagonal;
use crate::sign::self_term::SelfTerm;
use crate::votes::counts::Counts;
use crate::{Pattern, Query, Result};

/// A state on its way, and everything that follows from it.
pub(crate) struct Walker<'a> {
    scan: Scan<'a>,
    field: &'a Field,
    sweeping: &'a Sweeping,
    state: Vec<u64>,
    known: Vec<u64>,
    known_count: u32,
    /// s_i, padded to whole columns; what stands in the padding means nothing.
    overlaps: Vec<i32>,
    /// Σ s_i.
    sum: i64,
    /// A(s_i) + B(s_i), padded with zeros, and the sums of each.
    both: Vec<f64>,
    agree: f64,
    oppose: f64,
    /// Bound on the error of any sum of these.
    error: f64,
    /// Under `max`, the keys that may be nearest once a bit is left out or turned.
    near: Vec<usize>,
}

impl<'a> Walker<'a> {
    /// At `start`, to which the keys have these `distances`.
    pub(crate) fn new(
        scan: Scan<'a>,
        field: &'a Field,
        sweeping: &'a Sweeping,
        start: &Query,
        distances: &[u32],
    ) -> Result<Self> {
        let known_count = start.known_count() as u32;
        let padded = Plane::height(scan.side()) * 64;
        let mut overlaps: Vec<i32> = room_for(padded, "overlaps")?;
        overlaps.extend(distances.iter().map(|&h| known_count as i32 - 2 * h as i32));
        let sum = overlaps.iter().map(|&s| i64::from(s)).sum();
        overlaps.resize(padded, 0);
        let weighed = if matches!(sweeping, Sweeping::Weights(_)) { padded } else { 0 };
        let mut both = room_for(weighed, "weights")?;
        both.resize(weighed, 0.0);
        let words = start.signs().words().len();
        let mut walker = Self {
            scan,
            field,
            sweeping,
            state: start.signs().words().to_vec(),
            known: start.known().map_or_else(|| vec![u64::MAX; words], |known| known.words().to_vec()),
            known_count,
            overlaps,
            sum,
            both,
            agree: 0.0,
            oppose: 0.0,
            error: 0.0,
            near: Vec::new(),
        };
        walker.weigh();
        Ok(walker)
    }

    /// The state, once all of it is known.
    pub(crate) fn state(&self) -> Result<Pattern> {
        Pattern::from_words(self.state.clone(), self.scan.dim())
    }

    /// The energy of the state.
    pub(crate) fn energy(&self, diagonal: Diagonal) -> Energy {
        let overlaps = &self.overlaps[..self.scan.len()];
        let mut counts = Counts::default();
        let mut distances = [0; 1 << 10];
        for overlaps in overlaps.chunks(distances.len()) {
            let some = &mut distances[..overlaps.len()];
            some.iter_mut().zip(overlaps).for_each(|(h, &s)| *h = (self.known_count as i32 - s).max(0) as u32 / 2);
            counts.visit(0, some);
        }
        self.field.law().energy(diagonal, self.known_count, &counts)
    }

    /// The keys whose overlaps these are.
    pub(crate) fn keys(&self) -> &'a Side {
        self.scan.side()
    }

    /// Adds `change` to the overlaps of keys that say plus in `column`, and takes it from the others.
    fn shift(&mut self, column: &[u64], change: i32) -> Result<()> {
        self.scan.tier().shift_selected(&mut self.overlaps, column, change)?;
        let plus: i64 = column.iter().map(|bits| i64::from(bits.count_ones())).sum();
        self.sum += i64::from(change) * (2 * plus - self.scan.len() as i64);
        self.weigh();
        Ok(())
    }

    /// Forms the weights of all overlaps anew.
    fn weigh(&mut self) {
        let keys = self.scan.len();
        let overlaps = &self.overlaps[..keys];
        if let Sweeping::Nearest(_) = self.sweeping {
            let edge = overlaps.iter().copied().max().unwrap_or(0) - 2;
            self.near.clear();
            self.near.extend((0..).zip(overlaps).filter(|key| *key.1 >= edge).map(|key| key.0));
        }
        let Sweeping::Weights(weights) = self.sweeping else { return };
        let base = weights.base(overlaps.iter().copied().max().unwrap_or(0));
        let (mut agree, mut oppose, mut magnitude) = (0.0, 0.0, 0.0);
        for (both, &overlap) in self.both.iter_mut().zip(overlaps) {
            let entry = weights.entry(base - overlap);
            *both = entry.agree + entry.oppose;
            agree += entry.agree;
            oppose += entry.oppose;
            magnitude += entry.magnitude;
        }
        (self.agree, self.oppose) = (agree, oppose);
        // Each weight is off by less than its magnitude times `relative`, and no sum of n of them has more roundings.
        let roundings = weights.relative() + 2.0 * keys as f64 + 64.0;
        self.error = (2.0 * magnitude * roundings + 4.0 * keys as f64 * (UNDERFLOW / ULP)) * ULP * 1.001;
    }

    /// The exact sign of the field of the position of `column`, whose own bit is `own`.
    fn sign(&self, column: &[u64], own: Option<bool>) -> Result<Ordering> {
        let tier = self.scan.tier();
        if let Sweeping::Overlaps = self.sweeping {
            let zeroed = self.field.self_term() != SelfTerm::Kept;
            let own = own.filter(|_| zeroed).map_or(0, |up| if up { 1 } else { -1 });
            let plus = tier.sum_selected(&self.overlaps, column)?;
            let field = 2 * plus - self.sum - own * self.scan.len() as i64;
            return Ok(field.cmp(&0));
        }
        if let (Sweeping::Weights(_), Some(up)) = (self.sweeping, own) {
            let plus = tier.sum_selected_f64(&self.both, column)?;
            let field = plus - if up { self.oppose } else { self.agree };
            if field.abs() > self.error {
                return Ok(field.total_cmp(&0.0));
            }
        }
        Ok(self.exact_sign(column, own))
    }

    /// The exact sign from keys and votes counted by distance.
    fn exact_sign(&self, column: &[u64], own: Option<bool>) -> Ordering {
        let own = own.map_or(0, |up| if up { 1 } else { -1 });
        let key = |i: usize| {
            let bit = if column[i / 64] >> (i % 64) & 1 == 1 { 1 } else { -1 };
            NearKey { overlap: self.overlaps[i], rest: self.overlaps[i] - own * bit, bit }
        };
        let self_term = self.field.self_term();
        if let Sweeping::Nearest(sign) = self.sweeping {
            return sign(self_term, &self.near.iter().map(|&i| key(i)).collect::<Vec<_>>());
        }
        let known = match self_term {
            SelfTerm::Kept => self.known_count as i32,
            SelfTerm::Zeroed => self.known_count as i32 - own.abs(),
            SelfTerm::Difference => self.known_count as i32 + 1 - own.abs(),
        };
        // Overlaps, keys and votes. A difference has each key twice, with the bit up and with the bit down.
        let votes_of = |NearKey { overlap, rest, bit }: NearKey| match self_term {
            SelfTerm::Kept => [(overlap, 1, bit), (overlap, 0, 0)],
            SelfTerm::Zeroed => [(rest, 1, bit), (rest, 0, 0)],
            SelfTerm::Difference => [(rest + bit, 1, 1), (rest - bit, 1, -1)],
        };
        let distance =
            |(overlap, keys, vote): (i32, u64, i32)| ((known - overlap).max(0) as u32 / 2, keys, i64::from(vote));
        let votes = (0..self.scan.len()).flat_map(|i| votes_of(key(i))).map(distance);
        // Only the distances that lie between the nearest and the farthest: few keys stay few.
        let ends = votes.clone().fold((u32::MAX, 0), |(low, high), (h, ..)| (low.min(h), high.max(h)));
        let mut table = vec![(0u64, 0i64); (ends.1 + 1 - ends.0) as usize];
        votes.for_each(|(h, keys, vote)| {
            let row = &mut table[(h - ends.0) as usize];
            *row = (row.0 + keys, row.1 + vote);
        });
        let keys = (ends.0..).zip(&table).map(|(h, row)| (h, row.0)).filter(|keys| keys.1 > 0);
        let mut terms = (ends.0..).zip(&table).map(|(h, row)| (h, row.1)).filter(|term| term.1 != 0).collect();
        self.field.sign(known as u32, keys, &mut terms)
    }
}

/// A walker as it visits the positions of a plane.
pub(crate) struct Visiting<'v, 'a> {
    pub(crate) walker: &'v mut Walker<'a>,
    pub(crate) plane: &'v Plane,
}

impl Visited for Visiting<'_, '_> {
    fn own(&self, position: usize) -> Option<bool> {
        let (word, bit) = (position / 64, position % 64);
        (self.walker.known[word] >> bit & 1 == 1).then_some(self.walker.state[word] >> bit & 1 == 1)
    }

    fn sign(&self, position: usize, own: Option<bool>) -> Result<Ordering> {
        self.walker.sign(self.plane.column(position), own)
    }

    fn turn(&mut self, position: usize, own: Option<bool>, up: bool) -> Result<()> {
        let (walker, word, bit) = (&mut *self.walker, position / 64, position % 64);
        walker.state[word] = walker.state[word] & !(1 << bit) | u64::from(up) << bit;
        walker.known[word] |= 1 << bit;
        walker.known_count += u32::from(own.is_none());
        let sign = if up { 1 } else { -1 };
        walker.shift(self.plane.column(position), if own.is_none() { sign } else { 2 * sign })
    }
}
