//! Stores that hold nothing, yet or any more.

use serde_json::json;

use crate::arrays::parts;
use crate::sandbox::Sandbox;

/// What a store that holds nothing says to whoever asks.
fn held_empty(s: &Sandbox, store: &str, [dim, value_dim]: [usize; 2], next_id: u64) {
    let info = s.json(&["info", store, "--json"]);
    let said = ["patterns", "dim", "value_dim", "next_id"].map(|what| &info[what]);
    assert_eq!(said, [&json!(0), &json!(dim), &json!(value_dim), &json!(next_id)], "{store}");
    assert_eq!(s.json(&["verify", store, "--json"])["verdict"], "whole");
    assert!(s.done(&["info", store]).contains("patterns") && s.done(&["verify", store]).contains("whole"));
    for args in [
        &["recall", store, "--queries", "q.npy"][..],
        &["search", store, "--queries", "q.npy"],
        &["search", store, "--queries", "q.npy", "--radius", "3"],
        &["overlaps", store, "--queries", "q.npy", "--out", "o.npy"],
        &["dynamics", store, "--queries", "q.npy"],
        &["noise", "n.npy", "--of", store, "--count", "1", "--noise", "0"],
        &["learn", store, "--rule", "hebb"],
        &["spectrum", store],
    ] {
        s.refused(args, &[store, "the memory is empty", "at least one association"]);
    }
    // Arrays without rows; one file cannot be empty.
    let array = |name: &str, args: &[&str], descr: &str, shape: &str| {
        s.done(&[&["export", store, "--out", name], args].concat());
        whole_but_empty(&s.read(name), descr, shape);
    };
    array("keys.npy", &["--ids-out", "ids.npy"], "|i1", &format!("(0, {dim})"));
    whole_but_empty(&s.read("ids.npy"), "<u8", "(0,)");
    array("values.npy", &["--values"], "|i1", &format!("(0, {value_dim})"));
    array("packed.npy", &["--packed-out"], "|u1", &format!("(0, {})", dim.div_ceil(8)));
    array("packed.npy", &["--packed-out", "--values"], "|u1", &format!("(0, {})", value_dim.div_ceil(8)));
    s.refused(&["export", store, "--out", "none.pop"], &[store, "the memory is empty", "--out F.npy"]);
    // Which holds no pattern, as any command says.
    s.refused(&["create", "none", "--keys", "keys.npy"], &["keys.npy", "at least one pattern"]);
    // What is not there cannot be forgotten; a retry is no error.
    s.write("gone", "0\n");
    s.refused(&["forget", store, "--ids", "gone"], &["gone, line 1", "found 0"]);
    assert_eq!(s.json(&["forget", store, "--ids", "gone", "--missing", "ok", "--json"])["forgotten"], 0);
    let compacted = s.json(&["compact", store, "--json"]);
    assert_eq!((&compacted["patterns"], &compacted["segments"]), (&json!(0), &json!(0)));
    s.refused(&["stress", "--patterns", "10", "--dim", "8", "--store", store], &[store, "a store"]);
    // Ids that were given are not given again, in a copy neither.
    assert_eq!(s.json(&["create", "copy", "--from", store, "--json"])["next_id"], next_id);
    std::fs::remove_dir_all(s.path("copy")).unwrap();
}

fn whole_but_empty(array: &[u8], descr: &str, shape: &str) {
    let (header, data) = parts(array);
    assert!(
        header.contains(&format!("'{descr}'")) && header.contains(shape.trim_end_matches([')', ','])),
        "{shape}: {header}"
    );
    assert!(data.is_empty(), "{shape}");
}

#[test]
fn stores_may_hold_nothing() {
    let s = Sandbox::new();
    s.done(&["random", "q.npy", "--patterns", "5", "--dim", "20", "--seed", "1"]);
    s.done(&["random", "v.npy", "--patterns", "5", "--dim", "9", "--seed", "2"]);
    // That hold nothing yet.
    s.done(&["create", "auto", "--dim", "20"]);
    held_empty(&s, "auto", [20, 20], 0);
    s.done(&["create", "pairs", "--dim", "20", "--value-dim", "9"]);
    held_empty(&s, "pairs", [20, 9], 0);
    s.refused(&["append", "pairs", "--keys", "q.npy"], &["values"]);
    s.refused(&["append", "pairs", "--keys", "q.npy", "--values", "q.npy"], &["q.npy (values)", "dimension 9"]);
    // And do not any more.
    s.write("all", "0\n1\n2\n3\n4\n");
    for (store, args) in [("auto", &[][..]), ("pairs", &["--values", "v.npy"][..])] {
        let append = [&["append", store, "--keys", "q.npy"], args].concat();
        s.done(&append);
        s.done(&["recall", store, "--queries", "q.npy"]);
        s.done(&["forget", store, "--ids", "all"]);
        held_empty(&s, store, if args.is_empty() { [20, 20] } else { [20, 9] }, 5);
        let appended = [&append[..], &["--json"]].concat();
        assert_eq!(s.json(&appended)["first_id"], 5, "{store}");
        s.done(&["export", store, "--out", "o.npy"]);
        assert_eq!(parts(&s.read("o.npy")).1, parts(&s.read("q.npy")).1);
    }
    // One file cannot be empty, and stays as it is.
    s.done(&["export", "memory.pop", "--out", "one.pop"]);
    s.write("three", "0\n1\n2\n");
    let before = s.read("one.pop");
    s.refused(&["forget", "one.pop", "--ids", "three"], &["one.pop", "nothing would be left", "create STORE"]);
    assert_eq!(s.read("one.pop"), before);
    // The dimension of values is for where nothing else tells it.
    s.refused(&["create", "n", "--keys", "q.npy", "--value-dim", "9"], &["--value-dim"]);
    s.refused(&["create", "n", "--keys", "q.npy", "--values", "v.npy", "--value-dim", "9"], &["--value-dim"]);
    s.refused(&["create", "n", "--dim", "9", "--value-dim", "0"], &["--value-dim", "at least 1"]);
    s.refused(&["create", "n", "--value-dim", "9"], &["--keys"]);
    s.refused(&["create", "n", "--dim", "9", "--value-dim", "99999999"], &["dimension", "99999999"]);
}
