//! Formulas, written in LaTeX: as MathML for the page, as a line of text for the terminal and for programs.

use pulldown_latex::config::DisplayMode;
use pulldown_latex::{Parser, RenderConfig, Storage, push_mathml};

/// The formula as an element of MathML, in a line or, if `block`, in one of its own.
pub fn mathml(latex: &str, block: bool) -> String {
    let storage = Storage::new();
    let display_mode = if block { DisplayMode::Block } else { DisplayMode::Inline };
    let mut out = String::new();
    // Writing into a string cannot fail; what cannot be read becomes an `merror`, which no text here has.
    let _ =
        push_mathml(&mut out, Parser::new(latex, &storage), RenderConfig { display_mode, ..RenderConfig::default() });
    // Signs that HTML takes for its own; and a stroke of a fraction stands close.
    [
        ("<mo><</mo>", "<mo>&lt;</mo>"),
        ("<mo>></mo>", "<mo>&gt;</mo>"),
        ("<mo>/</mo>", "<mo lspace=\"0\" rspace=\"0\">/</mo>"),
    ]
    .into_iter()
    .fold(out, |out, (sign, spelled)| out.replace(sign, spelled))
}

/// The formula in one line of text: raised digits where there are such letters, else `^(…)`; lowered ones after a low
/// line; fractions with a stroke.
pub fn plain(latex: &str) -> String {
    let mut rest = Source { letters: latex.chars().collect(), at: 0 };
    join(&rest.row(None))
}

/// What a piece of a formula is to its neighbours, which decides on the spaces between them.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Ordinary,
    /// A function's name, such as ln.
    Name,
    Sum,
    Binary,
    Relation,
    Open,
    Close,
    Comma,
    Space,
}

type Piece = (Kind, String);

/// The pieces as text.
fn join(pieces: &[Piece]) -> String {
    use Kind::{Binary, Close, Comma, Name, Open, Ordinary, Relation, Space, Sum};
    let mut out = String::new();
    let mut before: Option<Kind> = None;
    for (kind, text) in pieces {
        // A sign before a number is no operation.
        let unary = *kind == Binary && matches!(before, None | Some(Open | Binary | Relation | Comma | Name | Sum));
        let kind = if unary { Open } else { *kind };
        let apart = match (before, kind) {
            (None, _) | (_, Space) | (Some(Space), _) => kind == Space,
            (_, Relation | Binary) | (Some(Relation | Binary | Comma), _) => true,
            (Some(Name), Ordinary | Name | Sum) | (Some(Ordinary | Close), Name | Sum) => true,
            (Some(Sum), Ordinary | Name | Sum | Open) => true,
            _ => false,
        };
        if apart && !out.ends_with(' ') {
            out.push(' ');
        }
        if kind != Space {
            out += text;
        }
        before = Some(kind);
    }
    out.trim().to_owned()
}

/// A formula on the way to being text.
struct Source {
    letters: Vec<char>,
    at: usize,
}

impl Source {
    fn peek(&self) -> Option<char> {
        self.letters.get(self.at).copied()
    }

    fn next(&mut self) -> Option<char> {
        let letter = self.peek();
        self.at += usize::from(letter.is_some());
        letter
    }

    fn skip_blanks(&mut self) {
        while self.peek().is_some_and(char::is_whitespace) {
            self.at += 1;
        }
    }

    /// The pieces up to `end`, which is taken, or up to the end of all.
    fn row(&mut self, end: Option<char>) -> Vec<Piece> {
        let mut pieces: Vec<Piece> = Vec::new();
        loop {
            self.skip_blanks();
            match self.peek() {
                None => return pieces,
                letter if letter == end => {
                    self.at += 1;
                    return pieces;
                }
                Some(mark @ ('^' | '_')) => {
                    self.at += 1;
                    let script = join(&self.argument());
                    let script = if mark == '^' { raised(&script) } else { lowered(&script) };
                    match pieces.last_mut() {
                        Some(last) => last.1 += &script,
                        None => pieces.push((Kind::Ordinary, script)),
                    }
                }
                Some(_) => pieces.extend(self.piece()),
            }
        }
    }

    /// What stands in braces, or the next piece.
    fn argument(&mut self) -> Vec<Piece> {
        self.skip_blanks();
        if self.peek() == Some('{') {
            self.at += 1;
            return self.row(Some('}'));
        }
        // One digit, not a number: \tfrac12.
        match self.peek().filter(char::is_ascii_digit) {
            Some(digit) => {
                self.at += 1;
                vec![(Kind::Ordinary, digit.into())]
            }
            None => self.piece(),
        }
    }

