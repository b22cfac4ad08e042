//! One file a command.

pub mod bench;
pub mod capacity;
pub mod create;
pub mod demo;
pub mod dynamics;
pub mod info;
pub mod learn;
pub mod lecture;
pub mod noise;
pub mod overlaps;
pub mod random;
pub mod recall;
pub mod search;
pub mod spectrum;
pub mod validate;
