//! The provider of the conformance suite.

mod orders;
mod suite;

use hms_ffi::Result;
use std::io::Write;

fn main() -> Result<()> {
    let serving = [orders::early()?.start()?, orders::late()?.start()?];
    let suite = suite::component()?;
    suite.serve_with(|| {
        println!("ready");
        // A closed pipe would mean that nobody waits for us.
        let _ = std::io::stdout().flush();
    })?;
    serving.into_iter().for_each(hms_ffi::Serving::close);
    Ok(())
}
