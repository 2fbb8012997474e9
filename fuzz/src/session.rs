//! Doing the steps of an input.

use axum::body::Body;
use axum::http::{Method, Request, header};
use paygent_emulator::internal::clock::Moment;
use paygent_emulator::internal::faults::Fault;
use paygent_emulator::internal::ledger::PaymentFilter;
use paygent_emulator::internal::merchant::MerchantId;
use paygent_emulator::internal::method::{self, SiteAction, Update, UpdateInput};
use paygent_emulator::internal::payment::{Payment, PaymentType, Status, Trigger};
use paygent_emulator::internal::wire::{Charset, catalog, not_played};
use serde_json::{Map, Value, json};

use crate::answer::Answer;
use crate::invariants::{Invariants, Touched};
use crate::operation::{Act, Operation};
use crate::page::{Form, Kind, Page};
use crate::values::{self, Draw, Memory, Source};
use crate::world::{MERCHANTS, Port, Response, START, World};

/// Where a browser can start.
const DOORS: [(Port, &str); 11] = [
    (Port::Public, "/testtool"),
    (Port::Console, "/"),
    (Port::Console, "/payments"),
    (Port::Console, "/journal"),
    (Port::Console, "/notices"),
    (Port::Console, "/merchants"),
    (Port::Console, "/clock"),
    (Port::Console, "/faults"),
    (Port::Console, "/catalog"),
    (Port::Console, "/payments.csv"),
    (Port::Public, "/testtool?lang=en"),
];
/// Our own pages, as telegrams' answers name them.
const OURS: &str = "https://localhost:8443";

/// Shops, buyers, testers and an emulator.
pub struct Session<'a> {
    world: &'a World,
    memories: [Memory; 3],
    /// Pages that answers named, oldest first.
    links: Vec<(Port, String)>,
    page: Option<(Port, String, Page)>,
    invariants: Invariants,
    /// Codes that the gateway was made to answer.
    faults: Vec<String>,
    /// Whether each step is printed.
    told: bool,
}

