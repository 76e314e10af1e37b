// Made by: cargo run -p opera-regs --bin opera-regs-gen
// From rtl/regs/opera.toml; do not edit.

use crate::Place;

/// First I/O address of the register block on the internal LPC bus.
pub const IO_BASE: u16 = 0x0A00;
/// RTL identity, measured into PCR 0: 'O', 'P', minor version, build kind (0x00 wallet, 0x01 mint). (4 bytes, ro).
pub const ID: u16 = 0x0A00;
/// Connector state. (1 byte, ro).
pub const MOUNT: u16 = 0x0A04;
/// Any write clears MOUNT.LOST. (1 byte, wo).
pub const MOUNT_CLR: u16 = 0x0A05;
/// Link LPC control; returns to 0 on unmount. (1 byte, rw).
pub const LINK_CTL: u16 = 0x0A08;
/// Mailbox state. (1 byte, ro).
pub const LINK_STAT: u16 = 0x0A09;
/// Writing the high byte (offset 0x0B) offers bytes 0 to TX_LEN-1 of MBOX_TX to the partner. 1 to 512. Ignored while TX_BUSY. (2 bytes, wo).
pub const TX_LEN: u16 = 0x0A0A;
/// Bytes in MBOX_RX, 0 while RX_VALID is 0. (2 bytes, ro).
pub const RX_LEN: u16 = 0x0A0C;
/// Any write frees MBOX_RX for the next frame. (1 byte, wo).
pub const RX_ACK: u16 = 0x0A0E;
/// Power controller command. (1 byte, wo).
pub const PWR_CMD: u16 = 0x0A10;
/// Power controller state. (1 byte, ro).
pub const PWR_STAT: u16 = 0x0A11;
/// Fresh challenge, AES-128(power key, 'C' || 0^7 || counter as 8 bytes big endian). 0 while CHAL_VALID is 0. (16 bytes, ro).
pub const PWR_CHAL: u16 = 0x0A20;
/// Answer: AES-128(power key, challenge XOR 16 bytes of 0x5A). Cleared by every UP. (16 bytes, wo).
pub const PWR_RESP: u16 = 0x0A30;
/// Transaction log command on LOG_SLOT: 1 = LOAD (record to LOG_BUF and progress to LOG_PROG), 2 = COMMIT (LOG_BUF to the record, atomically, with LOG_PROG as its first progress), 3 = PROGRESS (LOG_PROG, atomically), 4 = ERASE. (1 byte, wo).
pub const LOG_CMD: u16 = 0x0A12;
/// Log slot, 0 to 7. (1 byte, rw).
pub const LOG_SLOT: u16 = 0x0A13;
/// Transaction log state. (1 byte, ro).
pub const LOG_STAT: u16 = 0x0A14;
/// Progress word of the record: TR_k in bits 15:0, FLG in bit 16, phase in bits 31:24 (DESIGN.md section 6). (4 bytes, rw).
pub const LOG_PROG: u16 = 0x0A18;
/// ORM operation, see \[\[op\]\]. Ignored while ORM_STAT.BUSY; refused (ORM_STAT.ERROR) when not allowed. (1 byte, wo).
pub const ORM_CMD: u16 = 0x0A40;
/// ORM state. Reads 0x80 while the ORM domain is off. (1 byte, ro).
pub const ORM_STAT: u16 = 0x0A41;
/// Why the last operation was refused, see \[\[error\]\]. (1 byte, ro).
pub const ORM_ERR: u16 = 0x0A42;
/// Session slot the operations work on, 0 to 7. (1 byte, rw).
pub const ORM_SESS: u16 = 0x0A43;
/// Transaction-buffer entry for STAGE, SEND, RECEIVE, PEEK, SETTLE, PRESS; base entry for OPEN. (2 bytes, rw).
pub const ORM_K: u16 = 0x0A44;
/// Repository slot for STAGE, SETTLE, DIRSCAN; number of entries (n) for OPEN. (2 bytes, rw).
pub const ORM_SLOT: u16 = 0x0A46;
/// Value of the token for PRESS; mint build only, a wallet reads 0. (4 bytes, rw).
pub const ORM_VALUE: u16 = 0x0A48;
/// State of the session read by the last SESSREAD or OPEN. (1 byte, ro).
pub const SESS_STATE: u16 = 0x0A4C;
/// Session counter of the session read last; with the device key it determines PTK. (4 bytes, ro).
pub const SESS_CTR: u16 = 0x0A50;
/// First transaction-buffer entry of the session read last. (2 bytes, ro).
pub const SESS_BASE: u16 = 0x0A54;
/// Number of transaction-buffer entries of the session read last. (2 bytes, ro).
pub const SESS_N: u16 = 0x0A56;
/// PTK, shown only after RELEASE (or SESSREAD of a released session), until another operation; else 0. (16 bytes, ro).
pub const PTK_OUT: u16 = 0x0A60;
/// PTK that KEYLOAD stores for a payee session; cleared when KEYLOAD ends. (16 bytes, wo).
pub const PTK_IN: u16 = 0x0A70;
/// State of the entry of the last PEEK: 0 empty, 1 staged, 2 received. (1 byte, ro).
pub const ENTRY_STATE: u16 = 0x0A58;
/// Frame to send; write with 1, 2 or 4-byte firmware cycles. (512 bytes, wo).
pub const MBOX_TX: u32 = 0x0000000;
/// Frame received. (512 bytes, ro).
pub const MBOX_RX: u32 = 0x0001000;
/// One transaction log record. (128 bytes, rw).
pub const LOG_BUF: u32 = 0x0002000;
/// ORM output buffer: after SEND or PEEK the 96 ciphertext bytes of the entry; after DIRSCAN the values of 32 slots, 4 bytes each, little endian, 0 = empty. 0 while the domain is off. (128 bytes, ro).
pub const ORM_OUT: u32 = 0x0003000;
/// Mint build only: ciphertext for PRESS, 96 bytes. In a wallet build writes are dropped. (128 bytes, wo).
pub const PRESS: u32 = 0x0004000;
/// Who uses the TPM. A write that sets more than one of its bits is dropped. (1 byte, rw).
pub const TPM_ACCESS_0: u16 = 0x0000;
/// Interface of a TPM 2.0, single bytes, burst count may change, no interrupts. (4 bytes, ro).
pub const TPM_INTF_CAPABILITY_0: u16 = 0x0014;
/// What TPM_INTF_CAPABILITY_0 holds.
pub const TPM_INTF_CAPABILITY_0_VALUE: u32 = 0x30000000;
/// State of the command. Reads 0xFF while locality 0 is not in use, and writes are dropped. A write that sets more than one of its bits is dropped. (1 byte, rw).
pub const TPM_STS_0: u16 = 0x0018;
/// Bytes that may be written, or read, one after the other: 0 to 64, so that the high byte is always 0. (2 bytes, ro).
pub const TPM_BURST_0: u16 = 0x0019;
/// Bits 3:2: 1 = a TPM 2.0. (1 byte, ro).
pub const TPM_FAMILY_0: u16 = 0x001B;
/// What TPM_FAMILY_0 holds.
pub const TPM_FAMILY_0_VALUE: u32 = 0x4;
/// Command in, response out, a byte a cycle, each at any of the four addresses. Reads 0xFF when there is no byte. (4 bytes, rw).
pub const TPM_DATA_FIFO_0: u16 = 0x0024;
/// Vendor in bits 15:0, device in 31:16. The simulated TPM chip; the vendor number is not assigned by the TCG. (4 bytes, ro).
pub const TPM_DID_VID_0: u16 = 0x0F00;
/// What TPM_DID_VID_0 holds.
pub const TPM_DID_VID_0_VALUE: u32 = 0x14F50;
/// Revision of the chip. (1 byte, ro).
pub const TPM_RID_0: u16 = 0x0F04;
/// What TPM_RID_0 holds.
pub const TPM_RID_0_VALUE: u32 = 0x1;

