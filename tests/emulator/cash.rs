//! The tables of cash payments (`cash_states.md`): every transition that somebody asks for by hand, allowed or refused.

use futures_util::FutureExt as _;
use paygent_emulator::internal::clock::Moment;
use paygent_emulator::internal::merchant::Contracts;
use paygent_emulator::internal::method::{self, Update, UpdateError, net_bank};
use paygent_emulator::internal::payment::{Payment, PaymentId, PaymentType, Status, Trigger};

use crate::in_process::InProcess;

/// A gateway whose clock stands still on Tuesday, 24 November 2026, at 10:00.
struct Office(InProcess);

impl std::ops::Deref for Office {
    type Target = InProcess;

    fn deref(&self) -> &InProcess {
        &self.0
    }
}

impl Office {
    fn open() -> Office {
        let office = Office(InProcess::open()).with_connection_type("A");
        office.set_clock("20261124100000");
        office
    }

    fn set_clock(&self, datetime14: &str) {
        let now = Moment::parse_datetime14(datetime14).unwrap();
        self.gateway.clock.set(Some(&self.merchant.merchant_id), now, true);
        self.gateway.run_due(&self.merchant, now).now_or_never().unwrap().unwrap();
    }

    fn with_connection_type(self, connection_type: &str) -> Office {
        self.with(|contracts| contracts.connection_type = connection_type.to_owned())
    }

    fn with_strict_tool(self) -> Office {
        self.with(|contracts| contracts.strict_tool = true)
    }

    fn with(mut self, change: impl FnOnce(&mut Contracts)) -> Office {
        self.0.set(|merchant| change(&mut merchant.contracts));
        self
    }

    fn payment(&self, id: PaymentId) -> Payment {
        self.gateway.ledger.payment(&self.merchant.merchant_id, id).unwrap()
    }

    /// Leads a payment to a status; the warnings.
    fn lead(&self, id: PaymentId, by: Trigger, to: u8, inputs: &[(&str, &str)]) -> Result<Vec<String>, UpdateError> {
        let inputs = inputs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let update = Update { payment_status: Status(to), inputs };
        self.gateway
            .update(&self.merchant, by, id, &update)
            .now_or_never()
            .unwrap()
            .map(|done| done.warnings.iter().map(ToString::to_string).collect())
    }

    fn number(&self, cvs_type: &str) -> PaymentId {
        let answer = self.send(
            "030",
            &[
                ("trading_id", "store"),
                ("payment_amount", "1000"),
                ("cvs_type", cvs_type),
                ("customer_family_name", "山田"),
                ("customer_name", "太郎"),
                ("customer_tel", "0312345678"),
                ("sales_type", "1"),
            ],
        );
        assert_eq!(answer.result, "0", "{answer:?}");
        answer.get("payment_id").parse().unwrap()
    }

    fn atm(&self) -> PaymentId {
        let fields = [("payment_amount", "1000"), ("payment_detail", "商品"), ("payment_detail_kana", "ｼｮｳﾋﾝ")];
        self.send("010", &fields).get("payment_id").parse().unwrap()
    }

    fn slip(&self) -> PaymentId {
        self.send("040", SLIP).get("payment_id").parse().unwrap()
    }

    fn account(&self) -> PaymentId {
        self.send("070", &[("claim_amount", "2100")]).get("payment_id").parse().unwrap()
    }

    fn bank(&self) -> PaymentId {
        let fields = [("trading_id", "bank1"), ("amount", "1000"), ("claim_kana", "ｼｮｳﾋﾝ"), ("claim_kanji", "商品")];
        let answer = self.send("060", &fields);
        let key = answer.get("asp_url").rsplit("hv=").next().unwrap().to_owned();
        let choose = |desk: &method::Desk<'_>| net_bank::choose(desk, "bank1", &key, "D036");
        self.gateway
            .perform(&self.merchant, Trigger::Shopper, choose)
            .now_or_never()
            .unwrap()
            .unwritten()
            .unwrap()
            .payment_ids[0]
    }
}

