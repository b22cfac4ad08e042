//! The page: one HTML file that needs nothing else, no network and no script.

use plotters::style::RGBColor;

use super::claim::{Claim, Row, Shown, Taught};
use super::markup::{escape, html};
use super::plate::{Plate, Shape, Swatch};
use super::teacher::Teacher;

const STYLE: &str = include_str!("page.css");

/// What the page is called.
pub const TITLE: &str = "Associative memory, claim by claim";

/// What stands above the contents.
const OPENING: &str = "From auto-association to attention: the theory of associative memories in a chain of claims. \
    Beside each claim stands what popfield measured when it wrote this page, and the commands that measure it: paste \
    them into a shell. They give the same numbers, though a terminal rounds some of them further; with --json all \
    digits are there. Some lines pass JSON on to jq, a program that picks figures out. Where a figure is not in what a \
    command prints, a note says where it is from.";

/// How to read the tables.
const READING: &str = "Intervals are at 95 %, over memories drawn at random: about one in twenty lies beside its prediction \
    by chance. Predictions are those at the very sizes measured, except where → says that they are limits for large d, ≈ \
    that they are approximations (crosstalk taken as normal, or bits as independent), and ≤ and ≥ that they are bounds.";

/// `inner` between the tags of `element`, which may carry attributes.
fn tag(element: &str, inner: &str) -> String {
    let name = element.split_whitespace().next().unwrap_or(element);
    format!("<{element}>{inner}</{name}>\n")
}

/// The whole page.
pub fn page(teacher: &Teacher, sections: &[Taught]) -> String {
    let mut body = String::new();
    body += &tag("header", &(tag("h1", &escape(TITLE)) + &tag("p", &escape(OPENING)) + &tag("p", &escape(READING))));
    body += &tag("nav aria-label=\"Contents\"", &contents(sections));
    let main: String =
        sections.iter().enumerate().map(|(number, section)| self::section(number + 1, section)).collect();
    body += &tag("main", &main);
    let quick = if teacher.quick { " --quick" } else { "" };
    let written = format!(
        "Written by <code>popfield lecture{quick}{}</code>, popfield {}. Another seed draws other memories.",
        escape(&teacher.seed_option()),
        env!("CARGO_PKG_VERSION")
    );
    body += &tag("footer", &tag("p", &written));
    let head = "<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
        .to_owned()
        + &tag("title", &escape(TITLE))
        + &tag("style", STYLE);
    "<!DOCTYPE html>\n".to_owned() + &tag("html lang=\"en\"", &(tag("head", &head) + &tag("body", &body)))
}

fn contents(sections: &[Taught]) -> String {
    let link = |id: &str, title: &str| tag(&format!("a href=\"#{id}\""), &html(title));
    let entry = |(section, claims): &Taught| {
        let inner: String = claims.iter().map(|(claim, _)| tag("li", &link(claim.id, claim.title))).collect();
        tag("li", &(link(section.id, section.title) + &tag("ol", &inner)))
    };
    tag("ol", &sections.iter().map(entry).collect::<String>())
}

fn section(number: usize, (section, claims): &Taught) -> String {
    let mut inner = tag("h2", &format!("{number} · {}", html(section.title))) + &tag("p", &html(section.lead));
    for (place, (claim, shown)) in claims.iter().enumerate() {
        inner += &self::claim(&format!("{number}.{}", place + 1), claim, shown);
    }
    tag(&format!("section id=\"{}\"", section.id), &inner)
}

fn claim(number: &str, claim: &Claim, shown: &Shown) -> String {
    let mut inner = tag("h3", &format!("{number} {}", html(claim.title)));
    inner += &tag("p", &html(claim.lead));
    inner += &tag("p class=\"claim\"", &html(claim.statement));
    inner += &shown.plates.iter().map(|plate| figure(claim, plate)).collect::<String>();
    inner += &table(&shown.figures);
    if let Some(correction) = claim.correction {
        let marked = "<strong>Correction.</strong> ".to_owned() + &html(correction);
        inner += &tag("p class=\"correction\"", &marked);
    }
    let lines: String = shown.commands.iter().map(|line| tag("code", &unbroken(line)).trim_end().to_owned()).collect();
    inner += &tag("pre", &lines);
    inner += &shown.note.iter().map(|note| tag("p class=\"note\"", &html(note))).collect::<String>();
    inner += &tag("p class=\"source\"", &html(claim.source));
    tag(&format!("article id=\"{}\"", claim.id), &inner)
}

/// A line of a shell in which options stay whole where it is broken.
pub fn unbroken(line: &str) -> String {
    let word = |word: &str| match word.starts_with("--") {
        true => tag("span", &escape(word)).trim_end().to_owned(),
        false => escape(word),
    };
    line.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

fn table(rows: &[Row]) -> String {
    const NAMES: [&str; 4] = ["what", "predicted", "measured", "95 % interval"];
    let head: String = NAMES.iter().map(|name| tag("th scope=\"col\"", name)).collect();
    let row = |row: &Row| {
        let cell =
            |name: &str, class: &str, text: String| tag(&format!("td data-name=\"{name}\"{class}"), &html(&text));
        let cells = tag("th scope=\"row\"", &html(&row.what))
            + &cell(NAMES[1], "", row.predicted.text())
            + &cell(NAMES[2], "", row.measured.text())
            + &cell(NAMES[3], " class=\"interval\"", row.measured.interval());
        tag("tr", &cells)
    };
    let body: String = rows.iter().map(row).collect();
    tag("table", &(tag("thead", &tag("tr", &head)) + &tag("tbody", &body)))
}

fn figure(claim: &Claim, plate: &Plate) -> String {
    let legend: String =
        plate.legend.iter().map(|(swatch, name)| tag("li", &(self::swatch(*swatch) + &html(name)))).collect();
    let legend = if legend.is_empty() { legend } else { tag("ul class=\"legend\"", &legend) };
    // What the drawing is, for those who do not see it.
    let label = format!("<svg aria-label=\"{}\" ", escape(&super::markup::plain(claim.title)));
    let svg = plate.svg.replacen("<svg ", &label, 1);
    tag("figure", &(svg + &legend + &tag("figcaption", &html(&plate.caption))))
}

/// A little drawing of how something looks in the chart.
fn swatch(Swatch { color, shape }: Swatch) -> String {
    let RGBColor(red, green, blue) = color;
    let ink = format!("#{red:02x}{green:02x}{blue:02x}");
    let line = |ends: [u32; 4], dashes: &str| {
        let [x1, y1, x2, y2] = ends;
        format!("<line x1=\"{x1}\" y1=\"{y1}\" x2=\"{x2}\" y2=\"{y2}\" stroke=\"{ink}\" stroke-width=\"2.5\"{dashes}/>")
    };
    let inner = match shape {
        Shape::Dot => format!("<circle cx=\"16\" cy=\"8\" r=\"5\" fill=\"{ink}\"/>"),
        Shape::Line => line([2, 8, 30, 8], ""),
        Shape::Dashes => line([2, 8, 30, 8], " stroke-dasharray=\"7 4\""),
        Shape::Place => line([16, 0, 16, 16], " stroke-dasharray=\"3 2\""),
        Shape::Square => format!("<rect x=\"9\" y=\"1\" width=\"14\" height=\"14\" fill=\"{ink}\"/>"),
    };
    tag("svg viewBox=\"0 0 32 16\" aria-hidden=\"true\"", &inner).trim_end().to_owned()
}
