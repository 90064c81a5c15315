//! The headers of a frame: length of the name u8, name, type u8, value.

/// A header and the bytes of its value; only those of strings are of interest.
#[derive(Debug, Clone, Copy)]
pub(super) struct Header<'a> {
    pub(super) name: &'a [u8],
    pub(super) value: &'a [u8],
}

/// Reads one header after the other; after an error, none.
#[derive(Debug)]
pub(super) struct Headers<'a> {
    rest: &'a [u8],
}

impl<'a> Headers<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], &'static str> {
        let (taken, rest) = self
            .rest
            .split_at_checked(length)
            .ok_or("a frame's header was cut")?;
        self.rest = rest;
        Ok(taken)
    }

    fn byte(&mut self) -> Result<u8, &'static str> {
        let taken = self.take(1)?;
        Ok(taken.first().copied().unwrap_or_default())
    }

    fn header(&mut self) -> Result<Header<'a>, &'static str> {
        let length = self.byte()?;
        let name = self.take(length.into())?;
        let length = match self.byte()? {
            // True and false.
            0 | 1 => 0,
            // An integer of 8, 16, 32 and 64 bits.
            2 => 1,
            3 => 2,
            4 => 4,
            // 8 is a time.
            5 | 8 => 8,
            // Bytes and a string.
            6 | 7 => {
                let length = self.take(2)?;
                length
                    .iter()
                    .fold(0, |length, byte| length << 8 | usize::from(*byte))
            }
            // A UUID.
            9 => 16,
            _ => return Err("a frame's header has an unknown type"),
        };
        let value = self.take(length)?;
        Ok(Header { name, value })
    }
}

impl<'a> Iterator for Headers<'a> {
    type Item = Result<Header<'a>, &'static str>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let header = self.header();
        if header.is_err() {
            self.rest = &[];
        }
        Some(header)
    }
}
