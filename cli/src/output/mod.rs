//! Where results go: files and folders that appear whole or not at all, and standard output.

mod arrays;
mod file;
mod folder;
mod out;
mod pictures;
mod place;
mod store;
mod temporary;

use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anstyle::{AnsiColor, Style};

use crate::failure::{Failure, Result};
pub use arrays::{Npz, npy};
pub use file::{OutFile, written, written_beside};
pub use out::{Out, is_folder};
pub use pictures::{Form, shape_of, write_pictures};
pub use store::OutStore;

use place::Placed;
use temporary::{PLACING, folder_of, is_temporary, temporary};

/// On an interrupt nothing is left behind, and the exit status is 130. A file that outgrows the limit on its size is an
/// error of writing it, not the end of the process.
pub fn catch_signals() {
    // With a handler, whatever it does, the system tells the writer instead.
    #[cfg(unix)]
    let _ = signal_hook::flag::register(signal_hook::consts::SIGXFSZ, std::sync::Arc::default());
    // A second handler cannot be: this is called once, at the start.
    let _ = ctrlc::set_handler(|| {
        // A call that is watched stops by itself, and the command ends as it does after any failure.
        INTERRUPTED.store(true, Ordering::Relaxed);
        std::thread::sleep(GRACE);
        let _placed = PLACING.lock();
        if acknowledged() {
            // It came too late: what was asked for is done, and was told.
            return;
        }
        // Held to the end, so that nothing more is begun.
        let temporary = temporary();
        // What was made under a temporary name goes whole, other folders only if nothing else has come into them.
        let remove = |path: &PathBuf| {
            let gone = std::fs::remove_file(path).or_else(|_| std::fs::remove_dir(path));
            if is_temporary(path) { gone.or_else(|_| std::fs::remove_dir_all(path)) } else { gone }
        };
        temporary.iter().rev().for_each(|path| drop(remove(path)));
        std::process::exit(130);
    });
}

/// Whether the command has been told to stop.
pub fn interrupted() -> bool {
    INTERRUPTED.load(Ordering::Relaxed)
}

/// Does `work`, which asks by itself whether it is [interrupted]: an interrupt waits until it has come to an end that
/// leaves nothing half done.
pub fn uninterrupted<T>(work: impl FnOnce() -> T) -> T {
    let _placing = PLACING.lock().unwrap_or_else(PoisonError::into_inner);
    work()
}

/// Does the last step of a change to a memory, `commit`, and lets `print` tell it: an interrupt waits until both are over,
/// and where the change was made the command ends as one that was not interrupted.
pub fn acknowledging<T, U>(commit: impl FnOnce() -> Result<T>, print: impl FnOnce(T) -> Result<U>) -> Result<U> {
    uninterrupted(|| {
        let done = commit()?;
        ACKNOWLEDGED.store(true, Ordering::Relaxed);
        print(done)
    })
}

/// Whether a change was made that lasts.
pub fn acknowledged() -> bool {
    ACKNOWLEDGED.load(Ordering::Relaxed)
}

static ACKNOWLEDGED: AtomicBool = AtomicBool::new(false);

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// How long a command may take to stop by itself.
const GRACE: Duration = Duration::from_millis(100);

/// Refuses a path that does not end as its content would have it. Pipes and devices have no ending to go by.
pub fn check_ending(path: &Path, ending: &str) -> Result<()> {
    let regular = path.metadata().map_or(true, |there| there.is_file());
    let ends = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case(ending));
    if regular && !ends {
        return Err(Failure::usage(format!(
            "{}: expected an ending .{ending}, which is what is written",
            path.display()
        )));
    }
    Ok(())
}

/// Does `work` in `folder`, which is made for it; folders that were made are taken away again if it fails or is
/// interrupted.
pub fn in_folder(folder: &Path, work: impl FnOnce() -> Result<()>) -> Result<()> {
    let folders = folder.ancestors().filter(|folder| !folder.as_os_str().is_empty());
    let made: Vec<&Path> = folders.take_while(|folder| !folder.exists()).collect();
    let making = {
        let mut temporary = temporary();
        temporary.extend(made.iter().rev().map(|folder| folder.to_path_buf()));
        std::fs::create_dir_all(folder)
    };
    let done = making.map_err(|error| Failure::opening(folder, &error)).and_then(|()| work());
    temporary().retain(|path| !made.contains(&path.as_path()));
    done.inspect_err(|failure| {
        if !matches!(failure, Failure::Unread) {
            made.iter().for_each(|folder| drop(std::fs::remove_dir(folder)));
        }
    })
}

/// Delivers the results of a command: files are made sure of (images of a folder, which may be very many, are left to the
/// system) and take their places, then `print` speaks on standard
/// output, of what is so by then. If any of it fails, none of the files is left; a standard output that nobody reads is no
/// failure.
pub fn deliver<T: Into<Out>>(outs: impl IntoIterator<Item = T>, print: impl FnOnce() -> Result<()>) -> Result<()> {
    let mut outs: Vec<Out> = outs.into_iter().map(Into::into).collect();
    for out in &mut outs {
        if let Out::File(file) = out {
            file.seal()?;
        }
    }
    let mut placed = Vec::new();
    let placing = PLACING.lock().unwrap_or_else(PoisonError::into_inner);
    let done = outs.into_iter().try_for_each(|out| {
        match out {
            Out::File(file) => placed.extend(file.place()?),
            Out::Folder(folder) => folder.place(&mut placed)?,
        }
        Ok(())
    });
    let undo = |placed: Vec<Placed>| placed.into_iter().rev().for_each(Placed::undo);
    if let Err(failure) = done {
        undo(placed);
        return Err(failure);
    }
    // While it is told an interrupt may come: all is in its place, and stays there.
    drop(placing);
    let printed = print();
    if !matches!(printed, Ok(()) | Err(Failure::Unread)) {
        let _undoing = PLACING.lock();
        undo(placed);
    }
    printed
}

