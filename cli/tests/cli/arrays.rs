//! NumPy files, by hand.

/// An `.npy` file of version 1.
pub fn npy(descr: &str, fortran_order: bool, shape: &str, data: &[u8]) -> Vec<u8> {
    let order = if fortran_order { "True" } else { "False" };
    let mut header = format!("{{'descr': '{descr}', 'fortran_order': {order}, 'shape': {shape}, }}");
    while (10 + header.len() + 1) % 64 != 0 {
        header.push(' ');
    }
    header.push('\n');
    [b"\x93NUMPY\x01\x00", (header.len() as u16).to_le_bytes().as_slice(), header.as_bytes(), data].concat()
}

/// (rows, columns) of int8.
pub fn int8(rows: &[&[i8]]) -> Vec<u8> {
    let data: Vec<u8> = rows.concat().iter().map(|&x| x as u8).collect();
    npy("|i1", false, &format!("({}, {})", rows.len(), rows[0].len()), &data)
}

/// The data of an `.npy` file, with its header as text.
pub fn parts(file: &[u8]) -> (String, &[u8]) {
    let end = 10 + usize::from(u16::from_le_bytes([file[8], file[9]]));
    (String::from_utf8(file[10..end].to_vec()).unwrap(), &file[end..])
}

/// (rows, columns) of float32.
pub fn float32(rows: &[&[f32]]) -> Vec<u8> {
    let data: Vec<u8> = rows.concat().iter().flat_map(|x| x.to_le_bytes()).collect();
    npy("<f4", false, &format!("({}, {})", rows.len(), rows[0].len()), &data)
}
