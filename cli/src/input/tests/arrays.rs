use std::io::Write as _;

use popfield::patterns::BitOrder;

use super::{Folder, shown, shown_queries};
use crate::args::{BitOrderArg, Encoding, ErasedArg, Input, QueryInput};

/// An array file of version 1 with this header.
pub fn with_header(header: &str, data: &[u8]) -> Vec<u8> {
    let mut header = header.to_owned();
    while !(10 + header.len() + 1).is_multiple_of(64) {
        header.push(' ');
    }
    header.push('\n');
    [b"\x93NUMPY\x01\x00", (header.len() as u16).to_le_bytes().as_slice(), header.as_bytes(), data].concat()
}

pub fn npy(descr: &str, fortran_order: bool, shape: &str, data: &[u8]) -> Vec<u8> {
    let order = if fortran_order { "True" } else { "False" };
    with_header(&format!("{{'descr': '{descr}', 'fortran_order': {order}, 'shape': {shape}, }}"), data)
}

fn bytes(numbers: &[i8]) -> Vec<u8> {
    numbers.iter().map(|&number| number as u8).collect()
}

fn packed() -> Input {
    Input { packed: true, ..Input::default() }
}

#[test]
fn stacks_of_pictures() {
    let folder = Folder::new();
    // Two pictures, 2 high and 3 wide.
    let c = [1, 1, -1, -1, -1, 1, -1, 1, 1, 1, -1, -1];
    let at = |i: usize, r: usize, k: usize| c[6 * i + 3 * r + k];
    let fortran: Vec<i8> = (0..12).map(|e| at(e % 2, e / 2 % 2, e / 4)).collect();
    for (order, data) in [(false, c.to_vec()), (true, fortran)] {
        let loaded = folder.read("s.npy", npy("|i1", order, "(2, 2, 3)", &bytes(&data)), &Input::default()).unwrap();
        assert_eq!(shown(loaded.queries.signs()), ["++---+", "-+++--"]);
        let shape = loaded.shape.unwrap();
        assert_eq!((shape.width, shape.height), (3, 2));
    }
    let mut bad = bytes(&c);
    bad[10] = 7;
    let message = folder.refused("s.npy", npy("|i1", false, "(2, 2, 3)", &bad), &Input::default());
    assert!(message.contains("pattern 1, row 1, column 1") && message.contains("found 7"), "{message}");
}

#[test]
fn headers_of_python_2() {
    let folder = Folder::new();
    for header in [
        "{'descr': '|i1', 'fortran_order': False, 'shape': (2L, 2L), }",
        "{u'descr': u'|i1', u'fortran_order': False, u'shape': (2L, 2), }",
    ] {
        let loaded = folder.read("a.npy", with_header(header, &bytes(&[1, -1, -1, 1])), &Input::default()).unwrap();
        assert_eq!(shown(loaded.queries.signs()), ["+-", "-+"]);
    }
}

#[test]
fn arrays_cut_at_every_byte() {
    let folder = Folder::new();
    for file in [
        npy("|i1", false, "(2, 4)", &bytes(&[1, -1, 1, 1, -1, 1, 1, -1])),
        npy(">f8", true, "(1, 2)", &[1f64.to_be_bytes(), (-1f64).to_be_bytes()].concat()),
        npy("|b1", false, "(2, 1, 2)", &[1, 0, 0, 1]),
    ] {
        assert!(folder.read("a.npy", &file, &Input::default()).is_ok());
        for length in 0..file.len() {
            folder.refused("a.npy", &file[..length], &Input::default());
        }
    }
}

/// Of a key that comes twice numpy takes the last.
#[test]
fn headers_that_say_a_thing_twice() {
    let folder = Folder::new();
    for header in [
        "{'descr': '|i1', 'fortran_order': False, 'shape': (4, 2), 'shape': (2, 4), }",
        "{'descr': '|i1', 'descr': '|i1', 'fortran_order': False, 'shape': (2, 4), }",
        "{'descr': '|i1', 'fortran_order': True, 'fortran_order': False, 'shape': (2, 4), }",
    ] {
        assert!(folder.refused("a.npy", with_header(header, &[1; 8]), &Input::default()).contains("header"));
    }
    let cut = &npy("|i1", false, "(2, 4)", &[1; 8])[..40];
    assert!(
        folder.refused("a.npy", cut, &Input::default()).contains("cut short: expected a header of 118 bytes, found 30")
    );
}

