//! Headers of `.npy` arrays of little-endian `u64`, as a segment's columns have them.
//!
//! Every header takes [`HEADER`] bytes, so that what follows begins at a multiple of 64 and a header can be written once
//! the rows are counted.

/// Bytes of a header.
pub(crate) const HEADER: usize = 128;

/// The header of an array of this shape, C order.
pub(crate) fn header(shape: &[u64]) -> [u8; HEADER] {
    let lengths = match shape {
        [length] => format!("({length},)"),
        _ => format!("({})", shape.iter().map(u64::to_string).collect::<Vec<_>>().join(", ")),
    };
    let dictionary = format!("{{'descr': '<u8', 'fortran_order': False, 'shape': {lengths}, }}");
    let mut header = [b' '; HEADER];
    header[..8].copy_from_slice(b"\x93NUMPY\x01\x00");
    header[8..10].copy_from_slice(&(HEADER as u16 - 10).to_le_bytes());
    // Two numbers of 20 digits leave room.
    header[10..10 + dictionary.len()].copy_from_slice(dictionary.as_bytes());
    header[HEADER - 1] = b'\n';
    header
}

/// Bytes of the file of such an array.
pub(crate) fn length(shape: &[u64]) -> u64 {
    shape.iter().fold(8u64, |bytes, &length| bytes.saturating_mul(length)).saturating_add(HEADER as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_of_one_length() {
        for shape in [&[0][..], &[7], &[u64::MAX], &[3, 8], &[u64::MAX, u64::MAX]] {
            let header = header(shape);
            assert_eq!((header.len() % 64, header[HEADER - 1]), (0, b'\n'));
        }
        assert_eq!(&header(&[12, 8])[10..72], b"{'descr': '<u8', 'fortran_order': False, 'shape': (12, 8), }  ");
        assert_eq!(length(&[12, 8]), 128 + 12 * 64);
    }
}
