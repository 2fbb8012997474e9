//! An entry's card numbers: none is kept, wherever a shop, a buyer or a shop's server put it.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::LazyLock;

use crate::journal::{About, Entry};
use crate::masking::{mask_card_bytes, mask_cards};
use crate::text::Text;
use crate::wire::catalog::catalog;

/// Fields that only answers have: their numbers are the emulator's own, and some are as long as a card's.
static OUR_OWN: LazyLock<HashSet<&'static [u8]>> = LazyLock::new(|| {
    let telegrams = catalog().telegrams().into_iter().flat_map(|spec| &spec.response);
    let notices = catalog().layouts().iter().flat_map(|layout| &layout.field);
    let names = telegrams.chain(notices).map(|field| field.name.as_bytes());
    names.filter(|name| catalog().name_id(name).is_none()).collect()
});

impl Entry {
    /// Masks the card numbers in everything that came from outside.
    pub(super) fn mask_cards(&mut self) {
        match &mut self.about {
            About::Telegram(name) | About::Page(name) => mask_owned(name),
            About::Message(name) => mask_string(name),
            About::Notice(_) | About::Operation(_) | About::Clock | About::Connection => {}
        }
        mask_owned(&mut self.path);
        if let Some(masked) = mask_lines(&self.request) {
            self.request = masked;
        }
        if let Some(masked) = mask_lines(&self.answer) {
            self.answer = masked.into();
        }
        if let Some(refusal) = &mut self.refusal {
            mask_string(&mut refusal.detail);
            mask_text(&mut refusal.explanation);
            if let Some(field) = &mut refusal.field {
                mask_string(field);
            }
        }
        for warning in &mut self.warnings {
            mask_text(warning);
        }
    }
}

fn mask_text(text: &mut Text) {
    mask(&mut text.english);
    mask(&mut text.japanese);
}

/// What is not owned is a name of ours.
fn mask_owned(text: &mut Cow<'static, str>) {
    if matches!(text, Cow::Owned(_)) {
        mask(text);
    }
}

fn mask(text: &mut Cow<'static, str>) {
    if let Cow::Owned(masked) = mask_cards(text) {
        *text = masked.into();
    }
}

fn mask_string(text: &mut String) {
    if let Cow::Owned(masked) = mask_cards(text) {
        *text = masked;
    }
}

/// Masks parameters or lines of `name=value`, but for those that are the emulator's own.
fn mask_lines(text: &[u8]) -> Option<Vec<u8>> {
    // Nearly always there is nothing to mask.
    mask_card_bytes(text)?;
    let lines = text.split_inclusive(|byte| matches!(byte, b'&' | b'\n'));
    let masked = lines.map(|line| {
        let name = line.split(|byte| *byte == b'=').next().unwrap_or_default();
        let masked = if OUR_OWN.contains(name) { None } else { mask_card_bytes(line) };
        masked.map_or(Cow::Borrowed(line), Cow::Owned)
    });
    Some(masked.collect::<Vec<_>>().concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(text: &str) -> String {
        mask_lines(text.as_bytes()).map_or_else(|| text.to_owned(), |masked| String::from_utf8(masked).unwrap())
    }

    #[test]
    fn what_a_shop_sent_is_masked_and_our_own_numbers_are_not() {
        assert_eq!(
            masked("trading_id=4111111111111111&receipt_number=4111111111111111&amount=1"),
            "trading_id=************1111&receipt_number=4111111111111111&amount=1"
        );
        assert_eq!(
            masked("\r\nresult=0\r\ntrading_id=4111111111111111\r\n"),
            "\r\nresult=0\r\ntrading_id=************1111\r\n"
        );
        assert_eq!(masked("\"4111111111111111\",\"x\"\r\n"), "\"************1111\",\"x\"\r\n");
    }
}
