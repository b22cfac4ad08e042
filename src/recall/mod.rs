//! One step of recall, and its proof.
//!
//! ```text
//! step → census (scan) → partial state → closing: bits decided, certificate
//!    ↘ still open: a wider census → fixed point: all keys weighed → all votes by distance ↗
//! ```

pub(crate) mod asked;
pub(crate) mod certificate;
pub(crate) mod closing;
pub(crate) mod fixed_point;
mod looked_up;
pub(crate) mod partial;
mod recalled;
pub(crate) mod step;
pub(crate) mod steps;

pub use certificate::{Certificate, Reason, Report};
pub use recalled::{Recall, Recalled};

pub use crate::scan::census::Nearest;
