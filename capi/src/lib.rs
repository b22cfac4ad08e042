//! popfield for C: `include/popfield.h` is written from this crate.
//!
//! Nothing panics across the border: a call returns a `popfield_status`, and what went wrong
//! stands in `popfield_last_error`. Pointers are checked for null and alignment; that they
//! point to as much as is said is the caller's word.

#![allow(non_camel_case_types)]
// Of the functions for C all ask for the same: handles are of this library and not freed, texts end with a zero byte, and
// other pointers point to as much as the header says, which nobody else touches during the call.
#![allow(clippy::missing_safety_doc)]

mod call;
mod index;
mod memory;
mod overlaps;
mod recall;
mod rows;
mod search;
mod status;
