//! Scopes: which associations may answer a call.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::names::named;
use crate::patterns::bits::Bits;
use crate::patterns::ids::Ids;
use crate::{Error, Result};

/// Which associations of a memory exist for a call: answers, ties, counts and certificates are those of the memory that
/// holds these alone, under the ids that they have.
///
/// A scope is of the memory that it was made for ([`Memory::scope`](crate::Memory::scope)) and its clones, as long as
/// nothing is stored there or forgotten, and takes a bit for each of its associations. A key outside costs a call what
/// one inside costs the scan at the least; stretches of some hundred keys that all lie outside are not read.
///
/// # Example
/// ```
/// use popfield::{Memory, Missing, Patterns};
/// let memory = Memory::auto_associative(Patterns::random(100, 64, 5, "keys")?)?;
/// let scope = memory.scope(Some(&[3, 7, 42]), &[7], Missing::Refuse)?;
/// assert_eq!(scope.len(), 2);
/// let query = memory.keys().range(7..8)?.into();
/// let found = memory.within(&scope).search_top(&query, 3)?;
/// assert!(found[0].iter().all(|neighbor| [3, 42].contains(&neighbor.id)));
/// # Ok::<(), popfield::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Scope {
    present: Bits,
    ids: Arc<Ids>,
    /// Associations of the memory.
    of: usize,
    /// Of the keys that it is of.
    generation: u64,
}

/// What becomes of ids that no association has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Missing {
    /// They are an error.
    #[default]
    Refuse,
    /// They name nothing.
    Allow,
}

named!(Missing, "missing ids",
    Missing::Refuse, Missing::Refuse => "refuse", "They are an error";
    Missing::Allow, Missing::Allow => "ok", "They name nothing";
);

impl Scope {
    /// Of the places that are `live`, or of all, those whose ids `only` names, or all, less those that `exclude` names.
    pub(crate) fn new(
        ids: &Arc<Ids>,
        live: Option<&Bits>,
        generation: u64,
        [only, exclude]: [Option<&[u64]>; 2],
        missing: Missing,
    ) -> Result<Self> {
        let mut present = match (only, live) {
            (Some(_), _) => Bits::filled(ids.len(), false, "a scope")?,
            (None, None) => Bits::filled(ids.len(), true, "a scope")?,
            (None, Some(live)) => live.clone(),
        };
        for (what, list, keep) in [("ids to keep", only, true), ("ids to leave out", exclude, false)] {
            let mut places: BTreeMap<u64, usize> = BTreeMap::new();
            for (place, &id) in list.unwrap_or_default().iter().enumerate() {
                let refused = |expected| Error::Id { what, place, expected, found: id };
                match ids.find(id, live) {
                    Some(association) => present.set(association, keep),
                    None if missing == Missing::Refuse => return Err(refused(ids.in_words(live.is_none()))),
                    None => {}
                }
                if let Some(before) = places.insert(id, place) {
                    return Err(refused(format!("an id not given before, as at place {before}")));
                }
            }
        }
        if present.len() == 0 {
            let (expected, found) = ("at least one association".into(), "none".into());
            return Err(Error::Parameter { what: "scope", expected, found });
        }
        Ok(Self { present, ids: Arc::clone(ids), of: live.map_or(ids.len(), Bits::len), generation })
    }

    /// Associations in the scope; at least one.
    pub fn len(&self) -> usize {
        self.present.len()
    }

    /// Never: a scope holds at least one association.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Associations of the memory that it is a scope of.
    pub fn of(&self) -> usize {
        self.of
    }

    /// Whether the association of this id is in the scope.
    pub fn contains(&self, id: u64) -> bool {
        self.ids.find(id, Some(&self.present)).is_some()
    }

    /// The ids in the scope, in storing order.
    pub fn ids(&self) -> impl Iterator<Item = u64> {
        self.present.places().map(|place| self.ids.id(place))
    }

    /// The places of the associations.
    pub(crate) fn present(&self) -> &Bits {
        &self.present
    }

    pub(crate) fn generation(&self) -> u64 {
        self.generation
    }
}

/// The same associations of the same memory.
impl PartialEq for Scope {
    fn eq(&self, other: &Self) -> bool {
        self.generation == other.generation && self.present == other.present
    }
}

impl Eq for Scope {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_that_make_no_sense_are_refused() {
        let says = |ids: &Arc<Ids>, live: Option<&Bits>, lists: [Option<&[u64]>; 2], missing| match Scope::new(
            ids, live, 0, lists, missing,
        ) {
            Ok(scope) => scope.ids().map(|id| id.to_string()).collect::<Vec<_>>().join(" "),
            Err(error) => error.to_string(),
        };
        let ten = Arc::new(Ids::counted(10));
        let of_ten = |only: Option<&[u64]>, exclude: &[u64], missing| says(&ten, None, [only, Some(exclude)], missing);
        assert_eq!(
            of_ten(Some(&[3, 10]), &[], Missing::Refuse),
            "ids to keep, place 1: expected an id of 0 to 9, found 10"
        );
        assert_eq!(of_ten(Some(&[3, u64::MAX]), &[], Missing::Allow), "3");
        assert_eq!(
            of_ten(None, &[4, 5, 4], Missing::Allow),
            "ids to leave out, place 2: expected an id not given before, as at place 0, found 4"
        );
        assert_eq!(of_ten(Some(&[3, 4]), &[4], Missing::Refuse), "3");
        assert_eq!(of_ten(Some(&[3]), &[3], Missing::Refuse), "scope: expected at least one association, found none");
        assert_eq!(of_ten(Some(&[]), &[], Missing::Refuse), "scope: expected at least one association, found none");

        // Own ids, of which 70 was forgotten and given again.
        let own = Arc::new(Ids::new(vec![crate::patterns::ids::IdRun::listed(vec![50, 70, 9, 70, 8]).unwrap()], 71));
        let mut live = Bits::filled(5, true, "bits").unwrap();
        live.set(1, false);
        let says = |lists, missing| says(&own, Some(&live), lists, missing);
        assert_eq!(says([None, None], Missing::Refuse), "50 9 70 8");
        assert_eq!(says([Some(&[8, 70]), None], Missing::Refuse), "70 8");
        assert_eq!(says([None, Some(&[70, 9])], Missing::Refuse), "50 8");
        let refused = "ids to leave out, place 0: expected an id that an association has, found 1";
        assert_eq!(says([None, Some(&[1])], Missing::Refuse), refused);
        let scope = Scope::new(&own, Some(&live), 0, [Some(&[70]), None], Missing::Refuse).unwrap();
        assert!(scope.contains(70) && !scope.contains(50) && scope.len() == 1 && scope.of() == 4);
    }
}
