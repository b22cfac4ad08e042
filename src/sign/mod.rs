//! From votes to the sign of the field, beyond doubt.

pub(crate) mod evidence;
pub(crate) mod exact;
pub(crate) mod self_term;
pub(crate) mod tie;
