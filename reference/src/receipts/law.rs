//! What is asked, and what a certificate rests on.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::record::Header;
use super::verdict::Fault;
use crate::{Oracle, Separation, Tie};

/// What was asked of the memory.
#[derive(Clone, Copy, Debug)]
pub(super) enum Asked {
    Recall { separation: Separation, tie: Tie, steps: u32 },
    Top(u64),
    Radius(u32),
}

impl Asked {
    /// What a header says was asked of a memory of these dimensions.
    pub(super) fn of(header: &Header, dim: usize, value_dim: usize) -> Result<Self, Fault> {
        let of_recall = header.separation.is_some() || header.steps.is_some() || header.tie.is_some();
        let parameters = header.beta.is_some() || header.degree.is_some();
        match (header.call.as_str(), header.top, header.radius) {
            ("recall", None, None) => Self::recall(header, dim, value_dim),
            ("search", Some(top), None) if !of_recall && !parameters && top > 0 => Ok(Self::Top(top)),
            ("search", None, Some(radius)) if !of_recall && !parameters => Ok(Self::Radius(radius)),
            ("search" | "recall", ..) => {
                let expected = "separation, steps and tie of a recall, or top of at least 1 or radius of a search";
                Err(Fault::new("call", expected, "others"))
            }
            (other, ..) => Err(Fault::new("call", "recall or search", other)),
        }
    }

    fn recall(header: &Header, dim: usize, value_dim: usize) -> Result<Self, Fault> {
        let name = header.separation.as_deref().unwrap_or("none");
        let separation = match (name, &header.beta, header.degree) {
            ("linear", None, None) => Separation::Linear,
            ("max", None, None) => Separation::Max,
            ("polynomial", None, Some(degree @ 1..=64)) => Separation::Polynomial(degree),
            ("exponential", Some(text), None) => {
                // Written in one way, so that the text is the number.
                let beta = text.parse().ok().filter(|beta: &f64| beta.to_string() == *text);
                let beta = beta.filter(|beta| (1e-9..=1e9).contains(beta));
                let beta = beta.ok_or_else(|| Fault::new("beta", "a number from 1e-9 to 1e9 in decimals", text))?;
                Separation::Exponential(beta)
            }
            _ => {
                let expected = "exponential with beta, polynomial with a degree of 1 to 64, linear or max";
                return Err(Fault::new("separation", expected, name));
            }
        };
        let tie = match header.tie.as_deref() {
            Some("plus") => Tie::Plus,
            Some("minus") => Tie::Minus,
            Some("stay") if dim == value_dim => Tie::Stay,
            other => {
                let expected = "plus, minus, or stay where keys and values have one dimension";
                return Err(Fault::new("tie", expected, other.unwrap_or("none")));
            }
        };
        let steps = header.steps.unwrap_or(0);
        if steps == 0 || steps > 1 && dim != value_dim {
            let expected = "at least 1, and 1 where keys and values differ in dimension";
            return Err(Fault::new("steps", expected, steps));
        }
        Ok(Self::Recall { separation, tie, steps })
    }

    pub(super) fn steps(self) -> u32 {
        if let Self::Recall { steps, .. } = self { steps } else { 1 }
    }
}

/// Whether a key, or `own` keys that say the same, outweighs `others`, each (by how much farther it is at the least, how many
/// there are): in exact arithmetic. Of a separation whose weights do not fall with distance nothing is known so.
pub(super) fn outweighs(separation: Separation, own: u64, others: impl Iterator<Item = (u64, u64)>) -> bool {
    let mut votes = BTreeMap::from([(0i64, own as i64)]);
    for (gap, count) in others.filter(|other| other.1 > 0) {
        if gap == 0 && separation == Separation::Max {
            return false;
        }
        // An overlap falls by 2 for each position.
        *votes.entry(-2 * gap as i64).or_insert(0) -= count as i64;
    }
    match separation {
        Separation::Exponential(_) | Separation::Max => Oracle::default().sign(&votes, separation) == Ordering::Greater,
        Separation::Linear | Separation::Polynomial(_) => false,
    }
}

/// Whether (d − w)^K exceeds Σ N_D (|d − 2D| + w)^K over `others`, each of (D, N_D): then the key of a query that costs it w
/// outweighs them, whatever positions those are.
pub(super) fn outpowers(separation: Separation, dim: u64, cost: u64, others: impl Iterator<Item = (u64, u64)>) -> bool {
    if cost >= dim {
        return false;
    }
    let (dim, cost) = (dim as i64, cost as i64);
    let mut votes = BTreeMap::from([(dim - cost, 1i64)]);
    for (distance, count) in others {
        *votes.entry((dim - 2 * distance as i64).abs() + cost).or_insert(0) -= count as i64;
    }
    match separation {
        Separation::Linear | Separation::Polynomial(_) => {
            Oracle::default().sign(&votes, separation) == Ordering::Greater
        }
        Separation::Exponential(_) | Separation::Max => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_at_1_are_not_below_it() {
        // e^{−2β} is above 1/2 by 10^−17, and with the next β below it: `f64` tells neither from 1/2.
        let beta = 0.346_573_590_279_972_64f64;
        let [above, below] = [beta, beta.next_up()].map(Separation::Exponential);
        assert!(!outweighs(above, 1, [(2, 3), (2, 1)].into_iter()));
        assert!(outweighs(below, 1, [(2, 3), (2, 1)].into_iter()));
        assert!(outweighs(above, 2, [(2, 4)].into_iter()) && outweighs(above, 1, [(2, 3), (3, 1)].into_iter()));
        // e^{−2·373} is 0 in `f64`; 10^18 of them are still nothing, at β = 1e-9 two are too many.
        assert!(outweighs(Separation::Exponential(1.0), 1, [(373, 1_000_000_000_000_000_000)].into_iter()));
        assert!(!outweighs(Separation::Exponential(1e-9), 1, [(373, 2)].into_iter()));
        assert!(outweighs(Separation::Max, 1, [(1, 99)].into_iter()));
        assert!(!outweighs(Separation::Max, 1, [(0, 1)].into_iter()));
        assert!(outweighs(Separation::Max, 1, [(0, 0)].into_iter()));
        assert!(!outweighs(Separation::Linear, 1, [(9, 1)].into_iter()));
        // (10 − 1)³ = 729 against N (|10 − 2·5| + 1)³, N (|10 − 2·7| + 1)³ = 125 N, and the complement.
        let cubic = |cost, others| outpowers(Separation::Polynomial(3), 10, cost, [others].into_iter());
        assert!(cubic(1, (5, 728)) && !cubic(1, (5, 729)));
        assert!(cubic(1, (7, 5)) && cubic(1, (3, 5)) && !cubic(1, (3, 6)) && !cubic(0, (10, 1)) && !cubic(10, (5, 0)));
    }
}
