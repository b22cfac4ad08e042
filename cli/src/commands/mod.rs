//! One file a command.

mod answers;
pub mod append;
pub mod basins;
pub mod bench;
pub mod capacity;
pub mod check_receipts;
pub mod compact;
pub mod create;
pub mod demo;
pub mod dynamics;
pub mod export;
mod followed;
pub mod forget;
pub mod index;
pub mod info;
pub mod learn;
pub mod lecture;
pub mod noise;
pub mod overlaps;
pub mod random;
pub mod recall;
pub mod search;
pub mod spectrum;
mod store;
pub mod stress;
pub mod validate;
pub mod verify;
