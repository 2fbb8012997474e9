//! The gateway's hashes: lower-case hex SHA-256 of values written one after the other, the key last.

use sha2::{Digest, Sha256};

/// Lower-case hex SHA-256 of the parts, joined without separator.
pub fn sha256_hex<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part.as_bytes());
    }
    hex(&hasher.finalize().into())
}

/// The 64 lower-case hex digits of a hash.
pub fn hex(hash: &[u8; 32]) -> String {
    let digits: [u8; 64] = std::array::from_fn(|at| {
        let byte = hash[at / 2];
        let digit = if at % 2 == 0 { byte >> 4 } else { byte & 0xf };
        b"0123456789abcdef"[usize::from(digit)]
    });
    String::from_utf8_lossy(&digits).into_owned()
}

/// Whether a hash that came over the wire is the expected one; only the first 64 characters count (some clients append noise).
pub fn matches(expected: &str, given: &str) -> bool {
    given.get(..64).is_some_and(|head| head.eq_ignore_ascii_case(expected))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_value_of_the_three_d_secure_1_redirect() {
        // card.toml, redirect: key test_1234567890123456789, result 0, payment_id 11111, attempt_kbn 0.
        let hash = sha256_hex(["0", "11111", "0", "test_1234567890123456789"]);
        assert_eq!(hash, "132b364ea2ce9eeba96dd845363cc0a7ad749fcf2a7a6cbaece7008417896976");
        assert!(matches(&hash, &format!("{hash}random")));
        assert!(!matches(&hash, "132b"));
    }
}
