//! A memory under way: a folder that is made beside its place and takes it when it is whole.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::PoisonError;

use tempfile::TempDir;

use super::temporary::{PLACING, beginning, folder_of, temporary};
use crate::failure::{Failure, Result};

/// A store under way. Dropped before it is delivered, it leaves nothing.
#[derive(Debug)]
pub struct OutStore {
    place: PathBuf,
    /// Beside the place; what is replaced goes here too.
    around: TempDir,
    made: PathBuf,
}

impl OutStore {
    /// Begins a store that will stand at `place`.
    pub fn create(place: &Path) -> Result<Self> {
        // Without the / behind it.
        let place: PathBuf = place.components().collect();
        if place.file_name().is_none() {
            return Err(Failure::usage(format!("{}: names no folder", place.display())));
        }
        let cannot = |error: io::Error| Failure::opening(&place, &error);
        // Through a link to the memory itself, lest the link be replaced.
        let place = if place.is_symlink() { place.canonicalize().map_err(cannot)? } else { place.clone() };
        let cannot = |error: io::Error| Failure::opening(&place, &error);
        let mut temporary = temporary();
        let around = beginning(0o777).tempdir_in(folder_of(&place)).map_err(cannot)?;
        temporary.push(around.path().to_owned());
        drop(temporary);
        let made = around.path().join("store");
        Ok(Self { place, around, made })
    }

    /// Where it is made.
    pub fn path(&self) -> &Path {
        &self.made
    }

    /// Puts the store in its place, replacing a memory there if `replace` says so, and then lets `print` speak. If that
    /// fails, what stood there stands again.
    pub fn deliver(self, replace: bool, print: impl FnOnce() -> Result<()>) -> Result<()> {
        let Self { place, around, made } = self;
        let cannot = |error: io::Error| Failure::opening(&place, &error);
        let before = around.path().join("before");
        let placing = PLACING.lock().unwrap_or_else(PoisonError::into_inner);
        let there = place.symlink_metadata().is_ok();
        if there && !replace {
            return Err(super::temporary::exists(&place));
        }
        if there {
            fs::rename(&place, &before).map_err(cannot)?;
        }
        let back = || {
            if there {
                // The failure that led here is the one to tell.
                let _ = fs::rename(&before, &place);
            }
        };
        if let Err(error) = fs::rename(&made, &place) {
            back();
            return Err(cannot(error));
        }
        // Its name lasts as its content does.
        let synced = fs::File::open(folder_of(&place)).and_then(|folder| folder.sync_all());
        drop(placing);
        let printed = match synced {
            Err(error) if !matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => {
                Err(Failure::writing(&place, &error))
            }
            _ => print(),
        };
        if !matches!(printed, Ok(()) | Err(Failure::Unread)) {
            let _undoing = PLACING.lock();
            let _ = fs::rename(&place, &made);
            back();
        }
        let path = around.path().to_owned();
        drop(around);
        temporary().retain(|other| *other != path);
        printed
    }
}
