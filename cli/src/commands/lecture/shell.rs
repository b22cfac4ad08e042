//! Lines of a shell.

/// The line that writes `lines` into `file`.
pub fn printf(lines: &[String], file: &str) -> String {
    format!("printf '%s\\n' {} > {file}", lines.join(" "))
}
