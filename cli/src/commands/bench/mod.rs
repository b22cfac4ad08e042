//! `popfield bench`: how fast random patterns are recalled, how many of them, and how near that is to what the machine
//! can do.

mod case;
mod growth;
mod machine;
mod suite;

use std::time::Instant;

use popfield::{Memory, Patterns};

use self::case::{Case, Figures};
use self::machine::Machine;
use crate::args::Bench;
use crate::failure::Result;
use crate::output::say;
use crate::report::{facts, progress};

pub fn run(args: &Bench) -> Result<()> {
    let threads = crate::use_threads(args.threads)?;
    if let Some(figure) = args.look.begin("growth", args.growth.as_ref())? {
        return growth::run(args, threads, figure);
    }
    if args.suite {
        return suite::run(args, threads);
    }
    let case = Case {
        batch: args.batch,
        noise: args.noise,
        model: args.noise_model,
        separation: args.separation.resolve("exponential".parse()?, args.dim)?,
        repeats: args.repeats,
        seed: args.seed,
    };
    let start = Instant::now();
    let memory = Memory::auto_associative(Patterns::random(args.patterns, args.dim, args.seed, "keys")?)?;
    let load_seconds = start.elapsed().as_secs_f64();
    let bar = progress(u64::from(args.repeats) + 1, "recalling");
    let measured = case.measure(&memory, load_seconds, || bar.inc(1))?;
    bar.finish_and_clear();
    // Last, since its buffer would count among the memory that recall took.
    let machine = Machine::measure(memory.tier());
    let figures = Figures { case: &case, memory: &memory, measured: &measured, machine, threads };
    if args.json { say(figures.json()) } else { facts(&figures.facts()) }
}
