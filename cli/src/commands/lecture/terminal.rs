//! The lecture on a terminal: the same claims and figures, without the drawings.

use comfy_table::{CellAlignment, ContentArrangement, Table};

use super::claim::{Shown, Taught};
use super::markup::plain;
use super::page::TITLE;
use crate::failure::Result;
use crate::output::say;
use crate::report::table;

/// Letters in a line.
const WIDTH: usize = 100;

pub fn show(sections: &[Taught]) -> Result<()> {
    say(TITLE)?;
    say("Intervals at 95 %, over memories; → a limit for large d; ≈ an approximation; ≤ and ≥ bounds.")?;
    for (number, (section, claims)) in sections.iter().enumerate() {
        let title = format!("{} · {}", number + 1, section.title);
        say(format_args!("\n{title}\n{}", "═".repeat(title.chars().count())))?;
        for (place, (claim, shown)) in claims.iter().enumerate() {
            say(format_args!("\n{}.{} {}", number + 1, place + 1, plain(claim.title)))?;
            say(wrapped("", &plain(claim.statement)))?;
            if let Some(correction) = claim.correction {
                say(wrapped("Correction: ", &plain(correction)))?;
            }
            shown.commands.iter().try_for_each(|line| say(format_args!("  $ {line}")))?;
            if let Some(note) = &shown.note {
                say(wrapped("", &plain(note)))?;
            }
            say(figures(shown))?;
        }
    }
    Ok(())
}

fn figures(shown: &Shown) -> Table {
    let mut rows = table(&["what", "predicted", "measured", "95 % interval"]);
    rows.set_content_arrangement(ContentArrangement::Dynamic).set_width(WIDTH as u16);
    for row in &shown.figures {
        let texts = [row.what.clone(), row.predicted.text(), row.measured.text(), row.measured.interval()];
        rows.add_row(texts.map(|text| plain(&text)));
    }
    if let Some(column) = rows.column_mut(0) {
        column.set_cell_alignment(CellAlignment::Left);
    }
    rows
}

/// `text` after `head`, in lines that are not too long, each two letters in.
fn wrapped(head: &str, text: &str) -> String {
    let mut lines = vec![format!("  {head}")];
    for word in text.split_whitespace() {
        let line = lines.last().map_or(0, |line| line.chars().count());
        if line + word.chars().count() >= WIDTH {
            lines.push("  ".into());
        }
        if let Some(line) = lines.last_mut() {
            let space = if line.ends_with(' ') { "" } else { " " };
            *line += space;
            *line += word;
        }
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_not_too_long_and_lose_no_word() {
        let text = "one two ".repeat(80);
        let lines = wrapped("Correction: ", &text);
        assert!(lines.lines().all(|line| line.chars().count() <= WIDTH && line.starts_with("  ")));
        assert_eq!(lines.split_whitespace().count(), 161);
        assert!(lines.lines().count() > 5);
    }
}
