//! How calls end: a status, and beside it what went wrong, in words.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::ffi::{CStr, CString, c_char};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU32, Ordering};

use popfield::ErrorKind;

/// How a call ended.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum popfield_status {
    /// Done.
    Ok = 0,
    /// A value that its place does not take.
    Input = 1,
    /// Things that do not fit together: dimensions, numbers of things, memories.
    Mismatch = 2,
    /// A file that is not what it should be.
    Format = 3,
    /// Something that this CPU or build has not.
    Unsupported = 4,
    /// The machine has not enough of something, or another process holds the store.
    Resource = 5,
    /// Reading or writing failed.
    Io = 6,
    /// The progress function has stopped the call.
    Interrupted = 7,
    /// A fault of popfield itself.
    Internal = 8,
}

/// Why a call failed.
pub struct Failure {
    status: popfield_status,
    text: String,
}

pub type Outcome<T = ()> = Result<T, Failure>;

impl Failure {
    /// A value that its place does not take.
    pub fn input(place: &str, expected: impl std::fmt::Display, found: impl std::fmt::Display) -> Self {
        Self { status: popfield_status::Input, text: format!("{place}: expected {expected}, found {found}") }
    }

    /// The machine has not enough of something.
    pub fn resource(text: String) -> Self {
        Self { status: popfield_status::Resource, text }
    }
}

impl From<popfield::Error> for Failure {
    fn from(error: popfield::Error) -> Self {
        let status = match error.kind() {
            ErrorKind::Input => popfield_status::Input,
            ErrorKind::Mismatch => popfield_status::Mismatch,
            ErrorKind::Format => popfield_status::Format,
            ErrorKind::Unsupported => popfield_status::Unsupported,
            ErrorKind::Resource => popfield_status::Resource,
            ErrorKind::Io => popfield_status::Io,
            ErrorKind::Interrupted => popfield_status::Interrupted,
            _ => popfield_status::Internal,
        };
        Self { status, text: error.to_string() }
    }
}

thread_local! {
    static LAST: RefCell<CString> = RefCell::default();
    /// Whether this thread is in a function of the caller's that is told of progress.
    static TELLING: Cell<bool> = const { Cell::new(false) };
}

/// Runs a function of the caller's, from which nothing may be called.
pub fn telling<T>(tell: impl FnOnce() -> T) -> T {
    TELLING.set(true);
    let told = tell();
    TELLING.set(false);
    told
}

/// Whether a call may be made here.
pub fn here() -> Outcome {
    // The thread that tells is one of a pool: what it waits for may be what it holds up itself.
    if TELLING.get() {
        return Err(Failure::input("call", "one from outside of progress functions", "one from inside"));
    }
    // Threads of pools stay behind in the process that was forked, and with them what they have locked.
    static PROCESS: AtomicU32 = AtomicU32::new(0);
    let id = std::process::id();
    match PROCESS.compare_exchange(0, id, Ordering::Relaxed, Ordering::Relaxed) {
        Err(first) if first != id => Err(Failure::resource(format!(
            "process: expected {first}, which has called popfield first, found its forked child {id}"
        ))),
        _ => Ok(()),
    }
}

/// Runs the work of a call, where one may be made: whatever becomes of it, a status comes back.
pub fn run(work: impl FnOnce() -> Outcome) -> popfield_status {
    caught(|| here().and_then(|()| work()))
}

/// As [`run`], wherever it is.
pub fn caught(work: impl FnOnce() -> Outcome) -> popfield_status {
    let failure = match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(())) => return popfield_status::Ok,
        Ok(Err(failure)) => failure,
        Err(panic) => Failure { status: popfield_status::Internal, text: said_by(&*panic) },
    };
    let text: Vec<u8> = failure.text.into_bytes().into_iter().filter(|&byte| byte != 0).collect();
    // A thread that is ending has nowhere to keep it, and nobody to read it.
    let _ = LAST.try_with(|last| *last.borrow_mut() = CString::new(text).unwrap_or_default());
    failure.status
}

fn said_by(panic: &(dyn Any + Send)) -> String {
    let said = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("popfield failed inside: {}", said.unwrap_or("without a word"))
}

/// What went wrong in the last call of this thread that failed: names the place, what was expected and what came. UTF-8;
/// it stays until the next call of this thread that fails. Empty if none has.
#[unsafe(no_mangle)]
pub extern "C" fn popfield_last_error() -> *const c_char {
    LAST.try_with(|last| last.borrow().as_ptr()).unwrap_or(c"".as_ptr())
}

/// The version of the library, such as "0.1.0".
#[unsafe(no_mangle)]
pub extern "C" fn popfield_version() -> *const c_char {
    const VERSION: &CStr = match CStr::from_bytes_with_nul(concat!(env!("CARGO_PKG_VERSION"), "\0").as_bytes()) {
        Ok(version) => version,
        Err(_) => c"",
    };
    VERSION.as_ptr()
}
