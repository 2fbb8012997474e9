//! What the buyer's browser does: makes tokens, walks over pages. And a shop's server that hears from the gateway.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use paygent_emulator::internal::wire::Charset;
use serde_json::Value;

use crate::harness::{Emulator, Response, Shop, form};

/// A request of a browser, which has no client certificate.
pub(crate) fn browse(emulator: &Emulator, method: &str, path: &str, fields: &[(&str, &str)]) -> Response {
    let body = form(fields, Charset::Utf8);
    let request = format!(
        "{method} {path} HTTP/1.0\r\nHost: localhost\r\nAccept-Language: en-GB,en;q=0.9\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    Response::parse(&emulator.exchange_without_certificate(request.as_bytes()))
}

impl Response {
    /// Where the browser is sent.
    pub(crate) fn location(&self) -> &str {
        assert_eq!(self.status, 303, "{}\n{}", self.head, String::from_utf8_lossy(&self.body));
        let is_location = |(name, _): &(&str, &str)| name.eq_ignore_ascii_case("location");
        let line = self.head.lines().find_map(|line| line.split_once(": ").filter(is_location));
        line.unwrap().1
    }
}

/// The parameters of a URL's query.
pub(crate) fn query(url: &str) -> Vec<(String, String)> {
    let (_, query) = url.split_once('?').unwrap();
    form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

/// A parameter; `None` when it is not there.
pub(crate) fn parameter(query: &[(String, String)], name: &str) -> Option<String> {
    query.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
}

impl Shop<'_> {
    /// What the token server answers; the merchant's id and a key are added.
    pub(crate) fn ask_for_token(&self, fields: &[(&str, &str)]) -> Value {
        let mut pairs =
            vec![("merchant_id", self.merchant_id.as_str()), ("token_generate_key", "test_tokengenerationkey")];
        pairs.retain(|(name, _)| !fields.iter().any(|(known, _)| known == name));
        pairs.extend_from_slice(fields);
        let response = browse(self.emulator, "POST", "/n/token/request", &pairs);
        assert_eq!(response.status, 200);
        serde_json::from_slice(&response.body).unwrap()
    }

    /// A token for a card, with a security code.
    pub(crate) fn token(&self, number: &str) -> String {
        let fields =
            [("card_number", number), ("card_expire_year", "39"), ("card_expire_month", "12"), ("card_cvc", "123")];
        token_of(&self.ask_for_token(&fields))
    }

    /// A token for a security code alone.
    pub(crate) fn code_token(&self) -> String {
        token_of(&self.ask_for_token(&[("card_cvc", "123"), ("cvc_only_flg", "1")]))
    }

    /// Changes this merchant's settings; makes it known first.
    pub(crate) fn set(&self, settings: Value) {
        let known = serde_json::json!({"connect_id": "test0001", "connect_password": "password"});
        let path = format!("/api/v1/merchants/{}", self.merchant_id);
        self.emulator.api("PUT", &path, known);
        self.emulator.api("PUT", &path, settings);
    }

    /// This merchant's payments, newest first, as the control API tells them.
    pub(crate) fn payments(&self) -> Vec<Value> {
        let path = format!("/api/v1/payments?merchant_id={}", self.merchant_id);
        let answer = self.emulator.api("GET", &path, Value::Null);
        answer.get("payments").unwrap_or(&answer).as_array().unwrap().clone()
    }

    /// Turns this merchant's clock forward.
    pub(crate) fn advance(&self, unit: &str, amount: u32) {
        let by = serde_json::json!({ unit: amount, "merchant_id": self.merchant_id });
        self.emulator.api("POST", "/api/v1/clock/advance", by);
    }
}

/// The token of an answer that has one.
pub(crate) fn token_of(answer: &Value) -> String {
    assert_eq!(answer["result"], "0000", "{answer}");
    let token = answer["tokenizedCardObject"]["token"].as_str().unwrap();
    assert!(token.starts_with("tok_") && token.len() <= 30, "{token}");
    token.to_owned()
}

/// A shop's server: keeps what it is sent and answers what it is told to.
pub(crate) struct Ear {
    pub(crate) url: String,
    heard: Receiver<(String, String)>,
}

impl Ear {
    /// Answers every request with this status line and body, the last one for ever.
    pub(crate) fn answering(answers: &[(&'static str, &'static str)]) -> Ear {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/shop?key=wc_1", listener.local_addr().unwrap());
        let answers = answers.to_vec();
        let (tell, heard) = channel();
        std::thread::spawn(move || {
            for (at, stream) in listener.incoming().enumerate() {
                let Ok(mut stream) = stream else { return };
                let (status, body) = answers[at.min(answers.len() - 1)];
                let mut request = Vec::new();
                let mut part = [0; 4096];
                while !whole(&request) {
                    match stream.read(&mut part) {
                        Ok(0) | Err(_) => break,
                        Ok(read) => request.extend_from_slice(&part[..read]),
                    }
                }
                let text = String::from_utf8_lossy(&request).into_owned();
                let (head, sent) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
                let line = head.lines().next().unwrap_or_default().to_owned();
                let answer = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
                // The other side may have given up.
                let _ = stream.write_all(answer.as_bytes());
                if tell.send((line, sent.to_owned())).is_err() {
                    return;
                }
            }
        });
        Ear { url, heard }
    }

    /// The request line and the body of what is sent next.
    pub(crate) fn hear(&self) -> (String, String) {
        self.heard.recv_timeout(Duration::from_secs(20)).expect("the gateway tells the shop something")
    }

    /// The same of something that is sent so many minutes after a failure, by the merchant's clock.
    ///
    /// The failure is written down after this side has answered, so the clock may be turned too early once.
    pub(crate) fn hear_again(&self, shop: &Shop<'_>, minutes: u32) -> (String, String) {
        for _ in 0..20 {
            shop.advance("minutes", minutes);
            if let Ok(heard) = self.heard.recv_timeout(Duration::from_secs(1)) {
                return heard;
            }
        }
        panic!("the gateway does not try again");
    }

    /// Whether nothing was sent that has not been heard.
    pub(crate) fn is_silent(&self) -> bool {
        self.heard.try_recv().is_err()
    }
}

fn whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
    body.len() >= length.unwrap_or(0usize)
}
