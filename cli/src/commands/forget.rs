//! `popfield forget`: associations out of a memory, by their ids.

use popfield::Missing;
use popfield::store::Store;
use serde_json::json;

use super::store::rewrite;
use crate::args::{Forget, Threads};
use crate::failure::{Result, about};
use crate::input::{Ids, Source};
use crate::memory::{Kind, kind_of};
use crate::output::{acknowledging, check_distinct, say};
use crate::report::facts;

pub fn run(args: &Forget) -> Result<()> {
    // Before anything asks for threads that cannot be had.
    crate::use_threads(Threads::default())?;
    let kind = kind_of(&args.memory)?;
    let source = Source::of_ids(&args.ids)?;
    check_distinct(&[Some(&args.memory)], &[source.path()])?;
    let ids = Ids::read(&source)?;
    let missing = if args.missing.is_some() { Missing::Allow } else { Missing::Refuse };
    let forget = |store: &mut Store| store.forget(ids.ids(), missing).map_err(|error| ids.about(error));
    match kind {
        // An index stays true of what is left.
        Kind::Store => {
            let mut store = Store::open(&args.memory).map_err(about(&args.memory))?;
            let change = || Ok((forget(&mut store)?, store.snapshot().len()));
            acknowledging(change, |(forgotten, len)| tell(args, forgotten, len))
        }
        Kind::File => rewrite(
            &args.memory,
            |store| Ok((forget(store)?, store.snapshot().len())),
            |(forgotten, len), index| {
                tell(args, forgotten, len)?;
                index.write();
                Ok(())
            },
        ),
    }
}

fn tell(args: &Forget, forgotten: u64, len: u64) -> Result<()> {
    if args.json {
        return say(json!({ "forgotten": forgotten, "patterns": len }));
    }
    facts(&[("memory", args.memory.display().to_string()), ("forgotten", format!("{forgotten}, {len} are left"))])
}
