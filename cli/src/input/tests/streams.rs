//! Files that are read some at a time hold what they hold when they are read whole, and are refused in the same words.

use popfield::patterns::BitOrder;
use popfield::{Error, Patterns};

use super::arrays::npy;
use super::{Folder, shown};
use crate::args::{Input, TextArg};
use crate::failure::{Failure, Result};
use crate::input::ids::{IdStream, Ids};
use crate::input::npy::Rows;
use crate::input::text::{self, Begun};
use crate::input::{Reading, Source};

/// The patterns of a text that is read on after `enough` positions, `most` at a time, and what all of it was.
fn text_in_pieces(reading: &Reading<'_>, enough: usize, most: usize) -> Result<(Vec<String>, String)> {
    let mut rows = match text::begin(reading, reading.source.stream()?, enough)? {
        Begun::Whole(loaded) => return Ok((shown(loaded.queries.signs()), loaded.in_words())),
        Begun::Rows(rows) => rows,
    };
    let (dim, mut patterns) = (rows.dim(reading), Vec::new());
    loop {
        let (loaded, told) = rows.next(reading, most)?;
        if let Some(loaded) = loaded {
            assert!(loaded.queries.len() <= most && loaded.queries.dim() == dim);
            patterns.extend(shown(loaded.queries.signs()));
        } else {
            return Ok((patterns, told.unwrap()));
        }
    }
}

/// What came, or the words in which it was refused.
fn in_words<T>(result: Result<T>) -> Result<T, String> {
    result.map_err(|failure| failure.message().unwrap().to_owned())
}

#[test]
fn texts_in_pieces() {
    let folder = Folder::new();
    let random = Patterns::random(60, 70, 1, "texts").unwrap();
    let lines = shown(&random);
    let of = |divided: usize| -> String {
        lines.chunks(divided).map(|lines| lines.join("\n") + "\n\n").collect::<Vec<_>>().join("")
    };
    let text = |text| Input { text, ..Input::default() };
    let bad = |at: usize, line: &str| [&lines[..at], &[line.to_owned()], &lines[at..]].concat().join("\n");
    let cases = [
        (lines.join("\n"), text(Some(TextArg::Lines))),
        (lines.join("\n"), text(None)),
        (of(1), text(None)),
        (of(4), text(None)),
        (of(4), text(Some(TextArg::Lines))),
        (of(4), text(Some(TextArg::Pictures))),
        (lines.join("\n"), text(Some(TextArg::Pictures))),
        // Refused, for what comes late.
        (of(7), text(None)),
        (of(1) + &of(2), text(None)),
        (bad(50, "+-"), text(Some(TextArg::Lines))),
        (bad(50, &"01".repeat(35)), text(Some(TextArg::Lines))),
        (bad(50, &"?".repeat(70)), text(Some(TextArg::Lines))),
    ];
    for (content, options) in cases {
        folder.write("keys.txt", &content);
        let source = Source::find(&folder.0.path().join("keys.txt"), None).unwrap();
        for dim in [None, Some(70), Some(280)] {
            let reading = Reading::stored(&source, "keys", dim, &options);
            let whole = in_words(reading.read().map(|loaded| (shown(loaded.queries.signs()), loaded.in_words())));
            for (enough, most) in [(0, 1), (1, 7), (500, 3), (1000, 100), (4199, 1), (4200, 1)] {
                let pieces = in_words(text_in_pieces(&reading, enough, most));
                // Of two faults another may come first.
                let both = dim.is_some() && pieces.is_err() && whole.is_err();
                assert!(both || pieces == whole, "{dim:?} {enough} {most} {:?}: {content}", options.text);
            }
        }
    }
}

/// More lines than the largest picture could have are patterns each; a blank line among them is refused later, as it was.
#[test]
fn texts_too_long_for_a_picture() {
    let folder = Folder::new();
    let line = "+".repeat(1 << 20) + "\n";
    let options = Input::default();
    for (content, expected) in [
        (line.repeat(20), Ok(20)),
        (line.repeat(18) + "\n" + &line, Err("line 20: expected a picture of 18 lines as the first, found one of 1")),
    ] {
        folder.write("keys.txt", &content);
        let source = Source::find(&folder.0.path().join("keys.txt"), None).unwrap();
        let reading = Reading::stored(&source, "keys", None, &options);
        let found = in_words(text_in_pieces(&reading, 0, 5).map(|(patterns, _)| patterns.len()));
        match (found, expected) {
            (Ok(found), Ok(expected)) => assert_eq!(found, expected),
            (Err(found), Err(expected)) => assert!(found.contains(expected) || found.contains("at most"), "{found}"),
            (found, expected) => panic!("expected {expected:?}, found {found:?}"),
        }
    }
}

