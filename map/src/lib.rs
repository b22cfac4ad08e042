//! Files held in memory, read or mapped, as the lanes and numbers that popfield scans.
//!
//! [`Held`] is a whole file. Its bytes lie at a multiple of 64, so that a part that begins at one can be taken as
//! [`Lanes`], or as `u64` words. Words of files are little-endian; on machines that are not, nothing is taken.

use std::fs::File;
use std::io::{self, Read};
use std::ops::Range;

use memmap2::{Advice, Mmap};
use popfield_kernels::Lanes;

/// How the pages of a mapped file will be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// From front to back, as a scan does.
    Sequential,
    /// Here and there, as look-ups do.
    Random,
}

/// A whole file in memory.
#[derive(Debug)]
pub struct Held {
    bytes: Source,
    length: usize,
}

#[derive(Debug)]
enum Source {
    Mapped(Mmap),
    Read(Vec<Lanes>),
}

impl Held {
    /// Maps `file`, and tells the system how its pages will be read.
    ///
    /// The pages are the file's own, shared by all processes that map it. **Whoever cuts a mapped file short makes the
    /// system end, with SIGBUS, the processes that then read beyond its end; whoever writes into it changes what they
    /// read.** popfield never does either to a file of a store.
    ///
    /// # Errors
    /// Those of the system.
    pub fn map(file: &File, access: Access) -> io::Result<Self> {
        if file.metadata()?.len() == 0 {
            // An empty file cannot be mapped.
            return Ok(Self { bytes: Source::Read(Vec::new()), length: 0 });
        }
        // SAFETY: the map is only ever read, and handed out as bytes and integers, which may hold anything. That another
        // process may change the file meanwhile cannot be ruled out by any program that maps files; the crate's word on
        // it is above.
        let map = unsafe { Mmap::map(file)? };
        #[cfg(unix)]
        {
            let advice = match access {
                Access::Sequential => Advice::Sequential,
                Access::Random => Advice::Random,
            };
            // A hint: a system that does not take it reads as ever.
            let _ = map.advise(advice);
        }
        let length = map.len();
        Ok(Self { bytes: Source::Mapped(map), length })
    }

    /// Reads `length` bytes.
    ///
    /// # Errors
    /// Those of the reader, and of kind `OutOfMemory`.
    pub fn read(mut reader: impl Read, length: usize) -> io::Result<Self> {
        let count = length.div_ceil(size_of::<Lanes>());
        let mut lanes: Vec<Lanes> = Vec::new();
        lanes.try_reserve_exact(count).map_err(|_| io::Error::from(io::ErrorKind::OutOfMemory))?;
        lanes.resize(count, Lanes::default());
        // SAFETY: `Lanes` are 64 bytes without padding that may hold anything, and bytes need no alignment; the slice
        // covers just the vector's elements, for as long as it is borrowed.
        let bytes =
            unsafe { std::slice::from_raw_parts_mut(lanes.as_mut_ptr().cast::<u8>(), count * size_of::<Lanes>()) };
        reader.read_exact(&mut bytes[..length])?;
        Ok(Self { bytes: Source::Read(lanes), length })
    }

    /// All of the file.
    pub fn bytes(&self) -> &[u8] {
        match &self.bytes {
            Source::Mapped(map) => map,
            // SAFETY: as in `read`; `length` bytes are within the vector.
            Source::Read(lanes) => unsafe { std::slice::from_raw_parts(lanes.as_ptr().cast(), self.length) },
        }
    }

    /// The bytes of `range` as lanes; `None` unless the range is in the file, begins at a multiple of 64 and is whole.
    #[inline]
    pub fn lanes(&self, range: Range<usize>) -> Option<&[Lanes]> {
        let bytes = self.part(range, size_of::<Lanes>())?;
        // SAFETY: `part` has seen to length and alignment; `Lanes` may hold any bits.
        Some(unsafe { std::slice::from_raw_parts(bytes.as_ptr().cast(), bytes.len() / size_of::<Lanes>()) })
    }

    /// The bytes of `range` as words; `None` unless the range is in the file, begins at a multiple of 8 and is whole.
    #[inline]
    pub fn numbers(&self, range: Range<usize>) -> Option<&[u64]> {
        let bytes = self.part(range, size_of::<u64>())?;
        // SAFETY: `part` has seen to length and alignment; `u64` may hold any bits.
        Some(unsafe { std::slice::from_raw_parts(bytes.as_ptr().cast(), bytes.len() / size_of::<u64>()) })
    }

