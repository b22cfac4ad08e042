//! `popfield lecture`: the theory, claim by claim, each beside what is measured now.
//!
//! ```text
//! sections of claims → each shown: commands run, figures, drawings → a page, the terminal, JSON
//! one file a section      claim.rs  teacher.rs  plate.rs              page.rs  terminal.rs
//! opening.rs              chart.rs  course.rs  picture.rs             markup.rs  formula.rs  bibliography.rs
//! ```
//!
//! Figures of `popfield capacity` come from the very lines that stand beside them. Others are measured by the library,
//! on the patterns that the lines beside them draw. A figure that no line prints has a note that says so.

mod attention;
mod auto_association;
mod bibliography;
mod capacity;
mod chart;
mod claim;
mod course;
mod formula;
mod hetero;
mod hopfield;
mod linear_algebra;
mod markup;
mod modern;
mod opening;
mod page;
mod picture;
mod plate;
mod series;
mod shell;
mod teacher;
mod terminal;

use std::io::Write;

use serde_json::{Value, json};

use crate::args::Lecture;
use crate::failure::Result;
use crate::output::{OutFile, deliver, in_folder, say, written};
use crate::report::progress;
use claim::{Claim, Section, Shown, Taught};
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
        let (opening, sections) = (opening::show(&teacher)?, teach(&teacher)?);
        let page = page::page(&teacher, &opening, &sections);
        let file = written(file, |file| file.write_all(page.as_bytes()))?;
        deliver([file], || {
            if args.json {
                return say(json!({
                    "page": path,
                    "seed": args.seed,
                    "quick": args.quick,
                    "confidence": popfield_lab::CONFIDENCE,
                    "sections": sections.iter().map(section_json).collect::<Vec<_>>(),
                }));
            }
            terminal::show(&sections)?;
            say(format_args!("\n{}", path.display()))
        })
    })
}

