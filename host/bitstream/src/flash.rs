//! Loading a bitstream into a board.

use std::fs;
use std::path::Path;

use crate::boards::{Board, Loader, Usb};
use crate::tools::{Tool, Trouble};

/// Where a bitstream goes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Target {
    /// The board's configuration memory: it is there after the next power-up.
    Memory,
    /// The FPGA's SRAM: gone with the power.
    Sram,
}

/// What the system tells of its USB devices.
const DEVICES: &str = "/sys/bus/usb/devices";
/// First word of an iCE40 bitstream after its comment (icestorm, "Bitstream file format").
const SYNC_WORD: [u8; 4] = [0x7E, 0xAA, 0x99, 0x7E];
/// The comment is short.
const COMMENT_MAX: usize = 512;
/// Exit code of `iceprog` when it finds no hardware.
const NO_HARDWARE: i32 = 2;
/// Exit code of `iceprog` when the memory does not read back.
const NOT_VERIFIED: i32 = 3;
/// What `tinyprog` says when it finds no hardware; its exit code is 1 for everything.
const NO_BOOTLOADER: &str = "no active bootloaders found";
/// What Python says of a port that is not ours.
const NOT_OURS: &str = "Permission denied";

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
    match board.loader {
        Loader::Iceprog { usb, jumpers } => {
            let jumpers = match target {
                Target::Memory => jumpers[0],
                Target::Sram => jumpers[1],
            };
            iceprog(board, usb, jumpers, image, target)
        }
        Loader::Tinyprog { usb } => tinyprog(board, usb, image, target),
    }
}

fn iceprog(
    board: &Board,
    usb: Usb,
    jumpers: &str,
    image: &Path,
    target: Target,
) -> Result<(), Trouble> {
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
        Some(NO_HARDWARE) => {
            let remedy = match plugged_in(Path::new(DEVICES), usb) {
                true => no_right(usb, "53-ice40"),
                false => format!(
                    "Plug it in with a USB cable that carries data; `lsusb` must then list {usb}. {HANDED}"
                ),
            };
            Err(Trouble::Missing(format!(
                "no {} found. {remedy}\nJumpers: {jumpers}.\niceprog said: {said}",
                board.title
            )))
        }
        Some(NOT_VERIFIED) => Err(Trouble::Failed(format!(
            "iceprog: what was written does not read back; check the jumpers ({jumpers}) and try again. It said:\n{said}"
        ))),
        _ => Err(Trouble::Failed(format!("iceprog failed. It said:\n{said}"))),
    }
}

fn tinyprog(board: &Board, usb: Usb, image: &Path, target: Target) -> Result<(), Trouble> {
    if target == Target::Sram {
        return Err(Trouble::Input(format!(
            "the {} has no way into its SRAM; leave --sram out, and it goes into the configuration memory",
            board.title
        )));
    }
    let tool = Tool::new("tinyprog", "pipx install tinyprog");
    let output = tool.output(&["-p".to_owned(), image.display().to_string()])?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    let said = said.trim();
    let missing = |remedy: &str| {
        Trouble::Missing(format!(
            "no {} found. {remedy}\ntinyprog said: {said}",
            board.title
        ))
    };
    if said.contains(NOT_OURS) {
        Err(missing(&no_right(usb, "53-tinyfpga")))
    } else if said.contains(NO_BOOTLOADER) {
        let remedy = match plugged_in(Path::new(DEVICES), usb) {
            true => no_right(usb, "53-tinyfpga"),
            false => format!(
                "Plug it in with a USB cable that carries data and press its button: its LED then fades in and out, \
                 which is the bootloader, and `lsusb` lists {usb}. {HANDED}"
            ),
        };
        Err(missing(&remedy))
    } else {
        Err(Trouble::Failed(format!(
            "tinyprog failed; press the board's button and try again. It said:\n{said}"
        )))
    }
}

/// Where a device may be that is plugged in and not seen.
const HANDED: &str = "In a container or a virtual machine, hand the device through.";

/// What a newcomer can do about a device that the system sees and its loader does not.
fn no_right(usb: Usb, rules: &str) -> String {
    let Usb { vendor, product } = usb;
    // A boot loader is a modem to ModemManager, which holds its port for a while; no programmer is one.
    format!(
        "A USB device {usb} is plugged in, so the right to use it is missing. Write\n  \
         ATTRS{{idVendor}}==\"{vendor:04x}\", ATTRS{{idProduct}}==\"{product:04x}\", MODE=\"0660\", GROUP=\"plugdev\", ENV{{ID_MM_DEVICE_IGNORE}}=\"1\"\n\
         into /etc/udev/rules.d/{rules}.rules, then\n  \
         sudo udevadm control --reload-rules && sudo usermod -aG plugdev $USER\n\
         plug the board in again and log in again."
    )
}

/// Whether the system's list of USB devices has this one.
fn plugged_in(devices: &Path, usb: Usb) -> bool {
    let is = |path: &Path, file: &str, value: u16| {
        fs::read_to_string(path.join(file))
            .is_ok_and(|text| u16::from_str_radix(text.trim(), 16) == Ok(value))
    };
    fs::read_dir(devices).is_ok_and(|entries| {
        entries.flatten().any(|e| {
            is(&e.path(), "idVendor", usb.vendor) && is(&e.path(), "idProduct", usb.product)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_board_that_is_plugged_in_but_not_ours_is_told_from_none() {
        let usb = |vendor, product| Usb { vendor, product };
        let devices = tempfile::tempdir().unwrap();
        assert!(!plugged_in(devices.path(), usb(0x0403, 0x6010)));
        assert!(!plugged_in(
            &devices.path().join("none"),
            usb(0x0403, 0x6010)
        ));
        let device = devices.path().join("1-1");
        fs::create_dir(&device).unwrap();
        fs::write(device.join("idVendor"), "0403\n").unwrap();
        fs::write(device.join("idProduct"), "6014\n").unwrap();
        assert!(!plugged_in(devices.path(), usb(0x0403, 0x6010)));
        assert!(!plugged_in(devices.path(), usb(0x1D50, 0x6014)));
        assert!(plugged_in(devices.path(), usb(0x0403, 0x6014)));
    }
}