/// A complete 040.
pub(crate) const SLIP: &[(&str, &str)] = &[
    ("payment_amount", "60000"),
    ("tax_class", "0"),
    ("sales_tax_amount", "5454"),
    ("site_info", "商品代金"),
    ("payment_limit_date", "30"),
    ("customer_type", "0"),
    ("customer_family_name", "山田"),
    ("customer_name", "太郎"),
    ("customer_family_name_kana", "ﾔﾏﾀﾞ"),
    ("customer_name_kana", "ﾀﾛｳ"),
    ("customer_zip_code", "1000001"),
    ("customer_address_1", "東京都千代田区"),
    ("customer_tel", "03-1234-5678"),
];

/// One kind of payment and all that somebody can lead it to by hand.
struct Case {
    name: &'static str,
    payment_type: PaymentType,
    apply: fn(&Office) -> PaymentId,
    allowed: &'static [(Trigger, u8, u8)],
}

use Trigger::{MerchantSite, Tool, Vendor};

const CASES: &[Case] = &[
    Case {
        name: "store that reports at once: Seven-Eleven",
        payment_type: PaymentType::CONVENIENCE,
        apply: |office| office.number("03"),
        allowed: FLASH,
    },
    Case {
        name: "store that reports at once: FamilyMart",
        payment_type: PaymentType::CONVENIENCE,
        apply: |office| office.number("04"),
        allowed: FLASH,
    },
    Case {
        name: "e-Context",
        payment_type: PaymentType::CONVENIENCE,
        apply: |office| office.number("01"),
        allowed: AT_ONCE,
    },
    Case {
        name: "Wellnet",
        payment_type: PaymentType::CONVENIENCE,
        apply: |office| office.number("02"),
        allowed: AT_ONCE,
    },
    Case {
        name: "slip",
        payment_type: PaymentType::CONVENIENCE_SLIP,
        apply: Office::slip,
        allowed: &[
            (Tool, 10, 43),
            (Tool, 10, 12),
            (Tool, 43, 40),
            (Tool, 43, 61),
            (Vendor, 10, 43),
            (Vendor, 43, 40),
            (Vendor, 43, 61),
            (Vendor, 61, 43),
            (MerchantSite, 10, 12),
        ],
    },
    Case { name: "ATM", payment_type: PaymentType::ATM, apply: Office::atm, allowed: AT_ONCE },
    Case {
        name: "internet banking",
        payment_type: PaymentType::NET_BANK,
        apply: Office::bank,
        allowed: &[
            (Tool, 10, 40),
            (Tool, 10, 15),
            (Vendor, 10, 40),
            (Vendor, 10, 15),
            (Vendor, 15, 40),
            (MerchantSite, 10, 15),
        ],
    },
    Case {
        name: "virtual account",
        payment_type: PaymentType::VIRTUAL_ACCOUNT,
        apply: Office::account,
        allowed: &[
            (Tool, 10, 40),
            (Tool, 10, 12),
            (Tool, 12, 40),
            (Tool, 12, 16),
            (Vendor, 10, 40),
            (Vendor, 12, 40),
            (MerchantSite, 10, 40),
            (MerchantSite, 12, 40),
            (MerchantSite, 16, 40),
        ],
    },
];

const AT_ONCE: &[(Trigger, u8, u8)] = &[(Tool, 10, 40), (Tool, 10, 12), (Vendor, 10, 40), (MerchantSite, 10, 12)];

const FLASH: &[(Trigger, u8, u8)] = &[
    (Tool, 10, 43),
    (Tool, 10, 12),
    (Tool, 43, 40),
    (Tool, 43, 61),
    (Vendor, 10, 43),
    (Vendor, 43, 40),
    (Vendor, 43, 61),
    (MerchantSite, 10, 12),
];

