//! A memory in three parts, as on three machines, that recalls the same bits as if it stood on one.
//!
//! ```sh
//! cargo run --release --example parts
//! ```
//!
//! In the first round every part says what its keys near the query vote, and how little all its others can weigh.
//! Merged, that decides most bits; for those that stay open, a second round counts all votes. With a large β the nearest
//! keys decide everything. The smaller it is the more keys matter, and the more is left to the second round.

use popfield::parts::{Closing, Partial, Votes};
use popfield::patterns::{NoiseModel, add_noise};
use popfield::{Memory, Patterns, Queries, Query, Recall, Separation, Tie};

fn main() -> popfield::Result<()> {
    let keys = Patterns::random(30_000, 192, 5, "keys")?;
    let queries: Queries = add_noise(&keys.range(0..20)?, 0.25, NoiseModel::Exact, 5)?.into();
    // Each part, and how many keys stand in those before it.
    let part = |from: usize, to: usize| Ok((from as u64, Memory::auto_associative(keys.range(from..to)?)?));
    let parts: Vec<(u64, Memory)> =
        [part(0, 9_000), part(9_000, 21_000), part(21_000, 30_000)].into_iter().collect::<popfield::Result<_>>()?;
    let whole = Memory::auto_associative(keys.clone())?;

    println!("{} keys in {} parts, {} queries of {} bits\n", whole.len(), parts.len(), queries.len(), whole.dim());
    println!("β      bits open after the first round  as the whole memory");
    for beta in [1.0, 0.25, 0.2, 0.15, 0.1] {
        let separation = Separation::exponential(beta)?;
        let expected = whole.recall(&queries, &Recall::new(separation))?.patterns;
        let (mut open, mut same) = (0, 0);
        for (query, expected) in queries.iter().zip(expected.iter()) {
            let mut closing = first_round(&parts, &query, separation)?;
            open += closing.open_bits();
            // A request names no more than so many words of 64 columns at a time.
            for request in closing.requests(8) {
                let votes = parts.iter().map(|(_, part)| part.votes(&request)).reduce(|sum, votes| {
                    let (mut sum, votes): (Votes, Votes) = (sum?, votes?);
                    sum.merge(&votes)?;
                    Ok(sum)
                });
                votes.map_or(Ok(()), |votes| closing.resolve(&votes?))?;
            }
            same += usize::from(closing.finish()?.pattern == expected);
        }
        println!("{beta:<5}{open:>13} of {:<16}  {same} of {}", queries.len() * whole.dim(), queries.len());
        assert_eq!(same, queries.len());
    }
    Ok(())
}

/// What all parts say of `query` together. Partial states merge in any order.
fn first_round(parts: &[(u64, Memory)], query: &Query, separation: Separation) -> popfield::Result<Closing> {
    let mut all: Vec<Partial> =
        parts.iter().map(|(first_id, part)| part.partial(query, separation, *first_id)).collect::<Result<_, _>>()?;
    let mut sum = all.swap_remove(0);
    all.iter().try_for_each(|partial| sum.merge(partial))?;
    sum.close(Tie::Plus)
}
