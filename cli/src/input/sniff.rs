//! What a file holds whose ending does not tell: by its first bytes.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::npy::MAGIC;
use crate::args::FormatArg;

/// What a file holds, by its first bytes; `None` where they say nothing, or there is no such file.
pub fn sniffed(path: &Path) -> Option<FormatArg> {
    if !path.metadata().ok()?.is_file() {
        return None;
    }
    let mut start = Vec::new();
    File::open(path).ok()?.take(1 << 12).read_to_end(&mut start).ok()?;
    let is_text = |bytes: &[u8]| {
        let whole = match std::str::from_utf8(bytes) {
            Ok(text) => text,
            // A letter may be cut in the middle.
            Err(error) => {
                std::str::from_utf8(&bytes[..error.valid_up_to()]).ok().filter(|_| error.error_len().is_none())?
            }
        };
        (!whole.is_empty() && !whole.contains(|c: char| c.is_control() && !c.is_whitespace()))
            .then_some(FormatArg::Text)
    };
    match &start[..] {
        bytes if bytes.starts_with(MAGIC) => Some(FormatArg::Npy),
        bytes if bytes.starts_with(b"PK") => Some(FormatArg::Npz),
        bytes if image::guess_format(bytes).is_ok() => Some(FormatArg::Image),
        bytes => is_text(bytes),
    }
}