/// Bit masks of register fields.
pub mod field {
    /// MOUNT: 1 = mount detect has been high for the debounce time.
    pub const MOUNT_STABLE: u8 = 0x01;
    /// MOUNT: 1 = an unmount happened since MOUNT_CLR.
    pub const MOUNT_LOST: u8 = 0x02;
    /// LINK_CTL: 1 = this wallet is the LPC host of the link (payer).
    pub const LINK_CTL_HOST: u8 = 0x01;
    /// LINK_CTL: 1 = link may run; a write of 0 drops any frame under way.
    pub const LINK_CTL_ENABLE: u8 = 0x02;
    /// LINK_STAT: 1 = a frame is waiting for, or on its way to, the partner.
    pub const LINK_STAT_TX_BUSY: u8 = 0x01;
    /// LINK_STAT: 1 = MBOX_RX holds a frame of RX_LEN bytes.
    pub const LINK_STAT_RX_VALID: u8 = 0x02;
    /// LINK_STAT: 1 = an LPC error or time-out on the link since LINK_CTL.ENABLE was last written 1.
    pub const LINK_STAT_LINK_ERR: u8 = 0x04;
    /// PWR_CMD: 1 = CHALLENGE (make a fresh one), 2 = UP (check PWR_RESP, switch on), 3 = DOWN.
    pub const PWR_CMD_OP: u8 = 0x03;
    /// PWR_STAT: 1 = ORM domain is powered, out of reset and unclamped.
    pub const PWR_STAT_ON: u8 = 0x01;
    /// PWR_STAT: 1 = a command or sequence is running.
    pub const PWR_STAT_BUSY: u8 = 0x02;
    /// PWR_STAT: 1 = PWR_CHAL holds a challenge that was not answered yet.
    pub const PWR_STAT_CHAL_VALID: u8 = 0x04;
    /// PWR_STAT: 1 = the last UP had a wrong answer, no challenge or no mount.
    pub const PWR_STAT_DENIED: u8 = 0x08;
    /// PWR_STAT: 1 = an acknowledge timed out or a state was not listed; shut until battery reset.
    pub const PWR_STAT_TRAP: u8 = 0x10;
    /// LOG_STAT: 1 = a command is running.
    pub const LOG_STAT_BUSY: u8 = 0x01;
    /// LOG_STAT: 1 = the slot of the last LOAD holds a record.
    pub const LOG_STAT_VALID: u8 = 0x02;
    /// LOG_STAT: 1 = the last command was refused (slot above 7, unknown command, nonvolatile memory time-out).
    pub const LOG_STAT_ERROR: u8 = 0x04;
    /// ORM_STAT: 1 = an operation is running, or the journal is being replayed at power-up.
    pub const ORM_STAT_BUSY: u8 = 0x01;
    /// ORM_STAT: 1 = the last operation ended with ORM_ERR.
    pub const ORM_STAT_ERROR: u8 = 0x02;
    /// ORM_STAT: 1 = domain is off, clamped.
    pub const ORM_STAT_OFF: u8 = 0x80;
    /// SESS_STATE: 1 = the record is open.
    pub const SESS_STATE_OPEN: u8 = 0x01;
    /// SESS_STATE: 1 = opened as payer.
    pub const SESS_STATE_PAYER: u8 = 0x02;
    /// SESS_STATE: 1 = payer: the vault released PTK.
    pub const SESS_STATE_RELEASED: u8 = 0x04;
    /// SESS_STATE: 1 = payer: the vault chose refund.
    pub const SESS_STATE_REFUNDED: u8 = 0x08;
    /// SESS_STATE: 1 = payee: PTK was loaded.
    pub const SESS_STATE_KEYED: u8 = 0x10;
    /// SESS_STATE: 1 = CLOSE has begun; only CLOSE finishes it.
    pub const SESS_STATE_CLOSING: u8 = 0x20;
    /// TPM_ACCESS_0: always 1.
    pub const TPM_ACCESS_0_VALID: u8 = 0x80;
    /// TPM_ACCESS_0: 1 = locality 0 is in use; a write of 1 gives it up, and with it the command under way.
    pub const TPM_ACCESS_0_ACTIVE: u8 = 0x20;
    /// TPM_ACCESS_0: a write of 1 takes locality 0 into use.
    pub const TPM_ACCESS_0_REQUEST_USE: u8 = 0x02;
    /// TPM_ACCESS_0: always 1: no dynamic launch has happened.
    pub const TPM_ACCESS_0_ESTABLISHMENT: u8 = 0x01;
    /// TPM_STS_0: 1 = DATA_AVAIL and EXPECT are true; always 1.
    pub const TPM_STS_0_VALID: u8 = 0x80;
    /// TPM_STS_0: 1 = a command may be written; a write of 1 gets there from idle, and from anywhere else to idle.
    pub const TPM_STS_0_COMMAND_READY: u8 = 0x40;
    /// TPM_STS_0: a write of 1 gives the whole command to the TPM; dropped while EXPECT is 1.
    pub const TPM_STS_0_GO: u8 = 0x20;
    /// TPM_STS_0: 1 = the response has bytes left to read.
    pub const TPM_STS_0_DATA_AVAIL: u8 = 0x10;
    /// TPM_STS_0: 1 = the command wants more bytes.
    pub const TPM_STS_0_EXPECT: u8 = 0x08;
    /// TPM_STS_0: always 1.
    pub const TPM_STS_0_SELF_TEST_DONE: u8 = 0x04;
    /// TPM_STS_0: a write of 1 lets the response be read from its first byte again.
    pub const TPM_STS_0_RESPONSE_RETRY: u8 = 0x02;
}

