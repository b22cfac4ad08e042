//! Keys, and what stands around them: what a query within a basin is proven by.

use std::collections::BTreeMap;
use std::io::Write;

use crate::basins::{Basin, Look};
use crate::memory::View;
use crate::receipts::line::{Lines, Object};
use crate::receipts::record::{outpowers, outweighs};
use crate::{Error, Patterns, Queries, Result, Separation};

/// Keys that are told at a time.
const AT_ONCE: usize = 4096;

/// The keys that are told so far.
#[derive(Debug, Default)]
pub(super) struct Keys {
    /// `None` for those that prove nothing.
    told: BTreeMap<u64, Option<Around>>,
}

/// What is told of a key.
#[derive(Debug)]
struct Around {
    /// (D, N_D) of the others up to the radius.
    near: Vec<(u32, u64)>,
    radius: u32,
    /// All further ones, the nearest of which stands just beyond it.
    rest: u64,
}

impl Keys {
    /// Writes a record of each of these keys that has none yet, with as much around it as proves a query that costs it so
    /// much; of a search without a separation, whose key must only be the nearest.
    pub(super) fn tell(
        &mut self,
        view: &View<'_>,
        separation: Option<Separation>,
        costs: &BTreeMap<u64, u32>,
        lines: &mut Lines<impl Write>,
    ) -> Result<()> {
        let new: Vec<u64> = costs.keys().copied().filter(|id| !self.told.contains_key(id)).collect();
        let view = view.indexed(false);
        for ids in new.chunks(AT_ONCE) {
            let basins = view.basins_of(&Look::new(view.memory().dim() as u32).keys(ids))?;
            let keys = basins.all().iter().map(|basin| view.memory().get(basin.id).map(|association| association.0));
            let keys: Option<Result<Patterns>> = keys.collect::<Option<Vec<_>>>().map(|keys| keys.iter().collect());
            let keys = keys.ok_or(Error::Empty { what: "keys of receipts" })??;
            let copies = view.search_radius(&Queries::from(keys), 0)?;
            for (basin, copies) in basins.all().iter().zip(copies) {
                let cost = costs.get(&basin.id).copied().unwrap_or(0);
                let around = Around::of(basin, cost, separation, view.memory().dim());
                if let Some(Around { near, radius, rest }) = &around {
                    let near = near.iter().map(|near| [u64::from(near.0), near.1]);
                    let record = Object::record("key")
                        .number("id", basin.id)
                        .list("copies", copies.iter().map(|copy| copy.id))
                        .number("radius", radius)
                        .lists("near", near)
                        .number("rest", rest);
                    lines.put(record)?;
                }
                self.told.insert(basin.id, around);
            }
        }
        Ok(())
    }

    /// Whether what is told of the key proves a query that costs it so much.
    pub(super) fn prove(&self, id: u64, cost: u32, separation: Option<Separation>, dim: usize) -> bool {
        let told = self.told.get(&id).and_then(Option::as_ref);
        told.is_some_and(|around| around.proves(cost, separation, dim))
    }
}

impl Around {
    /// As little as proves a query that costs so much; `None` where nothing does.
    fn of(basin: &Basin, cost: u32, separation: Option<Separation>, dim: usize) -> Option<Self> {
        if separation.is_some() && !basin.values_agree {
            return None;
        }
        let all = basin.near();
        // The nearest `near` distances each for itself, the others together at the next.
        let with = |near: usize| Self {
            near: all[..near].to_vec(),
            radius: all.get(near).map_or(dim as u32, |next| next.0 - 1),
            rest: all[near..].iter().map(|other| other.1).sum(),
        };
        // The more are told apart the less they weigh at the most.
        let (mut low, mut high) = (0, all.len());
        while low < high {
            let middle = low + (high - low) / 2;
            if with(middle).proves(cost, separation, dim) { high = middle } else { low = middle + 1 }
        }
        Some(with(low)).filter(|around| around.proves(cost, separation, dim))
    }

    fn proves(&self, cost: u32, separation: Option<Separation>, dim: usize) -> bool {
        let rest = (self.rest > 0).then_some((self.radius + 1, self.rest));
        let others = || self.near.iter().copied().chain(rest);
        let is_nearest = others().all(|other| other.0 > cost);
        is_nearest
            && match separation {
                None => true,
                Some(separation @ (Separation::Exponential(_) | Separation::Max)) => {
                    outweighs(separation, dim, others().map(|(distance, count)| (distance - cost, count)))
                }
                // Keys that are far may be near the complement, and all weigh: each must be told.
                Some(separation) => self.rest == 0 && outpowers(separation, dim, cost, others()),
            }
    }
}
