use super::{Folder, shown, shown_queries};
use crate::args::{Encoding, ErasedArg, Input, QueryInput, TextArg};

fn text(text: TextArg) -> Input {
    Input { text: Some(text), ..Input::default() }
}

fn keys(name: &str, content: impl AsRef<[u8]>) -> Vec<String> {
    let loaded = Folder::new().read(name, content, &Input::default());
    shown(loaded.unwrap_or_else(|failure| panic!("{:?}", failure.message())).queries.signs())
}

fn queries(name: &str, content: &str, dim: usize, options: &Input, more: QueryInput) -> Result<Vec<String>, String> {
    let folder = Folder::new();
    folder.write(name, content);
    match folder.queries(name, dim, options, more) {
        Ok(loaded) => Ok(shown_queries(&loaded.queries)),
        Err(failure) => Err(failure.message().unwrap().to_owned()),
    }
}

#[test]
fn characters_in_any_alphabet_and_with_any_ends_of_lines() {
    let expected = ["++-", "-+-"];
    for content in [
        "++-\n-+-\n",
        "110\n010\n",
        "##.\n.#.\n",
        "++-\r\n-+-\r\n",
        "\u{feff}++-\n-+-\n",
        "\n\n++-\n-+-",
        "++-  \n-+-\t\n\n \n\r\n",
        "++-\n\n-+-\n",
    ] {
        assert_eq!(keys("keys.txt", content), expected, "{content:?}");
    }
}

#[test]
fn blank_lines_divide_pictures() {
    let folder = Folder::new();
    let two = "#.#\n.#.\n\n\n###\n...\n";
    let loaded = folder.read("two.txt", two, &Input::default()).unwrap();
    assert_eq!(shown(loaded.queries.signs()), ["+-+-+-", "+++---"]);
    assert_eq!(loaded.in_words(), "2 pictures of 3 × 2 characters # and .");
    let loaded = folder.read("two.txt", two, &text(TextArg::Lines)).unwrap();
    assert_eq!(shown(loaded.queries.signs()), ["+-+", "-+-", "+++", "---"]);
    let one = "#.#\n.#.\n###\n";
    let loaded = folder.read("one.txt", one, &Input::default()).unwrap();
    assert_eq!(shown(loaded.queries.signs()), ["+-+", "-+-", "+++"]);
    assert!(loaded.notes[0].contains("--text pictures") && loaded.notes[0].contains("3 lines of 3"));
    assert!(folder.read("one.txt", one, &text(TextArg::Lines)).unwrap().notes.is_empty());
    let loaded = folder.read("one.txt", one, &text(TextArg::Pictures)).unwrap();
    assert_eq!((shown(loaded.queries.signs()), loaded.notes.len()), (vec!["+-+-+-+++".to_owned()], 0));
    // What the memory's dimension says wins nothing, but is told.
    let of_nine = |content| queries("q.txt", content, 9, &Input::default(), QueryInput::default());
    assert!(
        of_nine(one).unwrap_err().contains("expected dimension 9, found 3: each line is a pattern; --text pictures")
    );
    assert!(folder.read("c.csv", "1,0\n\n1,1\n", &Input::default()).unwrap().notes.is_empty());
    let numbers = folder.read("two.csv", "1,-1\n-1,1\n\n1,1\n-1,-1\n", &Input::default()).unwrap();
    assert_eq!(shown(numbers.queries.signs()), ["+--+", "++--"]);
    for (content, words) in [
        ("#.\n.#\n\n#.\n", "line 4: expected a picture of 2 lines as the first, found one of 1"),
        ("#.\n\n#.\n.#\n\n#.\n", "line 5: expected a picture of 1 lines as the first, found one of 2"),
        ("#.\n.#\n\n#..\n...\n", "line 4, column 3: expected 2 positions as in line 1, found 3"),
    ] {
        let message = folder.refused("bad.txt", content, &Input::default());
        assert!(message.contains(words), "{message}");
    }
}