/// Codes for ORM_CMD.
pub mod op {
    /// Open session ORM_SESS as payer over entries ORM_K .. ORM_K+ORM_SLOT-1; takes the next session counter; vault is HELD.
    pub const OPEN_PAYER: u8 = 0x01;
    /// Open session ORM_SESS as payee over entries ORM_K .. ORM_K+ORM_SLOT-1.
    pub const OPEN_PAYEE: u8 = 0x02;
    /// Repository slot to entry, encrypting under PTK; erases the slot and checks that it reads zero.
    pub const STAGE: u8 = 0x03;
    /// Entry to output buffer to data bus; may be repeated.
    pub const SEND: u8 = 0x04;
    /// Data bus to input buffer to entry; bounded wait. An entry of this session already received is replaced.
    pub const RECEIVE: u8 = 0x05;
    /// Entry (ciphertext) to output buffer, not to the data bus; sets ENTRY_STATE.
    pub const PEEK: u8 = 0x06;
    /// Entry to an empty repository slot, decrypting; erases the entry.
    pub const SETTLE: u8 = 0x07;
    /// Vault: HELD to RELEASED for good; PTK_OUT shows PTK. Repeatable. Refused once REFUNDED.
    pub const RELEASE: u8 = 0x08;
    /// Vault: HELD to REFUNDED for good. Repeatable. Refused once RELEASED.
    pub const REFUND: u8 = 0x09;
    /// Payee: store PTK_IN with the session. Refused when a key is stored already.
    pub const KEYLOAD: u8 = 0x0A;
    /// SCRUB: erases the session's entries and both token buffers, then the record. Payer: only after RELEASE, or with no staged entry left. Payee: not while a key is stored and an entry is unsettled; without a key its entries are worthless and go.
    pub const CLOSE: u8 = 0x0B;
    /// Values of slots ORM_SLOT .. ORM_SLOT+31 to the output buffer.
    pub const DIRSCAN: u8 = 0x0C;
    /// Mint build only: 96 bytes of PRESS with ORM_VALUE to an entry of an open payer session.
    pub const PRESS: u8 = 0x0D;
    /// Load SESS_STATE, SESS_CTR, SESS_BASE, SESS_N (and PTK_OUT if released) of ORM_SESS.
    pub const SESSREAD: u8 = 0x0E;
    /// Name of a code.
    #[must_use]
    pub fn name(code: u8) -> Option<&'static str> {
        match code {
            OPEN_PAYER => Some("OPEN_PAYER"),
            OPEN_PAYEE => Some("OPEN_PAYEE"),
            STAGE => Some("STAGE"),
            SEND => Some("SEND"),
            RECEIVE => Some("RECEIVE"),
            PEEK => Some("PEEK"),
            SETTLE => Some("SETTLE"),
            RELEASE => Some("RELEASE"),
            REFUND => Some("REFUND"),
            KEYLOAD => Some("KEYLOAD"),
            CLOSE => Some("CLOSE"),
            DIRSCAN => Some("DIRSCAN"),
            PRESS => Some("PRESS"),
            SESSREAD => Some("SESSREAD"),
            _ => None,
        }
    }
}

