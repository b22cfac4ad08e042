//! Charts: what was measured and what is said of it against two axes, with title, key and numbers.

use plotters::coord::Shift;
use plotters::prelude::*;

use super::figure::{Drawn, FAINT, Figure, INK};
use super::pen::{Letters, Marker, Pen, Point, Side, Stroke, UNITS};
use super::scale::{Axis, Scale};

/// Letters of a title, of what is said below it, of names of axes, of the numbers at them, and of the key.
pub const TITLE: Letters = Letters::new(15.0, INK).bold();
pub const NOTE: Letters = Letters::new(12.0, FAINT);
const NAME: Letters = Letters::new(12.0, INK);
pub const TICK: Letters = Letters::new(11.0, FAINT);
const KEY: Letters = Letters::new(12.0, INK);

/// Pixels: around all, from a line of text to the next, of a sample in the key, between entries.
pub const MARGIN: f64 = 16.0;
const TITLE_LINE: f64 = 22.0;
const LINE: f64 = 17.0;
const SAMPLE: f64 = 34.0;
const BETWEEN: f64 = 22.0;

/// What is left to the curves at the least.
const LEAST: Point = (180.0, 110.0);

/// Faint lines across.
pub const RULE: RGBColor = RGBColor(228, 230, 235);

/// Half the height of marks.
const RADIUS: f64 = 3.6;

/// A point that was measured, with the interval that holds it. An end that is not bounded is open.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dot {
    pub at: Point,
    pub low: f64,
    pub high: f64,
}

/// What is drawn.
#[derive(Clone, Debug)]
pub enum Marks {
    /// Points with intervals upwards.
    Dots(Vec<Dot>),
    /// Points with intervals across.
    Spans(Vec<Dot>),
    /// A line along points.
    Line(Vec<Point>),
    /// An upright line at each of these.
    Places(Vec<f64>),
    /// A level line.
    Level(f64),
    /// Bars on the lower axis: from, to, height.
    Bars(Vec<(f64, f64, f64)>),
}

/// How it looks: a line, marks, or both.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    pub stroke: Stroke,
    pub marker: Option<Marker>,
}

impl Style {
    pub const fn line(stroke: Stroke) -> Self {
        Self { stroke, marker: None }
    }

    pub const fn marks(marker: Marker, color: RGBColor) -> Self {
        Self { stroke: Stroke::new(color, 1.2), marker: Some(marker) }
    }

    pub const fn marked_line(stroke: Stroke, marker: Marker) -> Self {
        Self { stroke, marker: Some(marker) }
    }
}

/// What stands before words of the key.
#[derive(Clone, Copy, Debug)]
pub enum Sample {
    /// A line, with marks or without, as what is drawn so.
    Of(Style),
    /// A mark with an interval upwards.
    Dot(Style),
    /// An upright line.
    Upright(Stroke),
    /// A mark with an interval across.
    Span(Style),
}

/// Words of the key, and what they are about.
#[derive(Clone, Debug)]
pub struct Key {
    pub sample: Sample,
    pub words: String,
}

/// A chart.
#[derive(Clone, Debug)]
pub struct Chart {
    title: String,
    notes: Vec<String>,
    /// Groups of the key, each in lines of its own.
    key: Vec<Vec<Key>>,
    x: Axis,
    y: Axis,
    drawn: Vec<(Marks, Style)>,
    size: (u32, u32),
}

/// Where the parts of a chart are, in pixels.
#[derive(Clone, Debug)]
pub struct Layout {
    /// Left, top, right and bottom of the curves.
    pub inner: [f64; 4],
    pub x: Scale,
    pub y: Scale,
    title: Vec<String>,
    notes: Vec<String>,
    key: Vec<Row>,
}

/// A line of the key: entries by where they begin, each in lines.
type Row = Vec<(f64, Sample, Vec<String>)>;

impl Layout {
    /// Curves alone, on axes that are known.
    pub fn plain(inner: [f64; 4], x: Scale, y: Scale) -> Self {
        Self { inner, x, y, title: Vec::new(), notes: Vec::new(), key: Vec::new() }
    }

    /// Where a point stands.
    pub fn at(&self, (x, y): Point) -> Point {
        let [left, top, right, bottom] = self.inner;
        (left + self.x.at(x) * (right - left), bottom - self.y.at(y) * (bottom - top))
    }
}

impl Chart {
    pub fn new(title: impl Into<String>, x: Axis, y: Axis) -> Self {
        Self { title: title.into(), notes: Vec::new(), key: Vec::new(), x, y, drawn: Vec::new(), size: (860, 540) }
    }

