//! The machine: what it has for an experiment.

use std::path::Path;

/// Bytes of memory that this process may still take, where the system tells.
pub(crate) fn available() -> Option<u64> {
    let number = |path: &str| std::fs::read_to_string(Path::new(path)).ok()?.trim().parse::<u64>().ok();
    let info = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = info.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let free = line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024;
    // A container may be allowed less; of what it has taken, files in the cache are given back when asked for.
    let group = number("/sys/fs/cgroup/memory.max").zip(number("/sys/fs/cgroup/memory.current"));
    let stat = std::fs::read_to_string("/sys/fs/cgroup/memory.stat").unwrap_or_default();
    let of_files = |line: &str| {
        let (name, bytes) = line.split_once(' ')?;
        matches!(name, "active_file" | "inactive_file").then(|| bytes.trim().parse::<u64>().ok())?
    };
    let cached: u64 = stat.lines().filter_map(of_files).sum();
    Some(group.map_or(free, |(most, taken)| free.min(most.saturating_sub(taken.saturating_sub(cached)))))
}
