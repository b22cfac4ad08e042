//! The letters of figures: Inter, which the program carries, so that a figure is the same on every machine.

use std::sync::{Arc, LazyLock};

use resvg::usvg::fontdb::Database;
use skrifa::instance::{LocationRef, Size};
use skrifa::{FontRef, MetadataProvider};

/// What SVG asks for: Inter where it is installed, else what is near it.
pub const FAMILY: &str = "Inter, 'Helvetica Neue', Helvetica, Arial, sans-serif";

static REGULAR: &[u8] = include_bytes!("../../data/Inter-Regular.ttf");
static SEMI_BOLD: &[u8] = include_bytes!("../../data/Inter-SemiBold.ttf");

/// Both weights, for who draws them; no font of the system is among them.
pub fn database() -> Arc<Database> {
    let mut fonts = Database::new();
    fonts.load_font_data(REGULAR.to_vec());
    fonts.load_font_data(SEMI_BOLD.to_vec());
    fonts.set_sans_serif_family("Inter");
    Arc::new(fonts)
}

/// How wide `words` are in letters of height 1. Kerning is left out, which makes hardly any word narrower.
pub fn width(words: &str, bold: bool) -> f64 {
    static FONTS: LazyLock<[Option<FontRef<'static>>; 2]> =
        LazyLock::new(|| [REGULAR, SEMI_BOLD].map(|bytes| FontRef::new(bytes).ok()));
    let Some(font) = &FONTS[usize::from(bold)] else { return 0.6 * words.chars().count() as f64 };
    let (letters, metrics) = (font.charmap(), font.glyph_metrics(Size::new(1.0), LocationRef::default()));
    // What the font lacks is drawn as a box, or by another font.
    let advance = |letter| letters.map(letter).and_then(|glyph| metrics.advance_width(glyph)).unwrap_or(0.7);
    words.chars().map(|letter| f64::from(advance(letter))).sum()
}

/// `words` in lines that `fit`; a word that does not has a line of its own.
pub fn wrapped(words: &str, fit: impl Fn(&str) -> bool) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in words.split(' ') {
        match lines.last_mut() {
            Some(line) if fit(&format!("{line} {word}")) => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_have_the_widths_of_their_letters() {
        // Inter's digits and letters are between a third and nine tenths of their height wide.
        for bold in [false, true] {
            assert!((3.0..6.0).contains(&width("load n/d", bold)) && width("", bold) == 0.0);
            assert_eq!(width("ab", bold), width("a", bold) + width("b", bold));
        }
        assert!(width("mmm", false) > 2.0 * width("iii", false) && width("measured", true) > width("measured", false));
    }

    #[test]
    fn the_font_has_every_letter_that_figures_use() {
        let font = FontRef::new(REGULAR).unwrap();
        let letters = "αβσµ√≈≤≥×−·→∞½…–⁰¹²³⁴⁵⁶⁷⁸⁹⁻₀₁′¬";
        let lacking: String = letters.chars().filter(|&letter| font.charmap().map(letter).is_none()).collect();
        assert_eq!(lacking, "");
        assert_eq!(database().len(), 2);
    }

    #[test]
    fn wrapped_lines_fit_and_no_word_is_lost() {
        for words in ["α_c = 0.1379", "exact law of a bit, as if bits were independent", &"many words ".repeat(20)] {
            let lines = wrapped(words.trim_end(), |line| 12.0 * width(line, false) <= 120.0);
            assert!(lines.iter().all(|line| !line.is_empty() && 12.0 * width(line, false) <= 120.0), "{lines:?}");
            assert_eq!(lines.join(" "), words.trim_end());
        }
        assert_eq!(wrapped("incomprehensibilities", |_| false).len(), 1);
    }
}
