//! Files that are the emulator's own: whole or not there, through no link that somebody else put in the way, and what
//! is secret for nobody but their owner.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use zeroize::Zeroizing;

/// Why a file or directory cannot be used, with what to do about it.
#[derive(Debug, thiserror::Error)]
#[error("cannot {action} {}: {reason}{}", path.display(), remedy(reason.kind()))]
pub struct FileError {
    /// What was tried: "read", "write", "create".
    pub action: &'static str,
    /// The file or directory.
    pub path: PathBuf,
    /// The system's word on it.
    pub reason: std::io::Error,
}

impl FileError {
    pub(crate) fn new(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> FileError {
        move |reason| FileError { action, path: path.to_owned(), reason }
    }
}

fn remedy(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::PermissionDenied => "; check its permissions, or choose another directory with --data-dir",
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            "; make room there, or choose a directory on another disk with --data-dir"
        }
        ErrorKind::ReadOnlyFilesystem => "; choose a directory that can be written with --data-dir",
        ErrorKind::FileTooLarge => "; raise the limit for the size of files (ulimit -f)",
        ErrorKind::AlreadyExists | ErrorKind::NotADirectory | ErrorKind::IsADirectory => {
            "; something else has that name: move it away, or choose another directory with --data-dir"
        }
        _ => "",
    }
}

/// Who may read a file.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Readers {
    /// Mode 0600: a secret.
    Owner,
    /// Mode 0644: made to be handed to other programs, often of other users.
    Everybody,
}

impl Readers {
    #[cfg(unix)]
    const fn mode(self) -> u32 {
        match self {
            Self::Owner => 0o600,
            Self::Everybody => 0o644,
        }
    }
}

/// Makes a directory, and those that it stands in, for nobody but the owner (mode 0700). One that is there stays as it is.
pub(crate) fn create_dir(dir: &Path) -> Result<(), FileError> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir).map_err(FileError::new("create", dir))
}

pub(crate) fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, FileError> {
    fs::read(path).map(Zeroizing::new).map_err(FileError::new("read", path))
}

pub(crate) fn read_if_there(path: &Path) -> Result<Option<Zeroizing<Vec<u8>>>, FileError> {
    match read(path) {
        Err(error) if error.reason.kind() == ErrorKind::NotFound => Ok(None),
        read => read.map(Some),
    }
}

/// Reads a secret if it is there. Others who may read it can no longer do so.
pub(crate) fn read_secret(path: &Path) -> Result<Option<Zeroizing<Vec<u8>>>, FileError> {
    let secret = read_if_there(path)?;
    #[cfg(unix)]
    if secret.is_some() {
        use std::os::unix::fs::PermissionsExt;
        // A link's target is somebody else's business.
        let open =
            fs::symlink_metadata(path).is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o077 != 0);
        if open && let Err(reason) = fs::set_permissions(path, fs::Permissions::from_mode(Readers::Owner.mode())) {
            tracing::warn!(path = %path.display(), %reason, "others can read this secret, and its mode cannot be changed");
        }
    }
    Ok(secret)
}

/// Writes a file whole, replacing what was there: a link, not what it leads to.
pub(crate) fn write(path: &Path, bytes: &[u8], readers: Readers) -> Result<(), FileError> {
    let temporary = temporary_beside(path, bytes, readers)?;
    fs::rename(&temporary, path).map_err(|reason| {
        let _ = fs::remove_file(&temporary);
        FileError::new("write", path)(reason)
    })
}

/// Writes a secret whole, unless something of that name is there; tells whether it did.
pub(crate) fn place_new(path: &Path, bytes: &[u8]) -> Result<bool, FileError> {
    let temporary = temporary_beside(path, bytes, Readers::Owner)?;
    // A link fails when the name is taken, which a rename does not.
    let linked = match fs::hard_link(&temporary, path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
        // File systems without links: nearly as good, but not whole in a crash.
        Err(_) => write_new(path, bytes, Readers::Owner),
    };
    let _ = fs::remove_file(&temporary);
    linked
}

/// Opens a file that is there only to be locked; one that is a link is not followed.
pub(crate) fn open_lock(path: &Path) -> Result<File, FileError> {
    let made = options(Readers::Owner).open(path);
    let opened = match made {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => match fs::symlink_metadata(path) {
            Ok(there) if !there.is_file() => Err(ErrorKind::AlreadyExists.into()),
            _ => File::options().write(true).open(path),
        },
        made => made,
    };
    opened.map_err(FileError::new("use", path))
}