/// Refuses outputs that are one file, or that would overwrite an input or join a folder of inputs.
pub fn check_distinct(outputs: &[Option<&Path>], inputs: &[&Path]) -> Result<()> {
    // A file that is not there yet is known by its folder.
    let place = |path: &Path| {
        path.canonicalize().unwrap_or_else(|_| {
            let folder = folder_of(path);
            folder.canonicalize().unwrap_or_else(|_| folder.to_owned()).join(path.file_name().unwrap_or_default())
        })
    };
    // Standard input is no file that could be written.
    let inputs: Vec<&Path> = inputs.iter().copied().filter(|path| *path != Path::new("-")).collect();
    let folders: Vec<PathBuf> = inputs.iter().filter(|path| path.is_dir()).map(|path| place(path)).collect();
    let mut taken: Vec<PathBuf> = inputs.iter().map(|path| place(path)).collect();
    let into: Vec<PathBuf> = outputs.iter().flatten().filter(|path| is_folder(path)).map(|path| place(path)).collect();
    for path in outputs.iter().flatten() {
        let here = place(path);
        // Pipes and devices may be written any number of times.
        let regular = path.metadata().map_or(true, |there| there.is_file() || there.is_dir());
        let among = here.parent().is_some_and(|parent| folders.iter().any(|folder| folder == parent))
            || here.parent().is_some_and(|parent| into.iter().any(|folder| folder == parent))
            || path.is_dir() && taken.iter().any(|other| other.parent() == Some(&here));
        if regular && (taken.contains(&here) || among) {
            let why = "is an input or another output of this command, or stands among its inputs: expected a place of its own";
            return Err(Failure::usage(format!("{}: {why}", path.display())));
        }
        taken.push(here);
    }
    Ok(())
}

/// Writes a line to standard output; how it is set off shows on terminals only, and not where `NO_COLOR` is set.
pub fn say(line: impl std::fmt::Display) -> Result<()> {
    writeln!(anstream::stdout().lock(), "{line}").map_err(|error| Failure::stdout(&error))
}

/// Writes a line to standard error likewise. Where nobody reads it, nobody is told.
pub fn tell_aside(line: impl std::fmt::Display) {
    let _ = writeln!(anstream::stderr().lock(), "{line}");
}

/// Set off in a line.
pub fn bold(text: impl std::fmt::Display) -> impl std::fmt::Display {
    styled(Style::new().bold(), text)
}

/// Set off in a line as bad news.
pub fn red(text: impl std::fmt::Display) -> impl std::fmt::Display {
    styled(AnsiColor::Red.on_default().bold(), text)
}

/// Set off in a line as what should be known.
pub fn yellow(text: impl std::fmt::Display) -> impl std::fmt::Display {
    styled(AnsiColor::Yellow.on_default(), text)
}

fn styled(style: Style, text: impl std::fmt::Display) -> impl std::fmt::Display {
    format!("{style}{text}{style:#}")
}

/// Columns of the terminal that standard output is, or those that `COLUMNS` tells where it is none; `None` where nobody
/// tells any.
pub fn terminal_width() -> Option<usize> {
    if !io::stdout().is_terminal() {
        return std::env::var("COLUMNS").ok()?.parse().ok();
    }
    // A terminal that does not tell is taken for the least that is common.
    let size = terminal_size::terminal_size_of(io::stdout());
    Some(size.map_or(80, |(width, _)| usize::from(width.0)))
}

/// The words of `text` in lines, so that none is longer than the terminal where it allows it; those after the first come
/// `indent` columns in. One line where there is no terminal.
pub fn wrapped(text: &str, indent: usize) -> String {
    match terminal_width() {
        Some(width) => wrapped_to(text, indent, width),
        None => text.to_owned(),
    }
}

/// The same for lines of so many columns.
pub fn wrapped_to(text: &str, indent: usize, width: usize) -> String {
    let (mut lines, mut at) = (String::new(), indent);
    for word in text.split(' ') {
        let long = word.chars().count();
        if at > indent && at + 1 + long > width {
            lines.push('\n');
            lines.extend(std::iter::repeat_n(' ', indent));
            at = indent;
        } else if !lines.is_empty() {
            lines.push(' ');
            at += 1;
        }
        lines += word;
        at += long;
    }
    lines
}

/// Writes an object to standard output as it is made, and ends the line.
pub fn say_json(object: &impl serde::Serialize) -> Result<()> {
    let mut stdout = BufWriter::new(io::stdout().lock());
    let written = serde_json::to_writer(&mut stdout, object).map_err(io::Error::from);
    written.and_then(|()| writeln!(stdout)).and_then(|()| stdout.flush()).map_err(|error| Failure::stdout(&error))
}
