//! What the machine is told of memory beforehand: hints that change nothing but the time.

use std::mem::MaybeUninit;

/// Has the cache line of `slice[index]` fetched; out of range, nothing.
#[inline]
pub fn prefetch<T>(slice: &[T], index: usize) {
    let Some(element) = slice.get(index) else { return };
    #[cfg(target_arch = "x86_64")]
    // SAFETY: SSE is part of every x86-64 CPU, and a prefetch of any address is harmless.
    unsafe {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        _mm_prefetch::<_MM_HINT_T0>(std::ptr::from_ref(element).cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = element;
}

/// Bytes of a large page.
const LARGE: usize = 1 << 21;

/// Rooms below which large pages would waste much of what they take.
const WORTH: usize = 4 * LARGE;

/// Asks for large pages in `room`, which nothing was written to yet, where it is large itself and the system grants them
/// to those who ask: reading here and there then misses the tables of pages less often.
pub fn prefer_large_pages<T>(room: &mut [MaybeUninit<T>]) {
    let bytes = size_of_val(room);
    if bytes < WORTH {
        return;
    }
    #[cfg(target_os = "linux")]
    {
        let before = room.as_ptr().addr().next_multiple_of(LARGE) - room.as_ptr().addr();
        let length = (bytes - before) / LARGE * LARGE;
        // SAFETY: the range lies within the room, which is borrowed alone, and begins and ends at whole pages; the advice
        // changes nothing of what they hold.
        unsafe { libc::madvise(room.as_mut_ptr().cast::<u8>().add(before).cast(), length, libc::MADV_HUGEPAGE) };
    }
}