    /// With a line below the title.
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// With entries of the key, in lines of their own.
    pub fn key(mut self, key: Vec<Key>) -> Self {
        self.key.push(key);
        self
    }

    /// With this drawn over what is there.
    pub fn with(mut self, marks: Marks, look: Style) -> Self {
        self.drawn.push((marks, look));
        self
    }

    /// So many pixels large, if not told otherwise.
    pub fn sized(self, width: u32, height: u32) -> Self {
        Self { size: (width, height), ..self }
    }

    /// Where everything has its place between `left`, `top`, `right` and `bottom`.
    pub fn layout(&self, [left, top, right, bottom]: [f64; 4]) -> Layout {
        let room = right - left - 2.0 * MARGIN;
        let title = if self.title.is_empty() { Vec::new() } else { TITLE.wrapped(&self.title, room) };
        let notes: Vec<String> = self.notes.iter().flat_map(|note| NOTE.wrapped(note, room)).collect();
        let key: Vec<Row> = self.key.iter().flat_map(|group| rows(group, room)).collect();
        let lines = |row: &Row| row.iter().map(|entry| entry.2.len()).max().unwrap_or(0);
        let head = TITLE_LINE * title.len() as f64 + LINE * (notes.len() + key.iter().map(lines).sum::<usize>()) as f64;
        // The name of the upward axis stands above it.
        let name = if self.y.name.is_empty() { 8.0 } else { LINE + 8.0 };
        let inner_top = top + MARGIN * 0.75 + head + name;
        let below = LINE + if self.x.name.is_empty() { 0.0 } else { LINE };
        let inner_bottom = (bottom - MARGIN * 0.6 - below).max(inner_top + 1.0);
        let y = Scale::upwards(&self.y, inner_bottom - inner_top, TICK);
        let widest = y.ticks.iter().map(|tick| TICK.width(&tick.1)).fold(0.0, f64::max);
        let inner_left = left + MARGIN + widest + 7.0;
        // The last number may hang over the end.
        let inner_right = |over: f64| (right - MARGIN.max(over)).max(inner_left + 1.0);
        let x = Scale::across(&self.x, inner_right(0.0) - inner_left, TICK);
        let last = x.ticks.last().map_or(0.0, |tick| 0.5 * TICK.width(&tick.1) + 4.0);
        let inner_right = inner_right(last);
        Layout { inner: [inner_left, inner_top, inner_right, inner_bottom], x, y, title, notes, key }
    }

    /// Whether the curves have room enough there.
    pub fn has_room(&self, place: [f64; 4]) -> bool {
        let Layout { inner: [left, top, right, bottom], title, notes, key, .. } = self.layout(place);
        let room = place[2] - place[0] - 2.0 * MARGIN;
        let fit = |words: &[String], letters: Letters| words.iter().all(|words| letters.width(words) <= room);
        right - left >= LEAST.0
            && bottom - top >= LEAST.1
            && fit(&title, TITLE)
            && fit(&notes, NOTE)
            && key.iter().flatten().all(|entry| fit(&entry.2, KEY))
    }

    /// Draws it between `left`, `top`, `right` and `bottom`.
    pub fn draw_in<B: DrawingBackend>(&self, pen: &Pen<'_, B>, place: [f64; 4]) -> Drawn<B> {
        let layout = self.layout(place);
        self.head(pen, &layout, place)?;
        axes(pen, &layout, true)?;
        let [left, top, right, bottom] = layout.inner;
        if !self.x.name.is_empty() {
            pen.write(&self.x.name, ((left + right) / 2.0, bottom + 1.55 * LINE + 5.0), Side::Middle, NAME)?;
        }
        if !self.y.name.is_empty() {
            pen.write(&self.y.name, (place[0] + MARGIN, top - 0.5 * LINE - 4.0), Side::Left, NAME)?;
        }
        for (marks, look) in &self.drawn {
            draw(pen, &layout, marks, *look)?;
        }
        Ok(())
    }

    /// Draws these over curves that are laid out.
    pub fn draw_marks<B: DrawingBackend>(pen: &Pen<'_, B>, layout: &Layout, marks: &Marks, style: Style) -> Drawn<B> {
        draw(pen, layout, marks, style)
    }

    /// Draws its title, notes and key alone.
    pub fn draw_head<B: DrawingBackend>(&self, pen: &Pen<'_, B>, place: [f64; 4]) -> Drawn<B> {
        self.head(pen, &self.layout(place), place)
    }

