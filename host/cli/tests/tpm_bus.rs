//! `--tpm-bus lpc`. Skipped, saying so, where `swtpm` is not installed.

mod common;

use std::fs;

use common::{Place, swtpm_installed};

#[test]
fn a_payment_over_the_bus_is_in_the_trace_and_in_the_waves() {
    if !swtpm_installed() {
        return;
    }
    let place = Place::new();
    let out = place
        .opera("pay --amount 20 --tpm swtpm --tpm-bus lpc --trace t.txt --wave w.vcd")
        .ok()
        .out;
    assert!(out.contains("TPM swtpm over LPC"), "{out}");
    let text = fs::read_to_string(place.path("t.txt")).unwrap();
    assert!(!text.contains("!!"), "a remark in the trace");
    for bus in text.split("# opera.").skip(1).take(2) {
        let of_tpm = bus.lines().filter(|line| line.contains(" TP"));
        assert!(of_tpm.clone().count() > 100);
        for line in of_tpm {
            let name = line.split_whitespace().nth(2).unwrap();
            assert!(name.starts_with("TPM_") && name.ends_with("_0"), "{line}");
        }
    }
    let decoded = place
        .opera("trace decode w.vcd --scope opera.payer.lpc")
        .ok()
        .out;
    assert!(decoded.contains("TPW TPM_DATA_FIFO_0"));
    let json = place
        .opera("pay --amount 20 --tpm swtpm --tpm-bus lpc --json")
        .ok()
        .json();
    assert_eq!(
        (&json["tpm_bus"], &json["conserved"]),
        (&"lpc".into(), &true.into())
    );
}

#[test]
fn the_model_is_no_chip_on_a_bus() {
    let place = Place::new();
    let words = ["--tpm-bus lpc", "--tpm swtpm"];
    place
        .opera("pay --amount 20 --tpm-bus lpc")
        .fails(2, &words);
    place.opera("wallet new a --tpm-bus lpc").fails(2, &words);
    place
        .opera("fault sweep --every 1000 --tpm-bus lpc")
        .fails(2, &["--tpm-bus lpc", "leave --tpm-bus out"]);
    place.opera("wallet new a").ok();
    place.opera("wallet new b").ok();
    place
        .opera("pay --from a --to b --amount 10 --tpm-bus lpc")
        .fails(2, &words);
}