    /// The bytes of `range` as half words; `None` unless the range is in the file, begins at a multiple of 4 and is whole.
    #[inline]
    pub fn halves(&self, range: Range<usize>) -> Option<&[u32]> {
        let bytes = self.part(range, size_of::<u32>())?;
        // SAFETY: `part` has seen to length and alignment; `u32` may hold any bits.
        Some(unsafe { std::slice::from_raw_parts(bytes.as_ptr().cast(), bytes.len() / size_of::<u32>()) })
    }

    /// The bytes of `range`, if they are whole elements of `size` bytes, which is also what they must be aligned to.
    fn part(&self, range: Range<usize>, size: usize) -> Option<&[u8]> {
        let bytes = self.bytes().get(range)?;
        let whole = bytes.len().is_multiple_of(size) && bytes.as_ptr().addr().is_multiple_of(size);
        (whole && cfg!(target_endian = "little")).then_some(bytes)
    }
}

/// The bytes of lanes as they stand in files; `None` on machines whose words are not little-endian.
pub fn bytes_of(lanes: &[Lanes]) -> Option<&[u8]> {
    // SAFETY: `Lanes` are 64 bytes without padding, and bytes need no alignment; the slice covers just the lanes, for as
    // long as they are borrowed.
    let bytes = unsafe { std::slice::from_raw_parts(lanes.as_ptr().cast::<u8>(), size_of_val(lanes)) };
    cfg!(target_endian = "little").then_some(bytes)
}

/// The bytes of half words as they stand in files; `None` on machines whose words are not little-endian.
pub fn bytes_of_halves(halves: &[u32]) -> Option<&[u8]> {
    // SAFETY: `u32` are bytes without padding, which need no alignment; the slice covers just the numbers, for as long as
    // they are borrowed.
    let bytes = unsafe { std::slice::from_raw_parts(halves.as_ptr().cast::<u8>(), size_of_val(halves)) };
    cfg!(target_endian = "little").then_some(bytes)
}

/// Asks the system to begin writing the bytes `range` of `file` to its disk, where it can be asked, and does not wait for
/// it. A hint: nothing lasts before the file is synced, which then has less to wait for.
pub fn begin_writing(file: &File, range: Range<u64>) {
    #[cfg(target_os = "linux")]
    {
        use std::os::fd::AsRawFd;
        let clamped = |offset: u64| offset.min(i64::MAX as u64) as i64;
        let (start, length) = (clamped(range.start), clamped(range.end.saturating_sub(range.start)));
        // SAFETY: the call takes numbers alone; the descriptor is open for as long as `file` is borrowed.
        unsafe { libc::sync_file_range(file.as_raw_fd(), start, length, libc::SYNC_FILE_RANGE_WRITE) };
    }
    #[cfg(not(target_os = "linux"))]
    let _ = (file, range);
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn what_is_mapped_is_what_is_read() {
        let bytes: Vec<u8> = (0..64 * 5 + 3).map(|i| (i * 7 % 251) as u8).collect();
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&bytes).unwrap();
        begin_writing(&file, 64..bytes.len() as u64);
        for held in [
            Held::map(&file, Access::Sequential).unwrap(),
            Held::map(&file, Access::Random).unwrap(),
            Held::read(&bytes[..], bytes.len()).unwrap(),
        ] {
            assert_eq!(held.bytes(), bytes);
            let lanes = held.lanes(64..64 * 4).unwrap();
            assert_eq!(lanes.len(), 3);
            assert_eq!(lanes[1].0[2].to_le_bytes(), bytes[64 * 2 + 16..64 * 2 + 24]);
            assert_eq!(held.numbers(8..24).unwrap()[1].to_le_bytes(), bytes[16..24]);
            assert_eq!(held.halves(12..20).unwrap()[1].to_le_bytes(), bytes[16..20]);
            assert!(held.halves(2..6).is_none() && held.halves(0..6).is_none());
            assert_eq!(bytes_of(lanes), Some(&bytes[64..64 * 4]));
            assert!(held.lanes(0..0).unwrap().is_empty());
            for bad in [0..65, 32..96, 64 * 4..64 * 6, 400..464] {
                assert!(held.lanes(bad.clone()).is_none(), "{bad:?}");
            }
            assert!(held.numbers(4..12).is_none() && held.numbers(0..12).is_none());
        }
        assert!(Held::read(&bytes[..], bytes.len() + 1).is_err());
        assert_eq!(Held::map(&tempfile::tempfile().unwrap(), Access::Random).unwrap().bytes(), []);
    }
}
