//! What runs a case on every tier, and what becomes of tiers that this CPU lacks.
//!
//! They are skipped, unless the environment variable `POPFIELD_REQUIRE_TIERS` lists them: then the test fails, so that
//! who relies on a machine to test a tier learns that it did not. The list is names with commas between, or `all`; a
//! name that no tier has fails as well.

use std::sync::LazyLock;

use popfield_kernels::{TIERS, Tier, TierInfo};

const VARIABLE: &str = "POPFIELD_REQUIRE_TIERS";

/// Runs `case` on every tier of this CPU, and says which ones it could not run.
pub fn on_every_tier(case: impl Fn(Tier)) {
    let mut ran = 0;
    for info in TIERS {
        match info.tier() {
            Some(tier) => {
                case(tier);
                ran += 1;
            }
            None => skip(info),
        }
    }
    assert!(ran >= 2, "scalar and wide run everywhere");
}

/// Says that a tier is skipped, and fails if it must not be.
pub fn skip(info: &TierInfo) {
    assert!(!required().contains(&info.name), "{}: CPU lacks {}, and {VARIABLE} requires it", info.name, info.needs);
    eprintln!("{}: skipped: CPU lacks {}", info.name, info.needs);
}

/// The tiers that must not be skipped.
fn required() -> &'static [&'static str] {
    static REQUIRED: LazyLock<Result<Vec<&str>, String>> = LazyLock::new(|| {
        let list = std::env::var_os(VARIABLE).unwrap_or_default();
        listed(&list.to_string_lossy())
    });
    REQUIRED.as_ref().unwrap_or_else(|unknown| panic!("{unknown}"))
}

/// The tiers that a list names; nothing names none.
fn listed(list: &str) -> Result<Vec<&'static str>, String> {
    let names = || TIERS.iter().map(|info| info.name);
    match list.trim() {
        "" => Ok(Vec::new()),
        "all" => Ok(names().collect()),
        list => list
            .split(',')
            .map(|name| {
                names().find(|&known| known == name.trim()).ok_or_else(|| {
                    let expected = names().collect::<Vec<_>>().join(", ");
                    format!("{VARIABLE}: unknown tier {name:?}: expected all, or some of {expected}")
                })
            })
            .collect(),
    }
}

#[test]
fn required_tiers_are_tiers() {
    required();
    assert_eq!(listed(""), Ok(vec![]));
    assert_eq!(listed("scalar, wide"), Ok(vec!["scalar", "wide"]));
    assert_eq!(listed("all").unwrap().len(), TIERS.len());
    for unknown in ["sse9", "scalar,", "scalar,all", "SCALAR", "scalar wide"] {
        assert!(listed(unknown).unwrap_err().contains("scalar"), "{unknown}");
    }
}
