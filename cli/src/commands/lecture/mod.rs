//! `popfield lecture`: the theory, claim by claim, each beside what is measured now.
//!
//! ```text
//! sections of claims → each shown: commands run, figures, drawings → a page, the terminal, JSON
//! one file a section      claim.rs  teacher.rs  chart.rs  plate.rs    page.rs  terminal.rs
//! ```
//!
//! A claim's figures come from the very commands that stand beside it, so a reader who runs these finds the same.

mod attention;
mod auto_association;
mod capacity;
mod chart;
mod claim;
mod hetero;
mod hopfield;
mod linear_algebra;
mod markup;
mod modern;
mod page;
mod plate;
mod shell;
mod teacher;
mod terminal;

use std::io::Write;

use serde_json::{Value, json};

use crate::args::Lecture;
use crate::commands::demo::in_folder;
use crate::failure::Result;
use crate::output::{OutFile, deliver, say, written};
use crate::report::progress;
use claim::{Claim, Section, Shown};
use teacher::Teacher;

/// The way of the lecture.
static SECTIONS: [Section; 7] = [
    auto_association::SECTION,
    hopfield::SECTION,
    hetero::SECTION,
    linear_algebra::SECTION,
    capacity::SECTION,
    modern::SECTION,
    attention::SECTION,
];

/// The file in the folder.
const PAGE: &str = "lecture.html";

pub fn run(args: &Lecture) -> Result<()> {
    crate::use_threads(args.threads)?;
    in_folder(&args.out, || {
        // Before the work, so that a place that cannot be written is known.
        let file = OutFile::create(&args.out.join(PAGE))?;
        let path = file.path().to_owned();
        let teacher = Teacher { seed: args.seed, quick: args.quick };
        let sections = teach(&teacher)?;
        let page = page::page(&teacher, &sections);
        let file = written(file, |file| file.write_all(page.as_bytes()))?;
        deliver([file], || {
            if args.json {
                return say(json!({
                    "page": path,
                    "seed": args.seed,
                    "quick": args.quick,
                    "confidence": super::capacity::CONFIDENCE,
                    "sections": sections.iter().map(section_json).collect::<Vec<_>>(),
                }));
            }
            terminal::show(&sections)?;
            say(format_args!("\n{}", path.display()))
        })
    })
}

/// Shows all claims, in order.
fn teach(teacher: &Teacher) -> Result<Vec<(&'static Section, Vec<(&'static Claim, Shown)>)>> {
    let bar = progress(SECTIONS.iter().map(|section| section.claims.len() as u64).sum(), "claims shown");
    let show = |claim: &'static Claim| {
        let shown = (claim.show)(teacher)?;
        bar.inc(1);
        Ok((claim, shown))
    };
    let sections = SECTIONS.iter().map(|section| {
        let claims = section.claims.iter().map(show).collect::<Result<Vec<_>>>()?;
        Ok((section, claims))
    });
    let sections = sections.collect();
    bar.finish_and_clear();
    sections
}

fn section_json((section, claims): &(&Section, Vec<(&Claim, Shown)>)) -> Value {
    let claim = |(claim, shown): &(&Claim, Shown)| {
        let figure = |row: &claim::Row| {
            let ((low, high), (value, interval)) = (row.predicted.ends(), row.measured.numbers());
            json!({
                "what": markup::plain(&row.what),
                "predicted": {"kind": row.predicted.kind(), "low": low, "high": high},
                "measured": value,
                "low": interval.map(|ends| ends.0),
                "high": interval.map(|ends| ends.1),
            })
        };
        json!({
            "id": claim.id,
            "title": markup::plain(claim.title),
            "statement": markup::plain(claim.statement),
            "correction": claim.correction.map(markup::plain),
            "source": markup::plain(claim.source),
            "commands": shown.commands,
            "figures": shown.figures.iter().map(figure).collect::<Vec<_>>(),
        })
    };
    json!({"id": section.id, "title": section.title, "claims": claims.iter().map(claim).collect::<Vec<_>>()})
}
