//! Checks of the command line's readers, through the program as it is built: whatever a file holds, it is read or
//! refused in words, and nothing is left behind.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// A folder to run the program in.
pub struct Folder {
    folder: TempDir,
    program: PathBuf,
}

impl Folder {
    /// An empty one, for this build of the program.
    pub fn new(program: impl Into<PathBuf>) -> Self {
        Self { folder: tempfile::tempdir().expect("a temporary folder"), program: program.into() }
    }

    /// Makes a memory of file `name` that holds `bytes`: done, bad input or a resource that failed, and never a panic.
    fn create(&self, name: &str, bytes: &[u8], options: &[&str]) {
        let path = |name: &str| self.folder.path().join(name);
        std::fs::write(path(name), bytes).expect("a file that can be written");
        let mut command = Command::new(&self.program);
        command.args(["create", "made.pop", "--keys", name]).args(options).current_dir(self.folder.path());
        let output = command.stdin(Stdio::null()).output().expect("the program starts");
        let (status, errors) = (output.status.code(), String::from_utf8_lossy(&output.stderr));
        let what = format!("{name} {options:?} ended with {:?}: {errors}", output.status);
        assert!(matches!(status, Some(0 | 2 | 3)), "{what}");
        assert!(!errors.contains("panicked") && (status == Some(0) || errors.starts_with("popfield: ")), "{what}");
        let made = path("made.pop").exists();
        assert_eq!(made, status == Some(0), "whether there is a memory: {what}");
        if made {
            std::fs::remove_dir_all(path("made.pop")).expect("the memory can be removed");
        }
        std::fs::remove_file(path(name)).expect("the file can be removed");
        let left = std::fs::read_dir(self.folder.path()).expect("the folder is there").count();
        assert_eq!(left, 0, "files left behind: {what}");
    }
}

/// The program that the environment variable `POPFIELD` names, or that a release build has left.
#[allow(dead_code, reason = "tests know where theirs is")]
pub fn built() -> PathBuf {
    let usual = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/release/popfield");
    let program = std::env::var_os("POPFIELD").map_or_else(usual, PathBuf::from);
    assert!(program.exists(), "{}: build it first, or say in POPFIELD where it is", program.display());
    program
}

/// A NumPy array, or an archive of arrays: of elements, and of packed bits.
pub fn npy(folder: &Folder, bytes: &[u8]) {
    let name = if bytes.starts_with(b"PK") { "a.npz" } else { "a.npy" };
    folder.create(name, bytes, &[]);
    folder.create(name, bytes, &["--packed"]);
}

/// A text in characters, and a table of numbers.
pub fn text(folder: &Folder, bytes: &[u8]) {
    folder.create("a.txt", bytes, &[]);
    folder.create("a.csv", bytes, &[]);
}

/// An image of any kind: its bytes tell which.
pub fn image(folder: &Folder, bytes: &[u8]) {
    folder.create("a.png", bytes, &[]);
}
