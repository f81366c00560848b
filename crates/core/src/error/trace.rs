//! The polyglot traceback: one frame for each place that a failing call went through.

/// A place in the source of one hop. Values of arguments never appear here.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Frame {
    /// `rust`, `python`, `node`, `go`, `ruby`, `php`.
    pub language: String,
    /// The interface that was being served, or the program's name for a caller that serves nothing.
    pub component: String,
    /// The function in its language's spelling.
    pub function: String,
    /// Source file as the language reports it; empty if unknown.
    pub file: String,
    /// Line, from 1; 0 if unknown.
    pub line: u32,
}

impl std::fmt::Display for Frame {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "[{}] {} {}",
            self.language, self.component, self.function
        )?;
        if !self.file.is_empty() {
            write!(f, " ({}:{})", self.file, self.line)?;
        }
        Ok(())
    }
}
