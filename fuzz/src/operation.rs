//! An input of the state machine: records of one size, each of them a step, so that a byte that is changed changes one
//! thing, and records can be moved about whole.

use arbitrary::{Arbitrary, Unstructured};

use crate::values::Draw;

/// How long a record is.
pub const SIZE: usize = 12;
/// How many steps an input has at most.
pub const STEPS: usize = 48;

/// What is done in a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// A telegram.
    Telegram,
    /// A payment is led to a status: by the test tool, a vendor, the merchants' site.
    Update,
    /// A payment appears without an application.
    Appear,
    /// What the merchants' site offers.
    Operate,
    /// A clock is turned forward.
    Advance,
    /// A clock is set, stopped, turned back, made real again.
    Clock,
    /// A failure on purpose.
    Fault,
    /// A merchant's settings change.
    Settings,
    /// Everything of a merchant, or of all, is forgotten.
    Reset,
    /// A token is made by the shop's browser script.
    Token,
    /// A page is opened, a link followed, a form sent.
    Browse,
    /// The control API is asked.
    Api,
}

/// Bytes of a record and what they mean; most steps are telegrams and clicks.
const ACTS: [Act; 24] = [
    Act::Telegram,
    Act::Telegram,
    Act::Telegram,
    Act::Telegram,
    Act::Telegram,
    Act::Telegram,
    Act::Telegram,
    Act::Telegram,
    Act::Telegram,
    Act::Browse,
    Act::Browse,
    Act::Browse,
    Act::Browse,
    Act::Update,
    Act::Update,
    Act::Appear,
    Act::Operate,
    Act::Advance,
    Act::Clock,
    Act::Fault,
    Act::Settings,
    Act::Reset,
    Act::Token,
    Act::Api,
];

/// A step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operation {
    /// What is done.
    pub act: Act,
    /// Whose step it is, by number.
    pub merchant: u8,
    /// Which kind of telegram, which route, which setting.
    pub what: u8,
    /// To which of the things that are known, from the newest.
    pub target: u8,
    /// What all other choices follow from.
    pub seed: u32,
    /// An amount, or a span of time.
    pub amount: u16,
    /// From 200: how the step is spoilt.
    pub spoil: u8,
    /// How many optional fields are given.
    pub density: u8,
}

impl<'a> Arbitrary<'a> for Operation {
    fn arbitrary(bytes: &mut Unstructured<'a>) -> arbitrary::Result<Operation> {
        Ok(Operation {
            act: ACTS[usize::from(u8::arbitrary(bytes)?) % ACTS.len()],
            merchant: u8::arbitrary(bytes)?,
            what: u8::arbitrary(bytes)?,
            target: u8::arbitrary(bytes)?,
            seed: u32::arbitrary(bytes)?,
            amount: u16::arbitrary(bytes)?,
            spoil: u8::arbitrary(bytes)?,
            density: u8::arbitrary(bytes)?,
        })
    }
}

/// The steps of an input.
#[derive(Debug)]
pub struct Operations(pub Vec<Operation>);

impl<'a> Arbitrary<'a> for Operations {
    fn arbitrary(bytes: &mut Unstructured<'a>) -> arbitrary::Result<Operations> {
        let mut steps = Vec::new();
        while bytes.len() >= SIZE && steps.len() < STEPS {
            steps.push(Operation::arbitrary(bytes)?);
        }
        Ok(Operations(steps))
    }
}

impl Operation {
    /// The record of a step.
    pub fn bytes(&self) -> [u8; SIZE] {
        let act = ACTS.iter().position(|act| *act == self.act).unwrap_or_default() as u8;
        let [s0, s1, s2, s3] = self.seed.to_le_bytes();
        let [a0, a1] = self.amount.to_le_bytes();
        [act, self.merchant, self.what, self.target, s0, s1, s2, s3, a0, a1, self.spoil, self.density]
    }
}

/// Moves, doubles, drops or adds a whole record; the new length.
pub fn shuffle(data: &mut [u8], size: usize, max_size: usize, draw: &mut Draw) -> usize {
    let records = size / SIZE;
    let room = (max_size.min(data.len()) / SIZE).min(STEPS);
    let at = |record: usize| record * SIZE;
    match draw.below(4) {
        0 if records > 1 => {
            let gone = draw.below(records);
            data.copy_within(at(gone + 1)..at(records), at(gone));
            at(records - 1)
        }
        1 if records > 1 => {
            let (one, other) = (draw.below(records), draw.below(records));
            for byte in 0..SIZE {
                data.swap(at(one) + byte, at(other) + byte);
            }
            at(records)
        }
        2 if records > 0 && records < room => {
            // One again, at the end: the same telegram twice is what shops do.
            let again = draw.below(records);
            data.copy_within(at(again)..at(again + 1), at(records));
            at(records + 1)
        }
        _ if records < room => {
            let place = draw.below(records + 1);
            data.copy_within(at(place)..at(records), at(place + 1));
            let new = Operation {
                act: ACTS[draw.below(ACTS.len())],
                merchant: draw.below(3) as u8,
                what: draw.next() as u8,
                target: draw.below(4) as u8,
                seed: draw.next() as u32,
                amount: draw.below(3000) as u16,
                spoil: if draw.one_in(6) { 200 + draw.below(56) as u8 } else { 0 },
                density: if draw.one_in(2) { 0 } else { draw.below(120) as u8 },
            };
            data[at(place)..at(place + 1)].copy_from_slice(&new.bytes());
            at(records + 1)
        }
        _ => size.min(max_size),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_says_what_was_written() {
        let step = Operation {
            act: Act::Browse,
            merchant: 1,
            what: 2,
            target: 3,
            seed: 0x0405_0607,
            amount: 0x0809,
            spoil: 200,
            density: 7,
        };
        let bytes = [step.bytes(), step.bytes()].concat();
        let Operations(read) = Operations::arbitrary(&mut Unstructured::new(&bytes)).unwrap();
        assert_eq!(read, [step, step]);
    }
}
