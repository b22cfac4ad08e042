//! What a chart shows, in words: for readers who do not see it.

use popfield_lab::Interval;

use super::claim::rounded;
use super::markup::plain;
use super::series::{Marks, Series};

/// Points of which more are a cloud, not a curve.
const CLOUD: usize = 40;

/// The axes and the course of every series.
pub fn alt(all: &[Series], [x, y]: [&str; 2], up: (f64, f64), log_y: bool) -> String {
    // A level that is worth naming where a curve crosses it.
    let level = match up {
        _ if log_y => Some(0.01),
        (low, high) if low >= -0.1 && (0.9..=1.1).contains(&high) => Some(0.5),
        _ => None,
    };
    let inside = |points: &[(f64, f64)]| -> Vec<(f64, f64)> {
        points.iter().copied().filter(|point| (up.0..=up.1).contains(&point.1)).collect()
    };
    // What is said, of which colour, and how many unnamed curves are like it.
    let mut said: Vec<(String, usize, usize)> = Vec::new();
    for series in all {
        let name = plain(&series.name);
        let text = match &series.marks {
            Marks::Place(at) => format!("An upright line at {}: {name}", short(*at)),
            Marks::Line(points) | Marks::Dashes(points) | Marks::Path(points) => {
                if name.is_empty() {
                    if let Some(like) = said.iter_mut().rfind(|text| text.1 == series.color) {
                        like.2 += 1;
                    }
                    continue;
                }
                let Some(course) = course(&inside(points), level, up.1 - up.0, log_y) else { continue };
                format!("{}: {course}", capital(&name))
            }
            Marks::Dots(dots) => {
                let Some(course) = measured(dots, level, up.1 - up.0, log_y) else { continue };
                let agrees = agreement(all, series, dots).unwrap_or_default();
                format!("{}: {course}{agrees}", capital(&named(all, series)))
            }
        };
        said.push((text, series.color, 0));
    }
    let said = said.into_iter().map(|(text, _, like)| if like > 0 { format!("{text}; and {like} more") } else { text });
    let said = said.collect::<Vec<_>>().join(". ");
    format!("Chart of {} against {}. {}.", plain(y), plain(x), said)
}

/// What measured dots are called: by themselves, or as the line of their colour.
fn named(all: &[Series], series: &Series) -> String {
    if !series.name.is_empty() {
        return plain(&series.name);
    }
    line(all, series).map_or("measured".into(), |line| format!("measured, {}", plain(&line.name)))
}

/// From where to where points run, and how.
fn course(points: &[(f64, f64)], level: Option<f64>, range: f64, log_y: bool) -> Option<String> {
    let (&(first_x, first), &(last_x, last)) = (points.first()?, points.last()?);
    if points.len() == 1 {
        return Some(format!("{} at {}", short(first), short(first_x)));
    }
    let by = |a: &&(f64, f64), b: &&(f64, f64)| a.1.total_cmp(&b.1);
    let (&(low_x, low), &(high_x, high)) = (points.iter().min_by(by)?, points.iter().max_by(by)?);
    // What the eye takes for flat.
    let flat = |a: f64, b: f64| {
        if log_y { libm::log10(b / a).abs() < 0.1 } else { (a - b).abs() <= 0.02 * range }
    };
    let mut text = if flat(low, high) {
        format!("stays near {} from {} to {}", short(0.5 * (low + high)), short(first_x), short(last_x))
    } else if !flat(high, first.max(last)) {
        let end = format!("then falls to {} at {}", short(last), short(last_x));
        format!("rises from {} at {} to {} at {}, {end}", short(first), short(first_x), short(high), short(high_x))
    } else if !flat(low, first.min(last)) {
        let end = format!("then rises to {} at {}", short(last), short(last_x));
        format!("falls from {} at {} to {} at {}, {end}", short(first), short(first_x), short(low), short(low_x))
    } else {
        let verb = if last > first { "rises" } else { "falls" };
        format!("{verb} from {} at {} to {} at {}", short(first), short(first_x), short(last), short(last_x))
    };
    if let Some((level, x)) = level.and_then(|level| Some((level, crosses(points, level)?))) {
        text += &format!(", through {} near {}", short(level), short(x));
    }
    Some(text)
}

