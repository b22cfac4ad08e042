//! Pictures of patterns, in rows: +1 is ink, −1 is blank, and what is wrong is marked.

use std::fmt::Write as _;

use popfield::patterns::{NoiseModel, add_noise};
use popfield::{Pattern, Patterns};

use super::markup::{escape, html, plain};
use super::plate::{Plate, Shape, Swatch};

/// A row of pictures with a name.
pub struct Row {
    name: String,
    pictures: Vec<Picture>,
    /// Pictures that there is room for.
    columns: usize,
}

/// A pattern, or a grid of numbers, with what stands below it.
pub struct Picture {
    svg: String,
    label: String,
    wrong: bool,
}

/// Shades that numbers are rounded to.
const SHADES: i32 = 10;

impl Picture {
    /// `pattern` in rows of `width` cells.
    pub fn of(pattern: &Pattern, width: usize) -> Self {
        Self::drawn(width, pattern.dim(), &[("on", ones(pattern, |_| true))])
    }

    /// `answer`, with the cells marked in which it is not `right`: full where it should be blank, hollow where it should
    /// be full.
    pub fn against(answer: &Pattern, right: &Pattern, width: usize) -> Self {
        let truth = right.bits();
        let kept = ones(answer, |cell| truth[cell]);
        let extra = ones(answer, |cell| !truth[cell]);
        let lost: Vec<usize> = (0..answer.dim()).filter(|&cell| truth[cell] && !answer.bits()[cell]).collect();
        let wrong = !extra.is_empty() || !lost.is_empty();
        let layers = [("on", kept), ("extra", extra), ("lost", lost)];
        Self { wrong, ..Self::drawn(width, answer.dim(), &layers) }
    }

    /// Numbers from −1 to 1 as shades from blank to ink.
    pub fn shades(numbers: &[f64], width: usize) -> Self {
        let shade = |x: f64| ((x.clamp(-1.0, 1.0) + 1.0) / 2.0 * f64::from(SHADES)).round() as i32;
        let mut svg = opening(width, numbers.len());
        for level in 1..=SHADES {
            let cells = (0..numbers.len()).filter(|&cell| shade(numbers[cell]) == level).collect::<Vec<_>>();
            if !cells.is_empty() {
                let opacity = f64::from(level) / f64::from(SHADES);
                let _ = write!(svg, "<path class=\"on\" opacity=\"{opacity}\" d=\"{}\"/>", path(&cells, width));
            }
        }
        Self { svg: svg + "</svg>", label: String::new(), wrong: false }
    }

    fn drawn(width: usize, cells: usize, layers: &[(&str, Vec<usize>)]) -> Self {
        let mut svg = opening(width, cells);
        for (class, cells) in layers.iter().filter(|layer| !layer.1.is_empty()) {
            let path = if *class == "lost" { spots(cells, width) } else { path(cells, width) };
            let _ = write!(svg, "<path class=\"{class}\" d=\"{path}\"/>");
        }
        Self { svg: svg + "</svg>", label: String::new(), wrong: false }
    }

    /// The same, with how many cells are wrong below it.
    pub fn counted(answer: &Pattern, right: &Pattern, width: usize) -> popfield::Result<Self> {
        let wrong = answer.distance(right)?;
        Ok(Self::against(answer, right, width).label(format!("{wrong} wrong")))
    }

    /// With `label` below it.
    pub fn label(self, label: impl Into<String>) -> Self {
        Self { label: label.into(), ..self }
    }
}

impl Row {
    pub fn new(name: impl Into<String>, pictures: impl IntoIterator<Item = Picture>) -> Self {
        let pictures: Vec<Picture> = pictures.into_iter().collect();
        Self { name: name.into(), columns: pictures.len(), pictures }
    }

    /// With room for `columns` pictures, so that they are as large as those of fuller rows.
    pub fn filled(name: impl Into<String>, pictures: impl IntoIterator<Item = Picture>, columns: usize) -> Self {
        Self { columns, ..Self::new(name, pictures) }
    }
}

