//! Constraints from tokens: their syntax, which types they suit, and how they add up along alias chains.

use std::cmp::Ordering;

use super::schema::{Constraints, Kind, TypeDef, TypeId};
use super::token::{Name, Token};

/// Adds the constraint of `token` to `constraints`; `kind` is the type under aliases and options.
pub(super) fn add(constraints: &mut Constraints, token: &Token, kind: &Kind) -> Result<(), String> {
    let value = token.value.as_deref().unwrap_or_default();
    let unsuitable = |needs: &str| Err(format!("`{}` needs {needs}", token.name.text()));
    match token.name {
        Name::Sensitive => constraints.sensitive = true,
        Name::Range if !is_number(kind) => return unsuitable("a number"),
        Name::Range => {
            let range = parse_range(value, kind)?;
            constraints.range = Some(narrow_range(constraints.range.take(), range)?);
        }
        Name::Length if !has_length(kind) => return unsuitable("a string, list, set or map"),
        Name::Length => {
            let length = parse_length(value)?;
            constraints.length = Some(narrow_length(constraints.length, length)?);
        }
        Name::Pattern if !matches!(kind, Kind::String) => return unsuitable("a string"),
        Name::Pattern => {
            check_pattern(value)?;
            set_once(&mut constraints.pattern, value, "pattern")?;
        }
        Name::Unit if !is_number(kind) => return unsuitable("a number"),
        Name::Unit => set_once(&mut constraints.unit, value, "unit")?,
        _ => {
            return Err(format!(
                "the token `{}` does not belong here",
                token.name.text()
            ));
        }
    }
    Ok(())
}

/// Checks constraints that came from a peer as [`add`] checks those of tokens.
pub(super) fn check(constraints: &Constraints, kind: &Kind) -> Result<(), String> {
    if let Some((low, high)) = &constraints.range {
        let text = format!(
            "{}..{}",
            low.as_deref().unwrap_or_default(),
            high.as_deref().unwrap_or_default()
        );
        if !is_number(kind) || parse_range(&text, kind)? != (low.clone(), high.clone()) {
            return Err("a range that does not suit its type".into());
        }
    }
    if let Some((low, high)) = constraints.length
        && (!has_length(kind)
            || (low.is_none() && high.is_none())
            || low.zip(high).is_some_and(|(l, h)| l > h))
    {
        return Err("a length that does not suit its type".into());
    }
    if let Some(pattern) = &constraints.pattern {
        if !matches!(kind, Kind::String) {
            return Err("a pattern for something else than a string".into());
        }
        check_pattern(pattern)?;
    }
    if constraints.unit.is_some() && !is_number(kind) {
        return Err("a unit for something else than a number".into());
    }
    Ok(())
}

/// The type that constraints on `id` speak of: options are looked through.
pub(super) fn subject(types: &[TypeDef], mut id: TypeId) -> &Kind {
    while let Kind::Option { payload } = types[id as usize].kind {
        id = payload;
    }
    &types[id as usize].kind
}

fn is_number(kind: &Kind) -> bool {
    integer_bounds(kind).is_some() || matches!(kind, Kind::F32 | Kind::F64 | Kind::Decimal)
}

fn has_length(kind: &Kind) -> bool {
    matches!(
        kind,
        Kind::String | Kind::List { .. } | Kind::Set { .. } | Kind::Map { .. }
    )
}

fn integer_bounds(kind: &Kind) -> Option<(i128, i128)> {
    Some(match kind {
        Kind::S8 => (i8::MIN.into(), i8::MAX.into()),
        Kind::S16 => (i16::MIN.into(), i16::MAX.into()),
        Kind::S32 => (i32::MIN.into(), i32::MAX.into()),
        Kind::S64 => (i64::MIN.into(), i64::MAX.into()),
        Kind::U8 => (0, u8::MAX.into()),
        Kind::U16 => (0, u16::MAX.into()),
        Kind::U32 => (0, u32::MAX.into()),
        Kind::U64 => (0, u64::MAX.into()),
        _ => return None,
    })
}

type Range = (Option<String>, Option<String>);

fn parse_range(text: &str, kind: &Kind) -> Result<Range, String> {
    let problem = |why: &str| Err(format!("`hms:range={text}`: {why}"));
    let Some((low, high)) = text.split_once("..") else {
        return problem("expected `low..high`");
    };
    let bound = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let range = (bound(low), bound(high));
    if range == (None, None) {
        return problem("one side needs a number");
    }
    for side in [&range.0, &range.1].into_iter().flatten() {
        if !is_decimal(side) {
            return problem("the sides are decimal numbers");
        }
        if let Some((min, max)) = integer_bounds(kind)
            && !side.parse::<i128>().is_ok_and(|n| min <= n && n <= max)
        {
            return problem("the sides must be values of the type");
        }
    }
    if is_empty(&range) {
        return problem("no value lies in it");
    }
    Ok(range)
}

fn is_empty(range: &Range) -> bool {
    range
        .0
        .as_ref()
        .zip(range.1.as_ref())
        .is_some_and(|(low, high)| compare(low, high) == Ordering::Greater)
}

