//! Worked cases: patterns, separation and tie policy in, bits and ties out.

use popfield::tiers::TIERS;
use popfield::{Memory, Pattern, Patterns, Recall, Separation, Tie};
use serde_json::Value;

fn patterns(rows: &Value) -> Patterns {
    let rows = rows.as_array().unwrap().iter().map(|row| {
        let signs: Vec<i8> = row.as_str().unwrap().chars().map(|c| if c == '+' { 1 } else { -1 }).collect();
        Pattern::from_signs(&signs).unwrap()
    });
    rows.collect::<Vec<_>>().iter().collect::<popfield::Result<Patterns>>().unwrap()
}

#[test]
fn worked_cases() {
    let cases: Value = serde_json::from_str(include_str!("data/golden.json")).unwrap();
    let cases = cases.as_array().unwrap();
    assert_eq!(cases.len(), 12);
    for case in cases {
        let name = &case["name"];
        let separation = match case["separation"].as_str().unwrap() {
            "exponential" => Separation::exponential(case["beta"].as_f64().unwrap()).unwrap(),
            "polynomial" => Separation::polynomial(case["degree"].as_u64().unwrap() as u32).unwrap(),
            "linear" => Separation::Linear,
            "max" => Separation::Max,
            other => panic!("{other}"),
        };
        let tie = match case["tie"].as_str().unwrap() {
            "plus" => Tie::Plus,
            "minus" => Tie::Minus,
            "stay" => Tie::Stay,
            other => panic!("{other}"),
        };
        let memory = Memory::hetero_associative(patterns(&case["keys"]), patterns(&case["values"])).unwrap();
        for tier in TIERS.iter().filter_map(|info| info.tier()) {
            let memory = memory.clone().with_tier(tier);
            let recalled =
                memory.recall(&patterns(&case["queries"]).into(), &Recall::new(separation).tie(tie)).unwrap();
            assert_eq!(recalled.patterns, patterns(&case["recalled"]), "{name} on {}", tier.name());
            assert_eq!(recalled.tied_bits(), case["tied_bits"].as_u64().unwrap(), "{name} on {}", tier.name());
        }
    }
}
