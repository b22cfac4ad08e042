//! `popfield verify`: whether a memory's files hold what was written.

use popfield::store::{Backend, Snapshot};
use std::io;

use popfield::{Memory, Progress};
use serde_json::json;

use crate::args::Verify;
use crate::failure::{Failure, Result, about, in_words};
use crate::memory::open;
use crate::memory::{Kind, kind_of};
use crate::output::say;
use crate::report::{bytes, facts, progress, tell};

pub fn run(args: &Verify) -> Result<()> {
    let (checked, damage) = match kind_of(&args.memory)? {
        Kind::Store => {
            let opened = Snapshot::open(&args.memory, Backend::Mmap);
            match opened {
                // What does not even open is damaged; another version is not, nor what cannot be read.
                Err(error @ popfield::Error::Store { .. }) => (0, vec![error.to_string()]),
                // A file that the manifest names is gone, or is none.
                Err(popfield::Error::Io(error))
                    if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::InvalidInput) =>
                {
                    (0, vec![in_words(&error)])
                }
                Err(error) => return Err(about(&args.memory)(error)),
                Ok(snapshot) => {
                    let bar = progress(snapshot.bytes(), "bytes");
                    let found = snapshot.verify(Progress::new(&tell(&bar))).map_err(about(&args.memory))?;
                    bar.finish_and_clear();
                    (snapshot.bytes(), found.iter().map(ToString::to_string).collect())
                }
            }
        }
        // A file is checked whole whenever it is opened.
        Kind::File => {
            if !Memory::is_memory(&args.memory).map_err(about(&args.memory))? {
                let file = args.memory.display();
                return Err(Failure::input(format!("{file}: expected a memory, found a file that is none")));
            }
            let length = args.memory.metadata().map_or(0, |there| there.len());
            match open(&args.memory) {
                Ok(_) => (length, Vec::new()),
                Err(Failure::Input(popfield::ErrorKind::Format, message)) => (length, vec![message]),
                Err(failure) => return Err(failure),
            }
        }
    };
    if args.json {
        say(
            json!({ "verdict": if damage.is_empty() { "whole" } else { "damaged" }, "bytes": checked, "damage": damage }),
        )?;
    } else {
        let mut rows = vec![("memory", args.memory.display().to_string()), ("checked", bytes(checked as f64))];
        rows.extend(damage.iter().map(|damage| ("damaged", damage.clone())));
        if damage.is_empty() {
            rows.push(("verdict", "whole: every file holds what was written".into()));
        }
        facts(&rows)?;
    }
    if damage.is_empty() { Ok(()) } else { Err(Failure::No) }
}
