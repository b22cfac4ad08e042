//! Search and recall among some of what is stored: within a scope, a memory answers as if it held nothing else.
//!
//! ```sh
//! cargo run --release --example scope
//! ```
//!
//! A library of a thousand patterns; the query is a damaged copy of one of them, 420. Asked of all, it finds that. Once
//! 420 is lent out it finds the next nearest, and on one shelf alone the nearest there, always under the ids that they
//! have in the whole memory.

use popfield::patterns::{NoiseModel, add_noise};
use popfield::{Memory, Missing, Patterns, Queries, Recall, Scope, Separation};

fn main() -> popfield::Result<()> {
    let memory = Memory::auto_associative(Patterns::random(1000, 128, 3, "books")?)?;
    let query: Queries = add_noise(&memory.keys().range(420..421)?, 0.2, NoiseModel::Exact, 3)?.into();

    // No id may be given twice, and one that is not stored is refused: `Missing::Allow` would pass it over.
    let shelf: Vec<u64> = (100..200).collect();
    let scopes: [(&str, Scope); 3] = [
        ("all", memory.scope(None, &[], Missing::Refuse)?),
        ("all but 420", memory.scope(None, &[420], Missing::Refuse)?),
        ("the shelf 100 to 199", memory.scope(Some(&shelf), &[], Missing::Refuse)?),
    ];
    let recall = Recall::new(Separation::exponential(1.0)?);
    println!("scope                 books  nearest (distance)             recalled");
    for (name, scope) in &scopes {
        let view = memory.within(scope);
        let found = &view.search_top(&query, 3)?[0];
        let shown: Vec<String> = found.iter().map(|near| format!("{:>3} ({})", near.id, near.distance)).collect();
        let recalled = view.recall(&query, &recall)?;
        let nearest = recalled.reports[0].nearest;
        let is_nearest = recalled.patterns.get(0) == memory.keys().get(nearest.id as usize);
        let what = if is_nearest { format!("{}", nearest.id) } else { "a mixture".to_owned() };
        println!("{name:<20}  {:>5}  {:<29}  {what}", scope.len(), shown.join("  "));
        assert!(nearest.id == found[0].id && found.iter().all(|near| scope.contains(near.id)));
    }

    // Bit for bit what a memory says that holds the shelf alone; only ids are counted anew there.
    let alone = Memory::auto_associative(memory.keys().range(100..200)?)?;
    let within = memory.within(&scopes[2].1);
    assert_eq!(within.recall(&query, &recall)?.patterns, alone.recall(&query, &recall)?.patterns);
    let (there, here) = (within.search_radius(&query, 60)?, alone.search_radius(&query, 60)?);
    assert!(there[0].iter().map(|near| near.id).eq(here[0].iter().map(|near| near.id + 100)));
    println!("\nA memory that holds the shelf alone recalls the same bits.");
    Ok(())
}
