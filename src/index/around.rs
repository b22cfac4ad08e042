//! What is known to stand around each indexed key: from its basin, or learned as queries come to it.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

use popfield_kernels::prefetch;

use crate::basins::Basins;
use crate::error::room_for;
use crate::index::tables::Halves;
use crate::scan::watch::{Visit, Watch};
use crate::{Error, Result};

/// Distances of a key that are kept, with the number of keys at each; the others stand at the next one or beyond. Few
/// keys have any near, and what is far weighs little.
pub(crate) const KEPT: usize = 16;

/// For each key, how many others stand at some near distances, and a distance that no further one falls short of.
///
/// Numbers: the distance of each key, 0 where nothing is known; where its near distances begin, and where the last end;
/// the near distances of all, each as distance and count.
#[derive(Clone, Debug)]
pub(crate) struct Around {
    /// Keys that it was written of.
    keys: usize,
    /// Of the keys at the places below this it may be believed; the others have moved.
    known: usize,
    /// How far was looked.
    radius: u32,
    numbers: Arc<dyn Halves>,
    /// The largest distance of any key.
    most: u32,
}

/// Stands for the distance of a key that equals all others: nothing is beyond it.
pub(crate) const ALONE: u32 = u32::MAX;

/// The largest distance that is none of one who is alone.
fn most(beyond: impl Iterator<Item = u32>) -> u32 {
    beyond.filter(|&beyond| beyond < ALONE).max().unwrap_or(0)
}

/// What stands around keys, being written key by key.
#[derive(Debug)]
pub(crate) struct Writing {
    keys: usize,
    numbers: Vec<u32>,
    /// Keys before this place are written.
    from: usize,
}

impl Writing {
    /// Of `keys` keys, with room for `kept` near distances together.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`]; [`Error::TooLarge`] for more near distances than can be numbered.
    pub(crate) fn new(keys: usize, kept: usize) -> Result<Self> {
        let count = 2 * keys + 1 + 2 * kept;
        if u32::try_from(2 * kept).is_err() {
            let (expected, bytes) = (format!("at most {} near distances", u32::MAX / 2), 4 * count as u64);
            return Err(Error::TooLarge { what: "basins to keep", expected, found: kept.to_string(), bytes });
        }
        let mut numbers: Vec<u32> = room_for(count, "basins to keep")?;
        numbers.resize(2 * keys + 1, 0);
        Ok(Self { keys, numbers, from: 0 })
    }

    /// Where the next near distance will stand.
    fn end(&self) -> u32 {
        ((self.numbers.len() - 2 * self.keys - 1) / 2) as u32
    }

    /// What stands around the key at `place`; places ascend, and of those left out nothing is known.
    pub(crate) fn put(&mut self, place: usize, beyond: u32, near: impl Iterator<Item = (u32, u32)>) {
        let end = self.end();
        self.numbers[self.keys + self.from..=self.keys + place].fill(end);
        self.from = place + 1;
        self.numbers[place] = beyond;
        near.for_each(|(distance, count)| self.numbers.extend([distance, count]));
    }

    /// All of it; it was looked as far as `radius`.
    pub(crate) fn done(mut self, radius: u32) -> Around {
        let end = self.end();
        self.numbers[self.keys + self.from..=2 * self.keys].fill(end);
        let most = most(self.numbers[..self.keys].iter().copied());
        Around { keys: self.keys, known: self.keys, radius, numbers: Arc::new(self.numbers), most }
    }
}

impl Around {
    /// Of `basins`, whose keys stand at the places `places`, of `keys` keys.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`]; [`Error::TooLarge`] for more near distances than can be numbered.
    pub(crate) fn of_basins(basins: &Basins, places: impl Iterator<Item = usize>, keys: usize) -> Result<Self> {
        let kept: usize = basins.all.iter().map(|basin| basin.near().len().min(KEPT)).sum();
        let mut writing = Writing::new(keys, kept)?;
        for (basin, place) in basins.all.iter().zip(places).filter(|(_, place)| *place < keys) {
            let alone = basin.copies >= basins.keys && basin.near().is_empty();
            let beyond = basin.near().get(KEPT).map_or(basins.radius.saturating_add(1), |near| near.0);
            let near = basin.near().iter().take(KEPT);
            // More than can be written are not near any more.
            let near = near.map(|&(distance, count)| (distance, u32::try_from(count).unwrap_or(u32::MAX)));
            writing.put(place, if alone { ALONE } else { beyond }, near);
        }
        Ok(writing.done(basins.radius))
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
        Some(Self { keys, known: keys, radius, numbers, most })
    }

    pub(crate) fn numbers(&self) -> &[u32] {
        self.numbers.halves()
    }

    /// This for memories in which only the keys below place `known` are where they were.
    #[cfg(feature = "store")]
    pub(crate) fn cut(self, known: usize) -> Self {
        Self { known: known.min(self.known), ..self }
    }

    /// The keys of whom it tells are at the places below this.
    pub(crate) fn known(&self) -> usize {
        self.known
    }

    /// Whether it is written of so many keys, and all of them are where they were.
    pub(crate) fn is_of(&self, keys: usize) -> bool {
        self.keys == keys && self.known == keys
    }

    /// Near distances of all keys.
    pub(crate) fn kept(&self) -> usize {
        (self.numbers().len() - 2 * self.keys - 1) / 2
    }

    /// Whether anything is known of the key at `place`. If so, it was counted around all others of which anything is.
    pub(crate) fn knows(&self, place: usize) -> bool {
        self.beyond(place) > 0
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
        if place < self.known { self.numbers()[place] } else { 0 }
    }

    /// Has what is known of the key at `place` fetched into the cache; a hint.
    #[inline]
    pub(crate) fn prefetch(&self, place: usize) {
        let numbers = self.numbers();
        prefetch(numbers, place);
        prefetch(numbers, self.keys + place);
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

    /// Has what is known of the key at `place` fetched into the cache; a hint.
    #[inline]
    pub(crate) fn prefetch(&self, place: usize) {
        prefetch(self.beyond.get().map_or(&[], Vec::as_slice), place);
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
