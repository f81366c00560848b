//! A cursor over ASCII text for the small fixed grammars of dates and times.

/// What is left of a text.
pub(super) struct Scan<'t>(&'t [u8]);

impl<'t> Scan<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Scan(text.as_bytes())
    }

    /// Exactly `count` digits as a number.
    pub(super) fn digits(&mut self, count: usize) -> Option<u32> {
        let (digits, rest) = self.0.split_at_checked(count)?;
        let mut number = 0;
        for digit in digits {
            number = number * 10 + u32::from(digit.is_ascii_digit().then(|| digit - b'0')?);
        }
        self.0 = rest;
        Some(number)
    }

    /// One or more digits as a number.
    pub(super) fn number(&mut self) -> Option<u64> {
        let count = self
            .0
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        let (digits, rest) = self.0.split_at(count);
        self.0 = rest;
        // `parse` refuses no digits at all.
        std::str::from_utf8(digits).ok()?.parse().ok()
    }

    /// One of these bytes.
    pub(super) fn any(&mut self, of: &[u8]) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        of.contains(first).then(|| {
            self.0 = rest;
            *first
        })
    }

    /// Nanoseconds from an optional `.` and one to nine digits.
    pub(super) fn fraction(&mut self) -> Option<u32> {
        if self.any(b".").is_none() {
            return Some(0);
        }
        let count = self
            .0
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        if !(1..=9).contains(&count) {
            return None;
        }
        Some(self.digits(count)? * 10u32.pow(9 - count as u32))
    }

    /// Nothing is left.
    pub(super) fn end(&self) -> Option<()> {
        self.0.is_empty().then_some(())
    }
}

/// Writes `.` and the digits of nanoseconds without trailing zeros; nothing for zero.
pub(super) fn write_fraction(
    f: &mut std::fmt::Formatter<'_>,
    nanoseconds: u32,
) -> std::fmt::Result {
    if nanoseconds == 0 {
        return Ok(());
    }
    let digits = format!("{nanoseconds:09}");
    write!(f, ".{}", digits.trim_end_matches('0'))
}
