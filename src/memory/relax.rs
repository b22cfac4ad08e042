//! Dynamics: a memory as a network that runs to its limits. How it runs stands in `dynamics/`.

use crate::dynamics::{self, Drawn, Dynamics, End, Run};
use crate::memory::view::View;
use crate::separation::field::Field;
use crate::{Error, Memory, Progress, Queries, Recalled, Result};

impl Memory {
    /// Runs the network from every query to its limit: a fixed point, a cycle, or the end of the steps allowed.
    ///
    /// Every new bit is the sign of the real field or difference, as exact as in [`recall`](Self::recall). Positions
    /// erased in a query have no bit until they are first updated; until then overlaps and energies run over the
    /// others. Under [`Order::Synchronous`](crate::dynamics::Order::Synchronous) and [`Order::Fixed`](crate::dynamics::Order::Fixed) a state that returns shows a cycle and its length; in
    /// random order there are only fixed points. Energies never rise under the asynchronous orders where the separation
    /// is linear with the diagonal zeroed, or the update is the difference and all positions are known.
    ///
    /// A start of given overlap m with a pattern is [`add_noise`](crate::patterns::add_noise) of p = (1 − m)/2; random ones are
    /// [`Patterns::random`](crate::Patterns::random).
    ///
    /// Where an [index](Self::build_index) proves that a stored pattern draws a start to itself, no step is taken and no
    /// position visited ([`Run::proof`]); runs are the same to the bit, and all keys are counted twice, for the energies.
    ///
    /// Cost: a synchronous step is a recall, and a count of the keys by distance for the energy: 8 bytes for each
    /// distance between the nearest and the farthest. A sweep takes O(n) for each visited position and as much again
    /// for each bit that changes, and where `f64` does not decide or the position was erased 16 bytes for each
    /// distance between nearest and farthest. Queries run in parallel in the current rayon pool.
    ///
    /// Memory: 4n bytes a query under way (12n under polynomial and exponential separations, up to 12n under `max`),
    /// 48·d shared, and all keys transposed, n·d bits with n rounded up to 64; in fixed order only up to
    /// [`Dynamics::KEPT_BYTES`], and above a plane of 64·n bits for each thread. Where associations were forgotten in a
    /// store, also a copy of the others.
    ///
    /// # Errors
    /// [`Error::UnequalDimensions`] if keys and values differ in dimension, [`Error::HeteroAssociative`] if they differ
    /// in anything; [`Error::Dimension`] if the queries are of another dimension; [`Error::Parameter`] for a clamped
    /// position out of range or erased; [`Error::OutOfMemory`].
    ///
    /// # Source
    /// Hopfield 1982; Goles, Fogelman and Pellegrin 1985 (synchronous cycles have length ≤ 2); Krotov and Hopfield
    /// 2016; Demircigil et al. 2017.
    pub fn relax(&self, starts: &Queries, dynamics: &Dynamics) -> Result<Vec<Run>> {
        self.view().relax(starts, dynamics)
    }

    /// One synchronous step from every state, without the energies and ends that [`relax`](Self::relax) tells: what
    /// [`recall`](Self::recall) is, with the self-term as `dynamics` says. Its step limit does not matter.
    ///
    /// Cost: that of a recall; where the self-term is left out, polynomial and exponential fields that the nearest key
    /// does not decide need all votes counted.
    ///
    /// # Errors
    /// As [`relax`](Self::relax); [`Error::Parameter`] for an order that is not synchronous, or clamped positions.
    pub fn advance(&self, states: &Queries, dynamics: &Dynamics) -> Result<Recalled> {
        self.check_dynamics(states)?;
        dynamics.check_single_step()?;
        let (view, steps) = (self.view(), Progress::NONE.begin(0));
        let field = Field::new(dynamics.separation, dynamics.self_term(), self.dim());
        view.asked(&steps)?.recalled(states, &field, dynamics.tie)
    }

    /// Refuses what has no dynamics, and starts of another dimension.
    pub(crate) fn check_dynamics(&self, starts: &Queries) -> Result<()> {
        if self.dim() != self.value_dim() {
            let (key_dim, value_dim) = (self.dim(), self.value_dim());
            return Err(Error::UnequalDimensions { what: "dynamics", key_dim, value_dim });
        }
        if !self.is_auto_associative() {
            return Err(Error::HeteroAssociative { what: "dynamics" });
        }
        if starts.dim() != self.dim() {
            return Err(Error::Dimension { what: "queries", expected: self.dim(), found: starts.dim() });
        }
        Ok(())
    }
}

impl View<'_> {
    /// Runs the network from every start to its limit: see [`Memory::relax`]. What is counted for who watches are runs that
    /// have come to their limits.
    ///
    /// # Errors
    /// As [`Memory::relax`]; [`Error::Parameter`] within a scope: a network has all of its associations;
    /// [`Error::Interrupted`].
    pub fn relax(&self, starts: &Queries, dynamics: &Dynamics) -> Result<Vec<Run>> {
        self.memory().check_dynamics(starts)?;
        self.check_whole("scope of dynamics")?;
        let steps = self.begin(starts.len() as u64);
        let field = Field::new(dynamics.separation, dynamics.self_term(), self.memory().dim());
        // The index is of all places, those included where nothing is any more.
        let asked = self.asked(&steps)?;
        let drawn = Drawn::new(&asked, starts, &field)?;
        let settled = self.memory().settled()?;
        let view = self.of_settled(&settled);
        let runs = dynamics::relax(view.asked(&steps)?, &drawn, starts, dynamics, &field)?;
        let place_of = |run: &Run| match run.end {
            End::Stored { id } if run.proof.is_none() => asked.scan.place_of(id),
            _ => None,
        };
        asked.learn(&field, runs.iter().filter_map(place_of))?;
        Ok(runs)
    }
}
