//! The lecture on a terminal: claims, figures and exercises. Drawings, derivations and answers are on the page.

use super::claim::{Shown, Taught};
use super::markup::plain;
use super::page::TITLE;
use crate::failure::Result;
use crate::output::say;
use crate::table::Table;

/// Letters in a line: as many as the narrowest usual terminal has.
const WIDTH: usize = 80;

pub fn show(sections: &[Taught]) -> Result<()> {
    say(TITLE)?;
    say(wrapped(
        "",
        "",
        "Intervals at 95 %, over memories; → a limit for large d; ≈ an approximation; ≤ and ≥ bounds. The notation, \
         drawings, derivations and answers are on the page.",
    ))?;
    for (number, (section, claims)) in sections.iter().enumerate() {
        let title = format!("{} · {}", number + 1, section.title);
        say(format_args!("\n{title}\n{}", "═".repeat(title.chars().count())))?;
        for (place, (claim, shown)) in claims.iter().enumerate() {
            say(format_args!("\n{}.{} {}", number + 1, place + 1, plain(claim.title)))?;
            say(wrapped("  ", "", &plain(claim.statement)))?;
            if let Some(correction) = claim.correction {
                say(wrapped("  ", "Correction: ", &plain(correction)))?;
            }
            shown.commands.iter().try_for_each(|line| say(command(line)))?;
            if let Some(note) = &shown.note {
                say(wrapped("  ", "", &plain(note)))?;
            }
            figures(shown).say_within(Some(WIDTH))?;
        }
        say("")?;
        for (place, exercise) in section.exercises.iter().enumerate() {
            say(wrapped("  ", &format!("Exercise {}: ", place + 1), &plain(exercise.task)))?;
        }
    }
    Ok(())
}

fn figures(shown: &Shown) -> Table {
    let mut rows = Table::new(["what", "predicted", "measured", "95 % interval"]).folds();
    for row in &shown.figures {
        let texts = [row.what.clone(), row.predicted.text(), row.measured.text(), row.measured.interval()];
        rows.add_row(texts.map(|text| plain(&text)));
    }
    rows
}

/// A line of a shell, which goes on in the next where it is long.
fn command(line: &str) -> String {
    // A backslash between quotes would be the program's, not the shell's.
    let mut quoted = false;
    let words = line.split(move |letter| {
        quoted ^= letter == '\'';
        letter == ' ' && !quoted
    });
    broken("  $ ", "    ", words, " \\").join("\n")
}

/// `text` after `head`, in lines that are not too long, each after `margin`.
fn wrapped(margin: &str, head: &str, text: &str) -> String {
    broken(&format!("{margin}{head}"), margin, text.split_whitespace(), "").join("\n")
}

/// `words` after `first`, in lines that are not too long, others after `margin`; `end` stands where one is broken.
fn broken<'a>(first: &str, margin: &str, words: impl Iterator<Item = &'a str>, end: &str) -> Vec<String> {
    let mut lines = vec![first.to_owned()];
    let mut fresh = true;
    for word in words.filter(|word| !word.is_empty()) {
        let length = lines.last().map_or(0, |line| line.chars().count());
        if !fresh && length + 1 + word.chars().count() + end.chars().count() > WIDTH {
            if let Some(line) = lines.last_mut() {
                *line += end;
            }
            lines.push(margin.to_owned());
            fresh = true;
        }
        if let Some(line) = lines.last_mut() {
            *line += if fresh { "" } else { " " };
            *line += word;
        }
        fresh = false;
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_not_too_long_and_lose_no_word() {
        let text = "one two ".repeat(80);
        let lines = wrapped("  ", "Correction: ", &text);
        assert!(lines.lines().all(|line| line.chars().count() <= WIDTH && line.starts_with("  ")));
        assert_eq!(lines.split_whitespace().count(), 161);
        assert!(lines.lines().count() > 5);
    }

    #[test]
    fn long_commands_go_on_where_a_shell_reads_on() {
        let line =
            format!("popfield capacity {}--json | jq '.points | {}'", "--dims 100,200 ".repeat(8), "a ".repeat(20));
        let shown = command(&line);
        assert!(shown.lines().count() > 1 && shown.lines().all(|line| line.chars().count() <= WIDTH), "{shown}");
        let read: String = shown.replace(" \\\n", " ").split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(read.trim_start_matches("$ "), line);
    }
}