/// Shows all claims, in order.
fn teach(teacher: &Teacher) -> Result<Vec<Taught>> {
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

fn section_json((section, claims): &Taught) -> Value {
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
        let drawing = |plate: &plate::Plate| json!({"caption": markup::plain(&plate.caption), "shows": plate.alt});
        json!({
            "id": claim.id,
            "title": markup::plain(claim.title),
            "statement": markup::plain(claim.statement),
            "derivation": claim.derivation.iter().map(|step| markup::plain(step)).collect::<Vec<_>>(),
            "correction": claim.correction.map(markup::plain),
            "source": markup::plain(claim.source),
            "commands": shown.commands,
            "note": shown.note.as_deref().map(markup::plain),
            "figures": shown.figures.iter().map(figure).collect::<Vec<_>>(),
            "drawings": shown.plates.iter().map(drawing).collect::<Vec<_>>(),
        })
    };
    let exercise = |exercise: &claim::Exercise| json!({"task": markup::plain(exercise.task), "answer": markup::plain(exercise.answer)});
    json!({
        "id": section.id,
        "title": markup::plain(section.title),
        "claims": claims.iter().map(claim).collect::<Vec<_>>(),
        "exercises": section.exercises.iter().map(exercise).collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod exercises;

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use clap::Parser;

    use super::*;
    use crate::args::Cli;

    /// The tags that are open at the end, and what is wrong on the way.
    fn open_tags(page: &str) -> Vec<&str> {
        // Elements that have no end.
        const VOID: [&str; 2] = ["meta", "!DOCTYPE"];
        let mut open = Vec::new();
        for part in page.split('<').skip(1) {
            let (tag, _) = part.split_once('>').expect("every < begins a tag");
            let name = tag.trim_start_matches('/').split([' ', '\n', '/']).next().unwrap();
            match tag {
                _ if VOID.contains(&name) || tag.ends_with('/') => {}
                _ if tag.starts_with('/') => assert_eq!(open.pop(), Some(name), "{tag} closes what is not open"),
                _ => open.push(name),
            }
        }
        open
    }

    /// What stands between `start` and the next `end`, wherever it does.
    fn between<'a>(page: &'a str, start: &'a str, end: char) -> impl Iterator<Item = &'a str> {
        page.split(start).skip(1).filter_map(move |part| part.split(end).next())
    }

    /// One quick lecture, seen from all sides: it takes a while.
    #[test]
    fn the_page_is_whole_needs_nothing_else_and_shows_commands_that_exist() {
        let teacher = Teacher { seed: 3, quick: true };
        let (opening, sections) = (opening::show(&teacher).unwrap(), teach(&teacher).unwrap());
        let page = page::page(&teacher, &opening, &sections);
        assert!(open_tags(&page).is_empty());
        for outside in ["src=", "url(", "<script", "<link", "@import", "file:", "<iframe", "<object"] {
            assert!(!page.contains(outside), "{outside}");
        }
        // Works are linked to; nothing is loaded.
        let links: HashSet<&str> = between(&page, "<a href=\"http", '"').collect();
        let works: usize = bibliography::WORKS.iter().map(|work| work.links.len()).sum();
        assert_eq!(links.len(), works);
        assert_eq!(page.matches("http").count(), works);
        let known = |link: &&str| link.starts_with("s://doi.org/10.") || link.starts_with("s://arxiv.org/abs/");
        assert!(links.iter().all(known), "{links:?}");

        let claims: Vec<&(&Claim, Shown)> = sections.iter().flat_map(|(_, claims)| claims).collect();
        let plates: Vec<&plate::Plate> = claims.iter().flat_map(|(_, shown)| &shown.plates).collect();
        assert_eq!(page.matches("<figure").count(), plates.len() + 2);
        // Every drawing says what it shows, and no two the same.
        let alts: HashSet<&str> = plates.iter().map(|plate| plate.alt.as_str()).collect();
        assert!(alts.len() == plates.len() && alts.iter().all(|alt| alt.len() > 60), "{alts:?}");
        let ids: Vec<&str> = between(&page, " id=\"", '"').collect();
        assert_eq!(ids.iter().collect::<HashSet<_>>().len(), ids.len(), "ids are different");
        for link in between(&page, "href=\"#", '"') {
            assert!(ids.contains(&link), "{link}");
        }
        for work in &bibliography::WORKS {
            assert!(page.contains(&format!("href=\"#{}\"", work.id)), "{} is cited", work.id);
        }
        for (claim, shown) in claims {
            let complete = !shown.plates.is_empty() && !shown.figures.is_empty() && !shown.commands.is_empty();
            assert!(complete && claim.derivation.len() > 1, "{}", claim.id);
            for row in &shown.figures {
                let (value, interval) = row.measured.numbers();
                let within = interval.is_none_or(|(low, high)| low <= value && value <= high);
                assert!(value.is_finite() && within, "{}: {}: {value}, {interval:?}", claim.id, row.what);
            }
            for command in &shown.commands {
                assert!(page.contains(&page::unbroken(command)), "{command}");
                // What makes text of signs, and what picks figures out of JSON, is not ours.
                let (ours, _) = command.split_once(" | jq ").unwrap_or((command, ""));
                if ours.starts_with("printf ") || ours.starts_with("jq ") {
                    continue;
                }
                assert!(ours.starts_with("popfield "), "{command}");
                if let Err(error) = Cli::try_parse_from(ours.split_whitespace()) {
                    panic!("{command}: {error}");
                }
            }
        }
        // Formulas that could not be read, and marks that were not.
        assert!(!page.contains("merror") && !page.contains("&amp;nbsp;"));
    }

    /// Every formula is text on a terminal and in JSON.
    #[test]
    fn no_text_has_marks_left() {
        let mut texts: Vec<&str> = vec![opening::DECK];
        texts.extend(opening::PATTERNS.iter().chain(&opening::COINS).chain(&opening::READING));
        texts.extend(opening::NOTATION.iter().flat_map(|(sign, meaning)| [sign, meaning]));
        for section in &SECTIONS {
            texts.extend([section.title, section.lead]);
            texts.extend(section.exercises.iter().flat_map(|exercise| [exercise.task, exercise.answer]));
            for claim in section.claims {
                texts.extend([claim.title, claim.lead, claim.statement, claim.source]);
                texts.extend(claim.derivation.iter().chain(&claim.correction));
            }
        }
        for text in texts {
            let (plain, html) = (markup::plain(text), markup::html(text));
            assert!(!plain.contains(['\\', '$', '`', '&']), "{plain}");
            assert!(!html.contains(['\\', '$', '`']) && !html.contains("merror") && !html.contains("[@"), "{html}");
        }
    }

    #[test]
    fn tags_that_do_not_match_are_found() {
        assert_eq!(open_tags("<p>a<b>c</b>"), ["p"]);
        assert!(std::panic::catch_unwind(|| open_tags("<p><b></p></b>")).is_err());
    }
}
