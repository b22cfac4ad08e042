//! What is known of what stands around each key that is asked about, while others are met.

use crate::basins::basin::Basin;
use crate::basins::look::Look;
use crate::error::room_for;
use crate::patterns::Stored;
use crate::patterns::ids::Ids;
use crate::patterns::segments::Side;
use crate::scan::shortlist::Neighbor;
use crate::{Error, Result};

/// How the others are met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// Those that agree in a chunk of positions, one chunk after the other.
    Chunks,
    /// Each key meets those that come later, so that a pair is met once.
    Later,
    /// Each key meets all.
    All,
}

/// What is known of each key by its rank among those that are asked about; `nearest` of each has an
/// [`ordinal`](Ids::ordinal) for an id as yet.
pub(crate) struct Found<'a> {
    keys: Stored<'a>,
    ids: &'a Ids,
    /// The values beside all keys, by place, where keys are not their own.
    values: Option<&'a Side>,
    /// The places of the keys where they are not their ranks.
    places: Option<Vec<usize>>,
    pub(super) all: Vec<Basin>,
    pub(crate) way: Way,
    /// Keys that have met what they are to meet; among chunks those of each, one chunk after the other.
    pub(crate) done: usize,
}

impl<'a> Found<'a> {
    /// Nothing but the keys themselves: `keys`, whose places and ids are among `ids`.
    pub(crate) fn new(keys: Stored<'a>, ids: &'a Ids, values: Option<&'a Side>, look: &Look<'_>) -> Result<Self> {
        let places = match keys.is_everything() {
            true => None,
            false => {
                let mut places = room_for(keys.len(), "basins")?;
                places.extend(keys.places());
                Some(places)
            }
        };
        let mut found = Self { keys, ids, values, places, all: Vec::new(), way: Way::All, done: 0 };
        found.begin(Way::All, look)?;
        Ok(found)
    }

    /// As at the beginning, the others to be met in another way.
    pub(crate) fn begin(&mut self, way: Way, look: &Look<'_>) -> Result<()> {
        let mut all = room_for(self.keys.len(), "basins")?;
        all.extend((0..self.keys.len()).map(|rank| Basin {
            id: self.ids.id(self.place(rank)),
            copies: 1,
            values_agree: true,
            nearest: None,
            near: Vec::new(),
            far: look.far.then(Vec::new),
        }));
        (self.all, self.way, self.done) = (all, way, 0);
        Ok(())
    }

    pub(crate) fn keys(&self) -> Stored<'a> {
        self.keys
    }

    pub(crate) fn values(&self) -> Option<&'a Side> {
        self.values
    }

    /// The place of the key of this rank, which there is.
    pub(crate) fn place(&self, rank: usize) -> usize {
        self.places.as_ref().map_or(rank, |places| places[rank])
    }

    /// The rank of the key at this place, which is asked about.
    fn rank(&self, place: usize) -> Option<usize> {
        match &self.places {
            None => Some(place),
            Some(places) => places.binary_search(&place).ok(),
        }
    }

    /// Two keys are at this distance from one another, and have not met before.
    pub(crate) fn meet(&mut self, places: [usize; 2], distance: u32) -> Result<()> {
        let agree = distance > 0
            || self
                .values
                .is_none_or(|side| (0..side.words()).all(|w| side.word(places[0], w) == side.word(places[1], w)));
        for [own, other] in [places, [places[1], places[0]]] {
            let Some(rank) = self.rank(own) else { continue };
            let other = Neighbor { distance, id: self.ids.ordinal(other) };
            let basin = &mut self.all[rank];
            if distance == 0 {
                basin.copies += 1;
                basin.values_agree &= agree;
                continue;
            }
            basin.nearest = Some(basin.nearest.map_or(other, |nearest| nearest.min(other)));
            match basin.near.binary_search_by_key(&distance, |counted| counted.0) {
                Ok(at) => basin.near[at].1 += 1,
                Err(at) => {
                    let bytes = size_of::<(u32, u64)>() as u64;
                    let room = basin.near.try_reserve(1);
                    room.map_err(|_| Error::OutOfMemory { what: "basins", bytes })?;
                    basin.near.insert(at, (distance, 1));
                }
            }
        }
        Ok(())
    }

    /// The next keys have met all: these are their basins.
    pub(crate) fn have_met_all(&mut self, basins: impl IntoIterator<Item = Basin>) {
        for basin in basins {
            self.all[self.done] = basin;
            self.done += 1;
        }
    }

    /// The basins, once all are met.
    pub(crate) fn into_basins(mut self) -> Vec<Basin> {
        for nearest in self.all.iter_mut().filter_map(|basin| basin.nearest.as_mut()) {
            nearest.id = self.ids.of_ordinal(nearest.id);
        }
        self.all
    }
}
