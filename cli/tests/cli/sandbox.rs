//! A folder to run the program in.

use std::path::PathBuf;
use std::process::Output;

use assert_cmd::Command;
use tempfile::TempDir;

/// A folder with a memory in it: `memory.pop`, three keys of dimension 4.
pub struct Sandbox(TempDir);

impl Sandbox {
    pub fn new() -> Self {
        let sandbox = Self(tempfile::tempdir().unwrap());
        sandbox.write("keys.txt", "++--\n+-+-\n-++-\n");
        sandbox.done(&["create", "memory.pop", "--keys", "keys.txt"]);
        sandbox
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), content).unwrap();
    }

    /// What a file holds; of a memory in a folder what all of its files hold, but for its lock, which says who wrote last.
    pub fn read(&self, name: &str) -> Vec<u8> {
        let path = self.path(name);
        if !path.is_dir() {
            return std::fs::read(path).unwrap();
        }
        let mut files: Vec<PathBuf> = std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        files.retain(|file| !file.ends_with("lock"));
        let content =
            |file: &PathBuf| [file.file_name().unwrap().as_encoded_bytes(), &std::fs::read(file).unwrap()].concat();
        files.iter().flat_map(content).collect()
    }

    /// The keys that a memory holds, as an array.
    pub fn keys(&self, memory: &str) -> Vec<u8> {
        self.done(&["export", memory, "--out", "exported.npy"]);
        let keys = self.read("exported.npy");
        std::fs::remove_file(self.path("exported.npy")).unwrap();
        keys
    }

    /// What stands in the folder.
    pub fn files(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.0.path()).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::cargo_bin("popfield").unwrap();
        command.args(args).current_dir(self.0.path()).timeout(std::time::Duration::from_secs(120));
        command
    }

    /// The same, to be spawned and killed.
    pub fn std_command(&self, args: &[&str]) -> std::process::Command {
        let mut command = std::process::Command::new(assert_cmd::cargo::cargo_bin("popfield"));
        command.args(args).current_dir(self.0.path());
        command
    }

    pub fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    /// Runs a command that must succeed; returns its standard output.
    pub fn done(&self, args: &[&str]) -> String {
        let output = self.run(args);
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(0), "{args:?}: {errors}");
        assert!(errors.is_empty(), "{args:?} in a pipe says on stderr: {errors}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs a command that must succeed and say something of its input on standard error, which holds all of `words`;
    /// returns its standard output.
    pub fn noted(&self, args: &[&str], words: &[&str]) -> String {
        let output = self.run(args);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{args:?}: {errors}");
        assert!(errors.starts_with("popfield: note: "), "{args:?}: {errors}");
        words.iter().for_each(|word| assert!(errors.contains(word), "{args:?}: expected {word:?} in: {errors}"));
        String::from_utf8(output.stdout).unwrap()
    }

    pub fn json(&self, args: &[&str]) -> serde_json::Value {
        serde_json::from_str(&self.done(args)).unwrap()
    }

    /// Runs a command that must be refused with status 2, a message that holds all of `words`, and nothing left behind.
    pub fn refused(&self, args: &[&str], words: &[&str]) {
        let before = self.files();
        let memory = self.read("memory.pop");
        let output = self.run(args);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {errors}");
        assert!(output.stdout.is_empty(), "{args:?}: {:?}", output.stdout);
        assert!(errors.starts_with("popfield: "), "{args:?}: {errors}");
        assert!(!errors.contains("os error") && !errors.contains(".popfield-"), "{args:?}: {errors}");
        for word in words {
            assert!(errors.contains(word), "{args:?}: expected {word:?} in: {errors}");
        }
        assert!(!errors.contains("panicked"), "{args:?}: {errors}");
        assert_eq!(self.files(), before, "{args:?} left something behind");
        assert_eq!(self.read("memory.pop"), memory, "{args:?} changed the memory");
    }
}
