//! What the tests of values share: a seeded generator, the vectors, and random types with random values.
#![allow(dead_code)] // no test uses everything

pub mod random;
pub mod vectors;
