//! The same bytes over a Unix socket, with one write and one read on each side.

use crate::{Result, SIZE};
use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;

/// Serves one connection until it ends.
pub fn serve(path: &Path) -> Result<()> {
    let listener = UnixListener::bind(path)?;
    println!("ready");
    let (mut stream, _) = listener.accept()?;
    let mut data = [0; SIZE];
    while stream.read_exact(&mut data).is_ok() {
        stream.write_all(&data)?;
    }
    Ok(())
}

/// A connection to it.
pub fn connect(path: &Path) -> Result<UnixStream> {
    Ok(UnixStream::connect(path)?)
}

/// One call.
pub fn call(stream: &mut UnixStream, data: &[u8]) -> Result<()> {
    stream.write_all(data)?;
    let mut echoed = [0; SIZE];
    stream.read_exact(&mut echoed)?;
    Ok(())
}
