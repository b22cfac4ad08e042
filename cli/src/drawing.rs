//! A pattern in the terminal: a picture of half blocks, two rows of it in each line, or its signs one after the other.

use popfield::{Pattern, Query};

use crate::input::Shape;
use crate::output::terminal_width;

/// Letters of a line where there is no terminal.
const WIDTH: usize = 80;

/// Letters of a pattern that are shown however long its name is.
const LEAST: usize = 24;

/// Lines of a picture at the most.
const HEIGHT: usize = 24;

/// Letters between pictures.
const GAP: usize = 3;

/// Patterns beside one another, as many as the terminal has room for, and lines below; each with its name beneath. Those
/// without a shape a line each, and their name behind.
pub fn beside(patterns: &[(String, Query)], shape: Option<Shape>) -> Vec<String> {
    beside_in(patterns, shape, terminal_width().unwrap_or(WIDTH))
}

fn beside_in(patterns: &[(String, Query)], shape: Option<Shape>, room: usize) -> Vec<String> {
    let most = if shape.is_some() { room } else { room.saturating_sub(LEAST + 2) };
    let patterns: Vec<(String, &Query)> = patterns.iter().map(|(name, query)| (cut(name, most), query)).collect();
    let Some(shape) = shape else {
        let longest = patterns.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
        let signs = |query: &Query| signs(query, room.saturating_sub(longest + 2).max(LEAST));
        return patterns.iter().map(|(name, query)| format!("{}  {name}", signs(query))).collect();
    };
    let drawn: Vec<(&str, Vec<String>)> =
        patterns.iter().map(|(name, query)| (name.as_str(), picture(query, shape, room))).collect();
    let wide = |(name, lines): &(&str, Vec<String>)| {
        lines.iter().map(|line| line.chars().count()).chain([name.chars().count()]).max().unwrap_or(0)
    };
    let width = drawn.iter().map(wide).max().unwrap_or(0);
    let in_line = ((room + GAP) / (width + GAP)).max(1);
    let mut all = Vec::new();
    for row in drawn.chunks(in_line) {
        let height = row.iter().map(|(_, lines)| lines.len()).max().unwrap_or(0);
        let line = |texts: &mut dyn Iterator<Item = &str>| {
            let padded = texts.map(|text| format!("{text:width$}")).collect::<Vec<_>>();
            padded.join(&" ".repeat(GAP)).trim_end().to_owned()
        };
        for at in 0..height {
            all.push(line(&mut row.iter().map(|(_, lines)| lines.get(at).map_or("", String::as_str))));
        }
        all.push(line(&mut row.iter().map(|(name, _)| *name)));
    }
    all
}

/// A name of at most so many letters.
pub fn cut(name: &str, most: usize) -> String {
    match name.chars().count() <= most {
        true => name.to_owned(),
        false => name.chars().take(most.saturating_sub(1)).chain(['…']).collect(),
    }
}

/// The signs of a query, ? where unknown; what is cut says of how many.
fn signs(query: &Query, width: usize) -> String {
    let dim = query.signs().dim();
    let sign = |j: usize| match query.known() {
        Some(known) if !known.bits()[j] => '?',
        _ if query.signs().bits()[j] => '+',
        _ => '-',
    };
    let more = format!("… of {dim}");
    let shown = if dim <= width { dim } else { width.saturating_sub(more.chars().count()) };
    let text: String = (0..shown).map(sign).collect();
    if shown < dim { text + &more } else { text }
}

/// What stands in a square of pixels.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Square {
    Ink,
    Paper,
    Unknown,
}

/// The lines of a picture, each of two rows of squares; one too large is drawn smaller, and says so in a last line.
fn picture(query: &Query, shape: Shape, room: usize) -> Vec<String> {
    let Shape { width, height } = shape;
    let scale = width.div_ceil(room.max(1)).max(height.div_ceil(2 * HEIGHT)).max(1);
    let square = |x: usize, y: usize| {
        let columns = x * scale..((x + 1) * scale).min(width);
        let rows = y * scale..((y + 1) * scale).min(height);
        let pixels = rows.flat_map(|row| columns.clone().map(move |column| row * width + column));
        let (mut all, mut ink, mut known) = (0, 0, 0);
        for pixel in pixels {
            let is_known = is_known(query.known(), pixel);
            all += 1;
            known += usize::from(is_known);
            ink += usize::from(is_known && query.signs().bits()[pixel]);
        }
        match () {
            () if 2 * known < all || known == 0 => Square::Unknown,
            () if 2 * ink >= known => Square::Ink,
            () => Square::Paper,
        }
    };
    let (across, down) = (width.div_ceil(scale), height.div_ceil(scale));
    let letter = |x: usize, line: usize| {
        let lower = if 2 * line + 1 < down { square(x, 2 * line + 1) } else { Square::Paper };
        match (square(x, 2 * line), lower) {
            (Square::Ink, Square::Ink) => '█',
            (Square::Ink, Square::Paper) => '▀',
            (Square::Paper, Square::Ink) => '▄',
            (Square::Paper, Square::Paper) => '·',
            (Square::Unknown, Square::Ink) | (Square::Ink, Square::Unknown) => '▒',
            (Square::Unknown, _) | (_, Square::Unknown) => '░',
        }
    };
    let mut lines: Vec<String> =
        (0..down.div_ceil(2)).map(|line| (0..across).map(|x| letter(x, line)).collect()).collect();
    if scale > 1 {
        lines.push(format!("{shape}, drawn 1 : {scale}"));
    }
    lines
}

fn is_known(known: Option<&Pattern>, at: usize) -> bool {
    known.is_none_or(|known| known.bits()[at])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(signs: &[i8]) -> Query {
        popfield::Queries::from_signs(signs, signs.len()).unwrap().get(0).unwrap()
    }

    #[test]
    fn pictures_are_two_rows_a_line() {
        let shape = Shape { width: 2, height: 3 };
        let drawn = |signs: &[i8]| picture(&query(signs), shape, WIDTH);
        assert_eq!(drawn(&[1, 1, 1, -1, -1, 1]), ["█▀", "·▀"]);
        assert_eq!(drawn(&[-1, 0, 1, 0, 0, 1]), ["▄░", "░▀"]);
        let both =
            beside_in(&[("0".into(), query(&[1, 1, 1, -1, -1, 1])), ("1".into(), query(&[-1; 6]))], Some(shape), WIDTH);
        assert_eq!(both, ["█▀   ··", "·▀   ··", "0    1"]);
    }

    #[test]
    fn what_is_too_large_is_scaled_or_cut() {
        let shape = Shape { width: 200, height: 100 };
        let signs: Vec<i8> = (0..20_000).map(|at| if at % 200 < 99 { 1 } else { -1 }).collect();
        let drawn = picture(&query(&signs), shape, WIDTH);
        assert!(drawn.len() == 18 && drawn[17] == "200 × 100, drawn 1 : 3", "{drawn:?}");
        assert!(drawn.iter().all(|line| line.chars().count() <= WIDTH));
        assert!(drawn[0].starts_with(&"█".repeat(33)) && drawn[0].ends_with('·'), "{}", drawn[0]);
        let line = &beside_in(&[("7".into(), query(&signs))], None, WIDTH)[0];
        assert!(line.chars().count() <= WIDTH && line.contains("… of 20000") && line.ends_with("  7"), "{line}");
        let line = &beside_in(&[("0".into(), query(&[1, -1, 0]))], None, WIDTH)[0];
        assert_eq!(line, "+-?  0");
    }
}
