//! A small seeded generator (splitmix64): the same seed gives the same run on every machine.

pub struct Rng(u64);

#[allow(dead_code)] // each test uses some of it
impl Rng {
    pub fn new(seed: u64) -> Rng {
        // Neighbouring seeds have to give unlike runs.
        let mut rng = Rng(seed ^ 0xA076_1D64_78BD_642F);
        rng.next();
        rng
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Below `limit`, which is not 0.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    /// From `low` to `high`, both included.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high - low + 1)
    }

    /// True `n` times in a hundred.
    pub fn percent(&mut self, n: u64) -> bool {
        self.below(100) < n
    }

    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len() as u64) as usize]
    }

    /// Mostly small, now and then up to `limit`: sizes around the powers of two are the interesting ones.
    pub fn size(&mut self, limit: u64) -> usize {
        let bits = self.between(0, 64 - u64::from(limit.leading_zeros()));
        let around = (1u64 << bits.min(62))
            .saturating_add(self.below(17))
            .saturating_sub(8);
        (if self.percent(50) {
            around
        } else {
            self.below(1 << bits.min(62))
        })
        .min(limit) as usize
    }
}