    fn head<B: DrawingBackend>(&self, pen: &Pen<'_, B>, layout: &Layout, [left, top, ..]: [f64; 4]) -> Drawn<B> {
        let (left, mut y) = (left + MARGIN, top + 0.75 * MARGIN);
        for line in &layout.title {
            pen.write(line, (left, y + 0.45 * TITLE_LINE), Side::Left, TITLE)?;
            y += TITLE_LINE;
        }
        for note in &layout.notes {
            pen.write(note, (left, y + 0.5 * LINE), Side::Left, NOTE)?;
            y += LINE;
        }
        for row in &layout.key {
            for (x, sample, lines) in row {
                draw_sample(pen, (left + x, y + 0.5 * LINE), *sample)?;
                for (line, words) in lines.iter().enumerate() {
                    let at = (left + x + beside(*sample), y + (line as f64 + 0.5) * LINE);
                    pen.write(words, at, Side::Left, KEY)?;
                }
            }
            y += LINE * row.iter().map(|entry| entry.2.len()).max().unwrap_or(0) as f64;
        }
        Ok(())
    }
}

impl Figure for Chart {
    fn size(&self) -> (u32, u32) {
        (self.size.0 * UNITS, self.size.1 * UNITS)
    }

    fn fits(&self, (width, height): (u32, u32)) -> bool {
        let [width, height] = [width, height].map(|side| f64::from(side) / f64::from(UNITS));
        self.has_room([0.0, 0.0, width, height])
    }

    fn draw<B: DrawingBackend>(&self, area: &DrawingArea<B, Shift>) -> Drawn<B> {
        let pen = Pen(area);
        let (width, height) = pen.size();
        self.draw_in(&pen, [0.0, 0.0, width, height])
    }
}

/// How far from its sample an entry's words begin.
fn beside(sample: Sample) -> f64 {
    match sample {
        Sample::Dot(_) => 0.55 * SAMPLE,
        Sample::Upright(_) => 0.45 * SAMPLE,
        _ => SAMPLE + 8.0,
    }
}

/// The lines of a group of the key: as many columns of one width as there is room for, entries beside one another where
/// one line holds them all.
fn rows(group: &[Key], room: f64) -> Vec<Row> {
    let width = |key: &Key| beside(key.sample) + KEY.width(&key.words) + BETWEEN;
    let all: f64 = group.iter().map(width).sum::<f64>() - BETWEEN;
    let mut rows: Vec<Row> = Vec::new();
    if all <= room {
        let mut x = 0.0;
        let row = group.iter().map(|key| {
            let at = x;
            x += width(key);
            (at, key.sample, vec![key.words.clone()])
        });
        rows.push(row.collect());
        rows.retain(|row| !row.is_empty());
        return rows;
    }
    let widest = group.iter().map(width).fold(0.0, f64::max).min(room);
    let columns = ((room + BETWEEN) / widest).max(1.0) as usize;
    let column = (room + BETWEEN) / columns as f64;
    for entries in group.chunks(columns) {
        let row = entries.iter().enumerate().map(|(place, key)| {
            // Words of the system's own font may be a little wider.
            let lines = KEY.wrapped(&key.words, column - BETWEEN - beside(key.sample));
            (place as f64 * column, key.sample, lines)
        });
        rows.push(row.collect());
    }
    rows
}

/// Draws a sample of the key, level with `y`.
pub fn draw_sample<B: DrawingBackend>(pen: &Pen<'_, B>, (x, y): Point, sample: Sample) -> Drawn<B> {
    match sample {
        Sample::Upright(stroke) => pen.line(&[(x + 6.0, y - 7.0), (x + 6.0, y + 7.0)], stroke),
        Sample::Span(Style { stroke, marker }) => {
            let middle = x + SAMPLE / 2.0;
            pen.line(&[(x, y), (x + SAMPLE, y)], stroke)?;
            for end in [x, x + SAMPLE] {
                pen.line(&[(end, y - 3.5), (end, y + 3.5)], stroke)?;
            }
            marker.map_or(Ok(()), |marker| pen.mark(marker, (middle, y), RADIUS + 0.6, stroke.color))
        }
        Sample::Dot(Style { stroke, marker }) => {
            pen.line(&[(x + 6.0, y - 7.0), (x + 6.0, y + 7.0)], stroke.alpha(0.7))?;
            marker.map_or(Ok(()), |marker| pen.mark(marker, (x + 6.0, y), RADIUS, stroke.color))
        }
        Sample::Of(Style { stroke, marker }) => {
            pen.line(&[(x, y), (x + SAMPLE, y)], stroke)?;
            marker.map_or(Ok(()), |marker| pen.mark(marker, (x + SAMPLE / 2.0, y), RADIUS, stroke.color))
        }
    }
}

