//! The command line from outside: what it writes, what it refuses, and what it leaves behind.

mod arrays;
mod basins;
mod binarize;
mod capacity;
mod door;
mod empty;
mod errors;
mod index;
mod inspect;
mod lecture;
mod limits;
mod manual;
mod networks;
mod pages;
mod placing;
mod random;
mod receipts;
mod refused;
mod sandbox;
mod scope;
mod store;
mod stress;
mod validate;
mod vectors;
mod width;
mod works;