impl<'a> Session<'a> {
    /// Before the first step.
    pub fn new(world: &'a World) -> Session<'a> {
        let memories = Default::default();
        let invariants = Invariants::new(world);
        let told = std::env::var_os("FUZZ_STEPS").is_some();
        Session { world, memories, links: Vec::new(), page: None, invariants, faults: Vec::new(), told }
    }

    /// Does a step and looks whether everything is as it should be.
    pub fn step(&mut self, operation: &Operation) {
        let at = usize::from(operation.merchant) % MERCHANTS.len();
        let merchant_id = MerchantId::new(MERCHANTS[at]);
        let mut draw = Draw::new(u64::from(operation.seed));
        let mine = Touched::One(merchant_id.clone());
        if self.told {
            eprintln!("{operation:?}");
        }
        let touched = match operation.act {
            Act::Telegram => self.telegram(at, operation, &mut draw),
            Act::Update => {
                self.update(at, operation, &mut draw);
                mine
            }
            Act::Appear => {
                self.appear(at, operation, &mut draw);
                mine
            }
            Act::Operate => {
                self.operate(at, operation);
                mine
            }
            Act::Advance => self.advance(&merchant_id, operation),
            Act::Clock => self.clock(&merchant_id, operation),
            Act::Fault => {
                self.fault(&merchant_id, operation, &mut draw);
                Touched::Nothing
            }
            Act::Settings => {
                self.settings(&merchant_id, operation);
                Touched::Nothing
            }
            Act::Reset => {
                let all = operation.what.is_multiple_of(8);
                self.world.gateway.reset(Some(&merchant_id).filter(|_| !all));
                if all { Touched::Reset(None) } else { Touched::Reset(Some(merchant_id.clone())) }
            }
            Act::Token => {
                self.token(at, operation, &mut draw);
                mine
            }
            Act::Browse => self.browse(at, operation, &mut draw),
            Act::Api => self.api(at, operation, &mut draw),
        };
        self.invariants.check(self.world, &touched);
    }

    /// At the end: nothing secret was kept anywhere.
    pub fn finish(&self) {
        self.invariants.nothing_secret(self.world);
    }

    fn source<'s>(&'s self, at: usize, operation: &Operation) -> Source<'s> {
        // Now and then a shop asks for what is another's.
        let whose = if operation.spoil % 16 == 15 { (at + 1) % MERCHANTS.len() } else { at };
        Source {
            memory: &self.memories[whose],
            merchant: MERCHANTS[at],
            now: self.now(&MerchantId::new(MERCHANTS[at])),
            back: operation.target,
            amount: operation.amount,
            density: operation.density,
        }
    }

    fn now(&self, merchant_id: &MerchantId) -> Moment {
        self.world.gateway.clock.now(merchant_id)
    }

    fn telegram(&mut self, at: usize, operation: &Operation, draw: &mut Draw) -> Touched {
        let merchant_id = MerchantId::new(MERCHANTS[at]);
        let telegrams = catalog().telegrams();
        let spec = telegrams[usize::from(operation.what) % telegrams.len()];
        let source = self.source(at, operation);
        let mut fields = values::fields(spec, &source, draw);
        let is_link = spec.path.starts_with("/v/");
        if !is_link {
            let head = [
                ("merchant_id", MERCHANTS[at]),
                ("connect_id", "test0001"),
                ("connect_password", "password"),
                ("telegram_kind", spec.kind),
                ("telegram_version", "1.0"),
            ];
            fields.splice(0..0, head.map(|(name, value)| (name.to_owned(), value.to_owned())));
        }
        let mut path = spec.path.to_owned();
        if !is_link && draw.one_in(16) {
            path = path.replacen("/n/", "/s/", 1);
            fields.push(("request_date".to_owned(), source.now.datetime14()));
            fields.push(("hc".to_owned(), "0".repeat(64)));
        }
        if operation.spoil >= 200 {
            values::spoil(&mut fields, operation.spoil, draw);
        }
        self.invariants.sent(&fields);
        let body = values::encode(&fields, spec.charset);
        if self.told {
            eprintln!("  {path} {}", String::from_utf8_lossy(&body));
        }
        if is_link {
            let request = Request::post(path).body(Body::from(body)).expect("a request");
            let response = self.world.ask(Port::Public, request);
            if let Some(text) = lines_of(&response) {
                for (name, value) in text.lines().filter_map(|line| line.split_once('=')) {
                    self.learn(at, name, value);
                }
            }
            self.arrived(at, Port::Public, spec.path, response);
            return Touched::One(merchant_id);
        }
        let waiting = self.world.gateway.faults.waiting();
        self.faults.extend(waiting.into_iter().map(|fault| fault.response_code));
        let (content_type, body) = self.world.telegram(&path, None, &body);
        let kind = fields.iter().find(|(name, _)| name == "telegram_kind").map_or("", |(_, kind)| kind);
        let answer =
            Answer::read(catalog().telegram(kind).or_else(|| not_played(kind)), content_type, &body, &self.faults);
        if self.told {
            eprintln!("  {answer:?}");
        }
        // Whom it names; a spoilt id may have been adopted.
        let named = fields.iter().find(|(name, _)| name == "merchant_id").map_or("", |(_, id)| id);
        let merchant_id = MerchantId::new(named);
        self.invariants.answered(self.world, &merchant_id, &answer);
        for (name, value) in &answer.fields {
            self.learn(at, name, value);
        }
        if answer.result == "0" {
            self.invariants.caught_up(self.world, &merchant_id);
            for (name, value) in fields.iter().filter(|(name, _)| name == "trading_id") {
                self.memories[at].keep(name, value);
            }
        }
        Touched::One(merchant_id)
    }

    /// Remembers what an answer says: values, and pages that buyers are sent to.
    fn learn(&mut self, at: usize, name: &str, value: &str) {
        if let Some(path) = value.strip_prefix(OURS) {
            self.links.push((Port::Public, path.to_owned()));
        } else if name.ends_with("_html") && !value.is_empty() {
            self.page = Some((Port::Public, "/".to_owned(), Page::read(value)));
        } else {
            self.memories[at].keep(name, value);
        }
    }

    /// The payment that a step is about, from the newest.
    fn payment(&self, at: usize, operation: &Operation) -> Option<Payment> {
        let merchant_id = MerchantId::new(MERCHANTS[at]);
        let payments = self.world.gateway.ledger.search(&merchant_id, &PaymentFilter::default(), 64);
        payments.get(usize::from(operation.target) % payments.len().max(1)).cloned()
    }

    fn update(&mut self, at: usize, operation: &Operation, draw: &mut Draw) {
        let gateway = &self.world.gateway;
        let Some(payment) = self.payment(at, operation) else { return };
        let Some(method) = method::for_payment_type(payment.payment_type) else { return };
        let (by, name) =
            [(Trigger::Tool, "tool"), (Trigger::Vendor, "vendor"), (Trigger::MerchantSite, "merchant_site")]
                [usize::from(operation.what) % 3];
        let targets = method.update_targets(&payment, by);
        let to = match targets.is_empty() || operation.spoil >= 200 {
            true => Status(operation.spoil % 100),
            false => targets[draw.below(targets.len())],
        };
        let inputs = self.inputs(at, operation, draw, &method.update_inputs(&payment, to));
        let merchant = gateway.merchants.get(&payment.merchant_id).expect("a merchant");
        if draw.one_in(2) {
            let inputs = inputs.into_iter().collect();
            let update = Update { payment_status: to, inputs };
            let _ = self.world.wait(gateway.update(&merchant, by, payment.payment_id, &update));
        } else {
            let mut body: Map<String, Value> =
                inputs.into_iter().map(|(name, value)| (name, Value::String(value))).collect();
            body.insert("payment_status".to_owned(), json!(to));
            body.insert("by".to_owned(), json!(name));
            self.json(Method::POST, &format!("/api/v1/payments/{}/transitions", payment.payment_id), &body.into());
        }
    }

    fn inputs(&self, at: usize, operation: &Operation, draw: &mut Draw, of: &[UpdateInput]) -> Vec<(String, String)> {
        let source = self.source(at, operation);
        let mut typed: Vec<(String, String)> = Vec::new();
        for input in of {
            let value = match &input.choices[..] {
                [] if !input.initial.is_empty() && !draw.one_in(4) => input.initial.clone(),
                [] => match values::well_known(&input.name, &source, draw) {
                    Some(value) => value,
                    None if input.required => operation.amount.to_string(),
                    None => String::new(),
                },
                choices => choices[draw.below(choices.len())].0.clone(),
            };
            typed.push((input.name.to_string(), value));
        }
        if operation.spoil >= 200 {
            values::spoil(&mut typed, operation.spoil, draw);
        }
        typed
    }

    fn appear(&mut self, at: usize, operation: &Operation, draw: &mut Draw) {
        let types = [PaymentType::VIRTUAL_ACCOUNT, PaymentType::CONVENIENCE_SLIP, PaymentType::CARD];
        let payment_type = types[usize::from(operation.what) % types.len()];
        let Some(method) = method::for_payment_type(payment_type) else { return };
        let inputs = self.inputs(at, operation, draw, &method.appear_inputs(payment_type));
        let mut body: Map<String, Value> =
            inputs.into_iter().map(|(name, value)| (name, Value::String(value))).collect();
        body.insert("merchant_id".to_owned(), json!(MERCHANTS[at]));
        body.insert("payment_type".to_owned(), json!(payment_type));
        body.insert("by".to_owned(), json!(if draw.one_in(2) { "tool" } else { "vendor" }));
        self.json(Method::POST, "/api/v1/payments", &body.into());
    }

    fn operate(&mut self, at: usize, operation: &Operation) {
        let Some(payment) = self.payment(at, operation) else { return };
        let offered = method::site::operations(&payment);
        if let Some(chosen) = offered.get(usize::from(operation.what) % offered.len().max(1)) {
            let takes_amount = chosen.amount_field.is_some() || matches!(chosen.action, SiteAction::Update(_));
            let amount = (takes_amount && operation.spoil >= 100).then_some(operation.amount);
            let body = json!({"operation": chosen.operation, "amount": amount});
            self.json(Method::POST, &format!("/api/v1/payments/{}/operations", payment.payment_id), &body);
        }
    }

    fn advance(&mut self, merchant_id: &MerchantId, operation: &Operation) -> Touched {
        let amount = i64::from(operation.amount);
        let span = match operation.what % 4 {
            0 => jiff::Span::new().minutes(amount % 100),
            1 => jiff::Span::new().hours(amount % 100),
            2 => jiff::Span::new().days(amount % 100),
            _ => jiff::Span::new().days(amount % 1000),
        };
        let alone = operation.spoil & 1 == 1;
        let turned = Some(merchant_id).filter(|_| alone);
        let happened = self.world.wait(self.world.gateway.advance(turned, span));
        assert!(happened.windows(2).all(|pair| pair[0].at <= pair[1].at), "{happened:?}");
        self.invariants.caught_up(self.world, merchant_id);
        if alone { Touched::One(merchant_id.clone()) } else { Touched::All }
    }

    fn clock(&mut self, merchant_id: &MerchantId, operation: &Operation) -> Touched {
        let start: Moment = START.parse().expect("a moment");
        let now = start.plus_days(i64::from(operation.amount % 800) - 200);
        // Real time would not be the same time again.
        let (whose, now) = match operation.what % 4 {
            0..3 => (Some(merchant_id.clone()).filter(|_| operation.spoil & 1 == 1), now),
            _ => (None, start),
        };
        let turned = whose.clone();
        self.world
            .wait(self.world.gateway.turn_clock(whose.as_ref(), move |clock| clock.set(turned.as_ref(), now, true)));
        Touched::All
    }

    fn fault(&mut self, merchant_id: &MerchantId, operation: &Operation, draw: &mut Draw) {
        let telegrams = catalog().telegrams();
        let code = draw.pick(&["2002", "2001", "2003", "2008", "9999"]).to_owned();
        self.world.gateway.faults.add(Fault {
            merchant_id: merchant_id.clone(),
            telegram_kind: telegrams[usize::from(operation.what) % telegrams.len()].kind.to_owned(),
            response_code: code.clone(),
            response_detail: draw.pick(&["", "1G12", "表"]).to_owned(),
            done: draw.one_in(2),
            leaves: None,
            times: u32::from(operation.target % 3) + 1,
        });
        self.faults.push(code);
    }

    fn settings(&mut self, merchant_id: &MerchantId, operation: &Operation) {
        let Some(merchant) = self.world.gateway.merchants.get(merchant_id) else { return };
        let mut merchant = (*merchant).clone();
        let contracts = &mut merchant.contracts;
        match operation.what % 16 {
            0 => contracts.token_only ^= true,
            1 => contracts.stored_cards ^= true,
            2 => contracts.validity_check ^= true,
            3 => contracts.correction ^= true,
            4 => contracts.correction_upwards ^= true,
            5 => contracts.recurring ^= true,
            6 => contracts.three_d_secure ^= true,
            7 => contracts.opt_in_fields ^= true,
            8 => contracts.gateway_numbers_deals ^= true,
            9 => contracts.connection_type = ["A", "B", "C", "D", "F"][usize::from(operation.target) % 5].to_owned(),
            10 => contracts.virtual_account.allowance = u64::from(operation.amount % 100),
            11 => contracts.virtual_account.grace_days = operation.amount,
            12 => contracts.virtual_account.accounts = u32::from(operation.target % 4),
            13 => contracts.virtual_account.oldest_first ^= true,
            14 => drop(contracts.amount_limits.insert(PaymentType::CARD, u64::from(operation.amount))),
            _ => match merchant.notification_url.is_empty() {
                true => merchant.notification_url = "http://127.0.0.1:9/notice".to_owned(),
                false => merchant.notification_url.clear(),
            },
        }
        self.world.gateway.put_merchant(merchant);
    }

    fn token(&mut self, at: usize, operation: &Operation, draw: &mut Draw) {
        let mut fields: Vec<(String, String)> = [
            ("merchant_id", MERCHANTS[at]),
            ("token_generate_key", "token"),
            ("card_number", &values::card_number(draw)),
            ("card_expire_year", "39"),
            ("card_expire_month", "12"),
            ("card_cvc", "123"),
            ("card_name", "TARO YAMADA"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
        if operation.what % 4 == 0 {
            fields
                .retain(|(name, _)| !matches!(name.as_str(), "card_number" | "card_expire_year" | "card_expire_month"));
        }
        if operation.spoil >= 200 {
            values::spoil(&mut fields, operation.spoil, draw);
        }
        self.invariants.sent(&fields);
        let body = Body::from(values::encode(&fields, Charset::Utf8));
        let response = self.world.ask(Port::Public, Request::post("/n/token/request").body(body).expect("a request"));
        let answer: Value = serde_json::from_slice(&response.body).expect("JSON");
        if let Some(token) = answer["tokenizedCardObject"]["token"].as_str() {
            self.memories[at].keep("card_token", token);
        }
    }

    fn browse(&mut self, at: usize, operation: &Operation, draw: &mut Draw) -> Touched {
        let what = usize::from(operation.what);
        let target = usize::from(operation.target);
        match (what % 8, self.page.clone()) {
            (0 | 1, _) if !self.links.is_empty() => {
                let (port, url) = self.links[self.links.len() - 1 - target % self.links.len()].clone();
                self.open(at, port, &url);
            }
            (2, Some((port, base, page))) if !page.links.is_empty() => {
                let link = &page.links[target % page.links.len()];
                self.follow(at, port, &base, link);
            }
            (3..=7, Some((port, base, page))) if !page.forms.is_empty() => {
                // Pages have their own form last; what is ahead of it changes the language.
                let form = &page.forms[page.forms.len() - 1 - target % page.forms.len()];
                self.submit(at, port, &base, form, operation, draw);
            }
            _ => {
                let (port, url) = DOORS[target % DOORS.len()];
                self.open(at, port, url);
            }
        }
        Touched::Anything
    }

    fn submit(&mut self, at: usize, port: Port, base: &str, form: &Form, operation: &Operation, draw: &mut Draw) {
        // Nobody pushes notices here: who asks for that would wait for ever.
        if form.action.ends_with("/deliver") {
            return;
        }
        let source = self.source(at, operation);
        let mut fields: Vec<(String, String)> = Vec::new();
        let buttons = form.inputs.iter().filter(|input| input.kind == Kind::Button).count();
        let pressed = draw.below(buttons);
        let mut button = 0;
        for input in &form.inputs {
            let preset = input.choices[0].clone();
            let value = match input.kind {
                Kind::Button => {
                    button += 1;
                    if pressed + 1 != button {
                        continue;
                    }
                    input.choices[draw.below(input.choices.len())].clone()
                }
                Kind::Choice if input.choices.len() == 1 && draw.one_in(3) => continue,
                Kind::Choice => input.choices[draw.below(input.choices.len())].clone(),
                Kind::Text if preset.is_empty() || draw.one_in(8) => {
                    values::well_known(&input.name, &source, draw).unwrap_or_else(|| typed(&input.name, draw))
                }
                Kind::Text | Kind::Hidden => preset,
            };
            fields.push((input.name.clone(), value));
        }
        if operation.spoil >= 200 {
            values::spoil(&mut fields, operation.spoil, draw);
        }
        self.invariants.sent(&fields);
        let action = if form.action.is_empty() { base } else { &form.action };
        let Some(path) = ours(base, action) else {
            // Back at the shop with what the page tells it.
            fields.iter().for_each(|(name, value)| self.memories[at].keep(name, value));
            return;
        };
        let body = values::encode(&fields, Charset::Utf8);
        let request = match form.post {
            true => Request::post(&path)
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(Body::from(body)),
            false => {
                let query = String::from_utf8(body).expect("ASCII");
                let path = path.split('?').next().unwrap_or_default();
                Request::get(format!("{path}?{query}")).body(Body::empty())
            }
        };
        if let Ok(request) = request {
            let response = self.world.ask(port, request);
            self.arrived(at, port, &path, response);
        }
    }

    fn open(&mut self, at: usize, port: Port, url: &str) {
        if let Ok(request) = Request::get(url).body(Body::empty()) {
            let response = self.world.ask(port, request);
            self.arrived(at, port, url, response);
        }
    }

    fn follow(&mut self, at: usize, port: Port, base: &str, link: &str) {
        match ours(base, link) {
            Some(path) => self.open(at, port, &path),
            None => {
                let query = link.split_once('?').map_or("", |(_, query)| query);
                for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
                    self.memories[at].keep(name, value);
                }
            }
        }
    }

    /// Reads a page and goes on to where it leads.
    fn arrived(&mut self, at: usize, port: Port, url: &str, response: Response) {
        assert!(response.status < 500, "{url} answered {}: {}", response.status, text_of(&response));
        if let Some(location) = response.location.filter(|_| (300..400).contains(&response.status)) {
            self.follow(at, port, url, &location);
        } else if response.content_type.starts_with("text/html") {
            let html = String::from_utf8_lossy(&response.body);
            self.page = Some((port, url.to_owned(), Page::read(&html)));
        }
    }

    fn json(&mut self, method: Method, path: &str, body: &Value) -> Value {
        let request = Request::builder().method(method).uri(path).header(header::CONTENT_TYPE, "application/json");
        let Ok(request) = request.body(Body::from(body.to_string())) else { return Value::Null };
        let response = self.world.ask(Port::Console, request);
        assert!(response.status < 500, "{path} {body} answered {}: {}", response.status, text_of(&response));
        match response.content_type.contains("json") {
            true => serde_json::from_slice(&response.body).expect("JSON"),
            false => Value::Null,
        }
    }

    fn api(&mut self, at: usize, operation: &Operation, draw: &mut Draw) -> Touched {
        let gateway = &self.world.gateway;
        let merchant = MERCHANTS[at];
        let payment = self.payment(at, operation).map_or(1, |payment| payment.payment_id.0);
        let entry = gateway.journal.last_id().saturating_sub(u64::from(operation.target));
        let notice =
            gateway.ledger.last_notice_id(&MerchantId::new(merchant)).saturating_sub(u64::from(operation.target));
        let whose = format!("?merchant_id={merchant}");
        let card = values::card_number(draw);
        let stopped = json!({"merchant_id": merchant, "card_number": card});
        let (method, path, body) = match operation.what % 18 {
            0 => (Method::GET, format!("/api/v1/payments{whose}"), Value::Null),
            1 => (Method::GET, format!("/api/v1/payments/{payment}"), Value::Null),
            2 => (Method::GET, format!("/api/v1/payments/{payment}/operations"), Value::Null),
            3 => (Method::GET, format!("/api/v1/notices{whose}"), Value::Null),
            4 => (Method::POST, format!("/api/v1/notices/{notice}/resend{whose}"), Value::Null),
            5 => (Method::GET, format!("/api/v1/journal{whose}"), Value::Null),
            6 => (Method::GET, format!("/api/v1/journal/{entry}"), Value::Null),
            7 => (Method::GET, format!("/api/v1/journal/{entry}/answer"), Value::Null),
            8 => (Method::GET, "/api/v1/merchants".to_owned(), Value::Null),
            9 => (Method::GET, format!("/api/v1/cards{whose}"), Value::Null),
            10 => (Method::POST, "/api/v1/cards/update".to_owned(), json!({"merchant_id": merchant})),
            11 => (Method::POST, "/api/v1/cards/stop".to_owned(), stopped),
            12 => (Method::GET, format!("/api/v1/clock{whose}"), Value::Null),
            13 => (Method::GET, format!("/payments/{payment}"), Value::Null),
            14 => (Method::GET, format!("/journal/{entry}?lang=en"), Value::Null),
            15 => (Method::GET, format!("/notices/{merchant}/{notice}"), Value::Null),
            16 => (Method::GET, "/payments.csv".to_owned(), Value::Null),
            _ => (Method::GET, format!("/payments?merchant_id={merchant}&lost=1"), Value::Null),
        };
        self.json(method, &path, &body);
        Touched::One(MerchantId::new(merchant))
    }
}