/// The axes and the numbers at them, and where asked for faint lines across.
pub fn axes<B: DrawingBackend>(pen: &Pen<'_, B>, layout: &Layout, lines: bool) -> Drawn<B> {
    let [left, top, right, bottom] = layout.inner;
    let axis = Stroke::new(FAINT, 1.0);
    let faint = Stroke::new(RULE, 1.0);
    let across = |value: f64| left + layout.x.at(value) * (right - left);
    let up = |value: f64| bottom - layout.y.at(value) * (bottom - top);
    if lines {
        for (value, _) in &layout.y.ticks {
            pen.line(&[(left, up(*value)), (right, up(*value))], faint)?;
        }
    }
    pen.line(&[(left, top), (left, bottom), (right, bottom)], axis)?;
    for &value in &layout.x.minor {
        pen.line(&[(across(value), bottom), (across(value), bottom + 2.5)], axis)?;
    }
    for &value in &layout.y.minor {
        pen.line(&[(left, up(value)), (left - 2.5, up(value))], axis)?;
    }
    for (value, words) in &layout.x.ticks {
        let x = across(*value);
        pen.line(&[(x, bottom), (x, bottom + 4.5)], axis)?;
        pen.write(words, (x, bottom + 13.0), Side::Middle, TICK)?;
    }
    for (value, words) in &layout.y.ticks {
        let y = up(*value);
        pen.line(&[(left, y), (left - 4.5, y)], axis)?;
        pen.write(words, (left - 7.0, y), Side::Right, TICK)?;
    }
    Ok(())
}

fn draw<B: DrawingBackend>(pen: &Pen<'_, B>, layout: &Layout, marks: &Marks, look: Style) -> Drawn<B> {
    let [left, top, right, bottom] = layout.inner;
    let Style { stroke, marker } = look;
    let inside = |(x, y): Point| x >= left - 0.5 && x <= right + 0.5 && y >= top - 0.5 && y <= bottom + 0.5;
    let mark = |at: Point| match marker {
        Some(marker) if inside(at) => pen.mark(marker, at, RADIUS, stroke.color),
        _ => Ok(()),
    };
    match marks {
        Marks::Line(points) => {
            let placed: Vec<Point> = points.iter().map(|&point| layout.at(point)).collect();
            for piece in clipped(&placed, layout.inner) {
                pen.line(&piece, stroke)?;
            }
            placed.into_iter().try_for_each(mark)
        }
        Marks::Places(places) => {
            for &x in places {
                let (x, _) = layout.at((x, 1.0));
                if x >= left && x <= right {
                    pen.line(&[(x, bottom), (x, top)], stroke)?;
                }
            }
            Ok(())
        }
        Marks::Level(y) => {
            let y = bottom - layout.y.at(*y) * (bottom - top);
            if inside((left, y)) { pen.line(&[(left, y), (right, y)], stroke) } else { Ok(()) }
        }
        Marks::Bars(bars) => {
            for &(from, to, height) in bars {
                let ((from, height), (to, _)) = (layout.at((from, height)), layout.at((to, height)));
                if height < bottom {
                    pen.fill((from.max(left), height.max(top)), (to.min(right), bottom), stroke.color)?;
                }
            }
            Ok(())
        }
        Marks::Dots(dots) => {
            for dot in dots {
                let (x, y) = layout.at(dot.at);
                if !(left - 0.5..=right + 0.5).contains(&x) {
                    continue;
                }
                let [low, high] = [dot.low, dot.high].map(|end| bottom - layout.y.at(end) * (bottom - top));
                // What a logarithm has no place for lies below all that it has.
                let [low, high] =
                    [if low.is_nan() { f64::INFINITY } else { low }, if high.is_nan() { y } else { high }];
                let ends = ((x, low.min(bottom)), (x, high.max(top)));
                pen.line(&[ends.0, ends.1], stroke.alpha(0.75))?;
                if low > bottom + 0.5 {
                    pen.head((x, bottom), (0.0, 1.0), stroke.color)?;
                } else if low - high > 2.0 * RADIUS {
                    pen.line(&[(x - 3.0, low), (x + 3.0, low)], stroke.alpha(0.75))?;
                }
                if high < top - 0.5 {
                    pen.head((x, top), (0.0, -1.0), stroke.color)?;
                } else if low - high > 2.0 * RADIUS {
                    pen.line(&[(x - 3.0, high), (x + 3.0, high)], stroke.alpha(0.75))?;
                }
                if y.is_finite() {
                    mark((x, y))?;
                }
            }
            Ok(())
        }
        Marks::Spans(dots) => {
            for dot in dots {
                let (x, y) = layout.at(dot.at);
                let [low, high] = [dot.low, dot.high].map(|end| left + layout.x.at(end) * (right - left));
                let [low, high] = [
                    if low.is_nan() { f64::NEG_INFINITY } else { low },
                    if high.is_nan() { f64::INFINITY } else { high },
                ];
                pen.line(&[(low.max(left), y), (high.min(right), y)], stroke)?;
                for (end, open, limit, way) in
                    [(low, low < left - 0.5, left, -1.0), (high, high > right + 0.5, right, 1.0)]
                {
                    match open {
                        true => pen.head((limit, y), (way, 0.0), stroke.color)?,
                        false => pen.line(&[(end, y - 4.5), (end, y + 4.5)], stroke)?,
                    }
                }
                if x.is_finite() && inside((x, y)) {
                    marker.map_or(Ok(()), |marker| pen.mark(marker, (x, y), RADIUS + 0.9, stroke.color))?;
                }
            }
            Ok(())
        }
    }
}

