//! Where a memory has its index: nowhere, in memory, or in a file that is read when it is first asked.

#[cfg(feature = "store")]
use std::sync::{Arc, OnceLock};

#[cfg(feature = "store")]
use popfield_map::Held;

use crate::Error;
use crate::index::Index;
#[cfg(feature = "store")]
use crate::index::{MOST_BEYOND, Origin};
#[cfg(feature = "store")]
use crate::scan::keys::Keys;

/// The index of a memory, should it have one.
#[derive(Clone, Debug, Default)]
pub(super) enum Slot {
    #[default]
    Empty,
    Made(Index),
    /// Why the one beside it is not asked; it may serve again once it is brought up to date.
    #[cfg(feature = "store")]
    Refused(Option<Index>, Arc<Error>),
    #[cfg(feature = "store")]
    Unread(Arc<Unread>),
}

/// A file beside a memory that holds its index, if it is whole and of its keys.
#[cfg(feature = "store")]
#[derive(Debug)]
pub(super) struct Unread {
    held: Arc<Held>,
    origin: Origin,
    /// The keys that the memory had then: what it has come to since is beyond the tables.
    keys: Keys,
    /// What reading it came to.
    read: OnceLock<Slot>,
}

#[cfg(feature = "store")]
impl Unread {
    fn read(&self) -> &Slot {
        self.read.get_or_init(|| {
            // An index spares time, and what it says must be sure: what is wrong with it is told, and the scan answers.
            let keys = self.keys.side();
            let index = match Index::read(Arc::clone(&self.held), &self.origin, keys.dim()) {
                Ok(index) => index.cut_to_known(self.keys.live()),
                Err(error) => return Slot::Refused(None, Arc::new(error)),
            };
            if index.serves(keys.len()) {
                return Slot::Made(index);
            }
            let expected = format!("at most {MOST_BEYOND} stored since it was made");
            let found = (keys.len() - index.tables().covered()).to_string();
            Slot::Refused(Some(index), Arc::new(Error::Index { place: "keys", expected, found }))
        })
    }
}

impl Slot {
    /// What the file `held` has for `keys`, which are those of `origin`; it is read once it is asked for.
    #[cfg(feature = "store")]
    pub(super) fn in_file(held: Arc<Held>, origin: &Origin, keys: &Keys) -> Self {
        Self::Unread(Arc::new(Unread { held, origin: origin.clone(), keys: keys.clone(), read: OnceLock::new() }))
    }

    /// The file's index for `keys` of `origin`, if nobody has asked for it yet and all that it may be of is where it was.
    #[cfg(feature = "store")]
    pub(super) fn unread_for(&self, origin: &Origin, keys: &Keys) -> Option<Self> {
        match self {
            Self::Unread(unread) if unread.read.get().is_none() && unread.origin.is_within(origin) => {
                Some(Self::in_file(Arc::clone(&unread.held), origin, keys))
            }
            _ => None,
        }
    }

    #[cfg(feature = "store")]
    fn read(&self) -> &Self {
        if let Self::Unread(unread) = self { unread.read() } else { self }
    }

    #[cfg(not(feature = "store"))]
    fn read(&self) -> &Self {
        self
    }

    pub(super) fn index(&self) -> Option<&Index> {
        match self.read() {
            Self::Made(index) => Some(index),
            #[cfg(feature = "store")]
            Self::Refused(index, _) => index.as_ref(),
            _ => None,
        }
    }

    /// Why the index beside the memory is not asked.
    pub(super) fn refused(&self) -> Option<&Error> {
        match self.read() {
            #[cfg(feature = "store")]
            Self::Refused(_, why) => Some(why),
            _ => None,
        }
    }

    /// The same where some keys are forgotten: see [`Index::narrowed`].
    pub(super) fn narrowed(&self) -> Self {
        match self {
            Self::Empty => Self::Empty,
            Self::Made(index) => Self::Made(index.narrowed()),
            #[cfg(feature = "store")]
            Self::Refused(index, why) => Self::Refused(index.as_ref().map(Index::narrowed), Arc::clone(why)),
            #[cfg(feature = "store")]
            Self::Unread(unread) => match unread.read.get() {
                Some(read) => read.narrowed(),
                // What is learned once it is read must be its own.
                None => Self::in_file(Arc::clone(&unread.held), &unread.origin, &unread.keys),
            },
        }
    }

    /// Whether there is nothing, not even a file to be read.
    pub(super) fn is_empty(&self) -> bool {
        matches!(self, Self::Empty)
    }
}
