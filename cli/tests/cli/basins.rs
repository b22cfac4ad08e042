//! `basins`: what it says, writes and refuses.

use serde_json::Value;

use crate::sandbox::Sandbox;

#[test]
fn basins_of_a_few_patterns() {
    let s = Sandbox::new();
    // Two copies, one at distance 2 of them, and a pattern at 8 of the first and at 6 of the other.
    s.write("k.txt", "++++++++\n++++++++\n--++++++\n--------\n");
    s.write("v.txt", "++\n++\n+-\n--\n");
    s.write("ids", "7\n5\n9\n1\n");
    let create = "create m.pop --keys k.txt --values v.txt --ids ids --text lines";
    s.done(&create.split(' ').collect::<Vec<_>>());
    let said = s.done(&["basins", "m.pop", "--radius", "8", "--csv", "b.csv", "--plot", "b.svg", "--json"]);
    let said: Value = serde_json::from_str(&said).unwrap();
    // e^(2βb) Σ e^(−2βD) < 1 at β = 1: around the copies e^−4 + e^−16, around the third 2 e^−4 + e^−12, around the last
    // e^−12 + 2 e^−16.
    let rows = "id,copies,values_agree,nearest_id,nearest_distance,budget_exponential,budget_max\n\
                7,2,true,9,2,1,1\n5,2,true,9,2,1,1\n9,1,true,5,2,1,1\n1,1,true,9,6,5,5\n";
    assert_eq!(String::from_utf8(s.read("b.csv")).unwrap(), rows);
    assert!(s.read("b.svg").starts_with(b"<svg"));
    assert_eq!((&said["copied"], &said["least_distance"]), (&2.into(), &2.into()));
    assert_eq!(said["largest_overlap"], 0.5);
    assert_eq!(said["survived_flips"]["max"], serde_json::json!({ "least": 0, "median": 0, "most": 2, "none": 0 }));
    assert_eq!(said["closest_pairs"][0], serde_json::json!({ "ids": [5, 9], "distance": 2 }));
    assert_eq!(
        said["recalled_whatever_is_flipped"][5],
        serde_json::json!({ "noise": 0.15, "flips": 1, "exponential": 0.25, "max": 0.25 })
    );
    let text = s.done(&["basins", "m.pop", "--radius", "8"]);
    for words in ["2 patterns have some", "0 to 2 flips of 8, median 0", "0.500 d", "Closest pairs"] {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");

    // Without the one in between, and with a β too small for any budget.
    s.write("gone", "9\n");
    let said: Value = serde_json::from_str(&s.done(&["basins", "m.pop", "--exclude", "gone", "--json"])).unwrap();
    assert_eq!((&said["patterns"], &said["least_distance"]), (&3.into(), &Value::Null));
    let said: Value = serde_json::from_str(&s.done(&["basins", "m.pop", "--beta", "1e-9", "--json"])).unwrap();
    assert_eq!(said["survived_flips"]["exponential"]["none"], 4);

    s.refused(&["basins", "m.pop", "--radius", "9"], &["radius of basins: expected 1 to 8, found 9"]);
    s.refused(&["basins", "m.pop", "--radius", "0"], &["radius of basins: expected 1 to 8, found 0"]);
    s.refused(&["basins", "m.pop", "--beta", "0"], &["beta"]);
    s.refused(&["basins", "m.pop", "--csv", "m.pop"], &["m.pop"]);
}
