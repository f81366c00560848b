//! Log lines on standard error for programs whose language has no logger of ours (`HMS_LOG`). Rust programs choose their own logger through the
//! `log` crate and get none of this. Lines hold no argument values.

use log::{Level, LevelFilter, Log, Metadata, Record};
use std::io::Write;

struct Stderr;

impl Log for Stderr {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("hms_ffi")
    }

    fn log(&self, record: &Record<'_>) {
        if self.enabled(record.metadata()) {
            let level = match record.level() {
                Level::Error => "error",
                Level::Warn => "warning",
                Level::Info => "info",
                Level::Debug => "debug",
                Level::Trace => "trace",
            };
            // One write a line, so that lines of several processes do not mix.
            let line = format!("hms-ffi: {level}: {}\n", record.args());
            let _ = std::io::stderr().write_all(line.as_bytes());
        }
    }

    fn flush(&self) {}
}

/// Logs to standard error from now on, at the level of `HMS_LOG` (`error`, `warn`, `info`, `debug`, `trace`; default `warn`), unless a logger is
/// set already.
pub fn to_stderr() {
    let level = std::env::var("HMS_LOG")
        .ok()
        .and_then(|text| text.parse::<LevelFilter>().ok());
    if log::set_logger(&Stderr).is_ok() {
        log::set_max_level(level.unwrap_or(LevelFilter::Warn));
    }
}
