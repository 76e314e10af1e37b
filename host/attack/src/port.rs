//! One connector of the attacker's device: a wallet's hardware whose TPCU is the attacker.

use std::cell::RefCell;
use std::rc::Rc;

use opera_lpc::{Bus, BusError};
use opera_regs::{self as regs, field, op};
use opera_sim::{Side, WalletBus};
use opera_tpcu::crypto::aes128_block;
use opera_tpcu::protocol::wire::{Kind, MAX_FRAME};
use opera_tpcu::token::TOKEN_BYTES;

use crate::relay::{Intruder, Item, Middle};

/// Entries of the attacker's session: tokens that pass in one mount.
const ENTRIES: u16 = 16;
/// Polls of 16 clocks for anything that its own hardware does.
const PATIENCE: u32 = 20_000;

/// Serves the honest wallet `honest` until the attack is over.
pub(crate) async fn serve<I: Intruder>(
    bus: WalletBus,
    honest: Side,
    power_key: [u8; 16],
    middle: Rc<RefCell<Middle<I>>>,
) -> Result<(), BusError> {
    let port = Port { bus: &bus };
    // The attacker hosts the link of the payee, who is a target, and is a target to the payer.
    let hosts = honest == Side::Payee;
    port.until(regs::MOUNT, field::MOUNT_STABLE, field::MOUNT_STABLE)
        .await?;
    let host = if hosts { field::LINK_CTL_HOST } else { 0 };
    port.write(regs::LINK_CTL, &[host | field::LINK_CTL_ENABLE])
        .await?;
    port.power_up(&power_key).await?;
    port.at(0).await?;
    port.write(regs::ORM_SLOT, &ENTRIES.to_le_bytes()).await?;
    let open = if hosts {
        op::OPEN_PAYER
    } else {
        op::OPEN_PAYEE
    };
    port.orm(open).await?;
    let mut k = 0;
    if !hosts {
        port.start(op::RECEIVE, k).await?;
    }
    while !middle.borrow().over {
        let item = middle.borrow_mut().next(honest);
        match item {
            Some(Item::Frame(frame)) => port.send(&frame).await?,
            Some(Item::Token(bytes)) if hosts && k < ENTRIES => {
                port.press(k, &bytes).await?;
                port.orm(op::SEND).await?;
                k += 1;
            }
            Some(Item::Token(_)) | None => {}
        }
        if let Some(frame) = port.receive().await? {
            if !hosts && Kind::of(&frame) == Some(Kind::Token) && k + 1 < ENTRIES {
                // The bytes are on the data bus already, or come now.
                if port.finish().await? == 0 {
                    let bytes = port.peek().await?;
                    k += 1;
                    middle.borrow_mut().token(bytes);
                }
                port.start(op::RECEIVE, k).await?;
            }
            middle.borrow_mut().frame(honest, frame);
        } else if !hosts {
            port.keep_receiving(k).await?;
        }
        bus.idle(16).await;
    }
    Ok(())
}

struct Port<'a> {
    bus: &'a WalletBus,
}

