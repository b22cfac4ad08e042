//! Visits: positions taken one after the other, each seeing what those before it became.

use std::cmp::Ordering;

use super::{Order, sweep_order};
use crate::{Error, Result, Steps, Tie};

/// A state whose positions are visited.
pub(crate) trait Visited {
    /// The bit at `position`, if it is known.
    fn own(&self, position: usize) -> Option<bool>;
    /// The exact sign of the field of `position`, whose bit is `own`.
    fn sign(&self, position: usize, own: Option<bool>) -> Result<Ordering>;
    /// Makes the bit at `position`, which is `own`, what is `up`, and all that follows from it.
    fn turn(&mut self, position: usize, own: Option<bool>, up: bool) -> Result<()>;
}

/// Visits `positions` in turn but for those `frozen`; returns at how many of them the field was exactly 0.
pub(crate) fn visit(
    state: &mut impl Visited,
    positions: impl IntoIterator<Item = usize>,
    frozen: &[u64],
    tie: Tie,
    steps: &Steps<'_>,
) -> Result<u64> {
    let mut tied = 0;
    for (visited, position) in positions.into_iter().enumerate() {
        if visited % 64 == 0 {
            steps.check()?;
        }
        if frozen[position / 64] >> (position % 64) & 1 == 1 {
            continue;
        }
        let own = state.own(position);
        let up = match state.sign(position, own)? {
            Ordering::Greater => true,
            Ordering::Less => false,
            Ordering::Equal => {
                tied += 1;
                tie.bit(own)
            }
        };
        if own != Some(up) {
            state.turn(position, own, up)?;
        }
    }
    Ok(tied)
}

/// The positions that sweep `sweep` of query `query` visits, in turn.
///
/// # Errors
/// [`Error::Parameter`] for an order that has no sweeps.
pub(crate) fn positions_in_turn(order: Order, query: usize, sweep: u32, dim: usize) -> Result<Vec<usize>> {
    match order {
        Order::Fixed => Ok((0..dim).collect()),
        Order::Random { seed } => Ok(sweep_order(seed, query as u64, u64::from(sweep), dim)),
        Order::Synchronous => {
            let (expected, found) = ("one position after the other".into(), order.to_string());
            Err(Error::Parameter { what: "order of a sweep", expected, found })
        }
    }
}
