//! A network of 49 positions that runs to its limit from damaged letters, and a learned rule beside it.
//!
//! ```sh
//! cargo run --release --example network
//! ```
//!
//! Letters resemble one another, and Hebb's network, which is the sum of what is stored, ends in what they have in
//! common. The pseudo-inverse learns weights under which every stored letter stands still, and comes back to them. Its
//! fields are real numbers, but each sign is that of the exact field.

use popfield::dynamics::{End, Order, Run};
use popfield::learning::{PseudoInverse, Rule};
use popfield::patterns::{NoiseModel, add_noise};
use popfield::{Dynamics, Memory, Patterns, Queries, Separation};

const SIDE: usize = 7;
const LETTERS: &str = "\
    ..###.. #####.. ..####. ####### ####### \
    .#...#. #....#. .#....# #...... #...... \
    #.....# #....#. #...... #...... #...... \
    #.....# #####.. #...... #####.. #####.. \
    ####### #....#. #...... #...... #...... \
    #.....# #....#. .#....# #...... #...... \
    #.....# #####.. ..####. ####### #......";

fn main() -> popfield::Result<()> {
    let lines: Vec<&[u8]> = LETTERS.split(' ').map(str::as_bytes).collect();
    let letters = lines.len() / SIDE;
    let pixels = (0..letters).flat_map(|letter| lines.iter().skip(letter).step_by(letters).copied().flatten());
    let keys = Patterns::from_bools(&pixels.map(|&ink| ink == b'#').collect::<Vec<_>>(), SIDE * SIDE)?;
    let starts: Queries = add_noise(&keys, 0.1, NoiseModel::Exact, 4)?.into();

    // One position after the other, none of them hearing itself.
    let dynamics = Dynamics::new(Separation::Linear).order(Order::Fixed);
    let memory = Memory::auto_associative(keys.clone())?;
    let hebb = memory.relax(&starts, &dynamics)?;
    let learned = PseudoInverse::default().learn(&memory)?.relax(&starts, &dynamics)?;

    println!("stored    start     Hebb      pseudo-inverse");
    let limit = |run: &Run| format!("{} ({}, sweeps: {})", run.end.name(), run.limit, run.steps());
    for letter in 0..letters {
        let columns = [keys.get(letter), starts.signs().get(letter), Some(hebb[letter].state.clone())];
        let columns: Vec<_> = columns.into_iter().flatten().chain([learned[letter].state.clone()]).collect();
        for row in 0..SIDE {
            let pixels = |ink: bool| if ink { '#' } else { '.' };
            let line = columns.iter().map(|state| (0..SIDE).map(|x| pixels(state.bits()[row * SIDE + x])).collect());
            println!("{}", line.collect::<Vec<String>>().join("   "));
        }
        println!("Hebb: {}; pseudo-inverse: {}\n", limit(&hebb[letter]), limit(&learned[letter]));
        assert_eq!(learned[letter].end, End::Stored { id: letter as u64 });
        // No update raises the energy, which in Hebb's network is an integer or one and a half.
        assert!(hebb[letter].energies.is_sorted_by(|before, after| before >= after));
    }
    assert!(hebb.iter().enumerate().any(|(letter, run)| run.end != End::Stored { id: letter as u64 }));
    Ok(())
}
