//! A dictionary whose keys may be damaged: a country recalls its capital, which is a text of sixteen bytes.
//!
//! ```sh
//! cargo run --release --example key_value
//! ```
//!
//! Keys and values differ in length. Each country has 256 random bits as its key; four of ten are flipped, or three of
//! four are not known at all, and the memory still answers, in every letter. The classical rule hears the other
//! countries too: some bits of its texts are wrong, and a wrong bit is another letter, or none (·).

use popfield::patterns::{BitOrder, NoiseModel, Pattern, add_noise};
use popfield::{Memory, Patterns, Queries, Recall, Separation};

const CAPITALS: [(&str, &str); 8] = [
    ("Austria", "Vienna"),
    ("Bhutan", "Thimphu"),
    ("Chile", "Santiago"),
    ("Denmark", "Copenhagen"),
    ("Ghana", "Accra"),
    ("Iceland", "Reykjavik"),
    ("Japan", "Tokyo"),
    ("Kenya", "Nairobi"),
];

fn main() -> popfield::Result<()> {
    let keys = Patterns::random(CAPITALS.len(), 256, 1, "countries")?;
    let bytes: Vec<u8> = CAPITALS.iter().flat_map(|(_, capital)| format!("{capital:<16}").into_bytes()).collect();
    let values = Patterns::from_packed(&bytes, 128, BitOrder::Little)?;
    let memory = Memory::hetero_associative(keys.clone(), values)?;

    let flipped: Queries = add_noise(&keys, 0.4, NoiseModel::Exact, 1)?.into();
    let mut first_quarter = Pattern::new(256)?;
    first_quarter.bits_mut()[..64].fill(true);
    let mut known = Patterns::new(256)?;
    (0..keys.len()).try_for_each(|_| known.push(&first_quarter))?;
    let erased = Queries::with_known(keys, known)?;

    let texts = |queries: &Queries, separation| -> popfield::Result<Vec<String>> {
        let recalled = memory.recall(queries, &Recall::new(separation))?.patterns.to_packed(BitOrder::Little);
        let letter = |&byte: &u8| if byte == b' ' || byte.is_ascii_graphic() { char::from(byte) } else { '·' };
        Ok(recalled.chunks(16).map(|text| text.iter().map(letter).collect::<String>().trim_end().to_owned()).collect())
    };
    let modern = Separation::exponential(1.0)?;
    let (of_flipped, of_erased) = (texts(&flipped, modern)?, texts(&erased, modern)?);
    let classical = texts(&flipped, Separation::Linear)?;

    println!("           e^s               e^s                   s");
    println!("country    4 of 10 flipped   3 of 4 not known      4 of 10 flipped");
    for (i, (country, capital)) in CAPITALS.iter().enumerate() {
        println!("{country:<9}  {:<16}  {:<20}  {}", of_flipped[i], of_erased[i], classical[i]);
        assert!(of_flipped[i] == *capital && of_erased[i] == *capital);
    }
    assert!(CAPITALS.iter().zip(classical).any(|((_, capital), text)| text != *capital));
    Ok(())
}