/// Options for a file that must not be there yet; nothing of that name is followed or kept open.
fn options(readers: Readers) -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, readers.mode());
    #[cfg(not(unix))]
    let _ = readers;
    options
}

/// Writes a file unless something of that name is there; tells whether it did. Half a file is not left behind.
fn write_new(path: &Path, bytes: &[u8], readers: Readers) -> Result<bool, FileError> {
    let mut file = match options(readers).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::AlreadyExists => return Ok(false),
        Err(error) => return Err(FileError::new("write", path)(error)),
    };
    match file.write_all(bytes) {
        Ok(()) => Ok(true),
        Err(error) => {
            let _ = fs::remove_file(path);
            Err(FileError::new("write", path)(error))
        }
    }
}

fn temporary_beside(path: &Path, bytes: &[u8], readers: Readers) -> Result<PathBuf, FileError> {
    static SERIAL: AtomicU32 = AtomicU32::new(0);
    loop {
        let serial = SERIAL.fetch_add(1, Ordering::Relaxed);
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".{}-{serial}.tmp", std::process::id()));
        let temporary = PathBuf::from(name);
        // The file is what people know, not its other name for a moment.
        if write_new(&temporary, bytes, readers).map_err(|error| FileError { path: path.to_owned(), ..error })? {
            return Ok(temporary);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    fn mode(path: &Path) -> u32 {
        std::os::unix::fs::PermissionsExt::mode(&fs::metadata(path).unwrap().permissions()) & 0o777
    }

    #[cfg(unix)]
    #[test]
    fn nobody_but_the_owner_reads_a_secret_or_its_directory() {
        use std::os::unix::fs::PermissionsExt;
        let home = tempfile::tempdir().unwrap();
        let dir = home.path().join("a/b");
        create_dir(&dir).unwrap();
        assert_eq!((mode(&home.path().join("a")), mode(&dir)), (0o700, 0o700));
        let path = dir.join("secret");
        assert!(place_new(&path, b"1").unwrap() && !place_new(&path, b"2").unwrap());
        assert_eq!((mode(&path), fs::read(&path).unwrap()), (0o600, b"1".to_vec()));
        write(&path, b"3", Readers::Owner).unwrap();
        assert_eq!((mode(&path), fs::read(&path).unwrap()), (0o600, b"3".to_vec()));
        // As an earlier version left it.
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert_eq!(read_secret(&path).unwrap().unwrap().as_slice(), b"3");
        assert_eq!(mode(&path), 0o600);
        assert_eq!(fs::read_dir(&dir).unwrap().count(), 1, "no other file is left");
    }

    #[cfg(unix)]
    #[test]
    fn nothing_is_written_through_a_link() {
        let home = tempfile::tempdir().unwrap();
        let (target, link) = (home.path().join("target"), home.path().join("link"));
        fs::write(&target, "theirs").unwrap();
        for place in [false, true] {
            std::os::unix::fs::symlink(&target, &link).unwrap();
            assert!(open_lock(&link).is_err());
            if place {
                assert!(!place_new(&link, b"ours").unwrap());
            } else {
                write(&link, b"ours", Readers::Owner).unwrap();
                assert!(fs::symlink_metadata(&link).unwrap().is_file());
            }
            assert_eq!(fs::read(&target).unwrap(), b"theirs");
            fs::remove_file(&link).unwrap();
        }
    }

    #[test]
    fn a_full_disk_is_no_matter_of_permissions() {
        let said = |kind: ErrorKind| FileError::new("write", Path::new("x"))(kind.into()).to_string();
        assert!(said(ErrorKind::StorageFull).contains("make room"));
        assert!(!said(ErrorKind::StorageFull).contains("permissions"));
        assert!(said(ErrorKind::PermissionDenied).contains("permissions"));
        assert!(said(ErrorKind::Other).starts_with("cannot write x: "));
    }

    #[test]
    fn a_directory_in_the_place_of_a_file_is_told_and_left() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("taken");
        fs::create_dir(&path).unwrap();
        assert!(write(&path, b"x", Readers::Owner).is_err());
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1, "no temporary file is left");
    }
}
