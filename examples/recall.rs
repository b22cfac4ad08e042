//! What two separations recall of ten thousand patterns, the more their bits are flipped.
//!
//! ```sh
//! cargo run --release --example recall
//! ```
//!
//! The modern rule e^{βs} recalls every pattern in every bit for as long as the original stays the nearest key, and
//! reads a part of what is stored to prove it. The classical rule is lost among so many: each bit of a query votes for
//! itself once for every pattern, so that it gives back what it was asked, flipped bits and all.

use popfield::patterns::{NoiseModel, add_noise};
use popfield::recall::Reason;
use popfield::{Memory, Patterns, Queries, Recall, Separation};

fn main() -> popfield::Result<()> {
    let memory = Memory::auto_associative(Patterns::random(10_000, 256, 7, "keys")?)?;
    let originals = memory.keys().range(0..100)?;
    println!("{} patterns of {} bits; 100 of them asked for\n", memory.len(), memory.dim());
    println!("flipped  separation         recalled whole  proven by the nearest key  bits read a key");
    for noise in [0.0, 0.1, 0.2, 0.3, 0.4] {
        let queries: Queries = add_noise(&originals, noise, NoiseModel::Exact, 7)?.into();
        for separation in [Separation::exponential(1.0)?, Separation::Linear] {
            let recalled = memory.recall(&queries, &Recall::new(separation))?;
            let whole = recalled.patterns.iter().zip(originals.iter()).filter(|(answer, key)| answer == key).count();
            let dominant = |reason| usize::from(reason == Reason::Dominant);
            let dominant: usize = recalled.reports.iter().map(|report| dominant(report.certificate.reason)).sum();
            let read: u64 = recalled.reports.iter().map(|report| report.bits_read).sum();
            println!(
                "{:>6.0}%  {:<17}  {:>13}%  {:>24}%  {:>15.0}",
                100.0 * noise,
                separation.to_string(),
                whole,
                dominant,
                read as f64 / (100 * memory.len()) as f64,
            );
            match separation {
                Separation::Linear => assert_eq!(recalled.patterns, *queries.signs()),
                // With four bits of ten flipped, others of ten thousand are nearer than the original.
                _ => assert_eq!(whole, if noise < 0.35 { 100 } else { 0 }),
            }
        }
    }
    Ok(())
}
