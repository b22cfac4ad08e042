//! Results as NumPy arrays and archives of them.

use std::io;

use npyz::WriterBuilder;

use super::file::OutFile;

/// Starts an `.npy` file of this shape.
pub fn npy<'a, T: npyz::AutoSerialize>(
    file: &'a mut OutFile,
    shape: &[u64],
) -> io::Result<npyz::NpyWriter<T, &'a mut OutFile>> {
    npyz::WriteOptions::new().default_dtype().shape(shape).writer(file).begin_nd()
}

/// An `.npz` file under way: arrays by name in an archive.
pub struct Npz<'a>(zip::ZipWriter<&'a mut OutFile>);

impl<'a> Npz<'a> {
    pub fn new(file: &'a mut OutFile) -> Self {
        Self(zip::ZipWriter::new(file))
    }

    /// Adds an array of this shape.
    pub fn array<T: npyz::AutoSerialize>(
        &mut self,
        name: &str,
        shape: &[u64],
        data: impl Iterator<Item = T>,
    ) -> io::Result<()> {
        let options = zip::write::SimpleFileOptions::default().large_file(true);
        self.0.start_file(format!("{name}.npy"), options)?;
        let mut writer = npyz::WriteOptions::new().default_dtype().shape(shape).writer(&mut self.0).begin_nd()?;
        writer.extend(data)?;
        writer.finish()
    }

    pub fn finish(self) -> io::Result<()> {
        self.0.finish()?;
        Ok(())
    }

    /// Leaves the archive as it is after a failure; else it would try to end it, and complain on standard error.
    pub fn abandon(self) {
        std::mem::forget(self.0);
    }
}
