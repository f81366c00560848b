//! Standard output: buffered, coloured only on a terminal, quiet when nobody reads it.

use std::io::{self, BufWriter, IsTerminal, Stdout, Write};

use hms_ffi_core::convert::json::Json;

use crate::Done;
use crate::failure::Failure;

/// How a piece of text is shown on a terminal.
#[derive(Clone, Copy)]
pub enum Look {
    /// Names of things.
    Bold,
    /// Details.
    Dim,
    /// What is wrong.
    Red,
    /// What needs attention.
    Yellow,
    /// What is well.
    Green,
}

impl Look {
    const fn code(self) -> &'static str {
        match self {
            Look::Bold => "1",
            Look::Dim => "2",
            Look::Red => "31",
            Look::Yellow => "33",
            Look::Green => "32",
        }
    }
}

/// Whether colours are wanted on a stream.
pub fn has_colours(stream: &impl IsTerminal) -> bool {
    stream.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// `text` in a look, if there are colours.
pub fn paint(colours: bool, look: Look, text: &str) -> String {
    if colours {
        format!("\x1b[{}m{text}\x1b[0m", look.code())
    } else {
        text.to_owned()
    }
}

/// Standard output.
pub struct Output {
    out: BufWriter<Stdout>,
    is_terminal: bool,
    colours: bool,
}

impl Output {
    pub fn new() -> Output {
        let stdout = io::stdout();
        Output {
            is_terminal: stdout.is_terminal(),
            colours: has_colours(&stdout),
            out: BufWriter::new(stdout),
        }
    }

    /// Writes one line.
    pub fn line(&mut self, text: impl std::fmt::Display) -> Done {
        writeln!(self.out, "{text}").map_err(Failure::output)
    }

    /// Writes a JSON value on lines of its own.
    pub fn json(&mut self, value: &serde_json::Value) -> Done {
        let text = serde_json::to_string_pretty(value).expect("JSON values are printable");
        self.line(text)
    }

    /// Writes a value: for people with line breaks, for programs on one line.
    pub fn value(&mut self, value: &Json) -> Done {
        if self.is_terminal {
            self.line(value.to_pretty())
        } else {
            self.line(value)
        }
    }

    /// Writes bytes as they are.
    pub fn bytes(&mut self, bytes: &[u8]) -> Done {
        self.out.write_all(bytes).map_err(Failure::output)
    }

    /// `text` in a look, for [`Output::line`].
    pub fn paint(&self, look: Look, text: &str) -> String {
        paint(self.colours, look, text)
    }

    /// Columns padded to their widest cell; the first row is the heading.
    pub fn table(&mut self, rows: &[Vec<String>]) -> Done {
        let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = |column: usize| {
            rows.iter()
                .filter_map(|row| row.get(column))
                .map(|cell| cell.chars().count())
                .max()
        };
        let widths: Vec<usize> = (0..columns)
            .map(|column| width(column).unwrap_or(0))
            .collect();
        for (number, row) in rows.iter().enumerate() {
            let cells: Vec<String> = row
                .iter()
                .zip(&widths)
                .map(|(cell, &width)| format!("{cell:width$}"))
                .collect();
            let text = cells.join("  ");
            let text = text.trim_end();
            let line = if number == 0 {
                self.paint(Look::Dim, text)
            } else {
                text.to_owned()
            };
            self.line(line)?;
        }
        Ok(())
    }

    pub fn flush(&mut self) -> Done {
        self.out.flush().map_err(Failure::output)
    }
}
