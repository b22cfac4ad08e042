//! The first line: which memory, which of its keys, and what was asked.

use std::collections::BTreeSet;

use super::law::Asked;
use super::memory::{Associations, content_hash};
use super::pass::Scope;
use super::record::Header;
use super::verdict::{Fault, same};

/// What all other lines speak of.
pub(super) struct Subject {
    pub(super) asked: Asked,
    pub(super) scope: Scope,
    /// Keys in scope.
    pub(super) keys: u64,
    pub(super) queries: u64,
}

impl Subject {
    /// What `header` speaks of, if it is `memory`.
    pub(super) fn of<M: Associations>(header: Header, memory: &M) -> Result<Self, Fault> {
        check_memory(&header, memory)?;
        let asked = Asked::of(&header, memory.dim(), memory.value_dim())?;
        let scope = scope(header.only, header.except)?;
        let (mut keys, mut in_scope, mut left) = (0u64, 0u64, scope.listed());
        memory.show_all(&mut |association| {
            keys += 1;
            in_scope += u64::from(scope.holds(association.id));
            left.remove(&association.id);
            true
        });
        same("keys", keys, header.keys)?;
        if let Some(id) = left.first() {
            return Err(Fault::new("scope", "ids of associations that there are", id));
        }
        same("in_scope", in_scope, header.in_scope)?;
        if in_scope == 0 {
            return Err(Fault::new("in_scope", "at least 1", 0));
        }
        Ok(Self { asked, scope, keys: in_scope, queries: header.queries })
    }
}

fn check_memory<M: Associations>(header: &Header, memory: &M) -> Result<(), Fault> {
    let hash: String = content_hash(memory).iter().map(|byte| format!("{byte:02x}")).collect();
    let commits = (memory.generation(), header.generation);
    if hash != header.memory {
        let other = match commits.0 == commits.1 {
            true => "another memory".to_owned(),
            false => format!("another memory, or this one as of generation {} (it is {} now)", commits.1, commits.0),
        };
        let found = format!("{}: the receipts are of {other}", header.memory);
        return Err(Fault::new("memory", format!("the hash of this memory, {hash}"), found));
    }
    if commits.0 != commits.1 {
        let found = format!("{}: the receipts are of another generation", commits.1);
        return Err(Fault::new("generation", format!("that of this memory, {}", commits.0), found));
    }
    same("dim", memory.dim() as u64, header.dim)?;
    same("value_dim", memory.value_dim() as u64, header.value_dim)
}

fn scope(only: Option<Vec<u64>>, except: Option<Vec<u64>>) -> Result<Scope, Fault> {
    match (only, except) {
        (None, None) => Ok(Scope::All),
        (Some(ids), None) => Ok(Scope::Only(ascending("only", &ids)?)),
        (None, Some(ids)) => Ok(Scope::Except(ascending("except", &ids)?)),
        (Some(_), Some(_)) => Err(Fault::new("only", "one list of a scope", "two")),
    }
}

/// These ids as a set; each must be above the one before, so that there is one way to write them.
pub(super) fn ascending(field: &'static str, ids: &[u64]) -> Result<BTreeSet<u64>, Fault> {
    match ids.windows(2).find(|pair| pair[0] >= pair[1]) {
        Some(pair) => Err(Fault::new(field, format!("an id above {}", pair[0]), pair[1])),
        None => Ok(ids.iter().copied().collect()),
    }
}
