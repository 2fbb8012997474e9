//! What is left of card data in the memory of a running emulator: nothing, once a request is over.

use std::fs::File;
use std::os::unix::fs::FileExt;

use crate::harness::{Emulator, card, form};
use crate::notices::{delivery, registered};
use crate::test_shop::{Taking, TestShop};

/// Resident memory of a process, in MiB.
fn resident(process: u32) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() / 1024
}

/// Whether some bytes stand anywhere in the memory that a process can write to.
fn holds(process: u32, needle: &[u8]) -> bool {
    let maps = std::fs::read_to_string(format!("/proc/{process}/maps")).unwrap();
    let memory = File::open(format!("/proc/{process}/mem")).unwrap();
    maps.lines().filter(|line| line.split(' ').nth(1).is_some_and(|rights| rights.starts_with("rw"))).any(|line| {
        let (from, to) = line.split(' ').next().unwrap().split_once('-').unwrap();
        let [from, to] = [from, to].map(|address| u64::from_str_radix(address, 16).unwrap());
        let mut bytes = vec![0; usize::try_from(to - from).unwrap()];
        // What cannot be read, such as a guard, holds nothing.
        memory.read_exact_at(&mut bytes, from).is_ok() && memchr::memmem::find(&bytes, needle).is_some()
    })
}

#[test]
#[cfg(target_os = "linux")]
fn card_data_is_wiped_when_a_request_is_over() {
    let emulator = Emulator::start();
    let shop = emulator.shop();
    // Numbers and codes that nothing else has.
    let token = "merchant_id=10000&token_generate_key=k&card_number=4980110000140146&expire_year=39&expire_month=12\
                 &cvc=8753&name=TARO&marker=cvc%3D8753";
    let request = format!(
        "POST /n/token/request HTTP/1.0\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {}\r\n\r\n{token}",
        token.len()
    );
    for round in 0..4 {
        emulator.exchange_without_certificate(request.as_bytes());
        let mut fields = card("4980220000130137", "order", "1000");
        fields.push(("card_conf_number", "9164"));
        assert_eq!(shop.send("020", &fields).get("masked_card_number"), "************0137", "{round}");
    }
    for number in ["4980110000140146", "4980220000130137", "cvc=8753", "card_conf_number=9164", "conf%5Fnumber=9164"] {
        assert!(!holds(emulator.id(), number.as_bytes()), "{number} is still in memory");
    }
    assert!(holds(emulator.id(), shop.merchant_id.as_bytes()), "the search finds what is there");
}

#[test]
#[cfg(target_os = "linux")]
fn ten_thousand_notices_that_wait_for_a_slow_shop_take_little_memory() {
    const CONNECTIONS: u64 = 34;
    const PAYMENTS: u64 = 98;
    let emulator = Emulator::start_with(&["--notice-timeout", "120s"]);
    let target = TestShop::open(&[Taking::Held]);
    let shop = registered(&emulator, &target);
    shop.authorize("warm", "100");
    let before = resident(emulator.id());
    for connection in 0..CONNECTIONS {
        let requests: Vec<String> = (0..PAYMENTS)
            .map(|number| {
                let trading_id = format!("order{connection}x{number}");
                let head = [
                    ("merchant_id", shop.merchant_id.as_str()),
                    ("connect_id", "test0001"),
                    ("connect_password", "password"),
                    ("telegram_kind", "020"),
                    ("telegram_version", "1.0"),
                    ("sales_mode", "1"),
                ];
                let fields = [&head[..], &card("4900000000000000", &trading_id, "100")[..]].concat();
                let body = form(&fields, paygent_emulator::internal::wire::Charset::Windows31J);
                let last = if number + 1 == PAYMENTS { "Connection: close\r\n" } else { "" };
                format!(
                    "POST /n/card/request HTTP/1.1\r\nHost: localhost\r\n{last}Content-Length: {}\r\n\r\n{body}",
                    body.len()
                )
            })
            .collect();
        let answers = emulator.exchange(requests.concat().as_bytes());
        assert_eq!(memchr::memmem::find_iter(&answers, b"\r\nresult=0\r\n").count() as u64, PAYMENTS);
    }
    assert_eq!(delivery(&shop)["waiting"], 2 + 3 * CONNECTIONS * PAYMENTS, "the shop hangs and none is lost");
    // A payment with its three notices takes about 2 KiB, the journal at most 16 MiB.
    let grown = resident(emulator.id()).saturating_sub(before);
    assert!(grown < 80, "{grown} MiB for {} payments", CONNECTIONS * PAYMENTS);
}