/// Codes in ORM_ERR.
pub mod err {
    /// Done.
    pub const NONE: u8 = 0x00;
    /// Unknown operation, or PRESS in a wallet build.
    pub const BAD_OP: u8 = 0x01;
    /// Session slot out of range, not open, already open, closing, or of the other role.
    pub const BAD_SESSION: u8 = 0x02;
    /// Entry outside the session, or in the wrong state for the operation.
    pub const BAD_ENTRY: u8 = 0x03;
    /// Repository slot out of range, empty for STAGE, or in use for SETTLE.
    pub const BAD_SLOT: u8 = 0x04;
    /// OPEN: range empty, out of the buffer, or overlapping an open session.
    pub const BAD_RANGE: u8 = 0x05;
    /// Refused by the vault: release after refund, refund after release, staging or sending after either, settling without a key.
    pub const VAULT: u8 = 0x06;
    /// An erased word did not read zero, or the ORM found its own state or what it read to be damaged; it is trapped until power-up.
    pub const ERASE: u8 = 0x07;
    /// Nonvolatile memory did not acknowledge in time; the ORM is trapped until power-up.
    pub const NV_TIMEOUT: u8 = 0x08;
    /// Partner did not take or send the bytes in time; nothing moved.
    pub const BUS_TIMEOUT: u8 = 0x09;
    /// A transfer on the data bus had not exactly 96 bytes, or another index; nothing moved.
    pub const BUS_FRAME: u8 = 0x0A;
    /// CLOSE of a payer session that holds staged entries and was not released, or of a keyed payee session with entries to settle.
    pub const NOT_CLOSABLE: u8 = 0x0B;
    /// The session counter has reached its last value.
    pub const EXHAUSTED: u8 = 0x0C;
    /// Name of a code.
    #[must_use]
    pub fn name(code: u8) -> Option<&'static str> {
        match code {
            NONE => Some("NONE"),
            BAD_OP => Some("BAD_OP"),
            BAD_SESSION => Some("BAD_SESSION"),
            BAD_ENTRY => Some("BAD_ENTRY"),
            BAD_SLOT => Some("BAD_SLOT"),
            BAD_RANGE => Some("BAD_RANGE"),
            VAULT => Some("VAULT"),
            ERASE => Some("ERASE"),
            NV_TIMEOUT => Some("NV_TIMEOUT"),
            BUS_TIMEOUT => Some("BUS_TIMEOUT"),
            BUS_FRAME => Some("BUS_FRAME"),
            NOT_CLOSABLE => Some("NOT_CLOSABLE"),
            EXHAUSTED => Some("EXHAUSTED"),
            _ => None,
        }
    }
}

