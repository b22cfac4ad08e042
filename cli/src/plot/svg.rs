//! A drawing as SVG. What is drawn one after the other in one colour is one element, so that dashes and cells do not make
//! a file large.

use std::convert::Infallible;
use std::fmt::{self, Write};

use plotters::style::FontStyle;
use plotters::style::text_anchor::{HPos, VPos};
use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind, FontTransform,
};

use super::font;

/// A colour and how opaque it is.
#[derive(Clone, Copy)]
struct Ink(BackendColor);

impl PartialEq for Ink {
    fn eq(&self, other: &Self) -> bool {
        (self.0.rgb, self.0.alpha) == (other.0.rgb, other.0.alpha)
    }
}

impl fmt::Display for Ink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (r, g, b) = self.0.rgb;
        write!(f, "#{r:02X}{g:02X}{b:02X}")
    }
}

impl Ink {
    /// Said only where it is not the rule.
    fn opacity(self) -> String {
        if self.0.alpha < 1.0 {
            format!(" opacity=\"{}\"", (self.0.alpha * 1000.0).round() / 1000.0)
        } else {
            String::new()
        }
    }
}

/// What the element that is not closed yet looks like.
#[derive(Clone, Copy, PartialEq)]
enum Look {
    /// Lines of a width.
    Stroked(Ink, u32),
    /// Rectangles.
    Filled(Ink),
}

/// A drawing under way.
pub struct Svg {
    size: (u32, u32),
    body: String,
    /// What can still be added to: its look and its path.
    open: Option<(Look, String)>,
}

impl Svg {
    /// An empty one of so many units.
    pub fn new(size: (u32, u32)) -> Self {
        Self { size, body: String::new(), open: None }
    }

    /// The text of the file, which shows itself in so many pixels, in letters of this family.
    pub fn finish(mut self, (width, height): (f64, f64), family: &str) -> String {
        self.close();
        let ((across, down), body) = (self.size, self.body);
        format!(
            "<svg width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {across} {down}\" \
             xmlns=\"http://www.w3.org/2000/svg\">\n<g font-family=\"{family}\" stroke-linejoin=\"round\">\n{body}</g>\n\
             </svg>\n"
        )
    }

    fn close(&mut self) {
        let Some((look, path)) = self.open.take() else { return };
        self.body += &match look {
            Look::Stroked(ink, width) => {
                let opacity = ink.opacity();
                format!("<path fill=\"none\" stroke=\"{ink}\" stroke-width=\"{width}\"{opacity} d=\"{path}\"/>\n")
            }
            Look::Filled(ink) => format!("<path fill=\"{ink}\"{} d=\"{path}\"/>\n", ink.opacity()),
        };
    }

    /// Adds an element of its own.
    fn add(&mut self, element: &str) {
        self.close();
        self.body += element;
        self.body.push('\n');
    }

    /// The path of the open element, if it looks like this, or of a new one.
    fn path(&mut self, look: Look) -> &mut String {
        if self.open.as_ref().is_none_or(|open| open.0 != look) {
            self.close();
        }
        &mut self.open.get_or_insert((look, String::new())).1
    }
}

type Drawn = Result<(), DrawingErrorKind<Infallible>>;

impl DrawingBackend for &mut Svg {
    type ErrorType = Infallible;

    fn get_size(&self) -> (u32, u32) {
        self.size
    }

    fn ensure_prepared(&mut self) -> Drawn {
        Ok(())
    }

    fn present(&mut self) -> Drawn {
        Ok(())
    }

    fn draw_pixel(&mut self, (x, y): BackendCoord, color: BackendColor) -> Drawn {
        if color.alpha > 0.0 {
            let _ = write!(self.path(Look::Filled(Ink(color))), "M{x} {y}h1v1h-1z");
        }
        Ok(())
    }

    fn draw_line<S: BackendStyle>(&mut self, from: BackendCoord, to: BackendCoord, style: &S) -> Drawn {
        self.draw_path([from, to], style)
    }

