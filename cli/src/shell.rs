//! Command lines that a shell takes as they stand, from where the user stands.

use std::path::Path;

/// How this program is called here: by its name where the shell finds it so, else by where it lies.
pub fn program() -> String {
    const NAME: &str = "popfield";
    let Some(own) = std::env::current_exe().ok() else { return NAME.into() };
    let found = std::env::var_os("PATH").and_then(|path| {
        let mut places = std::env::split_paths(&path)
            .map(|folder| folder.join(NAME).with_extension(std::env::consts::EXE_EXTENSION));
        places.find(|place| place.is_file())
    });
    if found.and_then(|found| found.canonicalize().ok()) == own.canonicalize().ok() {
        return NAME.into();
    }
    let here = std::env::current_dir().and_then(|here| here.canonicalize()).ok();
    let near = here.and_then(|here| own.strip_prefix(here).map(Path::to_owned).ok());
    match near {
        // A name alone would be looked for where programs lie.
        Some(near) if near.components().count() == 1 => quoted(&Path::new(".").join(near)),
        Some(near) => quoted(&near),
        None => quoted(&own),
    }
}

/// A path as a shell reads it back, and no option.
pub fn quoted(path: &Path) -> String {
    let text = path.to_string_lossy();
    let dashed = text.starts_with('-') && text != "-";
    let text = if dashed { format!("./{text}") } else { text.into_owned() };
    let plain = |c: char| c.is_alphanumeric() || "._-/@%+=:,".contains(c);
    match !text.is_empty() && text.chars().all(plain) {
        true => text,
        false => format!("'{}'", text.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_reads_back_what_was_quoted() {
        for path in ["digits.npy", "a b.npy", "it's", "-x.npy", "$HOME;`x`\"\\", "Übung/ä.png", "*?", "~", "#1"] {
            let line = format!("printf %s {}", quoted(Path::new(path)));
            let said = std::process::Command::new("sh").args(["-c", &line]).output().unwrap().stdout;
            let expected = if path.starts_with('-') { format!("./{path}") } else { path.to_owned() };
            assert_eq!(String::from_utf8(said).unwrap(), expected, "{line}");
        }
    }
}
