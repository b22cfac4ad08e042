//! Who finds the keys near a query.
//!
//! Whatever names the keys that count, an answer is proven from what is named and from a bound on the rest, so finding
//! them is a seam: a step asks one proposer after the other, each for the queries that those before it could not serve.
//! The scan is the last, as it serves every query.

use crate::scan::census::{Census, Counted};
use crate::scan::hunt::near;
use crate::scan::keys::Scan;
use crate::scan::plan::Plan;
use crate::scan::watch::Watched;
use crate::{Error, Queries, Result};

/// The near keys that are wanted of one query.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted {
    /// Its index among the queries.
    pub(crate) query: usize,
    /// All keys within this of the nearest, unless they are too many to be worth keeping ([`Census`]).
    pub(crate) window: u32,
    /// The distance of the nearest key, where it is known.
    pub(crate) nearest: Option<u32>,
}

/// Someone who finds near keys.
pub(crate) trait Propose: Sync {
    /// The near keys of each query wanted, in order; `None` where they cannot be proven to be all.
    fn propose(&self, queries: &Queries, wanted: &[Wanted]) -> Result<Vec<Option<Counted>>>;
}

/// The scan of all keys.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scanning<'a> {
    pub(crate) scan: Scan<'a>,
    pub(crate) plan: &'a Plan<'a>,
}

impl Propose for Scanning<'_> {
    fn propose(&self, queries: &Queries, wanted: &[Wanted]) -> Result<Vec<Option<Counted>>> {
        let keys = self.scan.len();
        let indices: Vec<usize> = wanted.iter().map(|wanted| wanted.query).collect();
        let census = |place: usize| {
            let Wanted { window, nearest, .. } = wanted[place];
            let census = Census::new(self.scan.ids(), window, keys);
            if let Some(nearest) = nearest { census.beside(nearest) } else { census }
        };
        let watched = near(self.scan, queries, &indices, self.plan, census)?;
        Ok(watched.into_iter().map(|watched: Watched<Census<'_>>| watched.counted(keys)).collect())
    }
}

/// Those who find near keys in one call, in the order in which they are asked. This is the one list of them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Proposers<'a> {
    scanning: Scanning<'a>,
}

impl<'a> Proposers<'a> {
    /// For a call that scans by `plan`.
    pub(crate) fn new(scan: Scan<'a>, plan: &'a Plan<'a>) -> Self {
        Self { scanning: Scanning { scan, plan } }
    }

    /// The near keys of each query wanted.
    ///
    /// # Errors
    /// Those of the proposers; [`Error::Empty`] where none of them can tell, as where there are no keys.
    pub(crate) fn propose(&self, queries: &Queries, wanted: &[Wanted]) -> Result<Vec<Counted>> {
        ask(&[&self.scanning], queries, wanted)
    }
}

/// The near keys of each query wanted, by the first of `proposers` that can tell them.
fn ask(proposers: &[&dyn Propose], queries: &Queries, wanted: &[Wanted]) -> Result<Vec<Counted>> {
    let mut found: Vec<Option<Counted>> = wanted.iter().map(|_| None).collect();
    let mut open: Vec<usize> = (0..wanted.len()).collect();
    for proposer in proposers.iter().filter(|_| !wanted.is_empty()) {
        let of_open: Vec<Wanted> = open.iter().map(|&place| wanted[place]).collect();
        let proposed = proposer.propose(queries, &of_open)?;
        debug_assert_eq!(proposed.len(), open.len());
        for (place, counted) in open.iter().zip(proposed) {
            found[*place] = counted;
        }
        open.retain(|&place| found[place].is_none());
        if open.is_empty() {
            break;
        }
    }
    found.into_iter().map(|counted| counted.ok_or(Error::Empty { what: "keys" })).collect()
}

#[cfg(test)]
mod tests {
    use popfield_kernels::Tier;

    use super::*;
    use crate::patterns::ids::Ids;
    use crate::scan::census::Nearest;
    use crate::scan::keys::Keys;
    use crate::{Patterns, Progress};

    /// Knows every other query.
    struct Every<'a>(&'a dyn Propose);

    impl Propose for Every<'_> {
        fn propose(&self, queries: &Queries, wanted: &[Wanted]) -> Result<Vec<Option<Counted>>> {
            let found = self.0.propose(queries, wanted)?;
            let known = |(counted, wanted): (Option<Counted>, &Wanted)| counted.filter(|_| wanted.query % 2 == 1);
            Ok(found.into_iter().zip(wanted).map(known).collect())
        }
    }

    /// Must not be asked for what another has answered.
    struct Even<'a>(&'a dyn Propose);

    impl Propose for Even<'_> {
        fn propose(&self, queries: &Queries, wanted: &[Wanted]) -> Result<Vec<Option<Counted>>> {
            assert!(!wanted.is_empty() && wanted.iter().all(|wanted| wanted.query % 2 == 0));
            self.0.propose(queries, wanted)
        }
    }

    #[test]
    fn each_query_is_answered_by_the_first_who_can() {
        let patterns = Patterns::random(300, 90, 2, "keys").unwrap();
        let queries = Queries::from(patterns.range(10..31).unwrap());
        let keys = Keys::new(patterns.into(), Ids::counted(300), None, Tier::from_env().unwrap());
        let steps = Progress::NONE.begin(0);
        let scan = Scan::new(&keys, None, &steps).unwrap();
        let plan = Plan::new(scan, &queries).unwrap();
        let scanning = Scanning { scan, plan: &plan };
        let wanted: Vec<Wanted> = (0..21).map(|query| Wanted { query, window: 3, nearest: None }).collect();
        let nearest = |proposers: &[&dyn Propose]| -> Vec<Nearest> {
            ask(proposers, &queries, &wanted).unwrap().into_iter().map(|counted| counted.nearest).collect()
        };
        let expected = nearest(&[&scanning]);
        assert!(expected.iter().enumerate().all(|(q, nearest)| nearest.id == 10 + q as u64 && nearest.distance == 0));
        assert_eq!(nearest(&[&Every(&scanning), &Even(&scanning)]), expected);
        assert!(matches!(ask(&[&Every(&scanning)], &queries, &wanted), Err(Error::Empty { .. })));
        assert!(ask(&[&Even(&scanning)], &queries, &[]).unwrap().is_empty());
    }
}
