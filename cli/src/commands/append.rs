//! `popfield append`: more associations into a memory.

use std::ops::Range;

use popfield::store::Store;
use serde_json::json;

use super::store::{Files, rewrite};
use crate::args::Append;
use crate::failure::{Failure, Result, about};
use crate::memory::{Kind, kind_of};
use crate::output::{acknowledging, check_distinct, say};
use crate::report::{facts, note};

pub fn run(args: &Append) -> Result<()> {
    crate::use_threads(args.threads)?;
    let kind = kind_of(&args.memory)?;
    let files = Files::find(&args.keys, &args.associations, &args.input)?;
    check_distinct(&[Some(&args.memory)], &files.paths())?;
    match kind {
        Kind::Store => {
            let mut store = Store::open(&args.memory).map_err(about(&args.memory))?;
            append(args, &files, &mut store, |commit| acknowledging(commit, |appended| appended.tell(args)))
        }
        Kind::File => rewrite(
            &args.memory,
            |store| append(args, &files, store, |commit| commit()),
            |appended| appended.tell(args),
        ),
    }
}

/// What was appended.
struct Appended {
    read: Vec<(&'static str, String)>,
    notes: Vec<String>,
    count: u64,
    /// The ids that were counted, if any were.
    counted: Option<Range<u64>>,
    len: u64,
}

/// Takes in what the files hold; the last step, by which it lasts, is handed to `end`.
fn append<T>(
    args: &Append,
    files: &Files,
    store: &mut Store,
    end: impl FnOnce(&mut dyn FnMut() -> Result<Appended>) -> Result<T>,
) -> Result<T> {
    let (dim, value_dim) = (store.snapshot().dim(), store.snapshot().value_dim());
    let (before, notes) = (store.snapshot().len(), store.snapshot().notes().clone());
    let mut associations = files.open(&args.input, Some(dim), value_dim, &notes)?;
    let mut appending = store.begin()?;
    associations.append(None, &mut appending, [dim, value_dim.unwrap_or(dim)])?;
    let mut ready = Some((appending, associations));
    end(&mut || {
        let Some((appending, associations)) = ready.take() else { return Err(Failure::Interrupted) };
        let count = appending.len();
        let counted = appending.commit().map_err(|error| associations.about(error))?;
        let (read, notes) = associations.told();
        let counted = (!counted.is_empty()).then_some(counted);
        Ok(Appended { read, notes, count, counted, len: before + count })
    })
}

impl Appended {
    fn tell(self, args: &Append) -> Result<()> {
        note(&self.notes);
        if args.json {
            return say(json!({
                "appended": self.count,
                "first_id": self.counted.as_ref().map(|ids| ids.start),
                "patterns": self.len,
            }));
        }
        let mut rows = vec![("memory", args.memory.display().to_string())];
        rows.extend(self.read);
        let ids = match self.counted {
            Some(ids) => format!("{} to {}", ids.start, ids.end - 1),
            None => "as given".into(),
        };
        rows.extend([("appended", format!("{}, {} by now", self.count, self.len)), ("ids", ids)]);
        facts(&rows)
    }
}
