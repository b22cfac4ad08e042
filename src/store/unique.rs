//! Ids are given once: new ones against those that are there, in sorted runs that need not be in memory.

use crate::patterns::ids::IdRun;
use crate::store::segment::Opened;
use crate::{Error, Result};

/// Refuses `new` if an id stands there twice, or is that of an association of `others`. Its first `old` rows are none of
/// the new ones; the place of row `old` among all new ones is `place`.
///
/// Cost: for m new ids and n others m · log(n/m) look-ups.
pub(crate) fn check_new<'a>(
    new: &IdRun,
    old: usize,
    place: usize,
    others: impl Iterator<Item = &'a Opened>,
) -> Result<()> {
    // The first place at fault, and what is said of it.
    let mut worst: Option<(usize, u64, String)> = None;
    let mut blame = |row: usize, id: u64, expected: &dyn Fn() -> String| {
        if worst.as_ref().is_none_or(|worst| row < worst.0) {
            worst = Some((row, id, expected()));
        }
    };
    let count = new.len();
    for k in 1..count {
        let ((before, first), (id, row)) = (new.sorted(k - 1), new.sorted(k));
        // Rows that were there before are none of the new ones, whatever a damaged file says of them.
        if before == id && row >= old {
            let at = first.checked_sub(old);
            blame(row, id, &|| match at {
                Some(at) => format!("an id not given before, as at place {}", place + at),
                None => "an id that no association has".into(),
            });
        }
    }
    for other in others {
        let mut from = 0;
        for k in 0..count {
            let (id, row) = new.sorted(k);
            if row < old {
                continue;
            }
            from = other.ids.seek(from, id);
            if from == other.ids.len() {
                break;
            }
            if other.ids.sorted(from).0 == id && other.row_of(id).is_some() {
                blame(row, id, &|| "an id that no association has".into());
            }
        }
    }
    match worst {
        None => Ok(()),
        Some((row, found, expected)) => Err(Error::Id { what: "ids", place: place + row - old, expected, found }),
    }
}
