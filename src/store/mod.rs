//! Stores: memories in folders, which are appended to, forgotten from and mapped.
//!
//! A store is a set of immutable segments and one manifest that says which they are. A commit writes new files under
//! temporary names, syncs them, gives them their names, syncs the folder, and then does the same with the manifest of
//! the next generation: only then is it acknowledged. So what was acknowledged is there after a crash, whole, and what
//! was not is there whole or not at all. Files that no manifest names are swept by the next writer.
//!
//! - [`Store`]: the one writer. It appends, forgets and compacts.
//! - [`Snapshot`]: the store as of one commit, of which [`Memory::open`](crate::Memory::open) makes a memory.

mod append;
mod commit;
mod disk;
mod forget;
mod lock;
mod manifest;
mod merge;
mod npy;
mod segment;
mod snapshot;
#[cfg(test)]
mod tests;
mod unique;
mod write;

pub use append::Appending;
pub use commit::Store;
pub use disk::Backend;
pub use lock::WriterLock;
pub(crate) use manifest::INDEX;
pub use snapshot::Snapshot;
