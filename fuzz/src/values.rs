//! Fields of telegrams, drawn from the catalog, mostly right, so that payments come into being.

use std::collections::BTreeMap;

use paygent_emulator::internal::clock::Moment;
use paygent_emulator::internal::wire::catalog::FieldSpec;
use paygent_emulator::internal::wire::characters::Characters;
use paygent_emulator::internal::wire::{Charset, TelegramSpec};

/// Numbers that follow from a seed.
pub struct Draw(u64);

impl Draw {
    /// The numbers of a seed.
    pub fn new(seed: u64) -> Draw {
        Draw(seed)
    }

    /// The next number.
    #[expect(clippy::should_implement_trait, reason = "it never ends")]
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// One below this.
    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    /// One of these.
    pub fn pick<'a, T: ?Sized>(&mut self, of: &[&'a T]) -> &'a T {
        of[self.below(of.len())]
    }

    /// True once in so many times.
    pub fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }
}

/// Values that were answered, under their names, oldest first: ids of payments, stored cards, tokens.
#[derive(Default)]
pub struct Memory(BTreeMap<String, Vec<String>>);

impl Memory {
    /// How many values of a name are kept.
    const ROOM: usize = 32;

    /// Keeps a value.
    pub fn keep(&mut self, name: &str, value: &str) {
        let values = self.0.entry(name.to_owned()).or_default();
        if !value.is_empty() && values.last().is_none_or(|last| last != value) {
            values.push(value.to_owned());
            if values.len() > Memory::ROOM {
                values.remove(0);
            }
        }
    }

    /// The value of a name that was kept so many before the last.
    pub fn recall(&self, name: &str, back: u8) -> Option<&str> {
        let values = self.0.get(name).filter(|values| !values.is_empty())?;
        Some(&values[values.len() - 1 - usize::from(back) % values.len()])
    }
}

/// What a telegram is drawn from.
pub struct Source<'a> {
    /// What was answered so far.
    pub memory: &'a Memory,
    /// Whose telegram it is; names that a shop makes up tell it.
    pub merchant: &'a str,
    /// What time it is.
    pub now: Moment,
    /// Which of the values that were answered are used.
    pub back: u8,
    /// Amounts.
    pub amount: u16,
    /// How many of the optional fields are given, of 255.
    pub density: u8,
}

/// Fields of a telegram: required ones, those whose condition holds, some that are optional.
pub fn fields(spec: &'static TelegramSpec, source: &Source<'_>, draw: &mut Draw) -> Vec<(String, String)> {
    let mut given: BTreeMap<&str, String> = BTreeMap::new();
    let chosen: Vec<&str> =
        spec.either.iter().filter_map(|group| group.get(draw.below(group.len()))).copied().collect();
    for field in spec.fields() {
        let identity = matches!(field.name.as_str(), "trading_id" | "payment_id");
        let wanted = match field.name.as_str() {
            _ if field.required || chosen.contains(&field.name.as_str()) => true,
            // A payment is named by one of the two; a new one has no id yet.
            "trading_id" => spec.either.iter().all(|group| !group.contains(&"payment_id")) && !draw.one_in(8),
            "payment_id" => draw.one_in(16),
            _ => draw.below(255) < usize::from(source.density),
        };
        let forbidden = |field: &FieldSpec| {
            field.forbidden.as_ref().is_some_and(|when| when.holds(|name| given.get(name).map(String::as_str)))
        };
        if wanted && (identity || !forbidden(field) || draw.one_in(16)) {
            given.insert(field.name.as_str(), value(field, source, draw));
        }
    }
    // Conditions look at fields before and after.
    for field in spec.fields() {
        let holds = |when: &paygent_emulator::internal::wire::condition::Condition| {
            when.holds(|name| given.get(name).map(String::as_str))
        };
        if !given.contains_key(field.name.as_str()) && field.when.as_ref().is_some_and(holds) {
            given.insert(field.name.as_str(), value(field, source, draw));
        }
    }
    given
        .into_iter()
        .map(|(name, value)| (name.replace("[n]", "[0]").replace("NN", "01").replace("MM", "01"), value))
        .collect()
}

