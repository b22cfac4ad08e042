//! Dynamics: networks that run from a state to their limit.
//!
//! ```text
//! start → step or sweep (signs of fields) → state, energy → … → limit → what it is among the stored patterns
//!         run.rs  sweep.rs, plane.rs              energy.rs     limit.rs              end.rs
//!       → a stored pattern that draws it, by an index → both energies ┘
//!         drawn.rs
//! ```
//!
//! A synchronous step is a recall whose fields may leave the self-term out; a sweep visits position after position.
//! Every choice that the literature leaves open stands below, in [`Dynamics`].

mod drawn;
mod end;
mod limit;
mod plane;
mod run;
mod sweep;
mod visit;

use rand_xoshiro::rand_core::Rng;

pub(crate) use drawn::Drawn;
pub use end::{Closest, End};
pub use limit::Limit;
use limit::Path;
pub use run::Run;
pub(crate) use run::relax;
#[cfg(feature = "learning")]
pub(crate) use {
    plane::Plane,
    run::{Step, Sweep, conclude, step_to_limit, sweep_to_limit},
    visit::{Visited, positions_in_turn, visit},
};

pub use crate::separation::energy::Energy;
pub use crate::sign::self_term::Diagonal;

use crate::names::named;
use crate::patterns::random::{below, stream};
use crate::sign::self_term::SelfTerm;
use crate::{Error, Pattern, Query, Result, Separation, Tie};

/// Which positions a step updates, and when.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Order {
    /// All at once, from the same state: x ← sign(Wx) (Little 1974).
    #[default]
    Synchronous,
    /// One after the other, from the first to the last, each seeing what the ones before it became (Hopfield 1982).
    Fixed,
    /// One after the other, in an order drawn anew for each sweep and query: see [`sweep_order`].
    Random {
        /// Of the orders.
        seed: u64,
    },
}

named!(Order, "order",
    Order::Synchronous, Order::Synchronous => "sync", "All at once";
    Order::Fixed, Order::Fixed => "async", "One after the other, from first to last";
    Order::Random { seed: 0 }, Order::Random { .. } => "async-random", "One after the other, in an order drawn for each sweep";
);

/// What a position's new bit is the sign of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Update {
    /// Its field Σ_i f(s_i) x_ij.
    Field,
    /// The energy with the bit down less the energy with the bit up: Σ_i F(s_i with the bit up) − F(s_i with it down),
    /// F being s² (linear), s^{K+1} (polynomial), e^{βs} (exponential); under `max` the largest overlap takes the place
    /// of the sum. The diagonal makes no difference to it.
    ///
    /// Krotov and Hopfield 2016; Demircigil et al. 2017.
    Difference,
}

named!(Update, "update",
    Update::Field, Update::Field => "field", "The field Σ f(s_i) x_ij";
    Update::Difference, Update::Difference => "difference", "The energy with the bit down less the energy with it up";
);

/// Positions that never change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Clamp {
    /// None.
    #[default]
    Free,
    /// Those that are known in each query: only erased ones are filled in.
    Known,
    /// These, in every query. Each must be known there.
    Positions(Vec<usize>),
}

/// How a network runs.
///
/// ```
/// use popfield::dynamics::Order;
/// use popfield::{Dynamics, Memory, Patterns, Separation};
/// let memory = Memory::auto_associative(Patterns::random(20, 400, 1, "keys")?)?;
/// let dynamics = Dynamics::new(Separation::Linear).order(Order::Fixed).step_limit(50)?;
/// let runs = memory.relax(&Patterns::random(3, 400, 1, "start")?.into(), &dynamics)?;
/// assert!(runs.iter().all(|run| run.energies.is_sorted_by(|before, after| before >= after)));
/// # Ok::<(), popfield::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Dynamics {
    pub(crate) separation: Separation,
    pub(crate) order: Order,
    update: Update,
    diagonal: Diagonal,
    pub(crate) tie: Tie,
    clamp: Clamp,
    step_limit: u32,
    traced: bool,
}

/// The choices that [`Dynamics`] leave open and that have names, as they stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Choices {
    /// Which positions a step updates, and when.
    pub order: Order,
    /// What a new bit is the sign of.
    pub update: Update,
    /// Whether a position's own bit enters its field.
    pub diagonal: Diagonal,
    /// The policy for fields of exactly 0.
    pub tie: Tie,
}

impl Dynamics {
    /// The steps that a run may take unless told otherwise.
    pub const STEP_LIMIT: u32 = 1000;

    /// Bytes up to which keys that were transposed for sweeps in fixed order are kept for all of them: making them takes
    /// longer than a sweep. Larger ones would double the memory of the patterns.
    pub const KEPT_BYTES: usize = 16 << 20;

    /// Synchronous steps, at most [`STEP_LIMIT`](Self::STEP_LIMIT) of them, ties stay. Linear networks update by their
    /// field with the diagonal zeroed, others by the difference of energies.
    pub fn new(separation: Separation) -> Self {
        let update = if separation == Separation::Linear { Update::Field } else { Update::Difference };
        Self {
            separation,
            order: Order::Synchronous,
            update,
            diagonal: Diagonal::Zero,
            tie: Tie::Stay,
            clamp: Clamp::Free,
            step_limit: Self::STEP_LIMIT,
            traced: false,
        }
    }

