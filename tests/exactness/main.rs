//! The engine held to the naive reference, bit for bit: random and adversarial memories, every separation, every tier,
//! any number of threads, any split.

mod cascade;
mod decided;
mod dynamics;
mod ids;
mod large;
mod laws;
mod learning;
mod matrix;
mod parts;
mod recall;
mod scope;
mod worlds;
