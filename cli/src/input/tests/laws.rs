//! What one writes in any accepted form and coding reads back as the same patterns.

use std::ffi::OsString;

use popfield::Patterns;
use popfield::patterns::BitOrder;
use proptest::prelude::*;

use super::arrays::npy;
use super::kinds::{self, Grid, Tiff};
use super::{Folder, shown, shown_queries};
use crate::args::{BitOrderArg, Encoding, Input, QueryInput, TextArg};
use crate::input::Shape;
use crate::output::{Form, deliver, write_pictures};

/// Rows of bits, all as long.
fn rows() -> impl Strategy<Value = Vec<Vec<bool>>> {
    (1usize..5, 1usize..70)
        .prop_flat_map(|(many, dim)| prop::collection::vec(prop::collection::vec(any::<bool>(), dim), many))
}

fn text_of(rows: &[Vec<bool>]) -> Vec<String> {
    rows.iter().map(|row| super::signs(row)).collect()
}

fn joined(rows: &[Vec<bool>], plus: &str, minus: &str, separator: &str, end: &str) -> String {
    let line =
        |row: &Vec<bool>| row.iter().map(|&bit| if bit { plus } else { minus }).collect::<Vec<_>>().join(separator);
    rows.iter().map(|row| line(row) + end).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn texts(rows in rows(), alphabet in 0usize..3, end in 0usize..2, blank in 0usize..3) {
        let (plus, minus) = [("+", "-"), ("1", "0"), ("#", ".")][alphabet];
        let content = joined(&rows, plus, minus, "", ["\n", "\r\n"][end]) + ["", "\n", " \r\n\n"][blank];
        let loaded = Folder::new().read("a.txt", content, &Input::default()).unwrap();
        prop_assert_eq!(shown(loaded.queries.signs()), text_of(&rows));
    }

    #[test]
    fn pictures_over_lines(rows in rows(), width in 1usize..9) {
        // Each pattern in lines of `width`, as many as are whole.
        let height = rows[0].len() / width;
        prop_assume!(height > 0);
        let rows: Vec<Vec<bool>> = rows.iter().map(|row| row[..width * height].to_vec()).collect();
        let picture = |row: &Vec<bool>| joined(&row.chunks(width).map(<[bool]>::to_vec).collect::<Vec<_>>(), "#", ".", "", "\n");
        let content = rows.iter().map(picture).collect::<Vec<_>>().join("\n");
        let options = Input { text: (rows.len() == 1).then_some(TextArg::Pictures), ..Input::default() };
        let loaded = Folder::new().read("a.txt", content, &options).unwrap();
        prop_assert_eq!(shown(loaded.queries.signs()), text_of(&rows));
        if height > 1 {
            prop_assert_eq!(loaded.shape, Some(Shape { width, height }));
        }
    }

    /// Keys and queries are read alike, whatever the coding.
    #[test]
    fn tables(rows in rows(), separator in 0usize..5, coding in 0usize..4, names: bool) {
        let separator = [",", ";", "\t", " ", ", "][separator];
        let (plus, minus) = [("1", "-1"), ("1", "0"), ("1.0", "-1.0e0"), ("True", "False")][coding];
        let dim = rows[0].len();
        let header = (0..dim).map(|j| format!("x{j}")).collect::<Vec<_>>().join(separator) + "\n";
        let content = if names { header } else { String::new() } + &joined(&rows, plus, minus, separator, "\n");
        let folder = Folder::new();
        let keys = folder.read("a.csv", content, &Input::default()).unwrap();
        // Columns of which a first line could be the numbers are none of these.
        prop_assert_eq!(shown(keys.queries.signs()), text_of(&rows));
        let queries = folder.queries("a.csv", dim, &Input::default(), QueryInput::default()).unwrap();
        prop_assert_eq!(shown_queries(&queries.queries), text_of(&rows));
    }

    #[test]
    fn arrays(rows in rows(), kind in 0usize..8, fortran: bool, stack in 1usize..4) {
        let (many, dim) = (rows.len(), rows[0].len());
        type Bytes = fn(bool) -> Vec<u8>;
        let (descr, zero_one, bytes): (&str, bool, Bytes) = [
            ("|i1", false, (|b| vec![if b { 1 } else { 255 }]) as Bytes),
            ("<f8", false, |b| (if b { 1f64 } else { -1.0 }).to_le_bytes().into()),
            (">i4", false, |b| (if b { 1i32 } else { -1 }).to_be_bytes().into()),
            ("<f2", false, |b| if b { vec![0x00, 0x3c] } else { vec![0x00, 0xbc] }),
            ("|b1", false, |b| vec![u8::from(b)]),
            ("|u1", true, |b| vec![u8::from(b)]),
            (">f4", true, |b| f32::from(u8::from(b)).to_be_bytes().into()),
            ("<u8", true, |b| u64::from(b).to_le_bytes().into()),
        ][kind];
        // As (n, d), or as (n, height, width) where that divides.
        let shape = if stack > 1 && dim % stack == 0 { vec![many, stack, dim / stack] } else { vec![many, dim] };
        let mut data = Vec::new();
        for at in 0..many * dim {
            let (row, column) = if fortran {
                let (row, rest) = (at % many, at / many);
                let height = if shape.len() == 3 { stack } else { 1 };
                (row, rest % height * (dim / height) + rest / height)
            } else {
                (at / dim, at % dim)
            };
            data.extend(bytes(rows[row][column]));
        }
        let shape = format!("({})", shape.iter().map(usize::to_string).collect::<Vec<_>>().join(", "));
        let options = Input { encoding: zero_one.then_some(Encoding::ZeroOne), ..Input::default() };
        let folder = Folder::new();
        let loaded = folder.read("a.npy", npy(descr, fortran, &shape, &data), &options).unwrap();
        prop_assert_eq!(shown(loaded.queries.signs()), text_of(&rows));
        let queries = folder.queries("a.npy", dim, &options, QueryInput::default()).unwrap();
        prop_assert_eq!(shown_queries(&queries.queries), text_of(&rows));
    }

    #[test]
    fn packed_arrays(rows in rows(), little: bool) {
        let patterns = Patterns::from_bools(&rows.concat(), rows[0].len()).unwrap();
        let (order, bitorder) = if little { (BitOrder::Little, BitOrderArg::Little) } else { (BitOrder::Big, BitOrderArg::Big) };
        let shape = format!("({}, {})", rows.len(), rows[0].len().div_ceil(8));
        let dim = Some(rows[0].len());
        let options = Input { packed: true, bitorder: Some(bitorder), dim, ..Input::default() };
        let loaded = Folder::new().read("a.npy", npy("|u1", false, &shape, &patterns.to_packed(order)), &options).unwrap();
        prop_assert_eq!(loaded.queries.signs(), &patterns);
    }

    #[test]
    fn images(width in 1usize..20, height in 1usize..8, seed: u64) {
        let grid = Grid::drawn(width, height + usize::from(width == 1), seed);
        let folder = Folder::new();
        let files = kinds::read(&grid);
        let file = &files[seed as usize % files.len()];
        let loaded = folder.read(&format!("a.{}", file.ending), &file.bytes, &Input::default()).unwrap();
        prop_assert_eq!(shown(loaded.queries.signs()), [super::signs(&grid.ink())], "{}", file.what);
    }

    #[test]
    fn pages(width in 1usize..20, height in 2usize..8, many in 1usize..5, seed: u64, big_endian: bool, big: bool) {
        let pages: Vec<Grid> = (0..many as u64).map(|page| Grid::drawn(width, height, seed ^ page)).collect();
        let bits = [1, 2, 4, 8, 16][seed as usize % 5];
        let tiff = Tiff { bits, big_endian, big, photometric: (seed >> 8) as u16 % 2, ..Tiff::default() };
        let loaded = Folder::new().read("a.tif", tiff.write(&pages), &Input::default()).unwrap();
        prop_assert_eq!(shown(loaded.queries.signs()), text_of(&pages.iter().map(Grid::ink).collect::<Vec<_>>()));
    }

    /// What `--out` writes as images reads back.
    #[test]
    fn written_images(rows in rows(), width in 1usize..9, form in 0usize..3) {
        let width = if rows[0].len() % width == 0 { width } else { rows[0].len() };
        let shape = Shape { width, height: rows[0].len() / width };
        let folder = Folder::new();
        let (form, name, many) = [(Form::Png, "a.png", 1), (Form::Pbm, "a.pbm", 1), (Form::Folder, "a/", rows.len())][form];
        let rows = &rows[..many];
        let patterns = Patterns::from_bools(&rows.concat(), rows[0].len()).unwrap();
        let path = folder.0.path().join(name);
        prop_assert_eq!(Form::of(&path, many).unwrap(), form);
        let names: Vec<OsString> = Vec::new();
        let out = write_pictures(form.begin(&path).unwrap(), form, &patterns, shape, &names).unwrap();
        deliver([out], || Ok(())).unwrap();
        let loaded = folder.keys(name, &Input::default()).unwrap();
        prop_assert_eq!((loaded.queries.signs(), loaded.shape), (&patterns, Some(shape)));
    }

    /// No bytes make a reader panic, nor fail in another way than by a refusal.
    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..200), name in 0usize..6, start in 0usize..8) {
        let name = ["a.txt", "a.csv", "a.npy", "a.npz", "a.png", "a.tif"][name];
        let start: &[u8] = [
            &b""[..], b"\x93NUMPY\x01\0\x10\0{'descr':'|i1',", b"P5 3 2 255 ", b"II*\0\x08\0\0\0\x02\0", b"\xff\xd8\xff\xc0\0\x0b\x08",
            b"GIF89a\x02\0\x02\0", b"1,-1,1\n", b"+-+-\n",
        ][start];
        let refused = Folder::new().read(name, [start, &bytes].concat(), &Input::default());
        prop_assert!(matches!(refused, Ok(_) | Err(crate::failure::Failure::Input(..))), "{:?}", refused.err());
    }
}
