//! Wires from LAD's pads, from the delay file (SDF 3.0) that nextpnr writes.

/// Inputs of the pads of LAD, LFRAME# and LRESET#: instances of rtl/board/lpc_pads.v.
const LAD: &str = "u_pads.u_lad";
const CONTROL: &str = "u_pads.u_control";
/// The link's half that runs on the partner's clock, and the flops of its host that take LAD: instances of
/// rtl/link.v and a register of rtl/lpc_host.v. Cells are named after the wires that they drive; those between that half
/// and the rest of rtl/link.v begin with t_, and newer releases of yosys choose that name.
const TARGET: [&str; 2] = ["u_link.u_target.", "u_link.t_"];
const HOST_FLOPS: &str = "u_link.u_engine.u_host.seen_q";
/// What nextpnr puts behind the name of a cell that is a flop without a lookup table before it.
const BARE: &str = "_DFFLC";

/// Delays of wires in ns, worst corner.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Wires {
    /// Longest one from LAD to the flops of the link's host.
    pub(crate) host_longest_ns: f64,
    /// Shortest one from LAD, LFRAME# or LRESET# to the link's target.
    pub(crate) target_shortest_ns: f64,
}

/// Reads a delay file.
///
/// # Errors
/// When LAD goes anywhere else in the host than into flops, or a wire is missing.
pub(crate) fn of_lad(sdf: &str) -> Result<Wires, String> {
    let mut host = 0.0_f64;
    let mut flops = 0;
    let mut target = f64::INFINITY;
    for line in sdf.lines() {
        let Some(wire) = line.trim_start().strip_prefix("(INTERCONNECT ") else {
            continue;
        };
        let mut words = wire.split_whitespace();
        let (Some(from), Some(to), Some(delay)) = (words.next(), words.next(), words.next()) else {
            return Err(format!("not a wire: {line}"));
        };
        let lad = from.starts_with(LAD);
        if !from.ends_with("/D_IN_0") || !(lad || from.starts_with(CONTROL)) {
            continue;
        }
        // (least:typical:most), in ps.
        let most = delay.trim_matches(['(', ')']).rsplit(':').next();
        let ns = most
            .and_then(|ps| ps.parse::<f64>().ok())
            .ok_or_else(|| format!("no delay: {line}"))?
            / 1_000.0;
        if TARGET.iter().any(|part| to.contains(part)) {
            target = target.min(ns);
        } else if to.contains(HOST_FLOPS) && to.contains(BARE) {
            flops += 1;
            host = host.max(ns);
        } else if lad {
            return Err(format!(
                "{from} goes to {to}: in the link's host LAD may go into {HOST_FLOPS} only"
            ));
        }
    }
    match flops == 4 && target.is_finite() {
        true => Ok(Wires {
            host_longest_ns: host,
            target_shortest_ns: target,
        }),
        false => Err(format!(
            "{flops} of 4 wires from {LAD} to {HOST_FLOPS}, and {} to {}",
            if target.is_finite() { "some" } else { "none" },
            TARGET[0]
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r"(DELAYFILE
        (INTERCONNECT u_pads.u_lad\[0\]/D_IN_0 u_core.u_wallet.u_link.u_engine.u_host.seen_q_SB_DFF_Q_3_DFFLC/I0 (1603:1603:1603) (1603:1603:1603))
        (INTERCONNECT u_pads.u_lad\[1\]/D_IN_0 u_core.u_wallet.u_link.u_engine.u_host.seen_q_SB_DFF_Q_2_DFFLC/I0 (1:2:1700) (1:1:1))
        (INTERCONNECT u_pads.u_lad\[2\]/D_IN_0 u_core.u_wallet.u_link.u_engine.u_host.seen_q_SB_DFF_Q_1_DFFLC/I0 (900:900:900) (900:900:900))
        (INTERCONNECT u_pads.u_lad\[3\]/D_IN_0 u_core.u_wallet.u_link.u_engine.u_host.seen_q_SB_DFF_Q_DFFLC/I0 (900:900:900) (900:900:900))
        (INTERCONNECT u_pads.u_lad\[3\]/D_IN_0 u_core.u_wallet.u_link.u_target.u_lpc.addr_d_SB_LUT4_O_8_LC/I2 (668:668:668) (668:668:668))
        (INTERCONNECT u_pads.u_control\[1\]/D_IN_0 u_core.u_wallet.u_link.u_target.u_lpc.x/I2 (588:588:588) (588:588:588))
        (INTERCONNECT u_pads.u_control\[0\]/D_IN_0 u_core.u_wallet.u_link.u_sync.meta_q/I2 (100:100:100) (100:100:100))
        (INTERCONNECT u_core.x/O u_pads.u_lad\[0\]/D_OUT_0 (10:10:10) (10:10:10))
";

    #[test]
    fn longest_and_shortest_wires_of_the_link_are_found() {
        let wires = of_lad(FILE).unwrap();
        assert_eq!(
            (wires.host_longest_ns, wires.target_shortest_ns),
            (1.7, 0.588)
        );
    }

    #[test]
    fn lad_behind_logic_and_missing_wires_are_errors() {
        let behind = FILE.replace("seen_q_SB_DFF_Q_2_DFFLC", "state_q_SB_LUT4_O_LC");
        assert!(
            of_lad(&behind)
                .unwrap_err()
                .contains("state_q_SB_LUT4_O_LC")
        );
        let packed = FILE.replace(
            "seen_q_SB_DFF_Q_2_DFFLC",
            "seen_q_SB_DFF_Q_2_D_SB_LUT4_O_LC",
        );
        assert!(of_lad(&packed).unwrap_err().contains("D_SB_LUT4_O_LC"));
        let renamed = FILE.replace("u_link.u_target.u_lpc.x", "u_link.t_tx_raddr_x");
        assert_eq!(of_lad(&renamed), of_lad(FILE));
        let none = FILE.replace("u_link.u_target", "u_link.u_other");
        assert!(of_lad(&none).is_err());
        assert!(of_lad("").unwrap_err().contains("0 of 4"));
        let garbled = FILE.replace("1700)", "x)");
        assert!(of_lad(&garbled).unwrap_err().contains("no delay"));
    }
}