/// The patterns of an array that is read `most` rows at a time.
fn array_in_pieces(reading: &Reading<'_>, most: usize) -> Result<Vec<String>> {
    let (mut rows, mut patterns) = (Rows::open(reading)?, Vec::new());
    let dim = rows.dim(reading);
    while let Some(loaded) = rows.next(reading, most)? {
        assert_eq!(loaded.queries.dim(), dim);
        patterns.extend(shown(loaded.queries.signs()));
    }
    Ok(patterns)
}

#[test]
fn arrays_in_pieces() {
    let folder = Folder::new();
    let random = Patterns::random(23, 12, 1, "arrays").unwrap();
    let signs = random.to_signs();
    let packed = random.to_packed(BitOrder::Big);
    // By columns, of elements of so many bytes.
    let by_columns = |data: &[u8], size: usize| -> Vec<u8> {
        let columns = data.len() / 23 / size;
        let at = |column: usize, row: usize| &data[(row * columns + column) * size..][..size];
        (0..columns).flat_map(|column| (0..23).flat_map(move |row| at(column, row).to_vec())).collect()
    };
    let int8: Vec<u8> = signs.iter().map(|&sign| sign as u8).collect();
    let big: Vec<u8> = signs.iter().flat_map(|&sign| f64::from(sign).to_be_bytes()).collect();
    // Pictures of 3 × 4: the first index runs first, then rows, then columns.
    let pictures: Vec<u8> = (0..276).map(|e| int8[e % 23 * 12 + e / 23 % 3 * 4 + e / 69]).collect();
    let mut wrong = by_columns(&int8, 1);
    wrong[5 * 23 + 17] = 3;
    let bits = Input { packed: true, dim: Some(12), ..Input::default() };
    let plain = Input::default();
    for (content, options) in [
        (npy("|i1", true, "(23, 12)", &by_columns(&int8, 1)), &plain),
        (npy("|i1", false, "(23, 12)", &int8), &plain),
        (npy(">f8", true, "(23, 12)", &by_columns(&big, 8)), &plain),
        (npy("|i1", true, "(23, 3, 4)", &pictures), &plain),
        (npy("|u1", true, "(23, 2)", &by_columns(&packed, 1)), &bits),
        (npy("|i1", true, "(23, 12)", &wrong), &plain),
        (npy("|i1", true, "(0, 12)", &[]), &plain),
    ] {
        folder.write("keys.npy", &content);
        let source = Source::find(&folder.0.path().join("keys.npy"), None).unwrap();
        let reading = Reading::stored(&source, "keys", options.dim, options);
        let whole = in_words(reading.read().map(|loaded| shown(loaded.queries.signs())));
        if let Ok(whole) = &whole {
            assert_eq!(*whole, shown(&random));
        }
        for most in [1, 5, 22, 23, 100] {
            assert_eq!(in_words(array_in_pieces(&reading, most)), whole, "{most}");
        }
    }
}

#[test]
fn ids_in_pieces() {
    let folder = Folder::new();
    let ids: Vec<u64> = (0..50).map(|place| place * 7919 % 101).collect();
    let text: String = ids.iter().enumerate().map(|(at, id)| format!("{}{id}\n", "\n".repeat(at % 3))).collect();
    let array: Vec<u8> = ids.iter().flat_map(|&id| (id as u16).to_be_bytes()).collect();
    for content in [text.into_bytes(), npy(">u2", false, "(50,)", &array)] {
        folder.write("ids", &content);
        let source = Source::of_ids(&folder.0.path().join("ids")).unwrap();
        let list = Ids::read(&source).unwrap();
        assert_eq!(list.ids(), ids);
        for most in [1, 7, 49, 50, 51] {
            let (mut stream, mut some) = (IdStream::open(&source).unwrap(), Vec::new());
            while {
                stream.next(most, &mut some).unwrap();
                some.len() < 50
            } {}
            assert_eq!((&some, stream.read(), stream.count().unwrap()), (&ids, 50, 50));
            // Places are told as those of the list are.
            for (place, found) in [(30, ids[30]), (49, ids[3]), (0, 5)] {
                let error = || Error::Id { what: "ids", place, expected: "another".into(), found };
                let words = |failure: Failure| failure.message().unwrap().to_owned();
                assert_eq!(words(stream.about(error())), words(list.about(error())));
            }
        }
        let mut stream = IdStream::open(&source).unwrap();
        stream.next(20, &mut Vec::new()).unwrap();
        assert_eq!((stream.read(), stream.count().unwrap()), (20, 50));
    }
}