/// What is done by hand here: payment type, who, status before and after.
pub(crate) fn walked() -> impl Iterator<Item = (PaymentType, Trigger, u8, u8)> {
    CASES.iter().flat_map(|case| case.allowed.iter().map(|(by, from, to)| (case.payment_type, *by, *from, *to)))
}

/// The shortest way from 10 to a status.
fn way(allowed: &[(Trigger, u8, u8)], to: u8) -> Option<Vec<(Trigger, u8)>> {
    let mut ways = vec![(10, Vec::new())];
    let mut at = 0;
    while at < ways.len() {
        let (status, steps) = ways[at].clone();
        if status == to {
            return Some(steps);
        }
        for (by, _, next) in allowed.iter().filter(|(_, from, _)| *from == status) {
            if ways.iter().all(|(known, _)| known != next) {
                ways.push((*next, [steps.clone(), vec![(*by, *next)]].concat()));
            }
        }
        at += 1;
    }
    None
}

/// A payment of a case in a status, in an office of its own.
fn payment_in(case: &Case, status: u8) -> Option<(Office, PaymentId)> {
    let steps = way(case.allowed, status)?;
    let office = Office::open();
    let id = (case.apply)(&office);
    for (by, to) in steps {
        office.lead(id, by, to, &[]).unwrap();
    }
    assert_eq!(office.payment(id).status, Status(status));
    Some((office, id))
}

#[test]
fn every_allowed_transition_happens_and_every_other_changes_nothing() {
    const STATUSES: [u8; 9] = [10, 12, 15, 16, 40, 41, 43, 60, 61];
    for case in CASES {
        let reachable = STATUSES.into_iter().filter(|status| way(case.allowed, *status).is_some());
        for from in reachable {
            for by in [Tool, Vendor, MerchantSite] {
                for to in STATUSES {
                    let (office, id) = payment_in(case, from).unwrap();
                    let before = office.payment(id);
                    let done = office.lead(id, by, to, &[]);
                    let after = office.payment(id);
                    let told = format!("{}: {from} to {to} by {by}: {done:?}", case.name);
                    if case.allowed.contains(&(by, from, to)) {
                        assert_eq!(done, Ok(Vec::new()), "{told}");
                        assert_eq!(after.status, Status(to), "{told}");
                        let last = after.history.last().unwrap();
                        assert_eq!((last.by, last.status), (by, Status(to)), "{told}");
                    } else {
                        assert!(matches!(done, Err(UpdateError::Forbidden { .. })), "{told}");
                        assert_eq!(after, before, "{told}");
                    }
                }
            }
        }
    }
}

#[test]
fn the_tables_have_no_transition_by_hand_that_is_not_tested() {
    for case in CASES {
        let tested: Vec<(Trigger, u8, u8)> = CASES
            .iter()
            .filter(|other| other.payment_type == case.payment_type)
            .flat_map(|other| other.allowed.iter().copied())
            .collect();
        for row in method::table(case.payment_type).unwrap().transitions() {
            if let (Some(from), Tool | Vendor | MerchantSite) = (row.from, row.by) {
                assert!(tested.contains(&(row.by, from.0, row.to.0)), "{}: {row:?}", case.name);
            }
        }
    }
}

#[test]
fn what_the_tools_screen_offers_is_what_it_can_do() {
    for case in CASES {
        for from in [10, 12, 15, 16, 40, 43, 61] {
            let Some((office, id)) = payment_in(case, from) else { continue };
            let payment = office.payment(id);
            let method = method::for_payment_type(case.payment_type).unwrap();
            let offered: Vec<u8> = method.update_targets(&payment, Tool).iter().map(|status| status.0).collect();
            let mut expected: Vec<u8> =
                case.allowed.iter().filter(|(by, at, _)| *by == Tool && *at == from).map(|(_, _, to)| *to).collect();
            let mut sorted = offered.clone();
            sorted.sort_unstable();
            expected.sort_unstable();
            assert_eq!(sorted, expected, "{} in {from}", case.name);
            // What is paid is offered first, as on the manual's pictures.
            assert!(offered.first().is_none_or(|first| !matches!(first, 12 | 15 | 16) || offered.len() == 1));
            for input in offered.iter().flat_map(|to| method.update_inputs(&payment, Status(*to))) {
                assert!(!input.label.is_empty() && !input.english.is_empty() && !input.required, "{input:?}");
            }
        }
    }
}

