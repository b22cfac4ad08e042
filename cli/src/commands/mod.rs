//! One file a command.

pub mod bench;
pub mod create;
pub mod demo;
pub mod info;
pub mod overlaps;
pub mod recall;
pub mod search;
