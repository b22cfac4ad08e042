//! The page: one HTML file that needs nothing else, no network and no script.

use super::bibliography::{WORKS, Work};
use super::chart::{mark, marks};
use super::claim::{Claim, Exercise, Row, Shown, Taught};
use super::markup::{escape, html};
use super::opening::{self, Opening};
use super::plate::{Plate, Shape, Swatch};
use super::teacher::Teacher;

const STYLE: &str = include_str!("page.css");

/// What the page is called.
pub const TITLE: &str = "Associative memory, claim by claim";

/// `inner` between the tags of `element`, which may carry attributes.
fn tag(element: &str, inner: &str) -> String {
    let name = element.split_whitespace().next().unwrap_or(element);
    format!("<{element}>{inner}</{name}>\n")
}

/// The whole page.
pub fn page(teacher: &Teacher, opening: &Opening, sections: &[Taught]) -> String {
    let mut body = marks();
    let top = tag("h1", &escape(TITLE)) + &tag("p class=\"lead\"", &html(opening::DECK)) + &figure(&opening.top);
    body += &tag("header", &top);
    body += &tag("nav aria-label=\"Contents\"", &contents(sections));
    let mut main = begin(opening);
    for (number, section) in sections.iter().enumerate() {
        main += &self::section(number + 1, section);
    }
    main += &bibliography();
    body += &tag("main", &main);
    let quick = if teacher.quick { " --quick" } else { "" };
    let written = format!(
        "Written by <code>popfield lecture{quick}{}</code>, popfield {}. Another seed draws other memories. On paper, \
         derivations are unfolded; answers and commands are there if they were open.",
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
    let around = |id: &str, title: &str| tag("li class=\"around\"", &link(id, title));
    let entries = around("begin", "Before you begin")
        + &sections.iter().map(entry).collect::<String>()
        + &around("bibliography", "Bibliography");
    tag("ol", &entries)
}

/// What a reader must know first.
fn begin(opening: &Opening) -> String {
    let paragraphs = |texts: &[&str]| texts.iter().map(|text| tag("p", &html(text))).collect::<String>();
    let mut inner = tag("h2", "Before you begin");
    inner += &paragraphs(&opening::PATTERNS);
    inner += &figure(&opening.overlap);
    inner += &paragraphs(&opening::COINS);
    inner += &(tag("h3", "How to read this page") + &paragraphs(&opening::READING));
    let row = |&(sign, meaning): &(&str, &str)| {
        tag("tr", &(tag("th scope=\"row\"", &html(sign)) + &tag("td", &html(meaning))))
    };
    let rows: String = opening::NOTATION.iter().map(row).collect();
    inner += &tag("h3 id=\"notation\"", "Notation");
    inner += &tag("table class=\"notation\"", &tag("tbody", &rows));
    tag("section id=\"begin\"", &inner)
}

fn section(number: usize, (section, claims): &Taught) -> String {
    let mut inner = tag("h2", &format!("{number} · {}", html(section.title))) + &tag("p", &html(section.lead));
    for (place, (claim, shown)) in claims.iter().enumerate() {
        inner += &self::claim(&format!("{number}.{}", place + 1), claim, shown);
    }
    inner += &exercises(section.exercises);
    tag(&format!("section id=\"{}\"", section.id), &inner)
}

fn claim(number: &str, claim: &Claim, shown: &Shown) -> String {
    let mut inner = tag("h3", &format!("{number} {}", html(claim.title)));
    inner += &tag("p", &html(claim.lead));
    inner += &tag("p class=\"claim\"", &html(claim.statement));
    inner += &shown.plates.iter().map(figure).collect::<String>();
    inner += &table(&shown.figures);
    if let Some(correction) = claim.correction {
        let marked = "<strong>Correction.</strong> ".to_owned() + &html(correction);
        inner += &tag("p class=\"correction\"", &marked);
    }
    let steps: String = claim.derivation.iter().map(|step| tag("li", &html(step))).collect();
    inner += &folded("derivation", "Why: the derivation, step by step", &tag("ol", &steps));
    let lines: String = shown.commands.iter().map(|line| tag("code", &unbroken(line)).trim_end().to_owned()).collect();
    let note: String = shown.note.iter().map(|note| tag("p class=\"note\"", &html(note))).collect();
    inner += &folded("commands", "Measure it yourself: the commands", &(tag("pre", &lines) + &note));
    inner += &tag("p class=\"source\"", &html(claim.source));
    tag(&format!("article id=\"{}\"", claim.id), &inner)
}

/// What is there for those who ask.
fn folded(class: &str, summary: &str, inner: &str) -> String {
    tag(&format!("details class=\"{class}\""), &(tag("summary", summary) + inner))
}

fn exercises(exercises: &[Exercise]) -> String {
    let item = |Exercise { task, answer }: &Exercise| {
        tag("li", &(tag("p", &html(task)) + &folded("answer", "Answer", &tag("p", &html(answer)))))
    };
    let items: String = exercises.iter().map(item).collect();
    tag("aside class=\"exercises\"", &(tag("h3", "Exercises") + &tag("ol", &items)))
}

fn bibliography() -> String {
    let item = |Work { id, name, title, published, links }: &Work| {
        let links: Vec<String> =
            links.iter().map(|(text, link)| format!("<a href=\"{}\">{}</a>", escape(link), escape(text))).collect();
        let text = format!(
            "<strong>{}</strong>: <cite>{}</cite>. {}. {}",
            escape(name),
            escape(title),
            escape(published),
            links.join(", ")
        );
        tag(&format!("li id=\"{id}\""), &text)
    };
    let items: String = WORKS.iter().map(item).collect();
    tag("section id=\"bibliography\"", &(tag("h2", "Bibliography") + &tag("ul", &items)))
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
    tag("table class=\"figures\"", &(tag("thead", &tag("tr", &head)) + &tag("tbody", &body)))
}

fn figure(plate: &Plate) -> String {
    let legend: String =
        plate.legend.iter().map(|(swatch, name)| tag("li", &(self::swatch(*swatch) + &html(name)))).collect();
    let legend = if legend.is_empty() { legend } else { tag("ul class=\"legend\"", &legend) };
    tag("figure", &(plate.drawing.clone() + &legend + &tag("figcaption", &html(&plate.caption))))
}

/// A little drawing of how something looks in the chart.
fn swatch(Swatch { color, shape }: Swatch) -> String {
    let line = |class: &str, ends: [u32; 4]| {
        let [x1, y1, x2, y2] = ends;
        format!("<line class=\"{color} {class}\" x1=\"{x1}\" y1=\"{y1}\" x2=\"{x2}\" y2=\"{y2}\"/>")
    };
    let dot = format!("<use class=\"{color}\" href=\"#mark-{}\" x=\"16\" y=\"8\"/>", mark(color));
    let inner = match shape {
        Shape::Dot => dot,
        Shape::Dotted => line("line", [1, 8, 31, 8]) + &dot,
        Shape::Line => line("line", [1, 8, 31, 8]),
        Shape::Dashes => line("line dashes", [1, 8, 31, 8]),
        Shape::Place => line("place", [16, 0, 16, 16]),
        Shape::Cell => format!("<rect class=\"{color}\" x=\"9\" y=\"1\" width=\"14\" height=\"14\"/>"),
        Shape::Hole => format!("<rect class=\"{color}\" x=\"13\" y=\"5\" width=\"6\" height=\"6\"/>"),
    };
    tag("svg viewBox=\"0 0 32 16\" aria-hidden=\"true\"", &inner).trim_end().to_owned()
}