#[test]
fn packed_words_and_bytes_tell_their_dimension() {
    let folder = Folder::new();
    let words: [u64; 4] = [0x8000_0000_0000_0001, 3, 0x00ff_00ff_00ff_00ff, 0];
    let signs = |dim: usize| {
        let row =
            |row: usize| (0..dim).map(move |j| if words[2 * row + j / 64] >> (j % 64) & 1 == 1 { '+' } else { '-' });
        [row(0).collect::<String>(), row(1).collect()]
    };
    let (little, big): (Vec<u8>, Vec<u8>) =
        (words.iter().flat_map(|w| w.to_le_bytes()).collect(), words.iter().flat_map(|w| w.to_be_bytes()).collect());
    let transposed = [words[0], words[2], words[1], words[3]].iter().flat_map(|w| w.to_le_bytes()).collect::<Vec<_>>();
    for (descr, order, data) in [("<u8", false, &little), (">u8", false, &big), ("<u8", true, &transposed)] {
        let file = npy(descr, order, "(2, 2)", data);
        let loaded = folder.read("w.npy", &file, &packed()).unwrap();
        assert_eq!(shown(loaded.queries.signs()), signs(128), "{descr} {order}");
        assert!(loaded.notes[0].contains("dimension 128") && loaded.notes[0].contains("--dim"), "{:?}", loaded.notes);
        let loaded = folder.read("w.npy", &file, &Input { dim: Some(66), ..packed() }).unwrap();
        assert_eq!((shown(loaded.queries.signs()), loaded.notes.len()), (signs(66).to_vec(), 0));
        let message = folder.keys("w.npy", &Input { dim: Some(65), ..packed() }).unwrap_err();
        assert!(message.message().unwrap().contains("dimension 65"), "{message:?}");
        assert!(folder.keys("w.npy", &Input { dim: Some(64), ..packed() }).is_err());
        assert!(folder.keys("w.npy", &Input { bitorder: Some(BitOrderArg::Big), ..packed() }).is_err());
    }
    // The same bits as bytes, little end first.
    let as_bytes = Input { bitorder: Some(BitOrderArg::Little), ..packed() };
    let loaded = folder.read("b.npy", npy("|u1", false, "(2, 16)", &little), &as_bytes).unwrap();
    assert_eq!(shown(loaded.queries.signs()), signs(128));
    assert_eq!(loaded.queries.signs().to_packed(BitOrder::Little), little);
}

#[test]
fn types_and_values_that_are_no_patterns_are_told_by_name() {
    let folder = Folder::new();
    let cases: [(Vec<u8>, &[&str]); 16] = [
        (npy("<f16", false, "(1, 1)", &[0; 16]), &["longdouble", "float64"]),
        (npy("<c8", false, "(1, 1)", &[0; 8]), &["complex"]),
        (npy("<U1", false, "(1, 1)", &[0; 4]), &["text"]),
        (npy("|S3", false, "(1, 1)", &[0; 3]), &["text"]),
        (npy("|O", false, "(1, 1)", &[0; 9]), &["Python objects"]),
        (npy("|V4", false, "(1, 1)", &[0; 4]), &["raw bytes"]),
        (npy("<M8[ns]", false, "(1, 1)", &[0; 8]), &["dates"]),
        (
            with_header("{'descr': [('a', '<i4'), ('b', '<f4')], 'fortran_order': False, 'shape': (1,), }", &[0; 8]),
            &["structured"],
        ),
        (npy("|b1", false, "(1, 2)", &[1, 255]), &["row 0, column 1", "byte of 0 or 1", "255"]),
        (npy("|u1", false, "(1, 2)", &[1, 137]), &["found 137", "--packed", "--binarize otsu"]),
        (npy("<f8", false, "(1, 1)", &1e300f64.to_le_bytes()), &["found 1e300"]),
        (npy("<f8", false, "(1, 1)", &(-1e-300f64).to_le_bytes()), &["found -1e-300"]),
        (npy("|i1", false, "(2,)", &[1, 1]), &["1-D", "reshape(1, -1)"]),
        (npy("|i1", false, "(1, 1, 1, 1)", &[1]), &["4-D", "reshape(len(a), -1)"]),
        (npy("|i1", false, "()", &[1]), &["0-D"]),
        (npy("|i1", false, "(1, 0, 3)", &[]), &["dimension"]),
    ];
    for (file, words) in cases {
        let message = folder.refused("a.npy", &file, &Input::default());
        for word in words {
            assert!(message.contains(word), "{word:?} in: {message}");
        }
        assert!(message.len() < 400, "{message}");
    }
}

