//! `popfield append`: more associations into a memory.

use std::ops::Range;

use popfield::store::{Appending, Store};
use serde_json::json;

use super::followed::{Followed, Updated};
use super::store::{Associations, Files, rewrite};
use crate::args::Append;
use crate::failure::{Result, about};
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
            let followed = Followed::of(&args.memory);
            let taken = take(args, &files, &mut store)?;
            let appended = acknowledging(|| taken.commit(), Ok)?;
            // Its lock is the one that writes an index as well.
            drop(store);
            appended.tell(args, followed.update())
        }
        Kind::File => rewrite(
            &args.memory,
            |store| take(args, &files, store)?.commit(),
            |appended, index| appended.tell(args, index),
        ),
    }
}

/// What the files hold, taken in and not committed yet.
struct Taken<'a> {
    appending: Appending<'a>,
    associations: Associations<'a>,
    /// Associations before.
    before: u64,
}

fn take<'a>(args: &'a Append, files: &'a Files, store: &'a mut Store) -> Result<Taken<'a>> {
    let (dim, value_dim) = (store.snapshot().dim(), store.snapshot().value_dim());
    let before = store.snapshot().len();
    let mut associations = files.open(&args.input, Some(dim), value_dim, store.snapshot().notes())?;
    let mut appending = store.begin()?;
    associations.append(None, &mut appending, [dim, value_dim.unwrap_or(dim)])?;
    Ok(Taken { appending, associations, before })
}

impl Taken<'_> {
    fn commit(self) -> Result<Appended> {
        let count = self.appending.len();
        let counted = self.appending.commit().map_err(|error| self.associations.about(error))?;
        let (read, notes) = self.associations.told();
        let counted = (!counted.is_empty()).then_some(counted);
        Ok(Appended { read, notes, count, counted, len: self.before + count })
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

impl Appended {
    fn tell(self, args: &Append, index: Updated<'_>) -> Result<()> {
        note(&self.notes);
        if args.json {
            say(json!({
                "appended": self.count,
                "first_id": self.counted.as_ref().map(|ids| ids.start),
                "patterns": self.len,
                "index": index.json(),
            }))?;
        } else {
            self.tell_facts(args, &index)?;
        }
        index.write();
        Ok(())
    }

    fn tell_facts(self, args: &Append, index: &Updated<'_>) -> Result<()> {
        let mut rows = vec![("memory", args.memory.display().to_string())];
        rows.extend(self.read);
        let ids = match self.counted {
            Some(ids) => format!("{} to {}", ids.start, ids.end - 1),
            None => "as given".into(),
        };
        rows.extend([("appended", format!("{}, {} by now", self.count, self.len)), ("ids", ids)]);
        rows.extend(index.fact());
        facts(&rows)
    }
}
