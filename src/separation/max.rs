//! The nearest keys vote, all others are silent.

use std::cmp::Ordering;

use dashu_int::IBig;

use crate::separation::energy::Energy;
use crate::separation::law::Law;
use crate::separation::position::{NearKey, Sweeping};
use crate::sign::evidence::{Evidence, WordSigns, set_bits};
use crate::sign::self_term::Diagonal;
use crate::sign::self_term::{OwnBits, SelfTerm};
use crate::votes::WordVotes;
use crate::votes::counts::Counts;

#[derive(Debug)]
pub(super) struct Max;

impl Law for Max {
    fn window(&self, _: u64, _: f64) -> u32 {
        0
    }

    fn weigh(&self, keys: &mut dyn Iterator<Item = (u32, u64)>, nearest: u32) -> [f64; 2] {
        let near = keys.filter(|key| key.0 <= nearest).map(|key| key.1 as f64).sum::<f64>();
        [near, near]
    }

    fn word_signs(&self, evidence: Evidence<'_>, votes: &WordVotes, columns: u64) -> WordSigns {
        if evidence.beyond.keys().next().is_some_and(|&bound| bound <= evidence.nearest) {
            return WordSigns { open: columns, ..WordSigns::default() };
        }
        let mut signs = WordSigns::default();
        for column in set_bits(columns) {
            signs.note(column, votes.first().map_or(0, |votes| votes[column]).cmp(&0));
        }
        signs
    }

    fn sign(&self, _: u32, keys: &mut dyn Iterator<Item = (u32, u64)>, votes: &mut Vec<(u32, i64)>) -> Ordering {
        let nearest = keys.next().map(|key| key.0);
        votes.iter().find(|vote| Some(vote.0) == nearest).map_or(Ordering::Equal, |vote| vote.1.cmp(&0))
    }

    fn difference(&self) -> SelfTerm {
        SelfTerm::Difference
    }

    /// Nearest keys alone, those that oppose the own bit standing one nearer.
    fn word_signs_without_own(
        &self,
        self_term: SelfTerm,
        evidence: Evidence<'_>,
        votes: &WordVotes,
        columns: u64,
        own: OwnBits,
    ) -> WordSigns {
        let nearest = evidence.nearest;
        if evidence.beyond.keys().next().is_some_and(|&bound| bound <= nearest + 1) {
            return WordSigns { open: columns, ..WordSigns::default() };
        }
        // Keys that say plus and keys that say minus at a distance.
        let row = |h: u32, column: usize| {
            evidence.distances.binary_search(&h).map_or((0, 0), |rank| {
                let (keys, vote) = (evidence.keys[rank] as i64, votes[rank][column]);
                ((keys + vote) / 2, (keys - vote) / 2)
            })
        };
        let mut signs = WordSigns::default();
        for column in set_bits(columns) {
            let (mut plus, mut minus) = row(nearest, column);
            if own.known >> column & 1 == 1 {
                let up = own.signs >> column & 1 == 1;
                let (agree, oppose) = if up { (plus, minus) } else { (minus, plus) };
                let (next_plus, next_minus) = row(nearest + 1, column);
                let (agree, oppose) = match oppose {
                    // Those that agree and those, one farther, that oppose are now at one distance.
                    0 => (agree, if up { next_minus } else { next_plus }),
                    _ => (0, oppose),
                };
                (plus, minus) = if up { (agree, oppose) } else { (oppose, agree) };
            }
            signs.note(
                column,
                match self_term {
                    // The largest overlap with the bit up against that with the bit down.
                    SelfTerm::Difference => (plus > 0).cmp(&(minus > 0)),
                    _ => plus.cmp(&minus),
                },
            );
        }
        signs
    }

    fn energy(&self, _: Diagonal, known: u32, keys: &Counts) -> Energy {
        Energy::halves(IBig::from(keys.overlaps(known).next().map_or(0, |(s, _)| -2 * s)))
    }

    fn sweep(&self, _: SelfTerm, _: usize) -> Sweeping {
        Sweeping::Nearest(sign_of_nearest)
    }
}

/// The sign of a position, from the keys that may be nearest once a bit is left out or turned.
fn sign_of_nearest(self_term: SelfTerm, keys: &[NearKey]) -> Ordering {
    let largest = |overlap: fn(&NearKey) -> i32| keys.iter().map(overlap).max().unwrap_or(i32::MIN);
    let overlap: fn(&NearKey) -> i32 = match self_term {
        SelfTerm::Kept => |key| key.overlap,
        SelfTerm::Zeroed => |key| key.rest,
        SelfTerm::Difference => {
            // The largest overlap with the bit up against that with the bit down.
            return largest(|key| key.rest + key.bit).cmp(&largest(|key| key.rest - key.bit));
        }
    };
    let nearest = largest(overlap);
    keys.iter().filter(|key| overlap(key) == nearest).map(|key| key.bit).sum::<i32>().cmp(&0)
}
