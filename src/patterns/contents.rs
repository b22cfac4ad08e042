//! What a memory is made of, as files hand it over.

use std::collections::BTreeMap;

use crate::patterns::bits::Bits;
use crate::patterns::ids::Ids;
use crate::patterns::labels::Labels;
use crate::patterns::segments::Side;

/// What was noted of a memory when it was made, such as how its data was read: names and texts, whose meaning is the
/// business of who wrote them.
pub type Notes = BTreeMap<String, String>;

/// Associations by place, and what they are called.
#[derive(Clone, Debug)]
pub(crate) struct Contents {
    pub(crate) keys: Side,
    /// `None` where keys are their own values.
    pub(crate) values: Option<Side>,
    pub(crate) ids: Ids,
    /// The places whose association is there; `None` where none was forgotten.
    pub(crate) live: Option<Bits>,
    pub(crate) labels: Labels,
    pub(crate) notes: Notes,
}