/// Layout of the nonvolatile memory, in 32-bit words; see opera.toml.
pub mod nv {
    /// Session words 3..7, journal commit, selectors (yes = bank 1), log valid.
    pub const CODE_YES: u32 = 0x69696969;
    /// Session counter: bank 0, bank 1, selector.
    pub const CTR_BASE: u32 = 0x10100;
    /// `entries` of opera.toml.
    pub const ENTRIES: u32 = 0x400;
    /// Tb word 0.
    pub const ENTRY_RECEIVED: u32 = 0xC3C3C3C3;
    /// Tb word 0.
    pub const ENTRY_STAGED: u32 = 0x3C3C3C3C;
    /// 0 kind, 1 entry | slot<<16, 2 commit.
    pub const JOURNAL_BASE: u32 = 0x10120;
    /// `journal_settle` of opera.toml.
    pub const JOURNAL_SETTLE: u32 = 0xF0F0F0F0;
    /// `journal_stage` of opera.toml.
    pub const JOURNAL_STAGE: u32 = 0xF0F0F0F;
    /// Slot s at log_base + 128*s: bank 0 (32 words), bank 1 (32), then selector, progress bank 0, bank 1, progress selector, valid.
    pub const LOG_BASE: u32 = 0x11000;
    /// `log_slots` of opera.toml.
    pub const LOG_SLOTS: u32 = 0x8;
    /// Power challenge counter: bank 0, bank 1, selector.
    pub const PWR_CTR_BASE: u32 = 0x12000;
    /// Slot s at repo_base + 32*s: word 0 state, 1 value, 2 session counter of its seal, 3 its entry (bits 31:16 do not count), 8..31 sealed token.
    pub const REPO_BASE: u32 = 0x0;
    /// `role_payee` of opera.toml.
    pub const ROLE_PAYEE: u32 = 0x99999999;
    /// `role_payer` of opera.toml.
    pub const ROLE_PAYER: u32 = 0x66666666;
    /// Mint: last device serial number given out: bank 0, bank 1, selector; kept by the authority's command line.
    pub const SERIAL_CTR_BASE: u32 = 0x12010;
    /// Session s at sess_base + 32*s: 0 counter, 1 base | n<<16, 2 role, 3 open, 4 released, 5 refunded, 6 closing, 7 keyed, 8..11 PTK (payee).
    pub const SESS_BASE: u32 = 0x10000;
    /// `sessions` of opera.toml.
    pub const SESSIONS: u32 = 0x8;
    /// Repo word 0.
    pub const SLOT_VALID: u32 = 0x96969696;
    /// `slots` of opera.toml.
    pub const SLOTS: u32 = 0x400;
    /// Entry k at tb_base + 32*k: word 0 state, 1 value, 8..31 ciphertext.
    pub const TB_BASE: u32 = 0x8000;
    /// `words` of opera.toml.
    pub const WORDS: u32 = 0x20000;
}