#[test]
fn time_alone_ends_what_is_not_paid_at_the_stated_moments() {
    // Applications of Tuesday, 24 November 2026.
    for (name, apply, steps) in [
        (
            "Seven-Eleven",
            (|office| office.number("03")) as fn(&Office) -> PaymentId,
            vec![("20261225005959", 10), ("20261225010000", 12)],
        ),
        ("e-Context", |office| office.number("01"), vec![("20261225015959", 10), ("20261225020000", 12)]),
        ("Wellnet", |office| office.number("02"), vec![("20261225045959", 10), ("20261225050000", 12)]),
        ("FamilyMart", |office| office.number("04"), vec![("20261225045959", 10), ("20261225050000", 12)]),
        ("ATM", Office::atm, vec![("20261224235959", 10), ("20261225050000", 12)]),
        // 30 days to the printed limit and 30 more.
        ("slip", Office::slip, vec![("20270123235959", 10), ("20270124050000", 12)]),
        // Wednesday and Thursday are the two business days.
        ("internet banking", Office::bank, vec![("20261127005959", 10), ("20261127010000", 15)]),
        // The limit is Thursday, 24 December: Friday, Monday, Tuesday. With 30 days of grace it is Saturday, 23 January.
        (
            "virtual account",
            Office::account,
            vec![("20261229045959", 10), ("20261229050000", 12), ("20270127045959", 12), ("20270127050000", 16)],
        ),
    ] {
        let office = Office::open();
        let id = apply(&office);
        for (at, status) in steps {
            office.set_clock(at);
            assert_eq!(office.payment(id).status, Status(status), "{name} at {at}");
        }
        let last = office.payment(id).history.last().copied().unwrap();
        assert_eq!(last.by, Trigger::Clock, "{name}");
    }
}

#[test]
fn stores_and_atms_refuse_a_number_whose_last_day_is_over() {
    for (name, apply, first_paid) in [
        ("Seven-Eleven", (|office| office.number("03")) as fn(&Office) -> PaymentId, 43),
        ("Wellnet", |office| office.number("02"), 40),
        ("ATM", Office::atm, 40),
    ] {
        let office = Office::open();
        let (in_time, late) = (apply(&office), apply(&office));
        office.set_clock("20261224235959");
        assert_eq!(office.lead(in_time, Vendor, first_paid, &[]), Ok(Vec::new()), "{name}");
        office.set_clock("20261225000000");
        assert_eq!(office.payment(late).status, Status(10), "{name}: the batch has not run yet");
        assert!(matches!(office.lead(late, Vendor, first_paid, &[]), Err(UpdateError::Forbidden { .. })), "{name}");
    }
}

