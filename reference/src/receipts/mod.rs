//! Receipts: what proves the answers of a recall or a search, checked against nothing but the memory's patterns.
//!
//! Whoever holds a memory and a file of receipts can tell that every answer in it is right, with code that shares nothing
//! with what gave them: here keys are read one after the other, distances are counted bit by bit, and signs are those of
//! the [`Oracle`](crate::Oracle). No index, no basin and no shortcut is believed. [`check`] is all there is to call.
//!
//! # The file
//!
//! A line is a JSON object. Its first member is `record`, its last is `hash`; the numbers between are integers. Patterns
//! are hexadecimal: two digits for 8 positions, position 8i + b being bit b of byte i, and what is beyond the dimension 0.
//!
//! | record | how often | what it says |
//! |---|---|---|
//! | `header` | first | `format`, `version`; the memory: `memory` (the [hash](memory::content_hash) of all that it holds), `generation`, `dim`, `value_dim`, `keys`; the scope: `in_scope` of them, those that `only` lists or all but those of `except`; what was asked: `call`, and for a recall `separation`, `beta` (decimal) or `degree`, `steps`, `tie`, for a search `top` or `radius`; `queries` |
//! | `chunks` | once, before the first probe | `positions`: those of each chunk; `read`: keys that are met one by one |
//! | `key` | once for each key whose basin is told, before the first query that rests on it | `id`; `copies`: the ids of all keys that equal it; `near`: [D, N_D] for each distance D up to `radius` at which there are others; `rest`: those beyond, of which the nearest is at `radius` + 1 (where there are none, `radius` is d) |
//! | `recalled` | for each step of each query | `query`, `step`; `bits`, and `known` where not all are, `unknown` of them not; `nearest_id`, `nearest_distance`, `nearest_count`, `tied_bits`, `answer`; `certificate` |
//! | `found` | for each query of a search | `query`, `bits`, `known`, `unknown`; `found`: [id, distance], nearest first; `certificate` |
//! | `end` | last | `lines` before it |
//!
//! A step is asked the answers of the one before, its queries in order; a query whose answer is itself, all of it known, is
//! followed no further. Certificates are
//!
//! - `basin`, with `basin`: the `key` and what the query costs it, `cost` = w = 2h + u. It holds where every other key D has
//!   D > w, and for an exponential separation Σ N_D e^{−2β(D − w)} < 1, the rest taken at `radius` + 1; for s^K where
//!   Σ N_D (|d − 2D| + w)^K < (d − w)^K, there being no rest;
//! - `probe`, with `probe`: `chunks`, each as [which, ρ, its unknown positions]; the `bound` B = Σ (ρ + 1); `met`: [id,
//!   distance] of each key that differs from the query in at most ρ known positions of one of these chunks, nearest first;
//!   `read`: [distance, count] of the keys in `read` of `chunks` that are not among them; `unseen`: all others, of which
//!   each is at B or farther. It holds where the nearest are among those met, nearer than B, and for an exponential
//!   separation all others weigh less than one of them; of a list where its last is nearer than B;
//! - `scan`: nothing is claimed beyond the answer.
//!
//! # What is checked
//!
//! The hash of a line is BLAKE3 of the hash before it (of the first line 32 zeros) and of its text up to `,"hash"`. So no
//! line is changed, removed or moved unless all after it are written anew. Independent of that every number is computed
//! again from the memory, and must be equal: a bound that is true but weaker is refused. Free is only what is a choice and
//! no claim, where what follows from it is told and holds as well: what was asked (scope, β or degree, ties, `steps` beyond
//! those in which anything moved, `top`, `radius` of a search), which `chunks` were looked at, and which keys by themselves.

mod answer;
mod bits;
mod certificate;
mod check;
mod header;
mod law;
mod line;
pub mod memory;
mod pass;
mod record;
mod sequence;
mod verdict;

pub use check::check;
pub use memory::{Association, Associations};
pub use verdict::{Error, Refusal, Verdict};