impl Port<'_> {
    async fn read<const N: usize>(&self, addr: u16) -> Result<[u8; N], BusError> {
        let mut out = [0; N];
        for (addr, byte) in (addr..).zip(out.iter_mut()) {
            *byte = self.bus.io_read(addr).await?;
        }
        Ok(out)
    }

    async fn write(&self, addr: u16, data: &[u8]) -> Result<(), BusError> {
        for (addr, byte) in (addr..).zip(data) {
            self.bus.io_write(addr, *byte).await?;
        }
        Ok(())
    }

    /// Polls a register until the masked bits are as wanted, or patience ends.
    async fn until(&self, addr: u16, mask: u8, value: u8) -> Result<(), BusError> {
        for _ in 0..PATIENCE {
            if self.bus.io_read(addr).await? & mask == value {
                break;
            }
            self.bus.idle(16).await;
        }
        Ok(())
    }

    /// The attacker knows the keys of its own hardware.
    async fn power_up(&self, key: &[u8; 16]) -> Result<(), BusError> {
        self.write(regs::PWR_CMD, &[1]).await?;
        self.until(regs::PWR_STAT, field::PWR_STAT_BUSY, 0).await?;
        let challenge: [u8; 16] = self.read(regs::PWR_CHAL).await?;
        let answer = aes128_block(key, &challenge.map(|byte| byte ^ 0x5A));
        self.write(regs::PWR_RESP, &answer).await?;
        self.write(regs::PWR_CMD, &[2]).await?;
        self.until(regs::PWR_STAT, field::PWR_STAT_BUSY, 0).await?;
        self.finish().await?;
        Ok(())
    }

    async fn at(&self, k: u16) -> Result<(), BusError> {
        self.write(regs::ORM_SESS, &[0]).await?;
        self.write(regs::ORM_K, &k.to_le_bytes()).await
    }

    async fn start(&self, op: u8, k: u16) -> Result<(), BusError> {
        self.at(k).await?;
        self.write(regs::ORM_CMD, &[op]).await
    }

    /// The error code of the operation that runs, 0 for none.
    async fn finish(&self) -> Result<u8, BusError> {
        self.until(regs::ORM_STAT, field::ORM_STAT_BUSY, 0).await?;
        if self.bus.io_read(regs::ORM_STAT).await? & field::ORM_STAT_ERROR == 0 {
            return Ok(0);
        }
        self.bus.io_read(regs::ORM_ERR).await
    }

    async fn orm(&self, op: u8) -> Result<u8, BusError> {
        self.write(regs::ORM_CMD, &[op]).await?;
        self.finish().await
    }

    async fn keep_receiving(&self, k: u16) -> Result<(), BusError> {
        let stat = self.bus.io_read(regs::ORM_STAT).await?;
        if stat & (field::ORM_STAT_BUSY | field::ORM_STAT_ERROR) == field::ORM_STAT_ERROR {
            self.start(op::RECEIVE, k).await?;
        }
        Ok(())
    }

    /// Ciphertext of the entry that was received.
    async fn peek(&self) -> Result<[u8; TOKEN_BYTES], BusError> {
        self.orm(op::PEEK).await?;
        let mut window = [0; TOKEN_BYTES];
        self.bus.fw_read(regs::ORM_OUT, &mut window).await?;
        Ok(window)
    }

    /// Makes any bytes an entry that SEND puts on the data bus; only a mint build can.
    async fn press(&self, k: u16, bytes: &[u8; TOKEN_BYTES]) -> Result<(), BusError> {
        self.at(k).await?;
        self.bus.fw_write(regs::PRESS, bytes).await?;
        self.write(regs::ORM_VALUE, &1_u32.to_le_bytes()).await?;
        self.orm(op::PRESS).await?;
        Ok(())
    }

    async fn send(&self, frame: &[u8]) -> Result<(), BusError> {
        self.until(regs::LINK_STAT, field::LINK_STAT_TX_BUSY, 0)
            .await?;
        let len = frame.len().min(MAX_FRAME);
        self.bus.fw_write(regs::MBOX_TX, &frame[..len]).await?;
        self.write(regs::TX_LEN, &(len as u16).to_le_bytes()).await
    }

    async fn receive(&self) -> Result<Option<Vec<u8>>, BusError> {
        if self.bus.io_read(regs::LINK_STAT).await? & field::LINK_STAT_RX_VALID == 0 {
            return Ok(None);
        }
        let len = usize::from(u16::from_le_bytes(self.read(regs::RX_LEN).await?)).min(MAX_FRAME);
        let mut frame = vec![0; len];
        self.bus.fw_read(regs::MBOX_RX, &mut frame).await?;
        self.write(regs::RX_ACK, &[1]).await?;
        Ok(Some(frame))
    }
}
