//! Dynamics of learned networks: their weights form fields in `f64` that are kept up to date bit by bit, and what those
//! leave in doubt is asked of the network itself.

use std::cmp::Ordering;

use super::rule::{FieldSigns, Network, Weights, elements};
use crate::dynamics::{Order, Run};
use crate::dynamics::{Step, Sweep, Visited, conclude, positions_in_turn, step_to_limit, sweep_to_limit, visit};
use crate::separation::energy::Energy;
use crate::sign::exact::ULP;
use crate::sign::self_term::Diagonal;
use crate::{Dynamics, Error, Pattern, Progress, Queries, Query, Result, Separation, Steps};

impl dyn Network + '_ {
    /// Runs the network from every start to its limit, as [`Memory::relax`](crate::Memory::relax) runs a memory. Every
    /// new bit is the exact sign of its field. The energy −½ xᵀWx is in `f64`, off by ½·d·[`row_error`] and d²
    /// roundings at the most. The update by difference is the one by field with the diagonal zeroed: they are one where
    /// W is symmetric, as that of every rule here is. Hebb's network runs as the memory that it is, in integers.
    ///
    /// [`row_error`]: Weights::row_error
    ///
    /// Cost: 8·d² bytes; d² operations a state for its energy, d for each bit that a sweep changes, and a recall for
    /// each synchronous step and for each visit that `f64` leaves in doubt.
    ///
    /// # Errors
    /// As [`Memory::relax`](crate::Memory::relax) and [`Network::weights`]; [`Error::Parameter`] for a separation other
    /// than linear.
    pub fn relax(&self, starts: &Queries, dynamics: &Dynamics) -> Result<Vec<Run>> {
        self.relax_watched(starts, dynamics, Progress::NONE)
    }

    /// Runs the network from every start to its limit: see `relax`. `progress` is told of runs that have come to theirs.
    ///
    /// # Errors
    /// As `relax`; [`Error::Interrupted`].
    pub fn relax_watched(&self, starts: &Queries, dynamics: &Dynamics, progress: Progress<'_>) -> Result<Vec<Run>> {
        let memory = self.memory();
        memory.check_dynamics(starts)?;
        if dynamics.separation != Separation::Linear {
            let expected = "linear: learned networks have no other".into();
            return Err(Error::Parameter { what: "separation", expected, found: dynamics.separation.to_string() });
        }
        if let Some(memory) = self.as_memory() {
            return memory.watched(progress).relax(starts, dynamics);
        }
        let (settled, steps) = (memory.settled()?, progress.begin(starts.len() as u64));
        steps.check()?;
        let weights = self.weights()?;
        let network = Weighted::new(self, &weights, dynamics);
        let all: Vec<usize> = (0..starts.len()).collect();
        let paths = match dynamics.order {
            Order::Synchronous => step_to_limit(starts, &all, dynamics, &steps, &|states| network.step(states))?,
            Order::Fixed | Order::Random { .. } => {
                sweep_to_limit(starts, &all, dynamics, &steps, &|start, _| Ok(Walk::new(&network, start)))?
            }
        };
        conclude(settled.view().scan(&steps)?, paths)
    }
}

/// A network with its weights at hand.
struct Weighted<'a> {
    network: &'a dyn Network,
    weights: &'a Weights,
    dynamics: &'a Dynamics,
    diagonal: Diagonal,
    /// Bound on the error of a field that up to d changes of bits have been added to.
    error: f64,
}

impl<'a> Weighted<'a> {
    fn new(network: &'a dyn Network, weights: &'a Weights, dynamics: &'a Dynamics) -> Self {
        let dim = weights.dim as f64;
        let row = |row: &[f64]| row.iter().map(|weight| weight.abs()).sum::<f64>();
        let size = weights.elements.chunks_exact(weights.dim).map(row).fold(0.0, f64::max);
        // Every change of a bit moves a field by twice a weight, and all that are held stay below 5 sizes.
        let error = (5.0 * weights.row_error + 5.0 * size * (4.0 * dim + 16.0) * ULP) * 1.01;
        Self { network, weights, dynamics, diagonal: dynamics.energy_diagonal(), error }
    }