    /// The letters between braces as they are, or the next letter.
    fn letters_in_braces(&mut self) -> String {
        self.skip_blanks();
        if self.peek() != Some('{') {
            return self.next().map(String::from).unwrap_or_default();
        }
        let inner: String = self.letters[self.at..].iter().skip(1).take_while(|&&letter| letter != '}').collect();
        self.at = (self.at + inner.chars().count() + 2).min(self.letters.len());
        inner
    }

    fn piece(&mut self) -> Vec<Piece> {
        let one = |kind, text: &str| vec![(kind, text.to_owned())];
        let Some(letter) = self.next() else { return Vec::new() };
        match letter {
            '{' => self.row(Some('}')),
            '\\' => self.command(),
            '+' => one(Kind::Binary, "+"),
            '-' => one(Kind::Binary, "−"),
            '=' | '<' | '>' => one(Kind::Relation, &letter.to_string()),
            '(' | '[' => one(Kind::Open, &letter.to_string()),
            ')' | ']' => one(Kind::Close, &letter.to_string()),
            ',' | ';' => one(Kind::Comma, &letter.to_string()),
            '&' => Vec::new(),
            '~' => one(Kind::Space, " "),
            '\'' => one(Kind::Ordinary, "′"),
            _ => one(Kind::Ordinary, &letter.to_string()),
        }
    }

    fn command(&mut self) -> Vec<Piece> {
        let mut name = String::new();
        while let Some(letter) = self.peek().filter(char::is_ascii_alphabetic) {
            name.push(letter);
            self.at += 1;
        }
        if name.is_empty() {
            name.extend(self.next());
        }
        match name.as_str() {
            "frac" | "tfrac" | "dfrac" => {
                let (above, below) = (join(&self.argument()), join(&self.argument()));
                vec![(Kind::Ordinary, fraction(&above, &below))]
            }
            "binom" => {
                let (above, below) = (join(&self.argument()), join(&self.argument()));
                vec![(Kind::Ordinary, format!("C({above}, {below})"))]
            }
            "sqrt" => {
                let under = join(&self.argument());
                vec![(Kind::Ordinary, format!("√{}", grouped(&under)))]
            }
            "operatorname" => vec![(Kind::Name, self.letters_in_braces())],
            "text" | "mathrm" => vec![(Kind::Ordinary, self.letters_in_braces())],
            "begin" | "end" => {
                self.letters_in_braces();
                Vec::new()
            }
            "left" | "right" | "bigl" | "bigr" | "Bigl" | "Bigr" | "big" | "displaystyle" | "limits" | "!" => {
                Vec::new()
            }
            _ => match SIGNS.iter().find(|sign| sign.0 == name) {
                Some((_, kind, text)) => vec![(*kind, (*text).to_owned())],
                None => vec![(Kind::Name, name)],
            },
        }
    }
}

/// Commands that stand for one sign or name; others are names of functions, as `\ln`.
const SIGNS: [(&str, Kind, &str); 56] = [
    ("alpha", Kind::Ordinary, "α"),
    ("beta", Kind::Ordinary, "β"),
    ("delta", Kind::Ordinary, "δ"),
    ("Delta", Kind::Ordinary, "Δ"),
    ("varepsilon", Kind::Ordinary, "ε"),
    ("lambda", Kind::Ordinary, "λ"),
    ("mu", Kind::Ordinary, "μ"),
    ("nu", Kind::Ordinary, "ν"),
    ("pi", Kind::Ordinary, "π"),
    ("sigma", Kind::Ordinary, "σ"),
    ("Sigma", Kind::Ordinary, "Σ"),
    ("theta", Kind::Ordinary, "θ"),
    ("Theta", Kind::Ordinary, "Θ"),
    ("Omega", Kind::Ordinary, "Ω"),
    ("infty", Kind::Ordinary, "∞"),
    ("dots", Kind::Ordinary, "…"),
    ("ldots", Kind::Ordinary, "…"),
    ("cdots", Kind::Ordinary, "⋯"),
    ("top", Kind::Ordinary, "⊤"),
    ("prime", Kind::Ordinary, "′"),
    ("ell", Kind::Ordinary, "ℓ"),
    ("sum", Kind::Sum, "Σ"),
    ("prod", Kind::Sum, "Π"),
    ("le", Kind::Relation, "≤"),
    ("ge", Kind::Relation, "≥"),
    ("ne", Kind::Relation, "≠"),
    ("approx", Kind::Relation, "≈"),
    ("sim", Kind::Relation, "~"),
    ("to", Kind::Relation, "→"),
    ("gets", Kind::Relation, "←"),
    ("in", Kind::Relation, "∈"),
    ("gg", Kind::Relation, "≫"),
    ("ll", Kind::Relation, "≪"),
    ("propto", Kind::Relation, "∝"),
    ("iff", Kind::Relation, "⇔"),
    ("implies", Kind::Relation, "⇒"),
    ("cdot", Kind::Ordinary, "·"),
    ("times", Kind::Binary, "×"),
    ("pm", Kind::Binary, "±"),
    ("langle", Kind::Open, "⟨"),
    ("rangle", Kind::Close, "⟩"),
    ("lVert", Kind::Open, "‖"),
    ("rVert", Kind::Close, "‖"),
    ("lvert", Kind::Open, "|"),
    ("rvert", Kind::Close, "|"),
    ("{", Kind::Open, "{"),
    ("}", Kind::Close, "}"),
    ("mid", Kind::Relation, "|"),
    ("%", Kind::Ordinary, "%"),
    (",", Kind::Space, " "),
    (":", Kind::Space, " "),
    (";", Kind::Space, " "),
    (" ", Kind::Space, " "),
    ("quad", Kind::Space, " "),
    ("qquad", Kind::Space, " "),
    ("\\", Kind::Space, " "),
];

