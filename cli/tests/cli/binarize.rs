//! Grey levels and real values made ±1, because it was asked for, and read so ever after.

use serde_json::json;

use crate::arrays::{float32, int8, npy};
use crate::sandbox::Sandbox;

/// Keys whose means and medians are not 0 and differ.
const KEYS: [&[f32]; 5] = [
    &[0.5, -8.0, 3.0, 1.0],
    &[1.5, -2.0, 3.0, 2.0],
    &[2.5, -1.0, 3.0, 30.0],
    &[3.5, 1.0, 9.0, 4.0],
    &[4.5, 0.0, 1.0, 5.0],
];

/// Those above a threshold for each position, as text.
fn above(thresholds: [f32; 4]) -> String {
    let sign = |(x, t): (&f32, f32)| if *x > t { '+' } else { '-' };
    KEYS.map(|row| row.iter().zip(thresholds).map(sign).chain(['\n']).collect::<String>()).concat()
}

/// Each method, in every kind of file, beside the same patterns as text.
#[test]
fn numbers_above_their_thresholds_are_plus() {
    let s = Sandbox::new();
    s.write("keys.npy", float32(&KEYS));
    let columns: Vec<u8> = (0..4).flat_map(|j| KEYS.map(|row| f64::from(row[j]).to_be_bytes()).concat()).collect();
    s.write("fortran.npy", npy(">f8", true, "(5, 4)", &columns));
    let text = |separator: &str| {
        KEYS.map(|row| row.iter().map(f32::to_string).collect::<Vec<_>>().join(separator) + "\n").concat()
    };
    s.write("keys.csv", format!("a,b,c,d\n{}", text(",")));
    s.write("spaces.txt", text(" "));
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    archive.start_file("keys.npy", zip::write::SimpleFileOptions::default()).unwrap();
    std::io::Write::write_all(&mut archive, &float32(&KEYS)).unwrap();
    s.write("keys.npz", archive.finish().unwrap().into_inner());
    for (method, thresholds) in [
        ("sign", [0.0; 4]),
        ("2.5", [2.5; 4]),
        ("-1", [-1.0; 4]),
        ("mean", [2.5, -2.0, 3.8, 8.4]),
        ("median", [2.5, -1.0, 3.0, 4.0]),
        // -8 stands alone as 30 does; between 9 and 30 they are divided best.
        ("otsu", [19.5; 4]),
    ] {
        s.write("expected.txt", above(thresholds));
        s.done(&["create", "expected", "--force", "--keys", "expected.txt"]);
        for file in ["keys.npy", "fortran.npy", "keys.csv", "spaces.txt", "keys.npz"] {
            let create = ["create", "made", "--force", "--keys", file, "--binarize", method];
            let output = s.run(&create);
            assert_eq!(output.status.code(), Some(0), "{create:?}: {}", String::from_utf8_lossy(&output.stderr));
            assert_eq!(s.keys("made"), s.keys("expected"), "{file} {method}");
        }
    }
}

