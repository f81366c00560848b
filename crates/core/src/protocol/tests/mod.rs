//! Tests of the protocol: frames byte by byte, then two linked state machines.

mod ends;
mod frames;
mod links;
mod pair;
