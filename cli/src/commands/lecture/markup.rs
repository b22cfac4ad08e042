//! The little markup of the lecture's texts, for the page and for the terminal: `$…$` is a formula in LaTeX, `$$…$$`
//! one in a line of its own, `` `…` `` code, `[@key]` a work of the bibliography.

use super::bibliography;
use super::formula;

/// Text of a page, with its special letters escaped.
pub fn html(text: &str) -> String {
    // A number stays beside its per cent.
    let text = squeezed(text).replace(" %", "\u{a0}%");
    let mut out = String::new();
    let mut pieces = pieces(&text).peekable();
    // What must stay beside the formula that comes next.
    let mut before = String::new();
    while let Some((mark, inner)) = pieces.next() {
        match mark {
            Mark::Text => {
                let formula_next = matches!(pieces.peek(), Some((Mark::Formula, _)));
                let kept = if formula_next { inner.trim_end_matches(OPENING).len() } else { inner.len() };
                out += &escape(&inner[..kept]);
                before = escape(&inner[kept..]);
            }
            Mark::Formula => {
                let after = match pieces.peek_mut() {
                    Some((Mark::Text, next)) if next.starts_with(CLOSING) => {
                        let (after, rest) = next.split_at(next.find(' ').unwrap_or(next.len()));
                        *next = rest;
                        escape(after)
                    }
                    _ => String::new(),
                };
                let formula = formula::mathml(inner, false);
                out += &match before.is_empty() && after.is_empty() {
                    true => formula,
                    false => format!("<span class=\"near\">{before}{formula}{after}</span>"),
                };
                before.clear();
            }
            Mark::Block => out += &format!("<span class=\"display\">{}</span>", formula::mathml(inner, true)),
            Mark::Code => out += &format!("<code>{}</code>", escape(inner)),
            Mark::Work => out += &format!("<a href=\"#{inner}\">{}</a>", escape(bibliography::name(inner))),
        }
    }
    out
}

/// Signs that no line may end with before a formula, nor begin with after one.
const OPENING: [char; 4] = ['(', '“', '±', '['];
const CLOSING: [char; 10] = [',', '.', ';', ':', ')', '”', '?', '-', ']', '!'];

/// The same text in one kind of letters.
pub fn plain(text: &str) -> String {
    let piece = |(mark, inner): (Mark, &str)| match mark {
        Mark::Text | Mark::Code => inner.to_owned(),
        Mark::Formula => formula::plain(inner),
        Mark::Block => format!(" {} ", formula::plain(inner)),
        Mark::Work => bibliography::name(inner).to_owned(),
    };
    squeezed(&pieces(&squeezed(text)).map(piece).collect::<String>())
}

/// The text with one space wherever there are several, or the end of a line.
fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The letters that HTML takes for its own, spelled.
pub fn escape(text: &str) -> String {
    let pairs = [("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\"", "&quot;")];
    pairs.into_iter().fold(text.to_owned(), |text, (letter, spelled)| text.replace(letter, spelled))
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Mark {
    Text,
    Formula,
    Block,
    Code,
    Work,
}

/// How each kind begins and ends.
const MARKS: [(Mark, &str, &str); 4] =
    [(Mark::Block, "$$", "$$"), (Mark::Formula, "$", "$"), (Mark::Code, "`", "`"), (Mark::Work, "[@", "]")];

fn pieces(text: &str) -> impl Iterator<Item = (Mark, &str)> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        // The first mark that has an end; one before longer ones at the same place.
        let marked = MARKS.iter().filter_map(|&(mark, open, close)| {
            let at = rest.find(open)?;
            let inner = &rest[at + open.len()..];
            Some((at, mark, &inner[..inner.find(close)?], open.len() + close.len()))
        });
        let (mark, inner, length) = match marked.min_by_key(|found| found.0) {
            Some((0, mark, inner, marks)) => (mark, inner, inner.len() + marks),
            Some((at, ..)) => (Mark::Text, &rest[..at], at),
            None => (Mark::Text, rest, rest.len()),
        };
        rest = &rest[length..];
        Some((mark, inner))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_become_elements_or_letters() {
        let text = "with $n < d$ & `a <b`, see [@hopfield1982]: $$x^2$$ 5 $";
        assert_eq!(plain(text), "with n < d & a <b, see Hopfield 1982: x² 5 $");
        let page = html(text);
        for part in [
            "with <math",
            "<mo>&lt;</mo>",
            " &amp; <code>a &lt;b</code>",
            "<a href=\"#hopfield1982\">Hopfield 1982</a>",
            "<span class=\"display\"><math display=\"block\"",
            " 5 $",
        ] {
            assert!(page.contains(part), "{part}: {page}");
        }
    }

    #[test]
    fn punctuation_stays_beside_its_formula() {
        let page = html("a set ($n$, say) of $d$-vectors $x$ and");
        for part in
            ["set <span class=\"near\">(<math", "</math>,</span> say)", "</math>-vectors</span> <math", "</math> and"]
        {
            assert!(page.contains(part), "{part}: {page}");
        }
    }
}