/// The thresholds are those of the keys, whatever comes later.
#[test]
fn a_memory_remembers_its_thresholds() {
    let s = Sandbox::new();
    // Means 1.5, 5/3, 5 and 8.
    s.write("keys.npy", float32(&[&[0.5, 8.0, 3.0, 1.0], &[1.5, -2.0, 3.0, 20.0], &[2.5, -1.0, 9.0, 3.0]]));
    // One row, whose numbers are all positive, and of which each would be its own mean.
    s.write("query.npy", float32(&[&[2.6, 1.0, 5.5, 7.0]]));
    s.write("signs.npy", int8(&[&[1, -1, 1, -1]]));
    s.done(&["create", "store", "--keys", "keys.npy", "--binarize", "mean"]);
    s.done(&["export", "store", "--out", "file.pop"]);
    for memory in ["store", "file.pop"] {
        for queries in ["query.npy", "signs.npy"] {
            let found = s.json(&["search", memory, "--queries", queries, "--json"]);
            assert_eq!((&found["ids"], &found["distances"]), (&json!([[2]]), &json!([[0]])), "{queries}");
        }
        let told = s.done(&["recall", memory, "--queries", "query.npy", "--binarize", "mean"]);
        assert!(told.contains("1 × 4 float32 above the mean of each position"), "{told}");
        let told = ["--binarize sign as told", "--binarize mean", "all +1"];
        s.noted(&["recall", memory, "--queries", "query.npy", "--binarize", "sign"], &told);
        s.refused(
            &["recall", memory, "--queries", "query.npy", "--binarize", "median"],
            &["expected mean, as its keys"],
        );
        s.done(&["append", memory, "--keys", "query.npy"]);
        let found = s.json(&["search", memory, "--queries", "signs.npy", "--radius", "0", "--json"]);
        assert_eq!(found["ids"], json!([[2, 3]]));
    }
    assert!(s.done(&["info", "store"]).contains("binarize mean, thresholds of 4 positions"));
    assert_eq!(s.json(&["info", "store", "--json"])["notes"]["thresholds"], "1.5 1.6666666666666667 5 8");
    // Values have thresholds of their own.
    s.write("values.npy", float32(&[&[1.0], &[2.0], &[3.0]]));
    s.done(&["create", "two", "--keys", "keys.npy", "--values", "values.npy", "--binarize", "median"]);
    s.write("value.npy", float32(&[&[2.5]]));
    s.done(&["append", "two", "--keys", "signs.npy", "--values", "value.npy"]);
    s.done(&["export", "two", "--values", "--out", "v.npy"]);
    assert_eq!(crate::arrays::parts(&s.read("v.npy")).1, [255, 255, 1, 1]);
}

