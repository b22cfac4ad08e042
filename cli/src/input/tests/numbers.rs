//! Numbers made ±1 by thresholds, in every kind of file that holds any.

use proptest::prelude::*;

use super::arrays::npy;
use super::{Folder, shown};
use crate::args::{BinarizeArg, Input};
use crate::failure::Failure;
use crate::input::{Reading, Source, Thresholds};

/// Reads `content` as keys that are +1 above `threshold`.
fn above(threshold: f64, name: &str, content: impl AsRef<[u8]>) -> Result<Vec<String>, Failure> {
    let folder = Folder::new();
    folder.write(name, content);
    let options = Input { binarize: Some(BinarizeArg::Above(threshold)), ..Input::default() };
    let source = Source::find(&folder.path(name), None)?;
    let thresholds = Thresholds::constant(BinarizeArg::Above(threshold));
    let reading = Reading::stored(&source, "keys", None, &options).by(thresholds.as_ref());
    Ok(shown(reading.read()?.queries.signs()))
}

/// Rows of numbers, all as long, of all sizes and some alike.
fn rows() -> impl Strategy<Value = Vec<Vec<f64>>> {
    let number = prop_oneof![
        (-3i8..4).prop_map(f64::from),
        any::<f32>().prop_filter("finite", |x| x.is_finite()).prop_map(f64::from),
        -1.0..1.0,
    ];
    (1usize..5, 1usize..70)
        .prop_flat_map(move |(many, dim)| prop::collection::vec(prop::collection::vec(number.clone(), dim), many))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_file_of_the_same_numbers_is_the_same_patterns(rows in rows(), threshold in -2i8..3) {
        let threshold = f64::from(threshold) / 2.0;
        // ±1 alone are patterns whatever the threshold is.
        let signs = rows.iter().flatten().all(|x| x.abs() == 1.0);
        prop_assume!(!signs);
        let sign = |x: &f64| if *x > threshold { '+' } else { '-' };
        let expected: Vec<String> = rows.iter().map(|row| row.iter().map(sign).collect()).collect();
        let shape = format!("({}, {})", rows.len(), rows[0].len());
        let little: Vec<u8> = rows.iter().flatten().flat_map(|x| x.to_le_bytes()).collect();
        prop_assert_eq!(above(threshold, "a.npy", npy("<f8", false, &shape, &little)).unwrap(), expected.clone());
        let columns = (0..rows[0].len()).flat_map(|j| rows.iter().map(move |row| row[j].to_be_bytes()));
        let columns: Vec<u8> = columns.flatten().collect();
        prop_assert_eq!(above(threshold, "a.npy", npy(">f8", true, &shape, &columns)).unwrap(), expected.clone());
        for (name, separator) in [("a.csv", ","), ("a.tsv", "\t"), ("a.csv", "; ")] {
            let line = |row: &Vec<f64>| row.iter().map(f64::to_string).collect::<Vec<_>>().join(separator) + "\n";
            // A line that counts is one of names.
            let text: String = std::iter::once(rows[0].iter().map(|_| "x".to_owned()).collect::<Vec<_>>().join(separator) + "\n")
                .chain(rows.iter().map(line)).collect();
            prop_assert_eq!(above(threshold, name, text).unwrap(), expected.clone());
        }
    }
}

/// What is cut short or changed is refused or read, and never the end of the program.
#[test]
fn cut_at_every_byte_and_changed() {
    let data: Vec<u8> = [0.5f32, -1.5, 2.0, 0.25, 7.0, -0.5].iter().flat_map(|x| x.to_le_bytes()).collect();
    let whole = npy("<f4", false, "(2, 3)", &data);
    assert_eq!(above(0.0, "a.npy", &whole).unwrap(), ["+-+", "++-"]);
    (0..whole.len()).for_each(|end| assert!(above(0.0, "a.npy", &whole[..end]).is_err(), "{end}"));
    for (name, whole) in
        [("a.npy", whole), ("a.csv", b"0.5,-1.5\n2e3,7\n".to_vec()), ("a.txt", b"0.5 -1.5\n1 7\n".to_vec())]
    {
        for at in 0..whole.len() {
            for byte in [0, b'\n', b',', b'?', b'9', 0xff] {
                let mut changed = whole.clone();
                changed[at] = byte;
                drop(above(0.0, name, changed));
            }
        }
    }
}
