//! What a file would be read as, before it is.

use serde_json::{Value, json};

use crate::arrays::{float32, int8, npy};
use crate::sandbox::Sandbox;

/// Runs what was told to be run.
fn run_line(s: &Sandbox, line: &str) -> String {
    let done = std::process::Command::new("sh").args(["-c", line]).current_dir(s.path("")).output().unwrap();
    assert!(done.status.success(), "{line}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap()
}

#[test]
fn patterns_are_counted_and_drawn() {
    let s = Sandbox::new();
    s.write("a b.txt", "##.\n.#.\n\n##.\n...\n\n##.\n.#.\n");
    let said = s.done(&["inspect", "a b.txt"]);
    for words in [
        "a b.txt: 3 pictures of 3 × 2 characters # and .",
        "3 of dimension 6, pictures of 3 × 2",
        "44.4 % of all positions; 33.3 % to 50.0 % of a pattern",
        "of 6 positions 2 always +1 (0, 1), 3 always −1 (2, 3, 5)",
        "1 repeats an earlier one, first 2, which is 0",
        "0 and 1 at 1; half have another within 1",
        "▀█·   ▀▀·   ▀█·\n0     1     2\n",
        "create 'a b.pop' --keys 'a b.txt'",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    let line = said.lines().last().unwrap().strip_prefix("store  ").unwrap();
    assert!(run_line(&s, line).contains("3, auto-associative"));
    // Now that there is one, another.
    let json = s.json(&["inspect", "a b.txt", "--json"]);
    assert!(json["line"].as_str().unwrap().contains("create 'a b-2.pop'"), "{json}");
    assert_eq!(json["copies"], json!({ "count": 1, "first": [2, 0], "most": 2 }));
    assert_eq!((&json["shape"], &json["always_minus"]), (&json!([3, 2]), &json!([2, 3, 5])));
    assert_eq!(json["closest"]["pairs"], json!([[0, 1, 1]]));
}

#[test]
fn a_memory_is_told_by_its_ids() {
    let s = Sandbox::new();
    s.write("ids.txt", "7\n30\n5\n12\n");
    s.write("labels.txt", "one\n\nthree\nfour\n");
    s.write("four.txt", "++--\n+-+-\n++--\n-++-\n");
    s.done(&["create", "four", "--keys", "four.txt", "--ids", "ids.txt", "--labels", "labels.txt", "--text", "lines"]);
    s.write("gone.txt", "30\n");
    s.done(&["forget", "four", "--ids", "gone.txt"]);
    s.done(&["export", "four", "--out", "four.pop"]);
    for memory in ["four", "four.pop"] {
        let said = s.done(&["inspect", memory]);
        for words in
            ["a memory, auto-associative", "3 of dimension 4", "first 5, which is 7", "7 and 12 at 2", "12 (four)"]
        {
            assert!(said.contains(words), "{words}: {said}");
        }
        assert!(!said.contains("30"), "{said}");
        assert_eq!(s.json(&["inspect", memory, "--json"])["closest"]["pairs"], json!([[7, 12, 2]]));
    }
    s.refused(&["inspect", "four", "--packed"], &["--packed", "found a memory"]);
}

/// What is not read without an option tells which ones there are, and each of them does.
#[test]
fn options_that_a_file_needs() {
    let s = Sandbox::new();
    let greys: Vec<u8> = (0..600u32).map(|at| ((at % 60) * 4 + at % 7) as u8).collect();
    let noise: Vec<u8> = (0..640u32).map(|at| (at.wrapping_mul(2_654_435_769) >> 13) as u8).collect();
    s.write("01.npy", npy("|u1", false, "(2, 4)", &[1, 0, 1, 1, 0, 0, 1, 0]));
    s.write("255.npy", npy("|u1", false, "(2, 2)", &[0, 255, 255, 0]));
    s.write("greys.npy", npy("|u1", false, "(10, 60)", &greys));
    s.write("pictures.npy", npy("|u1", false, "(10, 6, 10)", &greys));
    s.write("codes.npy", npy("|u1", false, "(10, 64)", &noise));
    s.write("words.npy", npy("<u8", false, "(2, 1)", &(3u64 << 40 | 5).to_le_bytes().repeat(2)));
    s.write("real.npy", float32(&[&[0.5, -1.5, 2.0], &[-0.5, 1.0, 0.25]]));
    s.write("counts.csv", "3,0,900.5\n4,70,2\n");
    for (file, expected) in [
        ("01.npy", &["--encoding 01", "--erased zero"][..]),
        ("255.npy", &["--packed", "--binarize 127.5"]),
        ("greys.npy", &["--binarize otsu", "--binarize mean", "--binarize median", "--packed"]),
        ("pictures.npy", &["--binarize otsu", "--binarize mean", "--binarize median"]),
        ("codes.npy", &["--packed", "--binarize otsu", "--binarize mean", "--binarize median"]),
        ("words.npy", &["--packed"]),
        ("real.npy", &["--binarize sign", "--binarize mean", "--binarize median"]),
        ("counts.csv", &["--binarize mean", "--binarize median", "--binarize otsu"]),
    ] {
        let json = s.json(&["inspect", file, "--json"]);
        assert_eq!(json["readable"], false);
        let choices = json["choices"].as_array().unwrap();
        let options: Vec<&str> = choices.iter().map(|choice| choice["options"].as_str().unwrap()).collect();
        assert_eq!(options, expected, "{file}");
        let said = s.done(&["inspect", file]);
        for choice in choices {
            let (options, line) = (choice["options"].as_str().unwrap(), choice["line"].as_str().unwrap());
            assert!(said.contains(options), "{said}");
            if choice["queries"] == false {
                assert!(run_line(&s, line).contains("auto-associative"), "{line}");
                let memory = line.split(" create ").nth(1).unwrap().split(' ').next().unwrap();
                std::fs::remove_dir_all(s.path(memory)).unwrap();
                let given = [&["inspect", file, "--json"], &options.split(' ').collect::<Vec<_>>()[..]].concat();
                let read: Value = serde_json::from_slice(&s.run(&given).stdout).unwrap();
                assert_eq!(read["readable"], true, "{line}");
                if let Some(plus) = choice["plus"].as_f64() {
                    assert_eq!(Some(plus), read["plus"].as_f64(), "{line}");
                }
            }
        }
    }
    // Half of them are 1.
    let erased = s.json(&["inspect", "01.npy", "--erased", "zero", "--json"]);
    assert_eq!((&erased["unknown_positions"], &erased["plus"]), (&json!(4), &json!(1.0)));
}

#[test]
fn what_is_no_file_of_patterns_is_refused() {
    let s = Sandbox::new();
    s.write("nan.npy", float32(&[&[0.5, f32::NAN], &[2.0, 1.0]]));
    s.write("cut.npy", &int8(&[&[1, -1]])[..100]);
    s.write("names.csv", "a,b\nc,d\n");
    s.write("fives.npy", int8(&[&[5, 5]]));
    s.write("bytes", [0u8, 1, 2, 255]);
    std::fs::create_dir(s.path("folder")).unwrap();
    s.refused(&["inspect", "nan.npy"], &["nan.npy", "1 of 4 are no finite numbers"]);
    s.refused(&["inspect", "cut.npy"], &["cut.npy", "cut short"]);
    s.refused(&["inspect", "names.csv"], &["names.csv", "line 2, column 1"]);
    s.refused(&["inspect", "fives.npy"], &["found 5"]);
    s.refused(&["inspect", "bytes"], &["bytes", "--format"]);
    s.refused(&["inspect", "folder"], &["folder", "found none"]);
    s.refused(&["inspect", "nowhere.npy"], &["nowhere.npy", "No such file"]);
    s.refused(&["inspect", "keys.txt", "--packed"], &["--packed"]);
    s.write("signs.npy", int8(&[&[1, -1, 1]]));
    s.refused(&["inspect", "signs.npy", "--dim", "2"], &["expected dimension 2, found 3"]);
}

/// A file whose ending does not tell is known by what it begins with; queries are told as such.
#[test]
fn files_without_endings_and_queries() {
    let s = Sandbox::new();
    s.write("array", int8(&[&[1, -1, 1]]));
    s.write("lines", "+-+\n--+\n");
    s.write("image", "P1\n2 1\n1 0\n");
    for (file, format) in [("array", "npy"), ("lines", "text"), ("image", "image")] {
        let json = s.json(&["inspect", file, "--json"]);
        let line = json["line"].as_str().unwrap();
        assert!(line.ends_with(&format!("create {file}.pop --keys {file} --format {format}")), "{line}");
        run_line(&s, line);
    }
    s.write("half.txt", "+?-?\n????\n");
    let said = s.done(&["inspect", "half.txt"]);
    for words in ["6 of 8 positions", "50.0 % of those that are known", "+?-?  0", "recall MEMORY --queries half.txt"] {
        assert!(said.contains(words), "{words}: {said}");
    }
    assert!(!s.done(&["inspect", "half.txt", "--show", "0"]).contains("+?-?"));
    s.write("half.csv", "1.5,?\n-0.5,2\n");
    let json = s.json(&["inspect", "half.csv", "--binarize", "sign", "--json"]);
    assert_eq!((&json["unknown_positions"], &json["readable"]), (&json!(1), &json!(true)));
}

/// Images that are all ink or all paper are told of, and how to divide them.
#[test]
fn pale_images_are_divided_by_their_greys() {
    let s = Sandbox::new();
    std::fs::create_dir(s.path("pale")).unwrap();
    s.write("pale/a.pgm", "P2\n2 2\n255\n200 250 251 199\n");
    s.write("pale/b.pgm", "P2\n2 2\n255\n250 201 251 199\n");
    let said = s.done(&["inspect", "pale"]);
    assert!(said.contains("all ink or all paper") && said.ends_with("--threshold otsu\n"), "{said}");
    assert!(said.contains("0 a") && said.contains("1 b"), "{said}");
    let json = s.json(&["inspect", "pale", "--threshold", "otsu", "--json"]);
    assert_eq!(json["plus"], 0.5);
}
