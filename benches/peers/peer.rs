//! popfield as one of the peers: answers requests on standard input until it ends, so that it stays as warm as they do.
//!
//! | request | answer |
//! |---|---|
//! | `keys FILE DIM` | packed rows, stored to recall themselves |
//! | `queries FILE` | packed rows of the same dimension |
//! | `repeat TIMES` | every further request is answered so many times; the median counts |
//! | `recall SEPARATION [BETA] OUT` | seconds, and the share of all bits of keys that was read; OUT gets the packed recalled rows, OUT.ids the nearest ids as `u64` |
//! | `search K OUT` | seconds; OUT gets the ids found, `u64`, row by row |
//! | `matrix OUT` | seconds of all distances as `u16` and as `u32`, and of all overlaps as `i32`, into arrays that are there; OUT gets the `u32` |
//!
//! The one argument is the number of threads. Each answer is a line.

use std::error::Error;
use std::io::BufRead;
use std::time::Instant;

use popfield::patterns::BitOrder;
use popfield::{Memory, Patterns, Queries, Recall, Separation};

fn main() -> Result<(), Box<dyn Error>> {
    let threads = std::env::args().nth(1).ok_or("the number of threads is missing")?.parse()?;
    rayon::ThreadPoolBuilder::new().num_threads(threads).build_global()?;
    let mut memory: Option<Memory> = None;
    let mut queries: Option<Queries> = None;
    let mut times = 1;
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let request: Vec<&str> = line.split_whitespace().collect();
        let memory_at_hand = || memory.as_ref().ok_or("no keys yet");
        let queries_at_hand = || queries.as_ref().ok_or("no queries yet");
        match request[..] {
            ["keys", file, dim] => {
                let keys = Patterns::from_packed(&std::fs::read(file)?, dim.parse()?, BitOrder::Big)?;
                let made = Memory::auto_associative(keys)?;
                println!("{} keys, tier {}", made.len(), made.tier().name());
                memory = Some(made);
            }
            ["queries", file] => {
                let dim = memory_at_hand()?.dim();
                let made: Queries = Patterns::from_packed(&std::fs::read(file)?, dim, BitOrder::Big)?.into();
                println!("{} queries", made.len());
                queries = Some(made);
            }
            ["repeat", count] => {
                times = count.parse()?;
                println!("{times} times");
            }
            ["recall", ref how @ .., out] => {
                let separation = match how {
                    ["exponential", beta] => Separation::exponential(beta.parse()?)?,
                    ["linear"] => Separation::Linear,
                    ["max"] => Separation::Max,
                    _ => return Err(format!("an unknown separation: {how:?}").into()),
                };
                let (memory, queries) = (memory_at_hand()?, queries_at_hand()?);
                let (seconds, recalled) = median(times, || memory.recall(queries, &Recall::new(separation)))?;
                let read: u64 = recalled.reports.iter().map(|report| report.bits_read).sum();
                println!("{seconds} {}", read as f64 / (memory.len() * memory.dim() * queries.len()) as f64);
                std::fs::write(out, recalled.patterns.to_packed(BitOrder::Big))?;
                let ids = recalled.reports.iter().flat_map(|report| report.nearest.id.to_le_bytes());
                std::fs::write(format!("{out}.ids"), ids.collect::<Vec<_>>())?;
            }
            ["search", top, out] => {
                let (memory, queries, top) = (memory_at_hand()?, queries_at_hand()?, top.parse()?);
                let (seconds, found) = median(times, || memory.search_top(queries, top))?;
                println!("{seconds}");
                let ids = found.iter().flatten().flat_map(|found| found.id.to_le_bytes());
                std::fs::write(out, ids.collect::<Vec<_>>())?;
            }
            ["matrix", out] => {
                let (memory, queries) = (memory_at_hand()?, queries_at_hand()?);
                let entries = memory.len() * queries.len();
                let (mut short, mut long, mut overlaps) = (vec![0u16; entries], vec![0u32; entries], vec![0; entries]);
                // Once before the time counts: the arrays' memory is there only then.
                let (short_seconds, ()) = median(times + 1, || memory.distances_into(queries, &mut short))?;
                let (long_seconds, ()) = median(times + 1, || memory.distances_into(queries, &mut long))?;
                let (overlap_seconds, ()) = median(times + 1, || memory.overlaps_into(queries, &mut overlaps))?;
                println!("{short_seconds} {long_seconds} {overlap_seconds}");
                let told = short.iter().zip(&overlaps).zip(&long);
                let agree = |((&h, &s), &long)| u32::from(h) == long && s == memory.dim() as i32 - 2 * long as i32;
                if !{ told }.all(agree) {
                    return Err("matrices differ".into());
                }
                std::fs::write(out, long.iter().flat_map(|h| h.to_le_bytes()).collect::<Vec<_>>())?;
            }
            _ => return Err(format!("an unknown request: {line}").into()),
        }
    }
    Ok(())
}

/// The median of the seconds that a call took, and its last answer.
fn median<T>(times: usize, mut call: impl FnMut() -> popfield::Result<T>) -> Result<(f64, T), Box<dyn Error>> {
    let mut taken = Vec::new();
    let mut last = None;
    for _ in 0..times.max(1) {
        let start = Instant::now();
        let answer = call()?;
        taken.push(start.elapsed().as_secs_f64());
        last = Some(answer);
    }
    taken.sort_unstable_by(f64::total_cmp);
    Ok((taken[taken.len() / 2], last.ok_or("no answer")?))
}
