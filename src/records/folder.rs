//! The folder of a file.

use std::{fs::File, io, path::Path};

/// Makes the name of a file durable: a new name in a folder is so once the folder is.
pub(super) fn sync(path: &Path) -> io::Result<()> {
    if cfg!(unix) {
        let folder = path.parent().filter(|it| !it.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
    }
    Ok(())
}
