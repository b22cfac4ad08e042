//! A writer that is told what to do, line by line, and says of each change when it lasts: it may be killed at any
//! moment.

use std::io::{BufRead, Write};
use std::path::Path;

use popfield::Batch;
use popfield::store::Store;
use popfield::{Missing, Progress};

use crate::error::Result;
use crate::stress::model::{Change, Rows};

/// What a writer answers once a change lasts.
pub const DONE: &str = "done";
/// What it answers where the store refused, and why comes after it.
pub const REFUSED: &str = "refused";

/// Does to the store at `path` what the lines of `input` say, and answers each with a line, until they end.
///
/// # Errors
/// What the store fails with, unless it refused what does not fit it; [`popfield::Error::Io`] of `input` and `output`.
pub fn serve(path: &Path, rows: Rows, input: impl BufRead, mut output: impl Write) -> Result<()> {
    let mut store = Store::open(path)?;
    for line in input.lines() {
        let change = Change::of_line(&line.map_err(popfield::Error::from)?)?;
        if change == Change::Reopen {
            drop(store);
            store = Store::open(path)?;
        }
        let answer = match perform(&mut store, rows, &change) {
            Ok(()) => DONE.to_owned(),
            Err(error) if error.kind() == popfield::ErrorKind::Input => format!("{REFUSED} {error}"),
            Err(error) => return Err(error),
        };
        writeln!(output, "{answer}").and_then(|()| output.flush()).map_err(popfield::Error::from)?;
    }
    Ok(())
}

fn perform(store: &mut Store, rows: Rows, change: &Change) -> Result<()> {
    match change {
        Change::Append { first, count, ids, labelled } => {
            let keys = rows.patterns(*first, *count)?;
            let labels: Vec<String> = (*first..first + count).map(|row| rows.label(row)).collect();
            let mut batch = Batch::new(&keys);
            if let Some(ids) = ids {
                batch = batch.ids(ids);
            }
            if *labelled {
                batch = batch.labels(&labels);
            }
            store.append(batch)?;
        }
        Change::Forget(ids) => {
            store.forget(ids, Missing::Refuse)?;
        }
        Change::Compact => store.compact(Progress::NONE)?,
        Change::Reopen => {}
    }
    Ok(())
}
