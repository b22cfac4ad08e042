//! f(s) = s: Hebb's rule. Everything is an integer.

use std::cmp::Ordering;

use dashu_int::IBig;

use crate::separation::energy::Energy;
use crate::separation::law::{Law, Relative};
use crate::separation::position::Sweeping;
use crate::sign::evidence::{Evidence, WordSigns, set_bits};
use crate::sign::exact::polynomial_sign;
use crate::sign::self_term::Diagonal;
use crate::sign::self_term::SelfTerm;
use crate::votes::counts::Counts;
use crate::votes::{COLUMNS, WordVotes};

#[derive(Debug)]
pub(super) struct Linear;

impl Law for Linear {
    fn weighs_by_distance(&self) -> bool {
        true
    }

    fn relative_weights(&self, known: u32, _: u32) -> Option<Relative> {
        Some(Relative::Exact((0..=i64::from(known)).map(|h| i64::from(known) - 2 * h).collect()))
    }

    /// The zeroed field is the literal one less the own bit, once a key.
    fn own_weight(&self, self_term: SelfTerm) -> Option<i64> {
        match self_term {
            SelfTerm::Kept => Some(0),
            SelfTerm::Zeroed => Some(1),
            SelfTerm::Difference => None,
        }
    }

    fn word_signs(&self, evidence: Evidence<'_>, votes: &WordVotes, columns: u64) -> WordSigns {
        if !evidence.beyond.is_empty() {
            return WordSigns { open: columns, ..WordSigns::default() };
        }
        let mut fields = [0i128; COLUMNS];
        for (&h, votes) in evidence.distances.iter().zip(votes) {
            let overlap = i128::from(evidence.known) - 2 * i128::from(h);
            fields.iter_mut().zip(votes).for_each(|(field, &vote)| *field += overlap * i128::from(vote));
        }
        let mut signs = WordSigns::default();
        for column in set_bits(columns) {
            signs.note(column, fields[column].cmp(&0));
        }
        signs
    }

    fn sign(&self, known: u32, _: &mut dyn Iterator<Item = (u32, u64)>, votes: &mut Vec<(u32, i64)>) -> Ordering {
        polynomial_sign(known, 1, votes)
    }

    fn energy(&self, diagonal: Diagonal, known: u32, keys: &Counts) -> Energy {
        let own = if diagonal == Diagonal::Zero { i128::from(known) } else { 0 };
        let square = |s: i64| i128::from(s) * i128::from(s) - own;
        let sum: i128 = keys.overlaps(known).map(|(s, count)| square(s) * i128::from(count)).sum();
        Energy::halves(-IBig::from(sum))
    }

    fn sweep(&self, _: SelfTerm, _: usize) -> Sweeping {
        Sweeping::Overlaps
    }
}
