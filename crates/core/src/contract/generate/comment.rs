//! Documentation as comments. It may come from a peer, so nothing in it may end the comment, be taken for a directive, or
//! be shown differently from what it is.

/// The lines of a text without control characters, invisible marks and anything that changes the direction of text.
pub(super) fn lines(docs: &str) -> Vec<String> {
    let hidden = |c: char| matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    let clean = |line: &str| -> String {
        let text = line
            .chars()
            .map(|c| if c.is_control() || hidden(c) { ' ' } else { c });
        text.collect::<String>().trim().to_owned()
    };
    let mut lines: Vec<String> = docs.split('\n').map(clean).collect();
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    lines
}

/// `///` comments for Rust. Code in them would be run as a test, so its marks are taken away.
pub(super) fn rust(docs: &str, indent: &str) -> String {
    let line = |line: String| {
        format!(
            "{indent}/// {}\n",
            line.replace("```", "'''").replace("~~~", "'''")
        )
    };
    lines(docs)
        .into_iter()
        .map(line)
        .map(|line| line.replace("/// \n", "///\n"))
        .collect()
}

/// `//` comments for Go.
pub(super) fn go(docs: &str, indent: &str) -> String {
    lines(docs)
        .into_iter()
        .map(|line| format!("{indent}// {line}\n").replace("// \n", "//\n"))
        .collect()
}

/// `#:` comments for Python, which are never taken for `# type:` comments.
pub(super) fn python(docs: &str, indent: &str) -> String {
    lines(docs)
        .into_iter()
        .map(|line| format!("{indent}#: {line}\n").replace("#: \n", "#:\n"))
        .collect()
}

/// A `/** */` comment for TypeScript.
pub(super) fn typescript(docs: &str, indent: &str) -> String {
    let lines: Vec<String> = lines(docs)
        .iter()
        .map(|line| line.replace("*/", "*\u{2215}"))
        .collect();
    match lines.as_slice() {
        [] => String::new(),
        [line] => format!("{indent}/** {line} */\n"),
        lines => {
            let body: String = lines
                .iter()
                .map(|line| format!("{indent} * {line}").trim_end().to_owned() + "\n")
                .collect();
            format!("{indent}/**\n{body}{indent} */\n")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_docs_stay_comments() {
        let docs = "one */ export const x = 1\r\ntype: ignore\u{2028}import os\n```\npanic!()\n```\n\u{202e}\n\n";
        assert_eq!(lines(docs).len(), 5);
        assert!(typescript(docs, "").matches("*/").count() == 1);
        assert!(
            rust(docs, "  ")
                .lines()
                .all(|line| line.starts_with("  ///") && !line.contains("```"))
        );
        assert!(
            go(docs, "")
                .lines()
                .all(|line| line == "//" || line.starts_with("// "))
        );
        assert!(python(docs, "").lines().all(|line| line.starts_with("#:")));
        assert_eq!(typescript("", ""), "");
        assert_eq!(typescript("a\nb", "  "), "  /**\n   * a\n   * b\n   */\n");
    }
}