#[test]
fn the_tool_stores_what_was_typed_where_the_manual_says() {
    let typed = "20261125123000";
    let value = |payment: &Payment, name: &str| payment.attributes.named(name).unwrap_or_default().to_owned();
    let now = "20261126090000";

    let office = Office::open();
    let (flash, e_context, wellnet) = (office.number("03"), office.number("01"), office.number("02"));
    let (slip, atm) = (office.slip(), office.atm());
    office.set_clock(now);

    office.lead(flash, Tool, 43, &[("payment_date", typed)]).unwrap();
    let payment = office.payment(flash);
    assert_eq!(value(&payment, "user_payment_date"), typed);
    assert_eq!(value(&payment, "early_notice_date"), now);
    assert_eq!(value(&payment, "payment_date"), "");
    assert_eq!(value(&payment, "cvs_company_id"), "00C001");
    office.set_clock("20261130090000");
    office.lead(flash, Tool, 40, &[]).unwrap();
    let payment = office.payment(flash);
    assert_eq!(value(&payment, "payment_date"), "20261130090000");
    assert_eq!(value(&payment, "user_payment_date"), typed);

    // The one input of e-Context's screen is the payment time or the new limit.
    let other = office.number("01");
    office.lead(e_context, Tool, 40, &[("payment_date", typed), ("cvs_company_id", "00C016")]).unwrap();
    let payment = office.payment(e_context);
    let dates = ["payment_date", "user_payment_date", "cvs_company_id"].map(|name| value(&payment, name));
    assert_eq!(dates, [typed, typed, "00C016"]);
    office.lead(other, Tool, 12, &[("payment_date", "20261201000000")]).unwrap();
    assert_eq!(value(&office.payment(other), "payment_limit_date"), "20261201");

    // A number of connection type A and cvs_type 02 can be paid at FamilyMart too.
    office.lead(wellnet, Tool, 40, &[("payment_date", typed), ("cvs_company_id", "00C005")]).unwrap();
    assert_eq!(value(&office.payment(wellnet), "cvs_company_id"), "00C005");

    office.lead(slip, Tool, 43, &[("payment_date", typed), ("cvs_company_id", "00C010")]).unwrap();
    let payment = office.payment(slip);
    let dates = ["early_notice_date", "user_payment_date", "cvs_company_id"].map(|name| value(&payment, name));
    assert_eq!(dates, [typed, "20261124123000", "00C010"]);
    office.lead(slip, Tool, 40, &[("payment_date", "20261129000000")]).unwrap();
    let payment = office.payment(slip);
    assert_eq!(value(&payment, "confirm_notice_date"), "20261129000000");
    assert_eq!(value(&payment, "payment_date"), "20261130090000");

    office.lead(atm, Tool, 40, &[("payment_date", typed), ("bank_code", "9900")]).unwrap();
    let payment = office.payment(atm);
    assert_eq!(
        ["payment_date", "bank_code", "user_payment_date"].map(|name| value(&payment, name)),
        [typed, "9900", ""]
    );

    // The seed's form has no bank: the one that the buyer picked stays.
    let office = Office::open();
    let bank = office.bank();
    office.lead(bank, Tool, 40, &[("payment_date", typed)]).unwrap();
    let payment = office.payment(bank);
    assert_eq!(["payment_date", "bank_code"].map(|name| value(&payment, name)), [typed, "D036"]);
}

#[test]
fn a_typed_time_that_breaks_the_date_rule_is_taken_with_a_warning() {
    for (apply, to) in [
        ((|office| office.number("02")) as fn(&Office) -> PaymentId, 40),
        (|office| office.number("03"), 43),
        (Office::atm, 40),
        (Office::bank, 40),
        (Office::slip, 43),
    ] {
        let office = Office::open();
        let id = apply(&office);
        let warnings = office.lead(id, Tool, to, &[("payment_date", "20261124090000")]).unwrap();
        assert_eq!(warnings.len(), 1, "{warnings:?}");
        assert_eq!(office.payment(id).status, Status(to));
    }
    let office = Office::open();
    let id = office.atm();
    let after = office.lead(id, Tool, 40, &[("payment_date", "20261225000000")]).unwrap();
    assert_eq!(after.len(), 1);
    let last_second = office.lead(office.atm(), Tool, 40, &[("payment_date", "20261224235959")]).unwrap();
    assert_eq!(last_second, Vec::<String>::new());
}

