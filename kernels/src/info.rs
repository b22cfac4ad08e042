//! What is known of a tier before the CPU is looked at.

use crate::kernel::Kernel;

/// A tier's public face, whether this CPU can run it or not.
#[derive(Clone, Copy)]
pub struct TierInfo {
    /// The name that [`TIER_VARIABLE`](crate::TIER_VARIABLE) takes.
    pub name: &'static str,
    /// How it counts.
    pub description: &'static str,
    /// The CPU features it cannot do without.
    pub needs: &'static str,
    /// Looks at the CPU, and hands out the kernel if it has what that needs.
    pub(crate) probe: fn() -> Option<&'static dyn Kernel>,
}

impl std::fmt::Debug for TierInfo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TierInfo").field("name", &self.name).field("needs", &self.needs).finish_non_exhaustive()
    }
}
