//! The little markup of the lecture's texts, `^{raised}` and `_{lowered}`, for the page and for the terminal.

use super::chart::raise;

/// Text of a page, with its special letters escaped.
pub fn html(text: &str) -> String {
    walk(text, &escape, &|raised| format!("<sup>{}</sup>", escape(raised)), &|low| {
        format!("<sub>{}</sub>", escape(low))
    })
}

/// The same text in one kind of letters: raised digits where there are such letters, else `^(…)`; lowered ones after a
/// low line, or bare if they are one digit or letter.
pub fn plain(text: &str) -> String {
    let raised = |raised: &str| {
        let letters: String = raised.chars().map(raise).collect();
        let all = raised.chars().zip(letters.chars()).all(|(letter, raised)| letter != raised);
        match raised {
            _ if all => letters,
            "T" => "ᵀ".into(),
            "+" => "⁺".into(),
            _ if raised.chars().count() == 1 => format!("^{raised}"),
            _ => format!("^({raised})"),
        }
    };
    let lowered = |low: &str| if low.chars().count() == 1 { format!("_{low}") } else { format!("_({low})") };
    walk(text, &str::to_owned, &raised, &lowered)
}

/// The letters that HTML takes for its own, spelled.
pub fn escape(text: &str) -> String {
    let pairs = [("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\"", "&quot;")];
    pairs.into_iter().fold(text.to_owned(), |text, (letter, spelled)| text.replace(letter, spelled))
}

type Turned<'a> = &'a dyn Fn(&str) -> String;

fn walk(text: &str, as_is: Turned, raised: Turned, lowered: Turned) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['^', '_']) {
        let (before, marked) = rest.split_at(at);
        let inner = marked[1..].strip_prefix('{').and_then(|inner| inner.split_once('}'));
        out += &as_is(before);
        match inner {
            Some((inner, after)) => {
                out += &if marked.starts_with('^') { raised(inner) } else { lowered(inner) };
                rest = after;
            }
            None => {
                out += &as_is(&marked[..1]);
                rest = &marked[1..];
            }
        }
    }
    out + &as_is(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_become_tags_or_letters() {
        let text = "e^{−ε²d/2} < x_{i}^{T} & d^{2}, 10^{−7}, a_b ^";
        assert_eq!(
            html(text),
            "e<sup>−ε²d/2</sup> &lt; x<sub>i</sub><sup>T</sup> &amp; d<sup>2</sup>, 10<sup>−7</sup>, a_b ^"
        );
        assert_eq!(plain(text), "e^(−ε²d/2) < x_iᵀ & d², 10⁻⁷, a_b ^");
    }
}
