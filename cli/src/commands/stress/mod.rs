//! `popfield stress`: how far memories grow, with every answer held to what was stored and some to the definition.

mod figure;
mod room;
mod rows;
mod shown;
mod soak;

use popfield::patterns::flips;
use popfield::tiers::Tier;
use popfield_lab::CONFIDENCE;
use popfield_lab::stress::Growth;
use serde_json::json;

use crate::args::StressArgs;
use crate::failure::{Failure, Result, about};
use crate::output::{check_distinct, deliver, say, say_json, uninterrupted, wrapped};
use crate::report::{bytes, facts, peak_rss_bytes};
use rows::{Size, json_of, table_of};
use shown::Shown;

pub fn run(args: &StressArgs) -> Result<()> {
    if args.writer {
        return soak::write(args);
    }
    let threads = crate::use_threads(args.threads)?;
    let tier = Tier::from_env().map_err(popfield::Error::from)?;
    let growth = Growth {
        patterns: args.patterns as u64,
        dim: args.dim,
        noise: args.noise,
        separation: args.separation.resolve("exponential".parse()?, args.dim)?,
        queries: args.queries,
        seed: args.seed,
    };
    if let Some(hours) = args.hours {
        args.look.begin("plot", None)?;
        return soak::run(args, growth, hours);
    }
    check_distinct(&[args.plot.as_deref(), args.store.as_deref()], &[])?;
    let needs = growth.check(args.store.is_some())?;
    if let Some(store) = &args.store {
        room::vacant(store)?;
        room::enough(store, needs.disk)?;
    }
    let plot = args.look.begin("plot", args.plot.as_ref())?;
    let settings = [
        ("patterns", format!("{} of dimension {}, drawn by seed {}", args.patterns, args.dim, args.seed)),
        ("separation", format!("{}, auto-kept: keys are their own values, the self-term stays", growth.separation)),
        ("queries", format!("{}, {} of {} bits flipped", args.queries, flips(args.noise, args.dim), args.dim)),
        (
            "place",
            match &args.store {
                None => "memory".into(),
                Some(store) => format!("{}, a store, mapped", store.display()),
            },
        ),
        (
            "needs",
            format!("{} of memory, {} of disk at the most", bytes(needs.memory as f64), bytes(needs.disk as f64)),
        ),
        ("tier, threads", format!("{}, {threads}", tier.name())),
    ];
    if !args.json {
        // Before it takes hours.
        facts(&settings)?;
    }

    let mut sizes: Vec<Size> = Vec::new();
    let watch = Shown::new();
    if let Some(store) = &args.store {
        room::clear(store)?;
    }
    let mut run = || {
        growth.run(args.store.as_deref(), &watch, &mut |measured| {
            sizes.push(Size { measured: measured.clone(), peak_rss_bytes: peak_rss_bytes() });
        })
    };
    // In memory nothing is left behind wherever it is stopped.
    let grown = if args.store.is_some() { uninterrupted(run) } else { run() };
    watch.bar.finish_and_clear();
    match (grown, &args.store) {
        (Ok(_), _) => {}
        (Err(popfield_lab::Error::Engine(error)), Some(store)) => return Err(about(store)(error)),
        (Err(error), _) => return Err(error.into()),
    }

    let plot = plot.map(|file| file.draw(&figure::cost(&sizes, args.dim))).transpose()?;
    let wrong: Vec<&String> = sizes.iter().flat_map(|size| &size.measured.wrong).collect();
    let said = deliver(plot, || {
        if args.json {
            return say_json(&json!({
                "patterns": args.patterns,
                "dim": args.dim,
                "noise": args.noise,
                "flips": flips(args.noise, args.dim),
                "separation": growth.separation.name(),
                "beta": growth.separation.beta().map(|beta| beta.get()),
                "degree": growth.separation.degree().map(|degree| degree.get()),
                "setting": "auto-kept",
                "queries": args.queries,
                "seed": args.seed,
                "store": args.store.as_ref().map(|store| store.display().to_string()),
                "confidence": CONFIDENCE,
                "needs_memory_bytes": needs.memory,
                "needs_disk_bytes": needs.disk,
                "tier": tier.name(),
                "threads": threads,
                "sizes": sizes.iter().map(json_of).collect::<Vec<_>>(),
                "wrong": wrong,
                "ok": wrong.is_empty(),
            }));
        }
        say("")?;
        table_of(&sizes).say()?;
        say("")?;
        let sum = |of: fn(&Size) -> u64| sizes.iter().map(of).sum::<u64>();
        let (asked, judged, open) =
            (sum(|size| size.measured.queries), sum(|size| size.measured.judged), sum(|size| size.measured.open));
        let judgement = format!(
            "Of {asked} answers, all held to what was stored, {judged} were held to the definition{}; {} wrong.",
            if open > 0 { format!(" ({open} of them left open: all keys would have to vote)") } else { String::new() },
            if wrong.is_empty() { "none was".to_owned() } else { format!("{} are", wrong.len()) },
        );
        say(wrapped(&judgement, 0))?;
        wrong.iter().try_for_each(|wrong| say(format_args!("wrong: {wrong}")))
    });
    match said {
        // The answer is no, whether it is read to its end or not.
        Ok(()) | Err(Failure::Unread) if !wrong.is_empty() => Err(Failure::No),
        said => said,
    }
}
