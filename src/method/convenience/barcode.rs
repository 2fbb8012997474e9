//! The bar code of a printed slip: GS1-128 with 44 digits, as all chains in Japan read it.

/// What a bar code says.
#[derive(Debug)]
pub(super) struct Barcode<'a> {
    /// メーカーコード: 9 and the collecting company's code, 6 digits.
    pub(super) maker_code: &'a str,
    /// The collecting company's own 21 digits.
    pub(super) free: String,
    /// The last day on which stores take it, `YYMMDD`; `999999` without one.
    pub(super) last_day: &'a str,
    /// Whether the receipt bears a revenue stamp.
    pub(super) stamp: bool,
    /// In yen.
    pub(super) amount: u64,
}

/// Receipts of this amount and more bear a revenue stamp.
pub(super) const STAMP_FROM: u64 = 50_000;

impl Barcode<'_> {
    /// The 44 digits.
    pub(super) fn digits(&self) -> String {
        let head = format!(
            "91{}{:0>21}0{}{}{:06}",
            self.maker_code,
            self.free,
            self.last_day,
            u8::from(self.stamp),
            self.amount % 1_000_000
        );
        let check = check_digit(&head);
        format!("{head}{check}")
    }
}

/// Modulus 10, weights 3 and 1 from the right.
fn check_digit(digits: &str) -> u32 {
    let sum: u32 = digits
        .bytes()
        .rev()
        .zip([3, 1].into_iter().cycle())
        .map(|(digit, weight)| u32::from(digit - b'0') * weight)
        .sum();
    (10 - sum % 10) % 10
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_code_has_44_digits_and_a_check_digit() {
        let code = Barcode {
            maker_code: "908999",
            free: "000990000000001261100".to_owned(),
            last_day: "261231",
            stamp: false,
            amount: 2490,
        };
        let digits = code.digits();
        assert_eq!(digits.len(), 44);
        assert_eq!(&digits[..8], "91908999");
        assert_eq!(&digits[30..43], "2612310002490");
        // An EAN-13 number has the same check digit.
        assert_eq!(check_digit("490123456789"), 4);
    }
}
