//! Memories of a hundred thousand keys and more, where every slab, piece and stretch has a neighbour: every tier and
//! split.

use popfield::{Separation, Tie};

use crate::parts::check_parts;
use crate::worlds::{Kind, World, check_everywhere};

fn check(kind: Kind, n: usize, dim: usize, separations: &[Separation]) {
    // Erased positions would tell equidistant keys apart.
    let erased = if matches!(kind, Kind::Equidistant) { 0.0 } else { 0.1 };
    let world = World::new(kind, n, dim, 65, 2, erased, 7);
    for &separation in separations {
        check_everywhere(&world, separation, Tie::Minus);
        check_parts(&world, &[1, 77, n / 3, n / 3 + 8, n - 1], separation, Tie::Minus, true, 1);
    }
}

fn exponential(beta: f64) -> Separation {
    Separation::exponential(beta).unwrap()
}

#[test]
fn clustered() {
    check(Kind::Clustered, 100_003, 64, &[exponential(0.05), exponential(1.0), Separation::polynomial(3).unwrap()]);
}

#[test]
fn tied() {
    check(Kind::Cancelling, 131_072, 65, &[exponential(0.5), Separation::Linear]);
    check(Kind::PlantedTies, 100_001, 63, &[exponential(2.0), Separation::Max]);
}

#[test]
fn equidistant() {
    check(Kind::Equidistant, 140_000, 65, &[exponential(1.0), Separation::polynomial(2).unwrap(), Separation::Max]);
}

#[test]
fn random() {
    check(Kind::Random, 150_001, 127, &[exponential(0.02), exponential(0.3), Separation::Linear]);
}