    fn draw_rect<S: BackendStyle>(
        &mut self,
        (left, top): BackendCoord,
        (right, bottom): BackendCoord,
        style: &S,
        fill: bool,
    ) -> Drawn {
        let color = style.color();
        if color.alpha > 0.0 {
            let look = if fill { Look::Filled(Ink(color)) } else { Look::Stroked(Ink(color), style.stroke_width()) };
            let (width, height) = (right - left, bottom - top);
            let _ = write!(self.path(look), "M{left} {top}h{width}v{height}h{}z", -width);
        }
        Ok(())
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(&mut self, points: I, style: &S) -> Drawn {
        let color = style.color();
        if color.alpha > 0.0 {
            let path = self.path(Look::Stroked(Ink(color), style.stroke_width()));
            for (place, (x, y)) in points.into_iter().enumerate() {
                let _ = write!(path, "{}{x} {y}", if place == 0 { 'M' } else { 'L' });
            }
        }
        Ok(())
    }

    fn draw_circle<S: BackendStyle>(&mut self, (x, y): BackendCoord, radius: u32, style: &S, fill: bool) -> Drawn {
        let ink = Ink(style.color());
        if ink.0.alpha > 0.0 {
            let (opacity, width) = (ink.opacity(), style.stroke_width());
            let look = match fill {
                true => format!("fill=\"{ink}\""),
                false => format!("fill=\"none\" stroke=\"{ink}\" stroke-width=\"{width}\""),
            };
            self.add(&format!("<circle cx=\"{x}\" cy=\"{y}\" r=\"{radius}\" {look}{opacity}/>"));
        }
        Ok(())
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(&mut self, points: I, style: &S) -> Drawn {
        let ink = Ink(style.color());
        if ink.0.alpha > 0.0 {
            let points: Vec<String> = points.into_iter().map(|(x, y)| format!("{x},{y}")).collect();
            self.add(&format!("<polygon points=\"{}\" fill=\"{ink}\"{}/>", points.join(" "), ink.opacity()));
        }
        Ok(())
    }

    fn draw_text<S: BackendTextStyle>(&mut self, text: &str, style: &S, (x, y): BackendCoord) -> Drawn {
        let (ink, size) = (Ink(style.color()), style.size());
        if ink.0.alpha == 0.0 {
            return Ok(());
        }
        let anchor = match style.anchor().h_pos {
            HPos::Left => "start",
            HPos::Center => "middle",
            HPos::Right => "end",
        };
        // By the height of capitals and figures, which is what stands in figures.
        let below = match style.anchor().v_pos {
            VPos::Top => 0.76,
            VPos::Center => 0.36,
            VPos::Bottom => -0.24,
        };
        let down = y + (below * size).round() as i32;
        let weight = if matches!(style.style(), FontStyle::Bold) { " font-weight=\"600\"" } else { "" };
        let turned = match style.transform() {
            FontTransform::Rotate90 => format!(" transform=\"rotate(90 {x} {y})\""),
            FontTransform::Rotate180 => format!(" transform=\"rotate(180 {x} {y})\""),
            FontTransform::Rotate270 => format!(" transform=\"rotate(270 {x} {y})\""),
            FontTransform::None => String::new(),
        };
        let (opacity, text) = (ink.opacity(), marked_up(text));
        self.add(&format!(
            "<text x=\"{x}\" y=\"{down}\" text-anchor=\"{anchor}\" font-size=\"{size}\" \
             fill=\"{ink}\"{weight}{opacity}{turned}>{text}</text>"
        ));
        Ok(())
    }

    fn estimate_text_size<S: BackendTextStyle>(
        &self,
        text: &str,
        style: &S,
    ) -> Result<(u32, u32), DrawingErrorKind<Infallible>> {
        let bold = matches!(style.style(), FontStyle::Bold);
        Ok(((style.size() * font::width(text, bold)).ceil() as u32, style.size().ceil() as u32))
    }
}

/// Raised figures with what they raise.
const RAISED: [(char, char); 11] = [
    ('⁰', '0'),
    ('¹', '1'),
    ('²', '2'),
    ('³', '3'),
    ('⁴', '4'),
    ('⁵', '5'),
    ('⁶', '6'),
    ('⁷', '7'),
    ('⁸', '8'),
    ('⁹', '9'),
    ('⁻', '−'),
];

/// Text as it may stand in XML 1.0, where control characters may not. Figures are raised by the drawing, since few fonts
/// have them all, and a number of two fonts is ugly.
fn marked_up(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let (mut raised, mut lowered) = (false, false);
    for letter in text.chars() {
        let plain = RAISED.iter().find(|pair| pair.0 == letter).map(|pair| pair.1);
        if plain.is_some() != raised {
            if raised || lowered {
                escaped.push_str("</tspan>");
            }
            // Each by its own height: 0.36 of the text's, up and down.
            let shift = if raised { "<tspan dy=\"0.36em\">" } else { "<tspan dy=\"-0.5em\" font-size=\"72%\">" };
            escaped.push_str(shift);
            (raised, lowered) = (!raised, raised);
        }
        match plain.unwrap_or(letter) {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            control if control.is_control() || matches!(control, '\u{fffe}' | '\u{ffff}') => escaped.push('\u{fffd}'),
            letter => escaped.push(letter),
        }
    }
    if raised || lowered {
        escaped.push_str("</tspan>");
    }
    escaped
}

#[cfg(test)]
mod tests {
    use plotters::prelude::*;

    use super::*;

    #[test]
    fn figures_are_raised_and_what_follows_is_not() {
        let (up, down) = ("<tspan dy=\"-0.5em\" font-size=\"72%\">", "<tspan dy=\"0.36em\">");
        assert_eq!(marked_up("10⁻¹²"), format!("10{up}−12</tspan>"));
        assert_eq!(marked_up("s³ & s⁴."), format!("s{up}3</tspan>{down} &amp; s</tspan>{up}4</tspan>{down}.</tspan>"));
        assert_eq!(marked_up("d = 64"), "d = 64");
    }

    #[test]
    fn what_looks_alike_is_one_element_and_text_is_escaped() {
        let mut svg = Svg::new((100, 60));
        let area = (&mut svg).into_drawing_area();
        for x in 0..5 {
            area.draw(&PathElement::new([(x, 0), (x, 9)], BLUE)).unwrap();
        }
        area.draw(&PathElement::new([(0, 0), (9, 9)], RED)).unwrap();
        area.draw(&Rectangle::new([(1, 2), (4, 8)], RED.filled())).unwrap();
        area.draw(&Rectangle::new([(5, 2), (9, 8)], RED.filled())).unwrap();
        area.draw(&Circle::new((7, 7), 3, RED.mix(0.5).filled())).unwrap();
        area.draw(&Text::new("a < b & \u{1}", (3, 4), ("sans-serif", 10).into_font())).unwrap();
        drop(area);
        let text = svg.finish((50.0, 30.0), "sans-serif");
        assert_eq!(text.matches("<path").count(), 3, "{text}");
        for part in [
            "d=\"M0 0L0 9M1 0L1 9",
            "fill=\"#FF0000\" d=\"M1 2h3v6h-3zM5 2h4v6h-4z\"",
            "r=\"3\" fill=\"#FF0000\" opacity=\"0.5\"",
            ">a &lt; b &amp; \u{fffd}</text>",
            "width=\"50\" height=\"30\" viewBox=\"0 0 100 60\"",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }
}