/// Above the line: raised letters where all have one.
fn raised(script: &str) -> String {
    let letters: String = script.chars().map(raise).collect();
    let all = script.chars().zip(letters.chars()).all(|(letter, raised)| letter != raised);
    match script {
        _ if all => letters,
        "⊤" => "ᵀ".into(),
        "+" => "⁺".into(),
        "′" => "′".into(),
        _ if script.chars().count() == 1 => format!("^{script}"),
        _ => format!("^({script})"),
    }
}

fn lowered(script: &str) -> String {
    if script.chars().count() == 1 { format!("_{script}") } else { format!("_({script})") }
}

/// A digit or sign as a raised letter, others as they are.
pub fn raise(letter: char) -> char {
    const RAISED: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    match letter.to_digit(10) {
        Some(digit) => RAISED[digit as usize],
        None if letter == '-' || letter == '−' => '⁻',
        None => letter,
    }
}

/// In brackets, unless it is one number or letter.
fn grouped(text: &str) -> String {
    let whole = text.chars().all(|letter| letter.is_alphanumeric() || letter == '.');
    let short = whole && (text.chars().count() == 1 || text.chars().all(|letter| letter.is_ascii_digit()));
    if short { text.to_owned() } else { format!("({text})") }
}

fn fraction(above: &str, below: &str) -> String {
    match (above, below) {
        ("1", "2") => "½".into(),
        ("1", "4") => "¼".into(),
        ("3", "4") => "¾".into(),
        _ => {
            // A product needs no brackets above the stroke.
            let product = !above.contains([' ', '+', '−']);
            format!("{}/{}", if product { above.to_owned() } else { grouped(above) }, grouped(below))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_become_lines_of_text() {
        for (latex, text) in [
            (r"W = \sum_i x_i x_i^\top", "W = Σ_i x_ix_iᵀ"),
            (r"e^{-\varepsilon^2 d/2}", "e^(−ε²d/2)"),
            (r"\mathrm P[S_{d(n-1)} < -d] + \tfrac12 z", "P[S_(d(n − 1)) < −d] + ½z"),
            (r"n \sim \frac{d}{2\ln d}", "n ~ d/(2 ln d)"),
            (r"\sqrt{2d\ln n}", "√(2d ln n)"),
            (r"\langle x, x_i\rangle", "⟨x, x_i⟩"),
            (r"2.5\cdot10^{-7}", "2.5·10⁻⁷"),
            (r"0.138\,d", "0.138 d"),
            (r"d = 128", "d = 128"),
            (r"\binom{n}{2}", "C(n, 2)"),
            (r"x \gets \operatorname{sign}(Wx)", "x ← sign(Wx)"),
            (r"\{-1, +1\}^d", "{−1, +1}^d"),
            (r"(1-2p)^2", "(1 − 2p)²"),
            (r"Y X^+", "YX⁺"),
            (r"\mathrm P[S_d \ge a]", "P[S_d ≥ a]"),
            (r"w = \tfrac12", "w = ½"),
            (r"2\left|u_j\right| > 0", "2|u_j| > 0"),
        ] {
            assert_eq!(plain(latex), text, "{latex}");
        }
    }

    #[test]
    fn variables_are_letters_of_their_own_and_names_are_words() {
        let math = mathml(r"2\ln d < n", false);
        assert!(math.contains("<mi>d</mi>") && math.contains("<mi>ln</mi>") && math.contains("&lt;"), "{math}");
        assert!(mathml("n", true).contains("display=\"block\""));
    }
}