/// Registers of the internal LPC bus.
pub const REGISTERS: &[Place] = &[
    Place {
        name: "ID",
        base: 0xA00,
        bytes: 4,
    },
    Place {
        name: "MOUNT",
        base: 0xA04,
        bytes: 1,
    },
    Place {
        name: "MOUNT_CLR",
        base: 0xA05,
        bytes: 1,
    },
    Place {
        name: "LINK_CTL",
        base: 0xA08,
        bytes: 1,
    },
    Place {
        name: "LINK_STAT",
        base: 0xA09,
        bytes: 1,
    },
    Place {
        name: "TX_LEN",
        base: 0xA0A,
        bytes: 2,
    },
    Place {
        name: "RX_LEN",
        base: 0xA0C,
        bytes: 2,
    },
    Place {
        name: "RX_ACK",
        base: 0xA0E,
        bytes: 1,
    },
    Place {
        name: "PWR_CMD",
        base: 0xA10,
        bytes: 1,
    },
    Place {
        name: "PWR_STAT",
        base: 0xA11,
        bytes: 1,
    },
    Place {
        name: "PWR_CHAL",
        base: 0xA20,
        bytes: 16,
    },
    Place {
        name: "PWR_RESP",
        base: 0xA30,
        bytes: 16,
    },
    Place {
        name: "LOG_CMD",
        base: 0xA12,
        bytes: 1,
    },
    Place {
        name: "LOG_SLOT",
        base: 0xA13,
        bytes: 1,
    },
    Place {
        name: "LOG_STAT",
        base: 0xA14,
        bytes: 1,
    },
    Place {
        name: "LOG_PROG",
        base: 0xA18,
        bytes: 4,
    },
    Place {
        name: "ORM_CMD",
        base: 0xA40,
        bytes: 1,
    },
    Place {
        name: "ORM_STAT",
        base: 0xA41,
        bytes: 1,
    },
    Place {
        name: "ORM_ERR",
        base: 0xA42,
        bytes: 1,
    },
    Place {
        name: "ORM_SESS",
        base: 0xA43,
        bytes: 1,
    },
    Place {
        name: "ORM_K",
        base: 0xA44,
        bytes: 2,
    },
    Place {
        name: "ORM_SLOT",
        base: 0xA46,
        bytes: 2,
    },
    Place {
        name: "ORM_VALUE",
        base: 0xA48,
        bytes: 4,
    },
    Place {
        name: "SESS_STATE",
        base: 0xA4C,
        bytes: 1,
    },
    Place {
        name: "SESS_CTR",
        base: 0xA50,
        bytes: 4,
    },
    Place {
        name: "SESS_BASE",
        base: 0xA54,
        bytes: 2,
    },
    Place {
        name: "SESS_N",
        base: 0xA56,
        bytes: 2,
    },
    Place {
        name: "PTK_OUT",
        base: 0xA60,
        bytes: 16,
    },
    Place {
        name: "PTK_IN",
        base: 0xA70,
        bytes: 16,
    },
    Place {
        name: "ENTRY_STATE",
        base: 0xA58,
        bytes: 1,
    },
];
/// Firmware windows of the internal LPC bus.
pub const WINDOWS: &[Place] = &[
    Place {
        name: "MBOX_TX",
        base: 0x0,
        bytes: 512,
    },
    Place {
        name: "MBOX_RX",
        base: 0x1000,
        bytes: 512,
    },
    Place {
        name: "LOG_BUF",
        base: 0x2000,
        bytes: 128,
    },
    Place {
        name: "ORM_OUT",
        base: 0x3000,
        bytes: 128,
    },
    Place {
        name: "PRESS",
        base: 0x4000,
        bytes: 128,
    },
];
/// Registers of the link LPC bus.
pub const LINK_REGISTERS: &[Place] = &[
    Place {
        name: "LINK_FLAGS",
        base: 0xA00,
        bytes: 1,
    },
    Place {
        name: "LINK_TXLEN",
        base: 0xA02,
        bytes: 2,
    },
    Place {
        name: "LINK_RXLEN",
        base: 0xA04,
        bytes: 2,
    },
    Place {
        name: "LINK_TXACK",
        base: 0xA06,
        bytes: 1,
    },
];
/// Registers of the TPM on the internal LPC bus.
pub const TPM_REGISTERS: &[Place] = &[
    Place {
        name: "TPM_ACCESS_0",
        base: 0x0,
        bytes: 1,
    },
    Place {
        name: "TPM_INTF_CAPABILITY_0",
        base: 0x14,
        bytes: 4,
    },
    Place {
        name: "TPM_STS_0",
        base: 0x18,
        bytes: 1,
    },
    Place {
        name: "TPM_BURST_0",
        base: 0x19,
        bytes: 2,
    },
    Place {
        name: "TPM_FAMILY_0",
        base: 0x1B,
        bytes: 1,
    },
    Place {
        name: "TPM_DATA_FIFO_0",
        base: 0x24,
        bytes: 4,
    },
    Place {
        name: "TPM_DID_VID_0",
        base: 0xF00,
        bytes: 4,
    },
    Place {
        name: "TPM_RID_0",
        base: 0xF04,
        bytes: 1,
    },
];
/// Firmware windows of the link LPC bus.
pub const LINK_WINDOWS: &[Place] = &[
    Place {
        name: "LINK_RX",
        base: 0x0,
        bytes: 512,
    },
    Place {
        name: "LINK_TX",
        base: 0x1000,
        bytes: 512,
    },
];
