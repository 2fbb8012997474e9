//! A data directory belongs to one emulator at a time.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use crate::addresses::Ports;
use crate::emulator::StartError;
use crate::files::{self, Readers};

/// A data directory that is ours until this is dropped. Whatever ends the process, the system lets go of it.
pub(super) struct Claim {
    data_dir: PathBuf,
    /// What we have written into `ports.json`.
    ports: Option<Ports>,
    _lock: Option<File>,
}

impl Claim {
    /// Claims a directory, which is made if need be.
    pub(super) fn new(data_dir: &Path) -> Result<Claim, StartError> {
        files::create_dir(data_dir)?;
        let path = data_dir.join("lock");
        let lock = files::open_lock(&path)?;
        let lock = match lock.try_lock() {
            Ok(()) => Some(lock),
            Err(TryLockError::WouldBlock) => {
                let console = read(data_dir).map(|ports| ports.console);
                return Err(StartError::Running { data_dir: data_dir.to_owned(), console });
            }
            Err(TryLockError::Error(reason)) => {
                tracing::warn!(%reason, path = %path.display(), "cannot lock the data directory; run one emulator in it");
                None
            }
        };
        // Of one that was killed: nobody listens there.
        let _ = std::fs::remove_file(Ports::path(data_dir));
        Ok(Claim { data_dir: data_dir.to_owned(), ports: None, _lock: lock })
    }

    /// Tells clients where we listen. Written whole or not at all, so that a reader never sees half of it.
    pub(super) fn tell(&mut self, ports: Ports) -> Result<(), StartError> {
        let path = Ports::path(&self.data_dir);
        files::write(&path, &serde_json::to_vec_pretty(&ports).unwrap_or_default(), Readers::Everybody)?;
        self.ports = Some(ports);
        Ok(())
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        // Left behind, it would name ports that nobody listens on; another emulator's stays.
        if self.ports.is_some() && read(&self.data_dir) == self.ports {
            let _ = std::fs::remove_file(Ports::path(&self.data_dir));
        }
    }
}

fn read(data_dir: &Path) -> Option<Ports> {
    serde_json::from_slice(&std::fs::read(Ports::path(data_dir)).ok()?).ok()
}