/// The rows as a plate, which says in `alt` what is to be seen.
pub fn plate(rows: Vec<Row>, caption: impl Into<String>, alt: impl Into<String>) -> Plate {
    let labels = |row: &Row| {
        let labels: Vec<String> = row.pictures.iter().map(|picture| plain(&picture.label)).collect();
        let said = labels.iter().filter(|label| !label.is_empty()).cloned().collect::<Vec<_>>().join(", ");
        match (row.name.is_empty(), said.is_empty()) {
            (_, true) => String::new(),
            (true, false) => format!(" {said}."),
            (false, false) => format!(" {}: {said}.", plain(&row.name)),
        }
    };
    let alt = alt.into() + &rows.iter().map(labels).collect::<String>();
    let wrong = rows.iter().flat_map(|row| &row.pictures).any(|picture| picture.wrong);
    let legend = if wrong {
        vec![
            (Swatch { color: "wrong", shape: Shape::Cell }, "wrong, should be $-1$".to_owned()),
            (Swatch { color: "wrong", shape: Shape::Hole }, "wrong, should be $+1$".to_owned()),
        ]
    } else {
        Vec::new()
    };
    let mut drawing = format!("<div class=\"pictures\" role=\"img\" aria-label=\"{}\">\n", escape(&alt));
    for Row { name, pictures, columns } in &rows {
        if !name.is_empty() {
            let _ = writeln!(drawing, "<p class=\"row-name\">{}</p>", html(name));
        }
        // Where a page is narrow, letters below pictures need room.
        let labelled = pictures.iter().any(|picture| !picture.label.is_empty());
        let narrow = if labelled && *columns > 5 { columns.div_ceil(2) } else { *columns };
        let _ = writeln!(drawing, "<div class=\"row\" style=\"--n:{columns};--narrow:{narrow}\">");
        for Picture { svg, label, .. } in pictures {
            let label = if label.is_empty() { String::new() } else { format!("<p>{}</p>", html(label)) };
            let _ = writeln!(drawing, "<div>{svg}{label}</div>");
        }
        drawing += "</div>\n";
    }
    drawing += "</div>\n";
    Plate { drawing, legend, caption: caption.into(), alt }
}

fn opening(width: usize, cells: usize) -> String {
    format!("<svg class=\"pattern\" viewBox=\"0 0 {width} {}\" aria-hidden=\"true\">", cells.div_ceil(width))
}

/// The cells that are +1 and of which `which` is so.
fn ones(pattern: &Pattern, which: impl Fn(usize) -> bool) -> Vec<usize> {
    pattern.bits().iter_ones().filter(|&cell| which(cell)).collect()
}

/// Cells as a path; neighbours in a row are one piece.
fn path(cells: &[usize], width: usize) -> String {
    let runs = cells.chunk_by(|a, b| a + 1 == *b && b % width != 0);
    runs.map(|run| format!("M{} {}h{}v1h-{2}z", run[0] % width, run[0] / width, run.len())).collect()
}

/// Spots in the middle of cells.
fn spots(cells: &[usize], width: usize) -> String {
    cells.iter().map(|cell| format!("M{}.3 {}.3h.4v.4h-.4z", cell % width, cell / width)).collect()
}

/// `first`, and as many random patterns of its size.
pub fn among_strangers(first: &Pattern, strangers: usize, seed: u64) -> popfield::Result<Patterns> {
    let others = Patterns::random(strangers, first.dim(), seed, "strangers")?.iter().collect::<Vec<_>>();
    [first].into_iter().chain(&others).collect()
}

/// Copies of `pattern`, each with another share of its cells flipped.
pub fn damaged(pattern: &Pattern, shares: &[f64], seed: u64) -> popfield::Result<Vec<Pattern>> {
    let one: Patterns = [pattern].into_iter().collect::<popfield::Result<_>>()?;
    let mut copies = Vec::new();
    for share in shares {
        copies.extend(add_noise(&one, *share, NoiseModel::Exact, seed)?.iter());
    }
    Ok(copies)
}

/// A face of `side` by `side` cells: a picture among patterns that are drawn by coins.
pub fn face(side: usize) -> popfield::Result<Pattern> {
    let at = |cell: usize| (cell as f64 + 0.5) / side as f64 * 2.0 - 1.0;
    let filled = |cell: usize| {
        let (x, y) = (at(cell % side), at(cell / side));
        let from = |a: f64, b: f64| libm::hypot(x - a, y - b);
        let edge = (0.74..0.95).contains(&from(0.0, 0.0));
        let eyes = from(-0.31, -0.26) < 0.155 || from(0.31, -0.26) < 0.155;
        let mouth = (0.38..0.56).contains(&from(0.0, 0.02)) && y > 0.17;
        edge || eyes || mouth
    };
    let mut face = Pattern::new(side * side)?;
    (0..side * side).filter(|&cell| filled(cell)).for_each(|cell| face.bits_mut().set(cell, true));
    Ok(face)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wrong_cell_is_drawn_as_what_it_should_be() {
        let pattern = |signs: [i8; 6]| Pattern::from_signs(&signs).unwrap();
        let (answer, right) = (pattern([1, 1, -1, 1, -1, -1]), pattern([1, 1, 1, -1, -1, -1]));
        let Picture { svg, wrong, .. } = Picture::against(&answer, &right, 3);
        assert!(wrong);
        for part in ["\"on\" d=\"M0 0h2v1h-2z\"", "\"extra\" d=\"M0 1h1v1h-1z\"", "\"lost\" d=\"M2.3 0.3h.4v.4h-.4z\""]
        {
            assert!(svg.contains(part), "{part}: {svg}");
        }
        assert!(!Picture::against(&right, &right, 3).wrong);
    }

    #[test]
    fn runs_end_with_their_row() {
        assert_eq!(path(&[1, 2, 3], 3), "M1 0h2v1h-2zM0 1h1v1h-1z");
        let shades = Picture::shades(&[-1.0, 0.0, 1.0], 3).svg;
        assert!(shades.matches("<path").count() == 2 && shades.contains("opacity=\"0.5\""), "{shades}");
    }
}
