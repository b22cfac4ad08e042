//! Lines of a shell.

/// The line that writes `lines` into `file`.
pub fn printf(lines: &[String], file: &str) -> String {
    format!("printf '%s\\n' {} > {file}", lines.join(" "))
}

/// The line that draws `count` random patterns of `dim` positions into `file`.
pub fn random(dim: usize, count: usize, seed: &str, file: &str) -> String {
    format!("popfield random {file} --patterns {count} --dim {dim}{seed}")
}

/// The line that stores `keys.npy`, and `values` if they are others, in `memory`.
pub fn store(memory: &str, values: &str) -> String {
    format!("popfield create {memory} --keys keys.npy{values} --encoding pm1 --force")
}
