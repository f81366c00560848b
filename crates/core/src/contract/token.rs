//! Tokens in `@external-id("...")`: `name[.member][=percent-encoded]`, separated by spaces. Ours start with `hms:`.

/// The tokens of one attribute.
#[derive(Debug, Default)]
pub(super) struct Tokens {
    /// Ours, parsed.
    pub ours: Vec<Token>,
    /// The others, as written.
    pub foreign: Vec<String>,
}

/// One of our tokens.
#[derive(Debug)]
pub(super) struct Token {
    pub name: Name,
    pub member: Option<String>,
    /// Percent-decoded.
    pub value: Option<String>,
}

macro_rules! names {
    ($($variant:ident = $text:literal, $value:literal, $member:literal;)*) => {
        /// The names of our tokens.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Name { $($variant,)* }

        impl Name {
            const ALL: &[Name] = &[$(Name::$variant,)*];

            /// The whole name, `hms:set`.
            pub(super) fn text(self) -> &'static str {
                match self { $(Name::$variant => concat!("hms:", $text),)* }
            }

            fn takes_value(self) -> bool {
                match self { $(Name::$variant => $value,)* }
            }

            fn takes_member(self) -> bool {
                match self { $(Name::$variant => $member,)* }
            }
        }
    };
}

// name, whether it needs a value, whether it may have a member
names! {
    Set = "set", false, false;
    Idempotent = "idempotent", false, false;
    Topic = "topic", false, false;
    Quick = "quick", false, false;
    Callback = "callback", false, false;
    Fallback = "fallback", true, false;
    Sensitive = "sensitive", false, true;
    Range = "range", true, true;
    Length = "length", true, true;
    Pattern = "pattern", true, true;
    Unit = "unit", true, true;
}

/// Parses the text of one attribute.
pub(super) fn parse(text: &str) -> Result<Tokens, String> {
    let mut tokens = Tokens::default();
    for word in text.split_ascii_whitespace() {
        if !word.starts_with("hms:") {
            tokens.foreign.push(word.to_owned());
            continue;
        }
        let token = parse_one(word)?;
        if tokens
            .ours
            .iter()
            .any(|t| t.name == token.name && t.member == token.member)
        {
            return Err(format!("the token `{}` stands here twice", head(word)));
        }
        tokens.ours.push(token);
    }
    Ok(tokens)
}

fn head(word: &str) -> &str {
    word.split_once('=').map_or(word, |(head, _)| head)
}

fn parse_one(word: &str) -> Result<Token, String> {
    let value = word.split_once('=').map(|(_, value)| value);
    let (name, member) = match head(word).split_once('.') {
        Some((name, member)) => (name, Some(member)),
        None => (head(word), None),
    };
    let Some(&name) = Name::ALL.iter().find(|n| n.text() == name) else {
        let known: Vec<_> = Name::ALL.iter().map(|n| n.text()).collect();
        return Err(format!(
            "unknown token `{name}`; there are {}",
            known.join(", ")
        ));
    };
    let text = name.text();
    match member {
        Some("") => return Err(format!("the token `{text}` has an empty member")),
        Some(_) if !name.takes_member() => {
            return Err(format!("the token `{text}` takes no member"));
        }
        _ => {}
    }
    match value {
        Some(_) if !name.takes_value() => return Err(format!("the token `{text}` takes no value")),
        None | Some("") if name.takes_value() => {
            return Err(format!("the token `{text}` needs a value, `{text}=...`"));
        }
        _ => {}
    }
    let value = value.map(|v| percent_decode(v).ok_or(v)).transpose();
    let value =
        value.map_err(|v| format!("the value of `{text}` is not percent-encoded UTF-8: `{v}`"))?;
    Ok(Token {
        name,
        member: member.map(str::to_owned),
        value,
    })
}

fn percent_decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        if byte == b'%' {
            let (digits, tail) = rest.split_at_checked(2)?;
            let digit = |b: u8| char::from(b).to_digit(16);
            bytes.push((digit(digits[0])? * 16 + digit(digits[1])?) as u8);
            rest = tail;
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_split_and_decoded() {
        let tokens =
            parse("hms:pattern.id=%5Ba-z%20%C3%A4%5D+  http://hl7.org/x hms:sensitive").unwrap();
        assert_eq!(tokens.foreign, ["http://hl7.org/x"]);
        assert_eq!(tokens.ours[0].name, Name::Pattern);
        assert_eq!(tokens.ours[0].member.as_deref(), Some("id"));
        assert_eq!(tokens.ours[0].value.as_deref(), Some("[a-z ä]+"));
        assert_eq!(tokens.ours[1].name, Name::Sensitive);
    }

    #[test]
    fn wrong_tokens_are_named() {
        for (text, message) in [
            ("hms:sets", "unknown token `hms:sets`"),
            ("hms:", "unknown token `hms:`"),
            ("hms:set=1", "`hms:set` takes no value"),
            ("hms:set.x", "`hms:set` takes no member"),
            ("hms:range", "`hms:range` needs a value"),
            ("hms:range.=1..2", "empty member"),
            ("hms:unit=%zz", "not percent-encoded UTF-8"),
            ("hms:unit=%ff", "not percent-encoded UTF-8"),
            ("hms:unit=%4", "not percent-encoded UTF-8"),
            ("hms:set hms:set", "twice"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains(message), "{text}: {error}");
        }
    }
}
