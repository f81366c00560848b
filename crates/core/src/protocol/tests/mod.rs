//! Tests of the protocol: frames byte by byte, then two linked state machines.

mod frames;
mod links;
mod pair;
