//! A 4 Mbit SPI F-RAM on its pins, as `testbench/rtl/fram.v`, with its content in a wallet file.
//!
//! Source: data sheets of FM25V02A and CY15B104Q: command table, "WREN", "power cycling", "sleep mode".

use opera_regs::nv;
use opera_store::WalletFile;

/// Time from power to the first command, in picoseconds.
const POWER_PS: u64 = 1_000_000;
/// Time from the end of sleep to the first command, in picoseconds.
const WAKE_PS: u64 = 450_000_000;
/// What RDID gives: Ramtron in JEDEC's bank 7, then the product.
const IDENTITY: [u8; 9] = [0x7F, 0x7F, 0x7F, 0x7F, 0x7F, 0x7F, 0xC2, 0x2C, 0x00];

const WRITE: u8 = 0x02;
const READ: u8 = 0x03;
const WRDI: u8 = 0x04;
const RDSR: u8 = 0x05;
const WREN: u8 = 0x06;
const RDID: u8 = 0x9F;
const SLEEP: u8 = 0xB9;

/// Where the content is. Word `n` of `opera.toml`'s `[nv]` is the four bytes from `4n`, high byte
/// first.
pub enum Array {
    /// In the process.
    Memory(Vec<u32>),
    /// In a wallet file, which each byte reaches with its eighth bit.
    File(Box<WalletFile>),
}

impl Array {
    /// An empty array that lives as long as the process.
    #[must_use]
    pub fn in_memory() -> Self {
        Self::Memory(vec![0; nv::WORDS as usize])
    }

    /// Content, one element a 32-bit word.
    #[must_use]
    pub fn words(&self) -> &[u32] {
        match self {
            Self::Memory(words) => words,
            Self::File(file) => file.nv(),
        }
    }

    fn write(&mut self, word: usize, value: u32) -> Result<(), String> {
        match self {
            Self::Memory(words) => {
                words[word] = value;
                Ok(())
            }
            Self::File(file) => file.write_word(word, value).map_err(|e| e.to_string()),
        }
    }
}

/// Levels of the pins that the controller drives.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Pins {
    /// Power switch of the part.
    pub power: bool,
    /// CS#.
    pub cs_n: bool,
    /// SCK.
    pub sck: bool,
    /// MOSI.
    pub mosi: bool,
}

/// The part.
pub struct Fram {
    array: Array,
    pins: Pins,
    ready_at: u64,
    enabled: bool,
    asleep: bool,
    bits: u64,
    operation: u8,
    shift: u8,
    address: u32,
    out: Option<bool>,
    early: u64,
    failure: Option<String>,
}

impl Fram {
    /// A part without power.
    #[must_use]
    pub fn new(array: Array) -> Self {
        Self {
            array,
            pins: Pins {
                cs_n: true,
                ..Pins::default()
            },
            ready_at: 0,
            enabled: false,
            asleep: false,
            bits: 0,
            operation: 0,
            shift: 0,
            address: 0,
            out: None,
            early: 0,
            failure: None,
        }
    }

    /// Its cells.
    #[must_use]
    pub fn array(&self) -> &Array {
        &self.array
    }

    /// Takes the cells out.
    #[must_use]
    pub fn into_array(self) -> Array {
        self.array
    }

    /// Clocks of SCK that came before the part was ready: a controller that hurries.
    #[must_use]
    pub fn early(&self) -> u64 {
        self.early
    }

    /// The first error met while writing the wallet file; no byte is taken after it.
    #[must_use]
    pub fn failure(&self) -> Option<&str> {
        self.failure.as_deref()
    }

    /// The pins as they are from now on, at a time in picoseconds; gives MISO. A pull-up holds it
    /// where the part does not.
    pub fn drive(&mut self, pins: Pins, now_ps: u64) -> bool {
        let before = std::mem::replace(&mut self.pins, pins);
        if !pins.power {
            self.enabled = false;
            self.asleep = false;
            self.select();
            return true;
        }
        if !before.power {
            self.ready_at = now_ps + POWER_PS;
        }
        if before.cs_n && !pins.cs_n {
            self.select();
            if std::mem::take(&mut self.asleep) {
                self.ready_at = now_ps + WAKE_PS;
            }
        }
        if !before.cs_n && pins.cs_n {
            self.deselect();
        }
        if !pins.cs_n && !before.sck && pins.sck {
            self.rise(pins.mosi, now_ps);
        }
        if !pins.cs_n && before.sck && !pins.sck {
            self.fall();
        }
        self.out.unwrap_or(true)
    }

    fn select(&mut self) {
        self.bits = 0;
        self.operation = 0;
        self.out = None;
    }

    fn deselect(&mut self) {
        match (self.operation, self.bits) {
            (WREN, 8) => self.enabled = true,
            (WRDI, 8) | (WRITE, _) => self.enabled = false,
            (SLEEP, 8) => self.asleep = true,
            _ => {}
        }
        self.select();
    }

    fn rise(&mut self, mosi: bool, now_ps: u64) {
        if now_ps < self.ready_at {
            self.early += 1;
            return;
        }
        self.shift = self.shift << 1 | u8::from(mosi);
        self.bits += 1;
        match self.bits {
            8 => self.operation = self.shift,
            9..=32 => self.address = self.address << 1 | u32::from(mosi),
            33.. if self.bits.is_multiple_of(8) => {
                if self.operation == WRITE && self.enabled {
                    self.write();
                }
                if matches!(self.operation, WRITE | READ) {
                    self.address += 1;
                }
            }
            _ => {}
        }
    }

    fn write(&mut self) {
        let (word, shift) = self.place();
        let value = self.array.words()[word] & !(0xFF << shift) | u32::from(self.shift) << shift;
        if self.failure.is_none()
            && let Err(error) = self.array.write(word, value)
        {
            self.failure = Some(error);
        }
    }

    fn fall(&mut self) {
        let bit = 7 - (self.bits % 8) as u32;
        self.out = match self.operation {
            READ if self.bits >= 32 => {
                let (word, shift) = self.place();
                Some(self.array.words()[word] >> (shift + bit) & 1 == 1)
            }
            RDSR if self.bits >= 8 => Some(bit == 1 && self.enabled),
            RDID if self.bits >= 8 => {
                let byte = (self.bits / 8 - 1) as usize % IDENTITY.len();
                Some(IDENTITY[byte] >> bit & 1 == 1)
            }
            _ => None,
        };
    }

    /// Word of the address, and where its byte is in it.
    fn place(&self) -> (usize, u32) {
        let address = self.address % (4 * nv::WORDS);
        (address as usize / 4, 24 - 8 * (address % 4))
    }
}
