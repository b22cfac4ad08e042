//! What stands around each key.

use crate::Neighbor;

/// What stands around one stored key.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Basin {
    /// Id of the key.
    pub id: u64,
    /// Keys that equal it, itself included.
    pub copies: u64,
    /// Whether all of these have the same value.
    pub values_agree: bool,
    /// The nearest of the others, the one of the lowest id where several are at that distance; `None` where none lies
    /// within the radius.
    pub nearest: Option<Neighbor>,
    /// (D, N_D), ascending by D: how many keys stand at each distance from 1 to the radius at which there are any.
    pub(crate) near: Vec<(u32, u64)>,
    /// The same of the distances d − D to its complement, from 0 on; `None` where it was not asked for.
    pub(crate) far: Option<Vec<(u32, u64)>>,
}

impl Basin {
    /// (D, N_D), ascending by D: how many keys stand at each distance from 1 to the radius at which there are any.
    pub fn near(&self) -> &[(u32, u64)] {
        &self.near
    }

    /// (d − D, N_D), ascending by d − D: how many keys stand at each distance from 0 to the radius from its complement at
    /// which there are any; `None` unless it was [asked for](crate::basins::Look::far). A key is also among the near ones
    /// where both distances are within the radius.
    pub fn far(&self) -> Option<&[(u32, u64)]> {
        self.far.as_deref()
    }
}

/// What stands around each key of a memory or around some, within a radius. See [`Memory::basins`](crate::Memory::basins).
///
/// It speaks for the memory that it was taken of, and for every one whose keys are some of its keys: forgetting only
/// widens a basin, storing may narrow it.
#[derive(Clone, Debug)]
pub struct Basins {
    pub(crate) dim: usize,
    pub(crate) radius: u32,
    pub(crate) keys: u64,
    /// Of the keys that it was taken of: ids may be given to others later.
    pub(crate) generation: u64,
    pub(crate) all: Vec<Basin>,
}

impl Basins {
    /// Dimension d of the keys.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// How far was looked.
    pub fn radius(&self) -> u32 {
        self.radius
    }

    /// Keys n among which they are: as many as there are basins, or more where only some keys were
    /// [asked about](crate::basins::Look::keys).
    pub fn keys(&self) -> u64 {
        self.keys
    }

    /// A basin for each key that was asked about, in storing order.
    pub fn all(&self) -> &[Basin] {
        &self.all
    }

    /// The least distance between one of these keys and another that differs from it, where that is within the radius.
    pub fn least_distance(&self) -> Option<u32> {
        self.all.iter().filter_map(|basin| basin.nearest).map(|nearest| nearest.distance).min()
    }
}
