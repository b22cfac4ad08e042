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
        let placing = PLACING.lock().unwrap_or_else(PoisonError::into_inner);
        let there = place.symlink_metadata().is_ok();
        if there && !replace {
            return Err(super::temporary::exists(&place));
        }
        // What is replaced goes where the new one was made, and back by the same step.
        let aside = around.path().join("aside");
        let put = || if there { exchange(&made, &place, &aside) } else { fs::rename(&made, &place) };
        let take_back = || if there { exchange(&made, &place, &aside) } else { fs::rename(&place, &made) };
        put().map_err(cannot)?;
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
            // The failure that led here is the one to tell.
            let _ = take_back();
        }
        let path = around.path().to_owned();
        drop(around);
        temporary().retain(|other| *other != path);
        printed
    }
}

/// Lets two folders change names. Where the system can, no moment finds either name free; where it cannot, `aside` is the
/// name that one of them has meanwhile, and what fails is undone.
fn exchange(a: &Path, b: &Path, aside: &Path) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    {
        use rustix::fs::{CWD, RenameFlags, renameat_with};
        use rustix::io::Errno;
        match renameat_with(CWD, a, CWD, b, RenameFlags::EXCHANGE) {
            // File systems and kernels that do not know it.
            Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {}
            other => return other.map_err(io::Error::from),
        }
    }
    exchange_in_steps(a, b, aside)
}

fn exchange_in_steps(a: &Path, b: &Path, aside: &Path) -> io::Result<()> {
    fs::rename(b, aside)?;
    if let Err(error) = fs::rename(a, b) {
        let _ = fs::rename(aside, b);
        return Err(error);
    }
    if let Err(error) = fs::rename(aside, a) {
        let _ = fs::rename(b, a).and_then(|()| fs::rename(aside, b));
        return Err(error);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_change_names_either_way() {
        let folder = tempfile::tempdir().unwrap();
        let [a, b, aside] = ["a", "b", "aside"].map(|name| folder.path().join(name));
        for place in [&a, &b] {
            fs::create_dir(place).unwrap();
            fs::write(place.join("name"), place.file_name().unwrap().as_encoded_bytes()).unwrap();
        }
        let stands = |place: &Path| fs::read_to_string(place.join("name")).unwrap();
        for (way, expected) in [exchange, exchange_in_steps].into_iter().zip([["b", "a"], ["a", "b"]]) {
            way(&a, &b, &aside).unwrap();
            assert_eq!([stands(&a), stands(&b)], expected);
            assert!(!aside.exists());
        }
        fs::remove_dir_all(&a).unwrap();
        assert!(exchange(&a, &b, &aside).is_err() && exchange_in_steps(&a, &b, &aside).is_err());
        assert_eq!(stands(&b), "b");
        assert!(!aside.exists());
    }
}
