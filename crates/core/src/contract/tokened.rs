//! What our tokens make of a type: sets, fallbacks, constraints.

use super::schema::{Case, Kind, TypeDef};
use super::token::{Name, Token, Tokens};
use super::{constraint, rules};

/// `ty`, which refers to `types`, with the tokens of one attribute added to what it has.
pub(super) fn tokened(
    types: &[TypeDef],
    mut ty: TypeDef,
    tokens: Tokens,
) -> Result<TypeDef, String> {
    // A constraint speaks of what the other tokens make of the type, so `hms:set` comes first.
    let is_shaping = |token: &&Token| matches!(token.name, Name::Set | Name::Fallback);
    let (shaping, constraints): (Vec<_>, Vec<_>) = tokens.ours.iter().partition(is_shaping);
    for token in shaping {
        ty.kind = shaped(types, ty.kind, token)?;
    }
    for token in constraints {
        constrain(types, &mut ty, token)?;
    }
    for foreign in tokens.foreign {
        if !ty.foreign.contains(&foreign) {
            ty.foreign.push(foreign);
        }
    }
    Ok(ty)
}

fn shaped(types: &[TypeDef], kind: Kind, token: &Token) -> Result<Kind, String> {
    match (token.name, kind) {
        (Name::Set, Kind::List { element } | Kind::Set { element }) => {
            let found = &types[element as usize].kind;
            if !rules::can_be_set_element(found) {
                return Err(format!(
                    "elements of a set are integers, bool, char, string, enums, uuid or date, not {}",
                    found.keyword()
                ));
            }
            Ok(Kind::Set { element })
        }
        (Name::Fallback, Kind::Enum { cases, .. }) => {
            let fallback = Some(fallback_case(&cases, token)?);
            Ok(Kind::Enum { cases, fallback })
        }
        (Name::Fallback, Kind::Variant { cases, .. }) => {
            let fallback = Some(fallback_case(&cases, token)?);
            Ok(Kind::Variant { cases, fallback })
        }
        (Name::Set, kind) => Err(format!(
            "`hms:set` needs an alias of a list, not of {}",
            kind.keyword()
        )),
        (_, kind) => Err(format!(
            "`hms:fallback` needs an enum or variant, not {}",
            kind.keyword()
        )),
    }
}

fn fallback_case(cases: &[Case], token: &Token) -> Result<u32, String> {
    let wanted = token.value.as_deref().unwrap_or_default();
    let Some(index) = cases.iter().position(|case| case.name == wanted) else {
        return Err(format!("`hms:fallback={wanted}`: there is no such case"));
    };
    if cases[index].ty.is_some() {
        return Err(format!(
            "`hms:fallback={wanted}`: the case has a payload, which nobody could fill in"
        ));
    }
    Ok(index as u32)
}

fn constrain(types: &[TypeDef], ty: &mut TypeDef, token: &Token) -> Result<(), String> {
    let Some(member) = &token.member else {
        let subject = match &ty.kind {
            Kind::Option { payload } => constraint::subject(types, *payload).clone(),
            kind => kind.clone(),
        };
        return constraint::add(&mut ty.constraints, token, &subject);
    };
    let Kind::Record { fields } = &mut ty.kind else {
        return Err(format!(
            "`{}.{member}`: only records have members",
            token.name.text()
        ));
    };
    match fields.iter_mut().find(|field| field.name == *member) {
        Some(field) => {
            let subject = constraint::subject(types, field.ty);
            constraint::add(&mut field.constraints, token, subject)
        }
        None => Err(format!(
            "`{}.{member}`: the record has no such field",
            token.name.text()
        )),
    }
}
