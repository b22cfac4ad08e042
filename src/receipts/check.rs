//! Receipts checked against a memory, by code that shares nothing with what wrote them.

use std::io::BufRead;
use std::ops::Range;

use popfield_reference::receipts::{Association, Associations, Error as Unread, Verdict};

use crate::{Error, Memory, Progress, Result};

/// Holds `receipts` to `memory`: see [`popfield_reference::receipts`], which does it. What does not hold is told in the
/// verdict. `progress` is told of the file as one thing, as it is not known how many lines there are.
///
/// Cost: as [`popfield_reference::receipts::check`].
///
/// # Errors
/// [`Error::Receipts`] if it is no file of receipts; [`Error::Version`] for another format of them; [`Error::Io`];
/// [`Error::Interrupted`].
///
/// # Example
/// ```
/// use popfield::{Memory, Patterns, Progress, Recall, Separation, receipts};
/// let memory = Memory::auto_associative(Patterns::random(1000, 64, 5, "keys")?)?;
/// let mut file = Vec::new();
/// let recall = Recall::new(Separation::exponential(1.0)?);
/// memory.view().recall_with_receipts(&memory.keys().range(0..9)?.into(), &recall, &mut file)?;
/// assert!(receipts::check(&memory, &file[..], Progress::NONE)?.holds());
/// // Of another memory nothing of it is true.
/// let other = Memory::auto_associative(Patterns::random(1000, 64, 6, "keys")?)?;
/// let verdict = receipts::check(&other, &file[..], Progress::NONE)?;
/// assert_eq!((verdict.refused[0].line, verdict.refused[0].field), (1, "memory"));
/// # Ok::<(), popfield::Error>(())
/// ```
pub fn check(memory: &Memory, receipts: impl BufRead, progress: Progress<'_>) -> Result<Verdict> {
    let steps = progress.begin(1);
    let watch = |_| steps.check().is_ok();
    popfield_reference::receipts::check(&Read(memory), receipts, &watch).map_err(|error| match error {
        Unread::Format { expected, found } => Error::Receipts { expected, found },
        Unread::Version { expected, found } => Error::Version { what: "receipts", expected, found },
        Unread::Io(error) => Error::Io(error),
        _ => Error::Interrupted,
    })
}

/// A memory as it is read: nothing of it but what is stored.
struct Read<'a>(&'a Memory);

impl Associations for Read<'_> {
    fn dim(&self) -> usize {
        self.0.dim()
    }

    fn value_dim(&self) -> usize {
        self.0.value_dim()
    }

    fn generation(&self) -> u64 {
        self.0.generation()
    }

    fn places(&self) -> usize {
        self.0.key_side().len()
    }

    fn show(&self, places: Range<usize>, see: &mut dyn FnMut(Association<'_>) -> bool) {
        let view = self.0.view();
        let (keys, values, present) = (self.0.key_side(), self.0.value_side(), view.present());
        let (mut key, mut value) = (Vec::new(), Vec::new());
        for place in places.filter(|&place| present.is_none_or(|present| present.contains(place))) {
            key.clear();
            key.extend(keys.row(place));
            if !self.0.is_auto_associative() {
                value.clear();
                value.extend(values.row(place));
            }
            let value = if self.0.is_auto_associative() { &key } else { &value };
            if !see(Association { id: self.0.id(place), key: &key, value }) {
                return;
            }
        }
    }
}
