//! The one list of tiers, and the choice from it.

use std::sync::OnceLock;

use crate::error::KernelError;
use crate::info::TierInfo;
use crate::tier::Tier;
#[cfg(target_arch = "x86_64")]
use crate::{amx, avx2, avx512};
use crate::{portable, scalar};

/// Every tier that this build knows, fastest first.
pub static TIERS: &[TierInfo] = &[
    #[cfg(target_arch = "x86_64")]
    amx::INFO,
    #[cfg(target_arch = "x86_64")]
    avx512::INFO,
    #[cfg(target_arch = "x86_64")]
    avx2::INFO,
    portable::INFO,
    scalar::INFO,
];

/// The environment variable that forces a tier by its name.
pub const TIER_VARIABLE: &str = "POPFIELD_TIER";

impl Tier {
    /// The fastest tier of this CPU; looked up once.
    #[must_use]
    pub fn detect() -> Self {
        static FASTEST: OnceLock<Tier> = OnceLock::new();
        // `scalar` needs nothing, so the list always yields a tier.
        *FASTEST
            .get_or_init(|| TIERS.iter().find_map(TierInfo::tier).expect("the scalar tier is supported by every CPU"))
    }

    /// The tier called `name`.
    ///
    /// # Errors
    /// [`KernelError::UnknownTier`] or [`KernelError::UnsupportedTier`].
    pub fn by_name(name: &str) -> Result<Self, KernelError> {
        let names = |keep: fn(&'static TierInfo) -> bool| {
            TIERS.iter().filter(|&tier| keep(tier)).map(|tier| tier.name).collect::<Vec<_>>().join(", ")
        };
        let Some(info) = TIERS.iter().find(|tier| tier.name == name) else {
            return Err(KernelError::UnknownTier { found: name.to_owned(), expected: names(|_| true) });
        };
        info.tier().ok_or_else(|| KernelError::UnsupportedTier {
            found: info.name,
            lacks: info.needs,
            expected: names(|tier| tier.tier().is_some()),
        })
    }

    /// The tier that [`TIER_VARIABLE`] forces, or the fastest if it is not set.
    ///
    /// # Errors
    /// As [`by_name`](Self::by_name).
    pub fn from_env() -> Result<Self, KernelError> {
        match std::env::var_os(TIER_VARIABLE) {
            None => Ok(Self::detect()),
            Some(name) => Self::by_name(&name.to_string_lossy()),
        }
    }
}
