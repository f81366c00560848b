//! The example of tasks does what it says.

#[path = "../../examples/lab.rs"]
mod lab;

#[test]
fn the_lab() {
    crate::tasks::runtime().block_on(lab::run()).unwrap();
}
