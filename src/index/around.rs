//! What is known to stand around each indexed key: from its basin, or learned as queries come to it.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

use crate::basins::Basins;
use crate::error::room_for;
use crate::index::tables::Halves;
use crate::scan::watch::{Visit, Watch};
use crate::{Error, Result};

/// Distances of a key that are kept, with the number of keys at each; the others stand at the next one or beyond. Few
/// keys have any near, and what is far weighs little.
const KEPT: usize = 16;

/// For each key, how many others stand at some near distances, and a distance that no further one falls short of.
///
/// Numbers: the distance of each key, 0 where nothing is known; where its near distances begin, and where the last end;
/// the near distances of all, each as distance and count.
#[derive(Clone, Debug)]
pub(crate) struct Around {
    keys: usize,
    /// How far was looked.
    radius: u32,
    numbers: Arc<dyn Halves>,
    /// The largest distance of any key.
    most: u32,
}

/// The largest distance that is none of one who is alone.
fn most(beyond: impl Iterator<Item = u32>) -> u32 {
    beyond.filter(|&beyond| beyond < u32::MAX).max().unwrap_or(0)
}

impl Around {
    /// Of `basins`, whose keys stand at the places `places`, of `keys` keys.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`]; [`Error::TooLarge`] for more near distances than can be numbered.
    pub(crate) fn of_basins(basins: &Basins, places: impl Iterator<Item = usize>, keys: usize) -> Result<Self> {
        let kept: usize = basins.all.iter().map(|basin| basin.near().len().min(KEPT)).sum();
        let count = 2 * keys + 1 + 2 * kept;
        if u32::try_from(2 * kept).is_err() {
            let (expected, bytes) = (format!("at most {} near distances", u32::MAX / 2), 4 * count as u64);
            return Err(Error::TooLarge { what: "basins to keep", expected, found: kept.to_string(), bytes });
        }
        let mut numbers: Vec<u32> = room_for(count, "basins to keep")?;
        numbers.resize(2 * keys + 1, 0);
        let mut from = 0;
        for (basin, place) in basins.all.iter().zip(places).filter(|(_, place)| *place < keys) {
            // Those between have none.
            let end = ((numbers.len() - 2 * keys - 1) / 2) as u32;
            numbers[keys + from..=keys + place].fill(end);
            from = place + 1;
            let alone = basin.copies >= basins.keys && basin.near().is_empty();
            let beyond = basin.near().get(KEPT).map_or(basins.radius.saturating_add(1), |near| near.0);
            numbers[place] = if alone { u32::MAX } else { beyond };
            for &(distance, count) in basin.near().iter().take(KEPT) {
                // More than can be written are not near any more.
                numbers.extend([distance, u32::try_from(count).unwrap_or(u32::MAX)]);
            }
        }
        let end = ((numbers.len() - 2 * keys - 1) / 2) as u32;
        numbers[keys + from..=2 * keys].fill(end);
        let most = most(numbers[..keys].iter().copied());
        Ok(Self { keys, radius: basins.radius, numbers: Arc::new(numbers), most })
    }

    /// As it was written before; `None` unless `numbers` can be of `keys` keys.
    #[cfg(feature = "store")]
    pub(crate) fn of_numbers(keys: usize, radius: u32, numbers: Arc<dyn Halves>) -> Option<Self> {
        let (found, least) = (numbers.halves().len(), 2 * keys + 1);
        let end = numbers.halves().get(2 * keys).copied()?;
        if found < least || found - least != 2 * end as usize {
            return None;
        }
        let most = most(numbers.halves()[..keys].iter().copied());
        Some(Self { keys, radius, numbers, most })
    }

    pub(crate) fn numbers(&self) -> &[u32] {
        self.numbers.halves()
    }

    /// How far was looked.
    pub(crate) fn radius(&self) -> u32 {
        self.radius
    }

    /// The largest distance that is known of any key that is not alone.
    pub(crate) fn most(&self) -> u32 {
        self.most
    }

    /// The distance that no key but those of [`near`](Self::near) and the copies falls short of; 0 where nothing is known.
    pub(crate) fn beyond(&self, place: usize) -> u32 {
        if place < self.keys { self.numbers()[place] } else { 0 }
    }

    /// The distance that no other key but copies falls short of; 0 where nothing is known.
    pub(crate) fn nearest(&self, place: usize) -> u32 {
        let beyond = self.beyond(place);
        if beyond == 0 { 0 } else { self.near(place).next().map_or(beyond, |near| near.0.min(beyond)) }
    }

