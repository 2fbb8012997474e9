//! Ids and secrets that nobody can guess, unless a seed says what they are.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Random bytes from the operating system.
///
/// # Panics
///
/// When the operating system has no randomness to give: nothing that asks for it could go on.
pub(crate) fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    match getrandom::fill(&mut bytes) {
        Ok(()) => bytes,
        Err(error) => panic!("the operating system gives no random bytes: {error}"),
    }
}

/// What all that is unguessable follows from when a run is to be repeated: the same seed gives the same texts, and
/// whoever knows it can guess them.
#[derive(Clone)]
pub struct Seed(Hmac<Sha256>);

impl Seed {
    /// The seed of this number.
    pub fn new(number: u64) -> Seed {
        // A key shorter than a block counts as if it ended in zeros.
        let mut block = [0; 64];
        block[..8].copy_from_slice(&number.to_be_bytes());
        Seed(Hmac::new(&block.into()))
    }

    /// 32 bytes that follow from the seed and from what they are for.
    pub fn bytes(&self, purpose: &str, place: u64, block: u32) -> [u8; 32] {
        let mut mac = self.0.clone();
        mac.update(&place.to_be_bytes());
        mac.update(&block.to_be_bytes());
        mac.update(purpose.as_bytes());
        mac.finalize().into_bytes().into()
    }

    /// Bytes without end, each piece another one.
    pub fn stream(&self, purpose: &str, place: u64) -> impl FnMut() -> [u8; 32] {
        let mut block = 0;
        move || {
            block += 1;
            self.bytes(purpose, place, block)
        }
    }
}

impl fmt::Debug for Seed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Seed")
    }
}

/// A random text of letters and digits, with almost six bits for each character.
pub(crate) fn text(length: usize) -> String {
    text_of(length, bytes)
}

/// The same of the bytes of a source.
pub(crate) fn text_of(length: usize, mut source: impl FnMut() -> [u8; 32]) -> String {
    const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let mut text = String::with_capacity(length);
    while text.len() < length {
        // Bytes above the greatest multiple of 62 would favour the first letters.
        let fair = source().into_iter().filter(|byte| *byte < 248);
        text.extend(fair.take(length - text.len()).map(|byte| char::from(ALPHABET[usize::from(byte) % 62])));
    }
    text
}

/// A UUID (version 4) of the bytes of a source, in its usual lower-case form.
pub(crate) fn uuid_of(mut source: impl FnMut() -> [u8; 32]) -> String {
    let mut bytes = source();
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex: String = bytes[..16].iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_their_shape() {
        let (one, two) = (text(30), text(30));
        assert_eq!(one.len(), 30);
        assert_ne!(one, two);
        let uuid = uuid_of(bytes);
        assert_eq!(uuid.len(), 36);
        assert_eq!(&uuid[14..15], "4");
    }

    #[test]
    fn a_seed_gives_the_same_texts_for_the_same_purpose_and_place() {
        let text = |seed, purpose, place| text_of(100, Seed::new(seed).stream(purpose, place));
        assert_eq!(text(7, "10000", 1), text(7, "10000", 1));
        let others = [text(8, "10000", 1), text(7, "10001", 1), text(7, "10000", 2)];
        assert!(others.iter().all(|other| *other != text(7, "10000", 1)));
    }
}
