//! Loading a bitstream into a board.

use std::fs;
use std::path::Path;

use crate::boards::{Board, Loader};
use crate::tools::{Tool, Trouble};

/// Where a bitstream goes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Target {
    /// The board's configuration memory: it is there after the next power-up.
    Memory,
    /// The FPGA's SRAM: gone with the power.
    Sram,
}

/// FTDI's USB vendor number.
const FTDI: &str = "0403";
/// First word of an iCE40 bitstream after its comment (icestorm, "Bitstream file format").
const SYNC_WORD: [u8; 4] = [0x7E, 0xAA, 0x99, 0x7E];
/// The comment is short.
const COMMENT_MAX: usize = 512;
/// Exit code of `iceprog` when it finds no hardware.
const NO_HARDWARE: i32 = 2;
/// Exit code of `iceprog` when the memory does not read back.
const NOT_VERIFIED: i32 = 3;

/// Refuses what is no bitstream of the board.
///
/// # Errors
/// When the file is not there, or of another size or kind.
pub fn check_image(board: &Board, path: &Path) -> Result<(), Trouble> {
    let image = fs::read(path).map_err(|error| {
        Trouble::Input(format!(
            "{}: {error}; build it with `opera board build {}`",
            path.display(),
            board.name
        ))
    })?;
    let head = &image[..image.len().min(COMMENT_MAX)];
    if !head.windows(SYNC_WORD.len()).any(|word| word == SYNC_WORD) {
        return Err(Trouble::Input(format!(
            "{}: no iCE40 bitstream; build one with `opera board build {}`",
            path.display(),
            board.name
        )));
    }
    if image.len() as u64 != board.image_bytes {
        return Err(Trouble::Input(format!(
            "{}: {} bytes, and a bitstream of the {} has {}; build it with `opera board build {}`",
            path.display(),
            image.len(),
            board.title,
            board.image_bytes,
            board.name
        )));
    }
    Ok(())
}

/// Loads a bitstream that [`check_image`] takes.
///
/// # Errors
/// When the loader or the board is missing, with what to do, or the loader fails.
pub fn flash(board: &Board, image: &Path, target: Target) -> Result<(), Trouble> {
    check_image(board, image)?;
    let Loader::Iceprog { product } = board.loader;
    let tool = Tool::new("iceprog", "sudo apt-get install fpga-icestorm");
    let mut arguments = Vec::new();
    if target == Target::Sram {
        arguments.push("-S".to_owned());
    }
    arguments.push(image.display().to_string());
    let output = tool.output(&arguments)?;
    let said = String::from_utf8_lossy(&output.stderr);
    let said = said.trim();
    match output.status.code() {
        Some(0) => Ok(()),
        Some(NO_HARDWARE) => Err(Trouble::Missing(no_board(board, product, target, said))),
        Some(NOT_VERIFIED) => Err(Trouble::Failed(format!(
            "iceprog: what was written does not read back; check the jumpers ({}) and try again. It said:\n{said}",
            jumpers(board, target)
        ))),
        _ => Err(Trouble::Failed(format!("iceprog failed. It said:\n{said}"))),
    }
}

fn jumpers(board: &Board, target: Target) -> &'static str {
    let [memory, sram] = board.jumpers;
    match target {
        Target::Memory => memory,
        Target::Sram => sram,
    }
}

/// What a newcomer can do, by whether the system sees the board at all.
fn no_board(board: &Board, product: u16, target: Target, said: &str) -> String {
    let product = format!("{product:04x}");
    let start = format!("no {} found. ", board.title);
    let end = format!(
        "\nJumpers: {}.\niceprog said: {said}",
        jumpers(board, target)
    );
    let remedy = if plugged_in(Path::new("/sys/bus/usb/devices"), &product) {
        format!(
            "A USB device {FTDI}:{product} is plugged in, so the right to use it is missing. Write\n  \
             SUBSYSTEM==\"usb\", ATTRS{{idVendor}}==\"{FTDI}\", ATTRS{{idProduct}}==\"{product}\", MODE=\"0660\", GROUP=\"plugdev\"\n\
             into /etc/udev/rules.d/53-ice40.rules, then\n  \
             sudo udevadm control --reload-rules && sudo usermod -aG plugdev $USER\n\
             plug the board in again and log in again."
        )
    } else {
        format!(
            "Plug it in with a USB cable that carries data; `lsusb` must then list {FTDI}:{product}. \
             In a container or a virtual machine, hand the device through."
        )
    };
    start + &remedy + &end
}

/// Whether the system's list of USB devices has an FTDI of this product number.
fn plugged_in(devices: &Path, product: &str) -> bool {
    let is = |path: &Path, file: &str, value: &str| {
        fs::read_to_string(path.join(file)).is_ok_and(|text| text.trim() == value)
    };
    fs::read_dir(devices).is_ok_and(|entries| {
        entries
            .flatten()
            .any(|e| is(&e.path(), "idVendor", FTDI) && is(&e.path(), "idProduct", product))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_board_that_is_plugged_in_but_not_ours_is_told_from_none() {
        let devices = tempfile::tempdir().unwrap();
        assert!(!plugged_in(devices.path(), "6010"));
        assert!(!plugged_in(&devices.path().join("none"), "6010"));
        let device = devices.path().join("1-1");
        fs::create_dir(&device).unwrap();
        fs::write(device.join("idVendor"), "0403\n").unwrap();
        fs::write(device.join("idProduct"), "6014\n").unwrap();
        assert!(!plugged_in(devices.path(), "6010"));
        assert!(plugged_in(devices.path(), "6014"));
    }
}
