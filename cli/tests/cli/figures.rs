//! Figures of all commands: of the size asked for, with all letters inside, and the same colours for the same things.

use crate::sandbox::Sandbox;

/// What came back home.
const GREEN: &str = "#1E8A4C";

/// A sandbox with a memory, and the figures that can be drawn quickly.
fn figures() -> (Sandbox, Vec<Vec<&'static str>>) {
    let s = Sandbox::new();
    s.done(&["random", "keys.npy", "--patterns", "12", "--dim", "64", "--seed", "3"]);
    s.done(&["create", "m.pop", "--keys", "keys.npy"]);
    let lines = [
        "capacity --rule hebb --dim 30,50 --trials 4",
        "capacity --rule hebb --dim 30 --load 0.2 --trials 4 --observable bit-error",
        "capacity --rule hebb --setting auto-zeroed --dynamics async --dim 40,60 --load 0.1,0.2 --trials 4 --observable overlap",
        "capacity --rule exponential --noise 0.1 --dim 8,10,12,14,16,18,20 --patterns 10,1000 --trials 4",
        "dynamics m.pop --start pattern",
        "dynamics m.pop --start random --order async",
        "spectrum m.pop",
        "spectrum m.pop --rule storkey",
        "basins m.pop",
        "stress --patterns 3000 --dim 64 --queries 20",
    ];
    (s, lines.map(|line| line.split(' ').collect()).into())
}

/// The attribute of an element, a number.
fn number(element: &str, name: &str) -> f64 {
    let after = element.split(&format!(" {name}=\"")).nth(1).unwrap_or_else(|| panic!("{name}: {element}"));
    after.split('"').next().unwrap().parse().unwrap()
}

#[test]
fn figures_have_the_size_asked_for_and_every_letter_is_inside() {
    let (s, figures) = figures();
    for figure in &figures {
        for (size, scale) in [("860x560", "1"), ("300x420", "2.5"), ("1600x300", "0.5"), ("64x48", "1")] {
            s.done(&[&figure[..], &["--plot", "f.svg", "--size", size, "--scale", scale]].concat());
            let svg = String::from_utf8(s.read("f.svg")).unwrap();
            let (width, height) = size.split_once('x').unwrap();
            let scale: f64 = scale.parse().unwrap();
            for (name, side) in [("width", width), ("height", height)] {
                assert_eq!(number(&svg, name), side.parse::<f64>().unwrap() * scale, "{figure:?}");
            }
            let view = svg.split("viewBox=\"0 0 ").nth(1).unwrap().split('"').next().unwrap();
            let (across, down) = view.split_once(' ').unwrap();
            let (across, down): (f64, f64) = (across.parse().unwrap(), down.parse().unwrap());
            let mut words = 0;
            for text in svg.lines().filter(|line| line.starts_with("<text")) {
                let letters: usize = text.split('>').map(|part| part.split('<').next().unwrap().chars().count()).sum();
                let (x, y, em) = (number(text, "x"), number(text, "y"), number(text, "font-size"));
                // Words of figures are as wide as that at the least.
                let wide = 0.45 * em * letters as f64;
                let left = match text.split("text-anchor=\"").nth(1).unwrap().split('"').next().unwrap() {
                    "start" => x,
                    "middle" => x - wide / 2.0,
                    _ => x - wide,
                };
                let inside = left >= -1.0 && left + wide <= across + 1.0 && y > 0.5 * em && y < down;
                assert!(inside, "{figure:?} {size}: {text} of {across} x {down}");
                words += 1;
            }
            assert!(words > 5, "{figure:?}");
        }
    }
}

#[test]
fn pictures_of_pixels_have_as_many_as_asked_for() {
    let (s, figures) = figures();
    for (figure, (size, scale, pixels)) in figures.iter().zip(
        [("500x300", "2", (1000u32, 600u32)), ("333x222", "1.5", (500, 333)), ("90x400", "0.1", (9, 40))]
            .iter()
            .cycle(),
    ) {
        s.done(&[&figure[..], &["--plot", "f.png", "--size", size, "--scale", scale]].concat());
        let png = s.read("f.png");
        let side = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().unwrap());
        assert!(png.starts_with(b"\x89PNG") && (side(16), side(20)) == *pixels, "{figure:?}");
        // Not all of one colour.
        assert!(png.len() > 150, "{figure:?}");
    }
}

#[test]
fn green_is_what_came_home_and_colours_are_not_all() {
    let (s, figures) = figures();
    let drawn = |figure: &[&str]| {
        s.done(&[figure, &["--plot", "f.svg"]].concat());
        String::from_utf8(s.read("f.svg")).unwrap()
    };
    for figure in &figures {
        let svg = drawn(figure);
        let home = figure.contains(&"pattern") && figure.contains(&"dynamics");
        assert_eq!(svg.contains(GREEN), home, "{figure:?}");
        assert!(!home || svg.contains("back home"));
    }
    // A curve of each dimension has a mark of its own: circles, squares and triangles.
    let svg = drawn(&figures[3]);
    let key: Vec<&str> = svg.lines().filter(|line| line.contains("measured</text>")).collect();
    assert_eq!(key.len(), 7);
    let shapes = |of: &str| {
        svg.lines().filter(|line| line.starts_with("<polygon") && line.matches(',').count().to_string() == of).count()
    };
    assert!(shapes("3") > 0 && shapes("4") > 0 && svg.contains("<circle"));
}

#[test]
fn sizes_without_a_figure_and_those_that_cannot_be() {
    let (s, _) = figures();
    let capacity = ["capacity", "--rule", "hebb", "--dim", "20", "--patterns", "5"];
    for (more, words) in [
        (&["--size", "800x500"][..], &["--size", "--plot", "found none"][..]),
        (&["--scale", "2"], &["--scale", "--plot"]),
        (&["--plot", "f.svg", "--size", "800"], &["--size", "WIDTHxHEIGHT", "800x500"]),
        (&["--plot", "f.svg", "--size", "8x500"], &["16 to 32768"]),
        (&["--plot", "f.svg", "--scale", "0"], &["0.1 to 20"]),
        (&["--plot", "f.png", "--size", "30000x30000"], &["pixels", "30000 x 30000", ".svg"]),
        (&["--plot", "f.jpg"], &["f.jpg", ".svg or .png"]),
    ] {
        s.refused(&[&capacity[..], more].concat(), words);
    }
    s.refused(&["bench", "--patterns", "10", "--dim", "8", "--size", "80x50"], &["--size", "--growth"]);
    s.refused(
        &["stress", "--patterns", "10", "--dim", "8", "--store", "x", "--hours", "1", "--scale", "2"],
        &["--plot"],
    );
    s.refused(&["spectrum", "m.pop", "--scale", "2"], &["--plot"]);
    s.refused(&["basins", "m.pop", "--size", "80x50"], &["--plot"]);
    s.refused(&["dynamics", "m.pop", "--start", "random", "--size", "80x50"], &["--plot"]);
}
