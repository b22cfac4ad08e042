//! Lines of a shell.

/// The line that writes `lines` into `file`.
pub fn printf(lines: &[String], file: &str) -> String {
    format!("printf '%s\\n' {} > {file}", lines.join(" "))
}

/// The lines that make `one.pop`, a memory of `dim` positions for [`random`] to be asked of.
pub fn one(dim: usize) -> [String; 2] {
    [format!("printf '%0{dim}d\\n' 0 | tr 0 + > one.txt"), "popfield create one.pop --keys one.txt --force".to_owned()]
}

/// The line that writes `count` random patterns into `file`: a network in which every position is clamped ends where it
/// starts.
pub fn random(dim: usize, count: usize, seed: &str, file: &str) -> String {
    format!("popfield dynamics one.pop --start random --count {count} --clamp 0-{}{seed} --out {file}", dim - 1)
}

/// The line that stores `keys.npy`, and `values` if they are others, in `memory`.
pub fn store(memory: &str, values: &str) -> String {
    format!("popfield create {memory} --keys keys.npy{values} --encoding pm1 --force")
}

/// What the lines of [`random`] do, for readers.
pub const RANDOM: &str =
    "Random patterns are had from a network in which every position is clamped, so that it ends where it starts.";