/// As the real tool was seen to do; the seed's pictures break the rule, so it is a choice.
#[test]
fn a_strict_tool_refuses_a_time_outside_application_and_limit() {
    for typed in ["20261124090000", "20261124100000", "20261225000000"] {
        for (apply, to) in [
            ((|office| office.number("02")) as fn(&Office) -> PaymentId, 40),
            (|office| office.number("03"), 43),
            (Office::atm, 40),
        ] {
            let office = Office::open().with_strict_tool();
            let id = apply(&office);
            let refused = office.lead(id, Tool, to, &[("payment_date", typed)]).unwrap_err();
            assert!(matches!(&refused, UpdateError::Invalid { field, .. } if field == "payment_date"), "{refused:?}");
            assert_eq!(office.payment(id).status, Status(10));
            assert_eq!(office.lead(id, Tool, to, &[("payment_date", "20261224235959")]), Ok(Vec::new()));
        }
    }
}

#[test]
fn wrong_inputs_are_named_and_change_nothing() {
    for (apply, to, name, value) in [
        ((|office| office.number("02")) as fn(&Office) -> PaymentId, 40, "payment_date", "20261301000000"),
        (|office| office.number("02"), 40, "payment_date", "20261124"),
        (|office| office.number("02"), 40, "cvs_company_id", "00C001"),
        (|office| office.number("03"), 43, "cvs_company_id", "00C005"),
        (Office::slip, 43, "cvs_company_id", "DYM997"),
        (Office::atm, 40, "bank_code", "D033"),
        (Office::atm, 40, "bank_code", "0001"),
        (Office::atm, 40, "bank_code", "99"),
        (Office::bank, 40, "bank_code", "99000"),
        (Office::account, 40, "payment_amount", "0"),
        (Office::account, 40, "transfer_date", "20260230"),
    ] {
        let office = Office::open();
        let id = apply(&office);
        let before = office.payment(id);
        let refused = office.lead(id, Tool, to, &[(name, value)]).unwrap_err();
        assert!(matches!(&refused, UpdateError::Invalid { field, .. } if field == name), "{name}={value}: {refused:?}");
        assert_eq!(office.payment(id), before);
    }
}

/// What was seen at the real tool: banks with a direct link cannot be set, a buyer's own one stays.
#[test]
fn the_tool_sets_no_bank_with_a_direct_link() {
    let office = Office::open();
    let id = office.bank();
    let input = method::for_payment_type(PaymentType::NET_BANK).unwrap().update_inputs(&office.payment(id), Status(40));
    assert_eq!((input[0].name.as_str(), input[0].initial.as_str(), input[0].optional), ("bank_code", "", true));
    for code in ["D036", "D033"] {
        let refused = office.lead(id, Tool, 40, &[("bank_code", code)]).unwrap_err();
        assert!(matches!(&refused, UpdateError::Invalid { field, .. } if field == "bank_code"), "{refused:?}");
    }
    office.lead(id, Tool, 40, &[("bank_code", "0001")]).unwrap();
    assert_eq!(office.payment(id).attributes.named("bank_code"), Some("0001"));
    let own = Office::open();
    let id = own.bank();
    own.lead(id, Tool, 40, &[]).unwrap();
    assert_eq!(own.payment(id).attributes.named("bank_code"), Some("D036"));
    let vendor = Office::open();
    let id = vendor.bank();
    vendor.lead(id, Vendor, 40, &[("bank_code", "D033")]).unwrap();
}

#[test]
fn stores_of_other_connection_types_follow_their_vendors() {
    // FamilyMart is Wellnet's in type B and e-Context's in type C: it is paid at once there.
    for (connection_type, cvs_type) in [("B", "02"), ("C", "01")] {
        let office = Office::open().with_connection_type(connection_type);
        let id = office.number(cvs_type);
        assert!(office.lead(id, Tool, 43, &[]).is_err());
        office.lead(id, Tool, 40, &[("cvs_company_id", "00C005")]).unwrap();
        assert_eq!(office.payment(id).attributes.named("cvs_company_id"), Some("00C005"));
    }
    let office = Office::open().with_connection_type("F");
    let id = office.number("05");
    office.lead(id, Tool, 40, &[]).unwrap();
    assert_eq!(office.payment(id).attributes.named("cvs_company_id"), Some("P0C002"));
}