    /// Which positions a step updates, and when.
    #[must_use]
    pub fn order(self, order: Order) -> Self {
        Self { order, ..self }
    }

    /// What a new bit is the sign of.
    #[must_use]
    pub fn update(self, update: Update) -> Self {
        Self { update, ..self }
    }

    /// Whether a position's own bit enters its field.
    #[must_use]
    pub fn diagonal(self, diagonal: Diagonal) -> Self {
        Self { diagonal, ..self }
    }

    /// The policy for fields of exactly 0.
    #[must_use]
    pub fn tie(self, tie: Tie) -> Self {
        Self { tie, ..self }
    }

    /// Positions that never change.
    #[must_use]
    pub fn clamp(self, clamp: Clamp) -> Self {
        Self { clamp, ..self }
    }

    /// The steps, or sweeps, after which a run stops without a limit.
    ///
    /// # Errors
    /// [`Error::Parameter`] if it is 0.
    pub fn step_limit(self, step_limit: u32) -> Result<Self> {
        if step_limit == 0 {
            return Err(Error::Parameter { what: "step limit", expected: "at least 1".into(), found: "0".into() });
        }
        Ok(Self { step_limit, ..self })
    }

    /// Whether to keep the states along the way: d bits a step and query.
    #[must_use]
    pub fn traced(self, traced: bool) -> Self {
        Self { traced, ..self }
    }

    /// What was chosen, or stands where nothing was.
    pub fn choices(&self) -> Choices {
        Choices { order: self.order, update: self.update, diagonal: self.diagonal, tie: self.tie }
    }

    /// How a position's own bit enters its field.
    pub(crate) fn self_term(&self) -> SelfTerm {
        match (self.update, self.diagonal) {
            (Update::Difference, _) => SelfTerm::Difference,
            (Update::Field, Diagonal::Keep) => SelfTerm::Kept,
            (Update::Field, Diagonal::Zero) => SelfTerm::Zeroed,
        }
    }

    /// The energy's diagonal: a difference of energies knows no self-term.
    pub(crate) fn energy_diagonal(&self) -> Diagonal {
        if self.update == Update::Difference { Diagonal::Zero } else { self.diagonal }
    }

    /// The path of a run from `start`.
    fn path(&self, start: Query) -> Path {
        Path::new(start, !matches!(self.order, Order::Random { .. }), self.traced)
    }

    /// Refuses what makes no single step: orders that are not synchronous, and clamped positions.
    pub(crate) fn check_single_step(&self) -> Result<()> {
        if self.order != Order::Synchronous {
            let (expected, found) = (Order::Synchronous.to_string(), self.order.to_string());
            return Err(Error::Parameter { what: "order of a single step", expected, found });
        }
        if self.clamp != Clamp::Free {
            let (expected, found) = ("none".into(), format!("{:?}", self.clamp));
            return Err(Error::Parameter { what: "clamped positions of a single step", expected, found });
        }
        Ok(())
    }

    /// The positions of query `index` that never change, as set bits.
    pub(crate) fn frozen(&self, query: &Query, index: usize) -> Result<Vec<u64>> {
        let dim = query.signs().dim();
        let mut frozen = match &self.clamp {
            Clamp::Known => {
                return Ok(query.known().map_or_else(|| vec![u64::MAX; dim.div_ceil(64)], |k| k.words().to_vec()));
            }
            Clamp::Free | Clamp::Positions(_) => Pattern::new(dim)?,
        };
        let Clamp::Positions(positions) = &self.clamp else { return Ok(frozen.words().to_vec()) };
        for &position in positions {
            let refused =
                |expected: String, found: String| Error::Parameter { what: "clamped position", expected, found };
            if position >= dim {
                return Err(refused(format!("0 to {}", dim - 1), position.to_string()));
            }
            if query.known().is_some_and(|known| !known.bits()[position]) {
                let found = format!("{position}, which is erased in query {index}");
                return Err(refused("a position that is known".into(), found));
            }
            frozen.bits_mut().set(position, true);
        }
        Ok(frozen.words().to_vec())
    }
}

/// The order in which sweep `sweep` (from 0) of query `query` visits `dim` positions under [`Order::Random`]: a
/// permutation, a function of its arguments alone.
pub fn sweep_order(seed: u64, query: u64, sweep: u64, dim: usize) -> Vec<usize> {
    let mut rng = stream(seed, &format!("sweep {sweep}"), query);
    let mut order: Vec<usize> = (0..dim).collect();
    shuffle(&mut order, &mut rng);
    order
}

/// Fisher and Yates.
fn shuffle(order: &mut [usize], rng: &mut impl Rng) {
    for left in (1..order.len()).rev() {
        order.swap(left, below(rng, left as u64 + 1) as usize);
    }
}
