//! Receipts: what proves the answers of a recall or a search to whoever holds the memory, without believing this program.
//!
//! An index answers by what it knows of the keys around each, or by chunks that were looked up. A file of receipts says
//! what that rests on, in integers that can be computed again from the patterns alone. They are computed here for the
//! receipt's sake, over just the keys that the call could see: what an index keeps may be of more keys, so that it proves
//! the same and is not equal. Answers by a scan are told as they are.
//!
//! ```text
//! answers, and what proved each (recall) → keys counted around those found (basin), tables asked again (probe)
//!     → a record each (record) → lines that each carry the hash of those before (line) → checked by others (check)
//! ```
//!
//! The crate `popfield-reference` describes the format and checks it, with code of its own; with the feature `receipts`
//! `check` asks it about a [`Memory`](crate::Memory). Receipts buy independence, not speed: asking without them costs what it
//! did.

mod basin;
#[cfg(feature = "receipts")]
mod check;
mod header;
mod line;
mod place;
mod probe;
mod record;
mod writing;

#[cfg(feature = "receipts")]
pub use check::check;
pub use place::to_file;
#[cfg(feature = "receipts")]
pub use popfield_reference::receipts::{Refusal, Verdict};