/// A value that a field admits, mostly.
fn value(field: &FieldSpec, source: &Source<'_>, draw: &mut Draw) -> String {
    if let Some(known) = well_known(&field.name, source, draw) {
        return known;
    }
    if !field.values.is_empty() {
        return draw.pick(&field.values).to_owned();
    }
    let max = field.max.unwrap_or(20);
    let length = match field.exact {
        true => max,
        false => field.min.unwrap_or(1).max(1 + draw.below(12)).min(max),
    };
    let length = if draw.one_in(24) { max } else { length };
    let text = |alphabet: &[&str], draw: &mut Draw| (0..length).map(|_| draw.pick(alphabet)).collect::<String>();
    let days = draw.below(90) as i64 - 15;
    let later = source.now.plus_days(days);
    match field.characters {
        Characters::Digits if field.amount => amount(source, draw),
        Characters::Digits => text(&["0", "1", "2", "3", "9"], draw),
        Characters::Hex => text(&["0", "9", "a", "f"], draw),
        Characters::Alpha | Characters::AlphaUpper => text(&["A", "B", "Z"], draw),
        Characters::Alnum | Characters::Id | Characters::Alnumsym | Characters::Ascii => {
            text(&["a", "Z", "0", "7"], draw)
        }
        Characters::Url => "https://shop.example/back?order=1&x=%E8%A1%A8".to_owned(),
        Characters::Mixed | Characters::Lines => {
            let wide = text(&["表", "a", "髙", "①", "～", "ｶ", "<", "\"", "&", "\\"], draw);
            wide.chars().take(length / 2 + 1).collect()
        }
        Characters::Zenkaku => {
            let wide = text(&["山", "表", "ー", "ア", "　"], draw);
            wide.chars().take(length.div_ceil(2)).collect()
        }
        Characters::HankakuKana | Characters::Alnumkana => {
            text(&["ﾔ", "ﾏ", "ﾀﾞ", "A", "1", " "], draw).chars().take(length).collect()
        }
        Characters::Date8 => later.date8(),
        Characters::Datetime14 => later.datetime14(),
        Characters::Ym6 => later.date8()[..6].to_owned(),
        Characters::Mmyy => "1239".to_owned(),
        Characters::Decimal => "10.5".to_owned(),
        Characters::Html => "<p>".to_owned(),
        Characters::Json => r#"{"a":[1]}"#.to_owned(),
    }
}

fn amount(source: &Source<'_>, draw: &mut Draw) -> String {
    match draw.below(32) {
        0 => "9999999".to_owned(),
        1 => "0".to_owned(),
        _ => (1 + u32::from(source.amount)).to_string(),
    }
}

/// Card numbers: all brands, all behaviours.
pub fn card_number(draw: &mut Draw) -> String {
    let prefix = draw.pick(&["49000000", "49000000", "45660000", "52145000", "35000000", "36600000", "37650000"]);
    let digits = match prefix {
        "36600000" => 14,
        "37650000" => 15,
        _ => 16,
    };
    let tail =
        draw.pick(&["0000", "0000", "8101", "8212", "8244", "8300", "9000", "2115", "2215", "3000", "1234", "5000"]);
    let middle = draw.pick(&["0000", "0001", "0002", "0003", "0004", "1000", "8000"]);
    format!("{prefix}{:0>1$}{tail}", &middle[4 - (digits - 12).min(4)..], digits - 12)
}