#[test]
fn tables_of_numbers() {
    let expected = ["+-+", "-++"];
    for content in [
        "1,-1,1\n-1,1,1\n",
        "1;-1;1\n-1;1;1\n",
        "1\t-1\t1\n-1\t1\t1\n",
        "1 -1 1\n-1 1 1\n",
        "  1   -1 +1 \n -1    1  1\n",
        "1, -1, 1\r\n-1, 1, 1\r\n",
        "\u{feff}1.0,-1.0,1\n-1e0,+1,1.\n",
        "1.000000000000000000e+00 -1.000000000000000000e+00 1.000000000000000000e+00\n-1e+00 1e+00 1e+00\n",
        "a,b,c\n1,-1,1\n-1,1,1\n",
        "\"x\",\"y\",\"z\"\n\"1\",\"-1\",\"1\"\n-1,1,1\n",
        "# a b c\n1 -1 1\n-1 1 1\n",
        "#a,b,c\n1,-1,1\n-1,1,1\n",
        "0,1,2\n1,-1,1\n-1,1,1\n",
        "1,2,3\n1,-1,1\n-1,1,1\n\n",
        "1,-1,1,\n-1,1,1,\n",
        "a,b,c\n\n1,-1,1\n-1,1,1\n",
        "10e-1,-0.1e1,001\n-1,1,1.00\n",
        "1,0,1\n0,1,1\n",
        "1.0 0.0 1.0 \n0.0 1.0 1.0 \n",
        "TRUE,FALSE,TRUE\nFALSE,TRUE,TRUE\n",
        "a;b;c\nTrue;False;True\nFalse;True;True\n",
    ] {
        assert_eq!(keys("keys.csv", content), expected, "{content:?}");
        assert_eq!(keys("keys.txt", content), expected, "{content:?}");
    }
    // A column alone has no separators, and is a table by its name only.
    assert_eq!(keys("column.csv", "x\n1\n-1\n1\n"), ["+", "-", "+"]);
    assert_eq!(keys("column.txt", "1\n0\n"), ["+", "-"]);
}