fn measured(dots: &[(f64, Interval)], level: Option<f64>, range: f64, log_y: bool) -> Option<String> {
    let points: Vec<(f64, f64)> =
        dots.iter().map(|(x, interval)| (*x, interval.value)).filter(|point| !log_y || point.1 > 0.0).collect();
    if points.len() <= CLOUD {
        let course = course(&points, level, range, log_y)?;
        return Some(if points.len() == 1 { course } else { format!("{course}, {} points", points.len()) });
    }
    let ends = |values: &mut dyn Iterator<Item = f64>| {
        let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), x| (a.min(x), b.max(x)));
        format!("from {} to {}", short(low), short(high))
    };
    Some(format!(
        "{} points, {} across and {} upwards",
        points.len(),
        ends(&mut points.iter().map(|point| point.0)),
        ends(&mut points.iter().map(|point| point.1))
    ))
}

/// The line that dots belong to: the last of their colour before them.
fn line<'a>(all: &'a [Series], series: &Series) -> Option<&'a Series> {
    let before = all.iter().take_while(|other| !std::ptr::eq(*other, series));
    let is_line = |line: &&Series| matches!(line.marks, Marks::Line(_) | Marks::Dashes(_));
    before.filter(is_line).filter(|line| line.color == series.color && !line.name.is_empty()).last()
}

/// How many of the intervals hold that line.
fn agreement(all: &[Series], series: &Series, dots: &[(f64, Interval)]) -> Option<String> {
    let (Marks::Line(line) | Marks::Dashes(line)) = &line(all, series)?.marks else { return None };
    let at = |x: f64| {
        let pair = line.windows(2).find(|pair| pair[0].0 <= x && x <= pair[1].0)?;
        let share = if pair[1].0 > pair[0].0 { (x - pair[0].0) / (pair[1].0 - pair[0].0) } else { 0.0 };
        Some(pair[0].1 + share * (pair[1].1 - pair[0].1))
    };
    let beside: Vec<bool> = dots
        .iter()
        .filter(|(_, interval)| interval.high > interval.low)
        .filter_map(|(x, interval)| Some((interval.low..=interval.high).contains(&at(*x)?)))
        .collect();
    let held = beside.iter().filter(|held| **held).count();
    (!beside.is_empty()).then(|| format!(", {held} of {} intervals hold the line", beside.len()))
}

/// Where points first cross `level`, between its neighbours on a straight line.
fn crosses(points: &[(f64, f64)], level: f64) -> Option<f64> {
    let pair = points.windows(2).find(|pair| {
        let (before, after) = (pair[0].1 - level, pair[1].1 - level);
        before * after < 0.0 || after == 0.0 && before != 0.0
    })?;
    Some(pair[0].0 + (level - pair[0].1) / (pair[1].1 - pair[0].1) * (pair[1].0 - pair[0].0))
}

/// A number as one reads it aloud.
fn short(value: f64) -> String {
    let size = value.abs();
    if size < 1e-12 {
        return "0".into();
    }
    if !(1e-3..1e6).contains(&size) {
        return plain(&rounded(value, 3));
    }
    let decimals = (2 - libm::floor(libm::log10(size)) as i32).clamp(0, 5) as usize;
    let text = format!("{value:.decimals$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    text.replace('-', "−")
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    match letters.next() {
        // One letter alone is a variable.
        Some(first) if letters.as_str().starts_with(char::is_alphabetic) => {
            first.to_uppercase().collect::<String>() + letters.as_str()
        }
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn courses_turn_where_curves_do() {
        let course = |points: &[(f64, f64)]| course(points, None, 1.0, false).unwrap();
        assert_eq!(
            course(&[(0.0, 0.1), (1.0, 0.9), (2.0, 0.2)]),
            "rises from 0.1 at 0 to 0.9 at 1, then falls to 0.2 at 2"
        );
        assert_eq!(
            course(&[(0.0, 0.8), (1.0, 0.1), (2.0, 0.6)]),
            "falls from 0.8 at 0 to 0.1 at 1, then rises to 0.6 at 2"
        );
        assert_eq!(course(&[(0.0, 0.5), (1.0, 0.51)]), "stays near 0.505 from 0 to 1");
        assert_eq!(short(0.00034), "3.40·10⁻⁴");
        assert_eq!(short(-123.46), "−123");
    }
}
