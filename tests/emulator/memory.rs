//! What is left of card data in the memory of a running emulator: nothing, once a request is over.

use std::fs::File;
use std::os::unix::fs::FileExt;

use crate::harness::{Emulator, card};

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