/// Values of names whose form alone does not make them right; also for the inputs of pages.
pub fn well_known(name: &str, source: &Source<'_>, draw: &mut Draw) -> Option<String> {
    let base = name.trim_start_matches("3ds_");
    Some(match base {
        "trading_id" | "ref_trading_id" if !draw.one_in(4) => match source.memory.recall("trading_id", source.back) {
            Some(known) if draw.one_in(2) || base == "ref_trading_id" => known.to_owned(),
            _ => format!("t{}_{}", source.merchant, draw.below(200)),
        },
        "trading_id" | "ref_trading_id" => format!("t{}_{}", source.merchant, draw.below(4)),
        "card_number" | "cardNumber" | "number" => card_number(draw),
        "card_valid_term" => draw.pick(&["1239", "1239", "0140", "1126", "1226"]).to_owned(),
        "card_conf_number" | "cvc" => "123".to_owned(),
        "customer_id" => format!("c{}_{}", source.merchant, draw.below(3)),
        "payment_class" => draw.pick(&["10", "10", "61", "80", "23"]).to_owned(),
        "split_count" => draw.pick(&["3", "03", "12", "99"]).to_owned(),
        "cvs_company_id" => draw.pick(&["00C001", "00C002", "00C004", "00C005", "00C014", "00C016"]).to_owned(),
        "site_id" => draw.pick(&["1", "a1", "9999"]).to_owned(),
        "payment_amount" | "amount" | "id" => amount(source, draw),
        "customer_tel" | "tel" => draw.pick(&["0312345678", "09012345678", "03-1234-5678"]).to_owned(),
        "seq_merchant_id" | "merchant_id" => source.merchant.to_owned(),
        "connect_id" => "test0001".to_owned(),
        "connect_password" => "password".to_owned(),
        "request_date" => source.now.datetime14(),
        "payment_limit_date" | "asp_payment_limit_date" | "limit_date" => {
            source.now.plus_days(draw.below(30) as i64).date8()
        }
        "payment_date" | "transfer_date" | "clear_date" => source.now.plus_days(draw.below(3) as i64).datetime14(),
        "payment_term_day" | "asp_payment_term" | "expire_days" => draw.pick(&["1", "5", "30", "60"]).to_owned(),
        "term_url" | "return_url" | "inform_url" => "https://shop.example/back?a=1".to_owned(),
        "authentication_type" => "01".to_owned(),
        "data" => {
            let customer = format!("c{}_{}", source.merchant, draw.below(3));
            let card = source.memory.recall("customer_card_id", source.back).unwrap_or("1");
            let trailer = if draw.one_in(8) { 2 } else { 1 };
            format!("1,024,{},,,,,,\r\n3,,{customer},{card},,,\r\n4,{trailer},,,,,\r\n", source.merchant)
        }
        "file_type" => "024".to_owned(),
        "bank_code" => draw.pick(&["9900", "0001", "D001"]).to_owned(),
        _ => source.memory.recall(name, source.back).filter(|_| !draw.one_in(8))?.to_owned(),
    })
}

/// Breaks one field: `how` is chosen by the input.
pub fn spoil(fields: &mut Vec<(String, String)>, how: u8, draw: &mut Draw) {
    if fields.is_empty() {
        return;
    }
    let at = draw.below(fields.len());
    match how % 8 {
        0 => drop(fields.remove(at)),
        1 => fields[at].1.clear(),
        2 => {
            fields[at].1 =
                draw.pick(&["0", "00", "-1", "1e9", "18446744073709551615", "99999999999999999999"]).to_owned()
        }
        3 => fields[at].1 = "表\r\nresult=0\r\n😀\u{0}".to_owned(),
        4 => fields[at].1 = fields[at].1.repeat(30),
        5 => {
            let twice = fields[at].clone();
            fields.push((twice.0, "1".to_owned()));
        }
        6 => fields.push(("memo_html".to_owned(), "4923-1111-2222-3333".to_owned())),
        _ => fields[at].1.push('ﾞ'),
    }
}

/// Form-encoded parameters.
pub fn encode(fields: &[(String, String)], charset: Charset) -> Vec<u8> {
    let encode = |text: &str| {
        percent_encoding::percent_encode(&charset.encode(text), percent_encoding::NON_ALPHANUMERIC).to_string()
    };
    let pairs: Vec<String> = fields.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
    pairs.join("&").into_bytes()
}