    /// (D, N_D) of the key at `place`, ascending.
    pub(crate) fn near(&self, place: usize) -> impl Iterator<Item = (u32, u64)> {
        let numbers = self.numbers();
        let (starts, all) = numbers[self.keys..].split_at(self.keys + 1);
        let at = |i: usize| starts.get(i).map_or(0, |&start| (start as usize).min(all.len() / 2));
        let (start, end) = (at(place), at(place + 1));
        let range = if start < end { 2 * start..2 * end } else { 0..0 };
        all[range].chunks_exact(2).map(|near| (near[0], u64::from(near[1])))
    }
}

/// What queries have taught of the keys around each: a distance that no key but its copies falls short of.
///
/// It holds for the keys of one state of a memory and whatever remains of them.
#[derive(Debug, Default)]
pub(crate) struct Learned {
    /// For each key: 0, or [`SEEN`], or the distance and that.
    beyond: OnceLock<Vec<AtomicU32>>,
    keys: usize,
    /// The largest of these distances.
    most: AtomicU32,
}

/// A key that a scan has found, and of which nothing is known yet.
const SEEN: u32 = 1;

impl Learned {
    /// Of `keys` keys nothing.
    pub(crate) fn new(keys: usize) -> Self {
        Self { keys, ..Self::default() }
    }

    /// What is known so far, to go on from for fewer keys.
    pub(crate) fn copied(&self) -> Self {
        let beyond = OnceLock::new();
        if let Some(known) = self.beyond.get() {
            let copy = known.iter().map(|known| AtomicU32::new(known.load(Ordering::Relaxed)));
            beyond.get_or_init(|| copy.collect());
        }
        Self { beyond, keys: self.keys, most: AtomicU32::new(self.most()) }
    }

    /// 0 where nothing is known.
    pub(crate) fn beyond(&self, place: usize) -> u32 {
        let known = self.beyond.get().and_then(|known| known.get(place));
        known.map_or(0, |known| known.load(Ordering::Relaxed).saturating_sub(SEEN))
    }

    /// No key but its copies is nearer to the key at `place` than `beyond`. Where there is no room to remember it, it is
    /// forgotten.
    pub(crate) fn learn(&self, place: usize, beyond: u32) {
        if let Some(known) = self.places().get(place) {
            known.fetch_max(beyond.saturating_add(SEEN), Ordering::Relaxed);
            if beyond < u32::MAX - SEEN {
                self.most.fetch_max(beyond, Ordering::Relaxed);
            }
        }
    }

    /// The largest distance that was learned.
    pub(crate) fn most(&self) -> u32 {
        self.most.load(Ordering::Relaxed)
    }

    /// A scan has found the key at `place`: whether it had found it before.
    pub(crate) fn seen(&self, place: usize) -> bool {
        self.places().get(place).is_some_and(|known| known.fetch_max(SEEN, Ordering::Relaxed) > 0)
    }

    fn places(&self) -> &[AtomicU32] {
        self.beyond.get_or_init(|| {
            let mut known = Vec::new();
            if known.try_reserve_exact(self.keys).is_ok() {
                known.resize_with(self.keys, || AtomicU32::new(0));
            }
            known
        })
    }
}

/// Looks for the nearest key that is no copy of the one asked about, within a radius.
pub(crate) struct Other {
    /// Nearer ones are wanted.
    beyond: u32,
}

impl Other {
    pub(crate) fn new(radius: u32) -> Self {
        Self { beyond: radius.saturating_add(1) }
    }

    /// No key but the copies is nearer.
    pub(crate) fn beyond(&self) -> u32 {
        self.beyond
    }
}

impl Watch for Other {
    fn wants(&self) -> u32 {
        self.beyond
    }

    fn would_want(&self, _: u32) -> u32 {
        self.beyond
    }

    fn meet(&mut self, _: usize, distance: u32) {
        if distance > 0 {
            self.beyond = self.beyond.min(distance);
        }
    }
}

impl Visit for Other {
    fn visit(&mut self, _: usize, distances: &[u32]) {
        let nearest = distances.iter().copied().filter(|&distance| distance > 0).min();
        self.beyond = nearest.map_or(self.beyond, |nearest| nearest.min(self.beyond));
    }

    fn merge(&mut self, later: Self) {
        self.beyond = self.beyond.min(later.beyond);
    }
}