#[test]
fn zeros_of_queries_are_never_guessed() {
    let folder = Folder::new();
    let read = |file: &[u8], options: &Input, more: QueryInput| {
        folder.write("q.npy", file);
        match folder.queries("q.npy", 4, options, more) {
            Ok(loaded) => Ok((shown_queries(&loaded.queries), loaded.unknown())),
            Err(failure) => Err(failure.message().unwrap().to_owned()),
        }
    };
    let (none, zero) = (QueryInput::default(), QueryInput { erased: Some(ErasedArg::Zero) });
    let zero_one = Input { encoding: Some(Encoding::ZeroOne), ..Input::default() };
    let floats = |numbers: &[f32]| numbers.iter().flat_map(|number| number.to_le_bytes()).collect::<Vec<u8>>();
    for ambiguous in [
        npy("|i1", false, "(1, 4)", &[1, 0, 0, 1]),
        npy("|i1", false, "(1, 4)", &[0; 4]),
        npy("<f4", true, "(1, 4)", &floats(&[1.0, -0.0, 0.0, 1.0])),
        npy("|u1", false, "(1, 4)", &[1, 0, 0, 1]),
    ] {
        let message = read(&ambiguous, &Input::default(), none).unwrap_err();
        assert!(message.contains("--encoding 01") && message.contains("--erased zero"), "{message}");
        let (erased, unknown) = read(&ambiguous, &Input::default(), zero).unwrap();
        assert_eq!(unknown as usize, erased[0].matches('?').count());
        let (known, unknown) = read(&ambiguous, &zero_one, none).unwrap();
        assert_eq!((known[0].clone(), unknown), (erased[0].replace('?', "-"), 0));
    }
    let told = npy("|i1", false, "(2, 4)", &bytes(&[1, 0, 0, 1, -1, 1, 1, 1]));
    assert_eq!(read(&told, &Input::default(), none).unwrap(), (vec!["+??+".to_owned(), "-+++".to_owned()], 2));
    let bools = npy("|b1", false, "(1, 4)", &[1, 0, 0, 1]);
    assert!(read(&bools, &Input::default(), none).is_ok());
    assert!(read(&bools, &Input::default(), zero).unwrap_err().contains("--erased zero"));
}

#[test]
fn archives_of_arrays() {
    let folder = Folder::new();
    let first = npy("|i1", false, "(1, 2)", &bytes(&[1, -1]));
    let second = npy("|i1", false, "(2, 2)", &bytes(&[1, 1, -1, -1]));
    let archive = |arrays: &[(&str, &[u8])], method| {
        let mut bytes = std::io::Cursor::new(Vec::new());
        let mut zip = zip::ZipWriter::new(&mut bytes);
        for (name, array) in arrays {
            let options = zip::write::SimpleFileOptions::default().compression_method(method);
            zip.start_file(format!("{name}.npy"), options).unwrap();
            zip.write_all(array).unwrap();
        }
        zip.finish().unwrap();
        bytes.into_inner()
    };
    for method in [zip::CompressionMethod::Stored, zip::CompressionMethod::Deflated] {
        let both = archive(&[("first", &first), ("second", &second)], method);
        folder.write("both.npz", &both);
        let read = |name: &str| folder.keys(name, &Input::default()).map(|loaded| shown(loaded.queries.signs()));
        assert_eq!(read("both.npz:first").unwrap(), ["+-"]);
        assert_eq!(read("both.npz:second").unwrap(), ["++", "--"]);
        let message = read("both.npz").unwrap_err();
        assert!(message.message().unwrap().contains("found first, second"), "{message:?}");
        assert!(read("both.npz:third").unwrap_err().message().unwrap().contains("named third"));
        folder.write("one.npz", archive(&[("only", &second)], method));
        assert_eq!(read("one.npz").unwrap(), ["++", "--"]);
        // Cut anywhere, or with a byte changed where the array is.
        for length in 0..both.len() {
            folder.write("both.npz", &both[..length]);
            let refused = folder.keys("both.npz:first", &Input::default());
            assert!(matches!(refused, Err(crate::failure::Failure::Input(..))), "{length}: {refused:?}");
        }
        let mut lied = archive(&[("only", &[&first[..], &[7; 40]].concat())], method);
        assert!(folder.refused("lied.npz", &lied, &Input::default()).contains("longer than its header"));
        lied = archive(&[("only", &first)], method);
        let data = lied.windows(6).position(|six| six == b"\x93NUMPY");
        if let Some(at) = data {
            lied[at + first.len() - 1] = 1;
            assert!(folder.refused("lied.npz", &lied, &Input::default()).contains("checksum"));
        }
    }
    let read = |name: &str| folder.keys(name, &Input::default()).map(|loaded| shown(loaded.queries.signs()));
    let with_companion = archive(&[("__MACOSX/._a", b"junk"), ("a", &first)], zip::CompressionMethod::Stored);
    folder.write("mac.npz", with_companion);
    assert_eq!(
        (read("mac.npz").unwrap(), read("mac.npz:a.npy").unwrap()),
        (vec!["+-".to_owned()], vec!["+-".to_owned()])
    );
    assert!(folder.refused("none.npz", b"no archive", &Input::default()).contains("damaged or cut short"));
}
