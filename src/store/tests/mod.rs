//! A store held to a plain list, on a model of a disk that stops, loses and fails, and on a folder whose files are cut and
//! changed.

mod crashes;
mod damage;
mod model;
mod operations;

use std::path::Path;
use std::sync::Arc;

use crate::Batch;
use crate::patterns::{Notes, Patterns};
use crate::scan::scope::Missing;
use crate::store::commit::Store;
use crate::store::disk::{Backend, Disk};
use crate::store::snapshot::Snapshot;
use crate::{Progress, Result};

const DIM: usize = 70;
const VALUE_DIM: usize = 130;

/// Whether there is time to try everything: `POPFIELD_FAULTS=all`.
fn thorough() -> bool {
    std::env::var_os("POPFIELD_FAULTS").is_some_and(|how| how == "all")
}

/// An association as its words and its label.
type Row = (Vec<u64>, Vec<u64>, String);

/// What a store should hold: associations in storing order, by id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Expected {
    rows: Vec<(u64, Row)>,
    next_id: u64,
}

/// A change to a store.
#[derive(Clone, Debug)]
enum Change {
    /// So many rows, by this seed, with labels where it is even.
    Append(usize, u64),
    /// Rows with these ids.
    AppendOwn(Vec<u64>, u64),
    /// The associations of these ids; absent ones are passed over.
    Forget(Vec<u64>),
    Compact,
}

fn rows(count: usize, seed: u64) -> (Patterns, Patterns, Vec<String>) {
    let keys = Patterns::random(count, DIM, seed, "keys").unwrap();
    let values = Patterns::random(count, VALUE_DIM, seed, "values").unwrap();
    let label = |row: usize| {
        if row.is_multiple_of(3) || seed % 2 == 1 { String::new() } else { format!("número {seed}.{row}") }
    };
    (keys, values, (0..count).map(label).collect())
}

impl Change {
    fn apply(&self, store: &mut Store) -> Result<()> {
        match self {
            Self::Append(count, seed) => {
                let (keys, values, labels) = rows(*count, *seed);
                store.append(Batch::new(&keys).values(&values).labels(&labels)).map(|_| ())
            }
            Self::AppendOwn(ids, seed) => {
                let (keys, values, labels) = rows(ids.len(), *seed);
                store.append(Batch::new(&keys).values(&values).ids(ids).labels(&labels)).map(|_| ())
            }
            Self::Forget(ids) => store.forget(ids, Missing::Allow).map(|_| ()),
            Self::Compact => store.compact(Progress::NONE),
        }
    }
}

impl Expected {
    fn after(&self, change: &Change) -> Self {
        let mut after = self.clone();
        let (ids, seed): (Vec<u64>, u64) = match change {
            Change::Append(count, seed) => ((self.next_id..self.next_id + *count as u64).collect(), *seed),
            Change::AppendOwn(ids, seed) => (ids.clone(), *seed),
            Change::Forget(ids) => {
                after.rows.retain(|row| !ids.contains(&row.0));
                return after;
            }
            Change::Compact => return after,
        };
        let (keys, values, labels) = rows(ids.len(), seed);
        for (row, &id) in ids.iter().enumerate() {
            let words = |patterns: &Patterns| (0..patterns.words()).map(|w| patterns.word(row, w)).collect();
            after.rows.push((id, (words(&keys), words(&values), labels[row].clone())));
        }
        after.next_id = after.next_id.max(ids.iter().max().map_or(0, |most| most + 1));
        after
    }

    /// What a store holds.
    fn of(snapshot: &Snapshot) -> Self {
        let contents = snapshot.contents().unwrap();
        let values = contents.values.as_ref().unwrap();
        let live =
            (0..contents.keys.len()).filter(|&place| contents.live.as_ref().is_none_or(|live| live.contains(place)));
        let row = |place: usize| {
            let keys = (0..contents.keys.words()).map(|w| contents.keys.word(place, w)).collect();
            let values = (0..values.words()).map(|w| values.word(place, w)).collect();
            (contents.ids.id(place), (keys, values, contents.labels.get(place).unwrap_or_default().to_owned()))
        };
        Self { rows: live.map(row).collect(), next_id: snapshot.next_id() }
    }
}

/// An empty store on `disk`.
fn new_store(disk: Arc<dyn Disk>) -> Result<Store> {
    let notes = Notes::from([("encoding".into(), "01".into())]);
    Store::start(disk, Store::first(DIM, Some(VALUE_DIM), notes)?, None, Path::new("model"))
}

/// Changes that take every way there is: small and merged appends, own ids, lists of what is forgotten and bitmaps of
/// it, emptied segments, compaction.
fn workload() -> Vec<Change> {
    vec![
        Change::Append(3, 2),
        Change::AppendOwn(vec![900, 40, 41], 3),
        Change::Forget(vec![40]),
        Change::Append(1, 4),
        Change::AppendOwn(vec![40], 6),
        Change::Append(130, 8),
        Change::Forget((905..985).collect()),
        Change::Append(1, 5),
        Change::Forget(vec![1, 990]),
        Change::Forget((0..1100).filter(|id| !(900..960).contains(id)).collect()),
        Change::Compact,
        Change::Forget((0..2000).collect()),
        Change::Append(2, 10),
    ]
}