fn narrow_range(old: Option<Range>, new: Range) -> Result<Range, String> {
    let Some(old) = old else { return Ok(new) };
    let tighter = |a: Option<String>, b: Option<String>, keep: Ordering| match (a, b) {
        (Some(a), Some(b)) => Some(if compare(&a, &b) == keep { a } else { b }),
        (a, b) => a.or(b),
    };
    let range = (
        tighter(old.0, new.0, Ordering::Greater),
        tighter(old.1, new.1, Ordering::Less),
    );
    if is_empty(&range) {
        return Err("the ranges along the aliases leave no value".into());
    }
    Ok(range)
}

type Length = (Option<u64>, Option<u64>);

fn parse_length(text: &str) -> Result<Length, String> {
    let problem = |why: &str| format!("`hms:length={text}`: {why}");
    let (low, high) = text
        .split_once("..")
        .ok_or_else(|| problem("expected `low..high`"))?;
    let bound = |text: &str| match text {
        "" => Ok(None),
        _ if text.bytes().all(|b| b.is_ascii_digit()) => text
            .parse()
            .map(Some)
            .map_err(|_| problem("a side is too large")),
        _ => Err(problem("the sides are whole numbers")),
    };
    match (bound(low)?, bound(high)?) {
        (None, None) => Err(problem("one side needs a number")),
        (Some(low), Some(high)) if low > high => Err(problem("no length lies in it")),
        length => Ok(length),
    }
}

fn narrow_length(old: Option<Length>, new: Length) -> Result<Length, String> {
    let old = old.unwrap_or_default();
    let low = old.0.max(new.0);
    let high = match (old.1, new.1) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    };
    match (low, high) {
        (Some(low), Some(high)) if low > high => {
            Err("the lengths along the aliases leave none".into())
        }
        length => Ok(length),
    }
}

fn set_once(place: &mut Option<String>, value: &str, what: &str) -> Result<(), String> {
    if place.as_deref().is_some_and(|old| old != value) {
        return Err(format!("an alias below already has another {what}"));
    }
    *place = Some(value.to_owned());
    Ok(())
}

fn check_pattern(pattern: &str) -> Result<(), String> {
    regex_syntax::Parser::new()
        .parse(pattern)
        .map(drop)
        .map_err(|error| {
            let text = error.to_string();
            let reason = text
                .lines()
                .last()
                .unwrap_or_default()
                .trim_start_matches("error: ")
                .to_owned();
            format!("`hms:pattern` is no regular expression: {reason}")
        })
}

/// The grammar of decimals in docs/wire-format.md; a zero has no minus sign.
fn is_decimal(text: &str) -> bool {
    let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = match unsigned.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (unsigned, None),
    };
    let nonzero = unsigned.bytes().any(|b| (b'1'..=b'9').contains(&b));
    digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && (nonzero || !text.starts_with('-'))
        && text.len() <= 4096
}

/// The order of two decimals by value.
fn compare(a: &str, b: &str) -> Ordering {
    let (a_negative, b_negative) = (a.starts_with('-'), b.starts_with('-'));
    if a_negative != b_negative {
        return b_negative.cmp(&a_negative);
    }
    fn parts(text: &str) -> (&str, &str) {
        let text = text.trim_start_matches('-');
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        (whole, fraction.trim_end_matches('0'))
    }
    let ((aw, af), (bw, bf)) = (parts(a), parts(b));
    let order = aw
        .len()
        .cmp(&bw.len())
        .then_with(|| aw.cmp(bw))
        .then_with(|| af.cmp(bf));
    if a_negative { order.reverse() } else { order }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_compare_by_value() {
        for (a, b, order) in [
            ("1", "1.0", Ordering::Equal),
            ("-2", "-1", Ordering::Less),
            ("-1", "1", Ordering::Less),
            ("10", "9", Ordering::Greater),
            ("0.10", "0.9", Ordering::Less),
            ("-0.5", "-0.25", Ordering::Less),
        ] {
            assert_eq!(compare(a, b), order, "{a} {b}");
            assert_eq!(compare(b, a), order.reverse(), "{b} {a}");
        }
    }

    #[test]
    fn constraints_add_up_to_the_narrowest() {
        let old = Some((Some("0".to_owned()), Some("10".to_owned())));
        let narrowed = narrow_range(old.clone(), (Some("2".into()), None)).unwrap();
        assert_eq!(narrowed, (Some("2".to_owned()), Some("10".to_owned())));
        assert!(narrow_range(old, (Some("11".into()), None)).is_err());
        assert_eq!(
            narrow_length(Some((None, Some(9))), (Some(3), Some(20))).unwrap(),
            (Some(3), Some(9))
        );
    }

    #[test]
    fn syntax_is_checked() {
        for text in ["1..64", "..64", "1.."] {
            assert!(parse_length(text).is_ok(), "{text}");
            assert!(parse_range(text, &Kind::U8).is_ok(), "{text}");
        }
        for text in ["..", "5", "a..b", "9..1", "1..-2"] {
            assert!(parse_length(text).is_err(), "{text}");
            assert!(parse_range(text, &Kind::S8).is_err(), "{text}");
        }
        assert!(parse_range("0..300", &Kind::U8).is_err());
        assert!(parse_range("0.5..1", &Kind::U8).is_err());
        assert!(parse_range("-0.5..1.50", &Kind::Decimal).is_ok());
        assert!(parse_range("-0..1", &Kind::Decimal).is_err());
        assert!(check_pattern("[a-z]+").is_ok());
        assert!(check_pattern("[a-").is_err());
    }
}