    fn row(&self, position: usize) -> &[f64] {
        &self.weights.elements[position * self.weights.dim..(position + 1) * self.weights.dim]
    }

    /// W·x.
    fn fields(&self, state: &[f64]) -> Vec<f64> {
        let dot = |j: usize| self.row(j).iter().zip(state).map(|(weight, x)| weight * x).sum();
        (0..self.weights.dim).map(dot).collect()
    }

    /// −½ xᵀWx.
    fn energy(&self, state: &[f64], fields: &[f64]) -> Energy {
        let own = |j: usize| if self.diagonal == Diagonal::Zero { self.row(j)[j] * state[j] } else { 0.0 };
        let all: f64 = (0..state.len()).map(|j| state[j] * (fields[j] - own(j))).sum();
        // Without the minus of a zero.
        Energy::real(0.0 - 0.5 * all)
    }

    fn step(&self, states: &Queries) -> Result<Vec<Step>> {
        let signs = self.network.field_signs(states, self.diagonal)?;
        let step = |(state, signs): (Query, FieldSigns)| {
            let elements: Vec<f64> = elements(&state).collect();
            let energy = self.energy(&elements, &self.fields(&elements));
            let next = self.dynamics.tie.decide(&signs, &state)?;
            Ok(Step { energy, next, tied: signs.tied })
        };
        states.iter().zip(signs).map(step).collect()
    }
}

/// A state under way, with its fields.
struct Walk<'a> {
    network: &'a Weighted<'a>,
    state: Vec<f64>,
    fields: Vec<f64>,
}

impl<'a> Walk<'a> {
    fn new(network: &'a Weighted<'a>, start: &Query) -> Self {
        let state: Vec<f64> = elements(start).collect();
        Self { network, fields: network.fields(&state), state }
    }
}

impl Visited for Walk<'_> {
    fn own(&self, position: usize) -> Option<bool> {
        Some(self.state[position]).filter(|&x| x != 0.0).map(|x| x > 0.0)
    }

    fn sign(&self, position: usize, _: Option<bool>) -> Result<Ordering> {
        let weighted = self.network;
        let own = match weighted.diagonal {
            Diagonal::Zero => weighted.row(position)[position] * self.state[position],
            Diagonal::Keep => 0.0,
        };
        let field = self.fields[position] - own;
        if field.abs() > weighted.error {
            return Ok(field.total_cmp(&0.0));
        }
        let state: Vec<i8> = self.state.iter().map(|&x| x as i8).collect();
        let state = Queries::from_signs(&state, state.len())?;
        let signs = weighted.network.field_signs(&state, weighted.diagonal)?;
        let signs = signs.first().ok_or(Error::Empty { what: "queries" })?;
        Ok(match (signs.plus.bits()[position], signs.tied.bits()[position]) {
            (true, _) => Ordering::Greater,
            (_, true) => Ordering::Equal,
            _ => Ordering::Less,
        })
    }

    fn turn(&mut self, position: usize, _: Option<bool>, up: bool) -> Result<()> {
        let (old, new) = (self.state[position], if up { 1.0 } else { -1.0 });
        self.state[position] = new;
        let column = self.network.weights.elements[position..].iter().step_by(self.state.len());
        self.fields.iter_mut().zip(column).for_each(|(field, weight)| *field += (new - old) * weight);
        Ok(())
    }
}

impl Sweep for Walk<'_> {
    fn energy(&self) -> Energy {
        self.network.energy(&self.state, &self.fields)
    }

    fn sweep(&mut self, index: usize, sweep: u32, frozen: &[u64], steps: &Steps<'_>) -> Result<u64> {
        let dynamics = self.network.dynamics;
        let positions = positions_in_turn(dynamics.order, index, sweep, self.state.len())?;
        let tied = visit(self, positions, frozen, dynamics.tie, steps)?;
        // Anew, so that roundings do not gather over sweeps.
        self.fields = self.network.fields(&self.state);
        Ok(tied)
    }

    fn state(&self) -> Result<Pattern> {
        Pattern::from_signs(&self.state.iter().map(|&x| x as i8).collect::<Vec<_>>())
    }
}
