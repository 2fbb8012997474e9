//! The secret that whoever uses the console must know, and how often it may be guessed.

use std::collections::HashMap;
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A secret that can be typed in and sent: in a header, in a cookie, in a form.
#[derive(Clone, PartialEq, Eq)]
pub struct ConsoleToken(String);

/// What a console token may consist of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a console token has at least one character and consists of ASCII letters, digits and signs, without blanks, \" , ; and \\"
)]
pub struct UnfitToken;

impl FromStr for ConsoleToken {
    type Err = UnfitToken;

    fn from_str(text: &str) -> Result<ConsoleToken, UnfitToken> {
        // Those of a cookie's value (RFC 6265, section 4.1.1), which a header takes too.
        let fit = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b',' | b';' | b'\\');
        if text.is_empty() || !text.bytes().all(fit) { Err(UnfitToken) } else { Ok(ConsoleToken(text.to_owned())) }
    }
}

impl fmt::Debug for ConsoleToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ConsoleToken")
    }
}

impl ConsoleToken {
    /// The secret itself.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Compares in a time that does not tell how much is right.
    pub(super) fn is(&self, given: &str) -> bool {
        let (given, token) = (given.as_bytes(), self.0.as_bytes());
        given.len() == token.len() && given.iter().zip(token).fold(0, |differs, (a, b)| differs | (a ^ b)) == 0
    }
}

/// How many wrong guesses in a row cost nothing.
const FREE: u32 = 10;
/// How long whoever guessed wrong so often must wait before the next one counts.
const WAIT: Duration = Duration::from_secs(1);
/// After this time without a wrong guess all are forgotten.
const FORGOTTEN: Duration = Duration::from_secs(60);
/// How many addresses are told apart.
const MANY: usize = 1024;

/// The wrong guesses of late, by address.
#[derive(Debug, Default)]
pub(super) struct Guesses {
    wrong: Mutex<HashMap<IpAddr, (u32, Instant)>>,
}

impl Guesses {
    /// Judges what somebody gives for the token; `None` when he guessed wrong too often and must wait. Whether it is
    /// right is then not even looked at, or guessing would go on unhindered.
    pub(super) fn judge(&self, from: IpAddr, given: &str, token: &ConsoleToken, now: Instant) -> Option<bool> {
        let mut wrong = self.wrong.lock().unwrap_or_else(PoisonError::into_inner);
        let so_far = wrong.get(&from).filter(|(_, last)| now - *last < FORGOTTEN).copied();
        if so_far.is_some_and(|(count, last)| count >= FREE && now - last < WAIT) {
            return None;
        }
        let right = token.is(given);
        if !right {
            if wrong.len() >= MANY {
                wrong.retain(|_, (_, last)| now - *last < WAIT);
            }
            // A crowd shares one record.
            let from = if wrong.len() < MANY { from } else { IpAddr::from([0, 0, 0, 0]) };
            wrong.insert(from, (so_far.map_or(0, |(count, _)| count) + 1, now));
        }
        Some(right)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_can_be_typed_and_sent_is_a_token() {
        for fit in ["s3cret", "a", "!#$%&'()*+-./:<=>?@[]^_`{|}~"] {
            assert!(fit.parse::<ConsoleToken>().is_ok_and(|token| token.is(fit)), "{fit}");
        }
        for unfit in ["", " ", "a b", "a;b", "a,b", "\"a\"", "a\\b", "a\n", "秘密", "\u{7f}"] {
            assert_eq!(unfit.parse::<ConsoleToken>(), Err(UnfitToken), "{unfit:?}");
        }
    }

    #[test]
    fn whoever_guesses_wrong_too_often_must_wait_and_nobody_else() {
        let token: ConsoleToken = "s3cret".parse().unwrap();
        let guesses = Guesses::default();
        let mut now = Instant::now();
        let (guesser, other) = (IpAddr::from([10, 0, 0, 1]), IpAddr::from([10, 0, 0, 2]));
        for _ in 0..FREE {
            assert_eq!(guesses.judge(guesser, "x", &token, now), Some(false));
        }
        assert_eq!(guesses.judge(guesser, "s3cret", &token, now), None, "or guessing would cost nothing");
        assert_eq!(guesses.judge(other, "s3cret", &token, now), Some(true));
        now += WAIT;
        assert_eq!(guesses.judge(guesser, "x", &token, now), Some(false));
        assert_eq!(guesses.judge(guesser, "x", &token, now), None);
        now += FORGOTTEN;
        assert_eq!(guesses.judge(guesser, "x", &token, now), Some(false));
        assert_eq!(guesses.judge(guesser, "s3cret", &token, now), Some(true));
    }

    #[test]
    fn a_crowd_takes_no_memory() {
        let token: ConsoleToken = "s3cret".parse().unwrap();
        let guesses = Guesses::default();
        let now = Instant::now();
        for number in 0..5000_u32 {
            let _ = guesses.judge(IpAddr::from(number.to_be_bytes()), "x", &token, now);
        }
        assert!(guesses.wrong.lock().unwrap().len() <= MANY + 1);
    }
}