#[test]
fn greys_are_divided_as_pictures() {
    let s = Sandbox::new();
    s.write("greys.npy", npy("|u1", false, "(2, 2, 2)", &[0, 10, 200, 250, 12, 240, 3, 255]));
    s.refused(&["create", "new", "--keys", "greys.npy"], &["pattern 0, row 0, column 0", "--encoding 01"]);
    let said = s.done(&["create", "greys", "--keys", "greys.npy", "--binarize", "otsu"]);
    assert!(said.contains("2 pictures of 2 × 2 uint8 above 106 (otsu)"), "{said}");
    s.write("expected.txt", "--++\n-+-+\n");
    s.done(&["create", "expected", "--keys", "expected.txt"]);
    assert_eq!(s.keys("greys"), s.keys("expected"));
    // What is dark all over is told, once for a file.
    s.write("dark.npy", npy("|u1", false, "(1, 2, 2)", &[0, 1, 1, 0]));
    let told = ["the pattern is all +1 or all −1", "above 106 (otsu)", "0 to 1"];
    s.noted(&["search", "greys", "--queries", "dark.npy"], &told);
    s.write("many.npy", npy("|u1", false, "(300000, 2, 2)", &[0, 200, 1, 1, 0, 0, 0, 3].repeat(150_000)));
    let output = s.run(&["append", "greys", "--keys", "many.npy"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.lines().count() == 1 && said.contains("150000 of 300000 patterns are all"), "{said}");
}

#[test]
fn what_is_no_number_or_no_question_of_it() {
    let s = Sandbox::new();
    s.write("real.npy", float32(&[&[0.5, -1.5], &[1.0, f32::NAN]]));
    s.write("one.npy", float32(&[&[0.5, 0.5], &[0.5, 0.5]]));
    s.write("infinite.csv", "1.5,2\n3,inf\n");
    s.write("names.csv", "1.5,2\n3,four\n");
    s.write("short.csv", "1.5,2\n3\n");
    s.write("signs.npy", int8(&[&[1, -1]]));
    s.write("ternary.npy", int8(&[&[1, -1, 0, 0]]));
    std::fs::create_dir(s.path("faces")).unwrap();
    s.write("faces/a.pbm", "P1\n2 1\n1 0\n");
    let create = |file: &str, method: &str, words: &[&str]| {
        s.refused(&["create", "new", "--keys", file, "--binarize", method], words);
    };
    for method in ["sign", "mean", "median", "otsu", "0.5"] {
        create("real.npy", method, &["real.npy", "row 1, column 1", "finite", "NaN"]);
        create("infinite.csv", method, &["line 2, column 2", "a number", "inf"]);
        create("names.csv", method, &["line 2, column 2", "four"]);
        create("short.csv", method, &["line 2, column 2", "2 numbers"]);
        create("keys.txt", method, &["keys.txt", "--binarize", "characters"]);
        create("faces", method, &["--binarize", "--threshold"]);
    }
    create("one.npy", "otsu", &["every number is 0.5"]);
    create("signs.npy", "mean", &["found none but ±1"]);
    create("real.npy", "nan", &["expected sign, mean, median, otsu or a number"]);
    s.refused(&["create", "new", "--dim", "4", "--binarize", "mean"], &["drawn from keys"]);
    s.refused(&["create", "new", "--keys", "one.npy", "--binarize", "sign", "--packed"], &["--packed"]);
    s.refused(&["create", "new", "--from", "memory.pop", "--binarize", "sign"], &["--from"]);
    // Never by itself.
    s.write("query.npy", float32(&[&[0.5, -1.5, 0.5, 2.0]]));
    s.refused(&["recall", "memory.pop", "--queries", "query.npy"], &["found 0.5", "--binarize"]);
    s.refused(&["recall", "memory.pop", "--queries", "query.npy", "--binarize", "mean"], &["sign or a number"]);
    s.refused(
        &["recall", "memory.pop", "--queries", "query.npy", "--binarize", "1", "--erased", "zero"],
        &["--erased"],
    );
    let found = s.json(&["search", "memory.pop", "--queries", "query.npy", "--binarize", "1", "--json"]);
    assert_eq!(found["distances"], json!([[3]]));
    // 0 beside ±1 may be either.
    s.write("real.csv", "1.5,2,0,1\n-3,0.5,1,1\n2,2,2,0\n");
    s.done(&["create", "real", "--keys", "real.csv", "--binarize", "sign"]);
    s.refused(&["recall", "real", "--queries", "ternary.npy"], &["--erased zero", "--binarize sign"]);
    let erased = s.json(&["recall", "real", "--queries", "ternary.npy", "--erased", "zero", "--json"]);
    assert_eq!(erased["unknown_positions"], 2);
    s.write("unknown.csv", "1.5,?,?,3\n");
    assert_eq!(s.json(&["recall", "real", "--queries", "unknown.csv", "--json"])["unknown_positions"], 2);
    s.done(&["create", "empty", "--dim", "2", "--binarize", "0.25"]);
    s.noted(&["append", "empty", "--keys", "one.npy"], &["all +1", "above 0.25"]);
    assert!(s.done(&["info", "empty"]).contains("binarize 0.25"));
}

/// More numbers than are held at once, in two files and through a pipe, have the thresholds that one file of them has.
#[cfg(unix)]
#[test]
fn many_files_are_one() {
    let s = Sandbox::new();
    let number = |at: u32| (at.wrapping_mul(2_654_435_769) >> 8) as f32 / 1e5 - 60.0;
    let data = |rows: std::ops::Range<u32>| {
        (64 * rows.start..64 * rows.end).flat_map(|at| number(at).to_le_bytes()).collect::<Vec<u8>>()
    };
    s.write("all.npy", npy("<f4", false, "(20001, 64)", &data(0..20_001)));
    s.write("some.npy", npy("<f4", false, "(19000, 64)", &data(0..19_000)));
    s.write("rest.npy", npy("<f4", false, "(1001, 64)", &data(19_000..20_001)));
    let program = assert_cmd::cargo::cargo_bin("popfield");
    for method in ["mean", "median", "otsu"] {
        s.done(&["create", "one", "--force", "--keys", "all.npy", "--binarize", method]);
        s.done(&["create", "two", "--force", "--keys", "some.npy", "rest.npy", "--binarize", method]);
        let script = format!(
            "cat rest.npy | {} create piped --force --keys some.npy - --format npy --binarize {method} > said.txt",
            program.display()
        );
        let done = std::process::Command::new("sh").args(["-c", &script]).current_dir(s.path("")).status().unwrap();
        assert!(done.success());
        assert!(s.keys("one") == s.keys("two") && s.keys("one") == s.keys("piped"), "{method}");
        let notes = |memory: &str| s.json(&["info", memory, "--json"])["notes"].clone();
        assert!(notes("one") == notes("two") && notes("one") == notes("piped"), "{method}");
    }
}
