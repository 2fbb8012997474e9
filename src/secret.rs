//! The secret of a data directory, and what only its holder can make.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::wire::hash;

/// Signs texts: the same text has the same signature, and nobody without the secret can find it.
#[derive(Clone)]
pub struct Secret {
    /// Has taken in the key already, which costs as much as signing a short text.
    keyed: Hmac<Sha256>,
}

impl Secret {
    /// The secret made of these bytes.
    pub fn new(key: [u8; 32]) -> Secret {
        // A key shorter than a block counts as if it ended in zeros.
        let mut block = [0; 64];
        block[..key.len()].copy_from_slice(&key);
        Secret { keyed: Hmac::new(&block.into()) }
    }

    /// The signature of a text that is given in parts: 64 lower-case hex digits.
    pub fn sign(&self, parts: &[&str]) -> String {
        let mut mac = self.keyed.clone();
        for part in parts {
            mac.update(part.as_bytes());
        }
        hash::hex(&mac.finalize().into_bytes().into())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret")
    }
}

/// Overwrites what calls that have returned left on this thread's stack. Searching text is done with wide registers, which
/// are laid down there, and whatever was in them stays until somebody else comes by.
#[inline(never)]
pub(crate) fn clear_stack() {
    let mut below = [0_u8; 32 * 1024];
    std::hint::black_box(&mut below);
}
