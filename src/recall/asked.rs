//! What is asked of a memory.

use crate::index::Index;
use crate::patterns::segments::Side;
use crate::scan::keys::Scan;

/// What a step asks of a memory: the keys in scope, the values beside them, in one call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked<'a> {
    pub(crate) scan: Scan<'a>,
    pub(crate) values: &'a Side,
    /// Who may answer before the scan.
    pub(crate) index: Option<&'a Index>,
}