#[test]
fn what_is_no_text_is_told_with_its_place_and_the_right_form() {
    let folder = Folder::new();
    let cases: [(&str, &str, &[&str]); 38] = [
        ("a.txt", "+-+\n+-\n", &["line 2, column 3: expected 3 positions as in line 1, found 2"]),
        ("a.txt", "+-+\n+-+-\n", &["line 2, column 4: expected 3 positions as in line 1, found 4"]),
        ("a.txt", "+-\n+x\n", &["line 2, column 2: expected + and -, found 'x'"]),
        ("a.txt", "X.X\n", &["line 1, column 1: expected + or -, 1 or 0, # or ., found 'X'", "holds + and -"]),
        ("a.txt", "+?\n", &["line 1, column 2", "only queries"]),
        (
            "a.txt",
            "1-11\n",
            &["line 1, column 2", "expected 1 and 0 as after '1' in line 1, column 1, found '-'", "-1,1,1"],
        ),
        ("a.txt", "-1\n1-\n", &["line 1, column 2", "expected + and - as after '-'", "found '1'", ".csv"]),
        ("a.txt", "+-\n#.\n", &["line 2, column 1", "expected + and -", "found '#'"]),
        ("a.txt", "##\n# #\n", &["line 2, column 2", "found ' '", "paper in pictures is ."]),
        ("a.txt", "+−\n", &["line 1, column 2", "found '−'", "minus of a keyboard"]),
        ("a.txt", "+-\r+-\n", &["line 1, column 3", "line feed"]),
        ("a.txt", "# #\n##\n", &["line 1, column 1", "side by side", "paper is ."]),
        ("a.txt", "+ - +\n", &["line 1, column 1", "side by side, as in +-+-"]),
        ("a.txt", "00ff12a9\n", &["line 1", "hexadecimal", "bytes.fromhex", "--packed"]),
        ("a.txt", "1010101x\n", &["line 1, column 8: expected 1 and 0, found 'x'"]),
        ("a.csv", "+-+-\n", &["line 1", "found \"+-+-\""]),
        ("a.csv", "1,-1\n0010\n", &["line 2, column 1", "found 10", ".txt"]),
        ("a.csv", "1,-1\n0,1\n", &["line 2, column 1", "found 0 beside −1 in line 1, column 2"]),
        ("a.csv", "1,0\n1,-1\n", &["line 2, column 2", "found −1 beside 0 in line 1, column 2"]),
        ("a.csv", "1,2\n", &["line 1, column 2: expected ±1 or 0/1, found 2"]),
        ("a.csv", "1,,1\n", &["line 1, column 2", "found nothing"]),
        ("a.csv", "1,x,1\n", &["line 1, column 2", "found \"x\"", "holds no numbers"]),
        ("a.csv", "a,b\n1,1\nc,1\n", &["line 3, column 1", "found \"c\"", "no column holds names"]),
        ("a.csv", ",a,b\n0,1,1\n", &["line 1, column 1", "index"]),
        ("a.csv", "1,1\n1,1,1\n", &["line 2, column 3: expected 2 numbers as in line 1, found 3"]),
        ("a.csv", "1e300,1\n", &["found 1e300"]),
        ("a.csv", "NaN,1\n", &["line 1, column 1", "found NaN"]),
        ("a.csv", "a,b\n", &["at least one pattern"]),
        ("a.txt", "1 0 1\r0 1 0\r", &["line 1, column 3", "line feed"]),
        ("a.txt", "1 0 1\u{c}0 1 0\n", &["line 1, column 3", "found \"1\\u{c}0\""]),
        ("a.txt", "1\u{a0}0\n", &["line 1, column 2", "found '\\u{a0}'"]),
        ("a.csv", "1e-400,1\n", &["line 1, column 1", "found \"1e-400\""]),
        ("a.csv", "0.9999999999999999999,1\n", &["line 1, column 1", "found \"0.99"]),
        ("a.csv", "index,a,b\n0,1,0\n1,0,1\n", &["line 1, column 1", "without its index"]),
        ("a.csv", "\"Unnamed: 0\",a\n0,1\n", &["without its index"]),
        ("a.tsv", "\ta\tb\n0\t1\t0\n", &["line 1, column 1", "index"]),
        ("a.csv", ",0,1,2\n0,1,0,1\n1,0,1,1\n", &["line 1, column 1", "index=False"]),
        ("a.csv", "1,0,-5\n", &["line 1, column 3: expected ±1 or 0/1, found -5"]),
    ];
    for (name, content, words) in cases {
        let message = folder.refused(name, content, &Input::default());
        for word in words {
            assert!(message.contains(word), "{content:?}: expected {word:?} in: {message}");
        }
    }
    for (content, words) in [
        (&b"\xff\xfe+\0-\0\n\0"[..], "UTF-16"),
        (b"+-\n\xe9\n", "line 2, byte 1"),
        (b"\x93NUMPY\x01\0", "name it .npy"),
    ] {
        assert!(folder.refused("a.txt", content, &Input::default()).contains(words));
    }
    let zero_one = Input { encoding: Some(Encoding::ZeroOne), ..Input::default() };
    assert!(folder.refused("a.csv", "1,-1\n", &zero_one).contains("line 1, column 2: expected 0 or 1, found -1"));
    let plus_minus = Input { encoding: Some(Encoding::PlusMinusOne), ..Input::default() };
    assert!(folder.refused("a.csv", "1,0\n", &plus_minus).contains("--encoding 01"));
    assert!(folder.refused("a.txt", "+-\n", &plus_minus).contains("--encoding is for numbers"));
}

#[test]
fn unknown_positions_of_queries() {
    let (none, zero) = (QueryInput::default(), QueryInput { erased: Some(ErasedArg::Zero) });
    let read = |name: &str, content: &str, more| queries(name, content, 4, &Input::default(), more);
    assert_eq!(read("q.txt", "+?-+\n1111\n".replace("1111", "++++").as_str(), none).unwrap(), ["+?-+", "++++"]);
    assert_eq!(read("q.csv", "1,?,-1,0\n", none).unwrap(), ["+?-?"], "beside −1, 0 is unknown");
    assert_eq!(read("q.csv", "1,?,1,0\n", none).unwrap(), ["+?+-"], "alone, 0 stands for −1 as in keys");
    assert_eq!(read("q.csv", "1,?,1,0\n", zero).unwrap(), ["+?+?"]);
    let plus_minus = Input { encoding: Some(Encoding::PlusMinusOne), ..Input::default() };
    let refused = queries("q.csv", "1,1,1,0\n", 4, &plus_minus, none).unwrap_err();
    assert!(refused.contains("--encoding 01") && refused.contains("--erased zero"), "{refused}");
    assert_eq!(queries("q.csv", "1,1,1,0\n", 4, &plus_minus, zero).unwrap(), ["+++?"]);
    assert!(read("q.txt", "0110\n", zero).unwrap_err().contains("--erased zero is for numbers"));
}