/// The pieces of the line along `points` that lie inside, cut where it leaves.
fn clipped(points: &[Point], [left, top, right, bottom]: [f64; 4]) -> Vec<Vec<Point>> {
    let mut pieces: Vec<Vec<Point>> = Vec::new();
    for pair in points.windows(2) {
        let (from, to) = (pair[0], pair[1]);
        let Some((a, b)) = cut(from, to, [left, top, right, bottom]) else { continue };
        match pieces.last_mut() {
            Some(piece) if piece.last() == Some(&a) => piece.push(b),
            _ => pieces.push(vec![a, b]),
        }
    }
    pieces
}

/// The part of the way from `a` to `b` that lies inside, by Liang and Barsky.
fn cut(a: Point, b: Point, [left, top, right, bottom]: [f64; 4]) -> Option<(Point, Point)> {
    if ![a.0, a.1, b.0, b.1].iter().all(|side| side.is_finite()) {
        return None;
    }
    let (across, down) = (b.0 - a.0, b.1 - a.1);
    let (mut from, mut to) = (0.0f64, 1.0f64);
    for (way, room) in [(-across, a.0 - left), (across, right - a.0), (-down, a.1 - top), (down, bottom - a.1)] {
        if way == 0.0 {
            if room < 0.0 {
                return None;
            }
        } else if way < 0.0 {
            from = from.max(room / way);
        } else {
            to = to.min(room / way);
        }
    }
    let at = |share: f64| match share {
        0.0 => a,
        1.0 => b,
        _ => (a.0 + share * across, a.1 + share * down),
    };
    (from < to).then(|| (at(from), at(to)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_cut_where_they_leave() {
        let inner = [0.0, 0.0, 10.0, 10.0];
        assert_eq!(clipped(&[(-5.0, 5.0), (5.0, 5.0), (5.0, 15.0)], inner), [[(0.0, 5.0), (5.0, 5.0), (5.0, 10.0)]]);
        assert_eq!(
            clipped(&[(1.0, 1.0), (1.0, 20.0), (9.0, 20.0), (9.0, 1.0)], inner),
            [[(1.0, 1.0), (1.0, 10.0)], [(9.0, 10.0), (9.0, 1.0)]]
        );
        assert!(clipped(&[(11.0, 0.0), (12.0, 9.0)], inner).is_empty());
        assert!(clipped(&[(1.0, 1.0), (f64::NAN, 2.0), (3.0, f64::INFINITY)], inner).is_empty());
    }

    #[test]
    fn the_key_keeps_inside_and_loses_no_word() {
        let key = |words: &str| Key { sample: Sample::Of(Style::line(Stroke::new(INK, 1.0))), words: words.into() };
        let group: Vec<Key> =
            ["d = 100", "exact law of a bit, as if bits were independent", "Hoeffding's bound", "normal"]
                .map(key)
                .into();
        for room in [180.0, 300.0, 500.0, 2000.0] {
            let rows = rows(&group, room);
            let words: Vec<String> = rows.iter().flatten().map(|entry| entry.2.join(" ")).collect();
            assert_eq!(words, group.iter().map(|key| key.words.clone()).collect::<Vec<_>>(), "{room}");
            for (x, sample, lines) in rows.iter().flatten() {
                assert!(lines.iter().all(|line| x + beside(*sample) + KEY.width(line) <= room), "{room}: {lines:?}");
            }
        }
    }
}