/// What somebody types into an input that no telegram has.
fn typed(name: &str, draw: &mut Draw) -> String {
    let known = match name {
        _ if name.contains("mail") => "taro@example.jp",
        _ if name.contains("kana") => "ヤマダ",
        _ if name.contains("tel") || name.contains("phone") => "0312345678",
        _ if name.contains("zip") => "1500001",
        _ if name.contains("month") => "12",
        _ if name.contains("year") => "39",
        _ if name.contains("password") || name.contains("code") => "1234",
        _ if name.contains("name") => "山田",
        _ => draw.pick(&["1", "40", "100", "2026-12-03", "20261203120000", "a"]),
    };
    known.to_owned()
}

/// The path of a link on one of our pages; nothing when it leads to the shop.
fn ours(base: &str, link: &str) -> Option<String> {
    let link = link.strip_prefix(OURS).unwrap_or(link);
    if link.starts_with('/') && !link.starts_with("//") {
        return Some(link.to_owned());
    }
    if link.contains(':') {
        return None;
    }
    let path = base.split('?').next().unwrap_or_default();
    match link.starts_with('?') || link.is_empty() {
        true => Some(format!("{path}{link}")),
        false => Some(format!("{}/{link}", path.rsplit_once('/').map_or("", |(folder, _)| folder))),
    }
}

fn text_of(response: &Response) -> String {
    String::from_utf8_lossy(&response.body).into_owned()
}

/// The lines of an answer to an application for hosted pages.
fn lines_of(response: &Response) -> Option<String> {
    response.content_type.starts_with("text/plain").then(|| text_of(response))
}
