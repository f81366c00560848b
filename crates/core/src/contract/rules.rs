//! Rules for contracts that look at more than one type: worlds, topics, callbacks, idempotent functions.

use wit_parser::{
    Function, FunctionKind, PackageId, Resolve, Span, Type, TypeDefKind, TypeId, WorldItem,
};

use super::schema::{Function as Lowered, Kind, Schema, TypeDef, TypeId as Id};
use super::token::{self, Name};

/// A broken rule with its place.
pub(super) type Problem = (Span, String);

/// Property accessors are not callable.
pub(super) fn check_kind(function: &Function) -> Result<(), Problem> {
    match function.kind {
        FunctionKind::Getter
        | FunctionKind::MethodGetter(_)
        | FunctionKind::StaticGetter(_)
        | FunctionKind::Setter
        | FunctionKind::MethodSetter(_)
        | FunctionKind::StaticSetter(_) => Err((
            function.span,
            format!(
                "the property accessor `{}` is not supported: write a function",
                function.item_name()
            ),
        )),
        _ => Ok(()),
    }
}

/// Worlds: no accessors, no tokens of ours on imports and exports, no callback resource in what a provider exports.
pub(super) fn check_worlds(resolve: &Resolve, package: PackageId) -> Result<(), Problem> {
    for &world in resolve.packages[package].worlds.values() {
        let world = &resolve.worlds[world];
        for item in world.imports.values().chain(world.exports.values()) {
            match item {
                WorldItem::Function(function) => check_kind(function)?,
                WorldItem::Interface {
                    external_id, span, ..
                } => {
                    let span = if span.is_known() { *span } else { world.span };
                    let tokens = token::parse(external_id.as_deref().unwrap_or_default())
                        .map_err(|e| (span, e))?;
                    if let Some(token) = tokens.ours.first() {
                        let message = format!(
                            "the token `{}` does not belong on an import or export",
                            token.name.text()
                        );
                        return Err((span, message));
                    }
                }
                WorldItem::Type { .. } => {}
            }
        }
        for item in world.exports.values() {
            let WorldItem::Interface { id, .. } = item else {
                continue;
            };
            for (name, &ty) in &resolve.interfaces[*id].types {
                if is_callback(resolve, ty) {
                    return Err((resolve.types[ty].span, misplaced_callback(name)));
                }
            }
        }
    }
    Ok(())
}

pub(super) fn misplaced_callback(resource: &str) -> String {
    format!(
        "the callback resource `{resource}` must live in an interface that the provider imports, \
         apart from the functions that take it"
    )
}

fn is_callback(resolve: &Resolve, ty: TypeId) -> bool {
    let ty = &resolve.types[ty];
    matches!(ty.kind, TypeDefKind::Resource)
        && token::parse(ty.external_id.as_deref().unwrap_or_default())
            .is_ok_and(|tokens| tokens.ours.iter().any(|token| token.name == Name::Callback))
}

/// The resource behind a chain of aliases.
pub(super) fn resource_of(resolve: &Resolve, mut id: TypeId) -> TypeId {
    while let TypeDefKind::Type(Type::Id(target)) = resolve.types[id].kind {
        id = target;
    }
    id
}

/// True if `id` or a type that it refers to satisfies `test`.
pub(super) fn reaches(types: &[TypeDef], id: Id, test: &dyn Fn(&Kind) -> bool) -> bool {
    let mut seen = vec![false; types.len()];
    let mut queue = vec![id];
    while let Some(id) = queue.pop() {
        if std::mem::replace(&mut seen[id as usize], true) {
            continue;
        }
        let kind = &types[id as usize].kind;
        if test(kind) {
            return true;
        }
        kind.for_each_child(&mut |child| queue.push(child));
    }
    false
}

/// What a function's tokens forbid about its types; `None` if all is well.
pub(super) fn function_problem(types: &[TypeDef], function: &Lowered) -> Option<String> {
    let takes =
        |test: &dyn Fn(&Kind) -> bool| function.params.iter().find(|p| reaches(types, p.ty, test));
    if function.topic {
        if function.result.is_some() {
            return Some(format!(
                "the topic `{}` has a result; topics have none",
                function.name
            ));
        }
        let forbidden = |kind: &Kind| {
            matches!(
                kind,
                Kind::Own { .. } | Kind::Borrow { .. } | Kind::Stream { .. } | Kind::Future { .. }
            )
        };
        if let Some(param) = takes(&forbidden) {
            return Some(format!(
                "the parameter `{}` of the topic `{}` holds a handle, stream or future; topics take none",
                param.name, function.name
            ));
        }
    }
    if function.idempotent {
        let forbidden = |kind: &Kind| {
            matches!(
                kind,
                Kind::Own { .. } | Kind::Stream { .. } | Kind::Future { .. }
            )
        };
        if let Some(param) = takes(&forbidden) {
            return Some(format!(
                "the parameter `{}` of the idempotent function `{}` holds an owned handle, a stream or a future; \
                 the call could not be sent again",
                param.name, function.name
            ));
        }
    }
    None
}

/// An interface is all topics or none: the first function that differs from the first one.
pub(super) fn mixed_topics(functions: &[Lowered]) -> Option<(usize, String)> {
    let first = functions.first()?;
    let odd = functions.iter().position(|f| f.topic != first.topic)?;
    let message =
        "an interface has only topics (`hms:topic`) or none; move the topics into one of their own";
    Some((odd, message.to_owned()))
}

/// Whether elements of this kind can be in a set. Sets know them by their bytes.
pub(super) fn can_be_set_element(kind: &Kind) -> bool {
    can_be_map_key(kind) || matches!(kind, Kind::Enum { .. } | Kind::Uuid | Kind::Date)
}

/// Whether values of this kind can be the keys of a map.
pub(super) fn can_be_map_key(kind: &Kind) -> bool {
    matches!(
        kind,
        Kind::Bool
            | Kind::S8
            | Kind::S16
            | Kind::S32
            | Kind::S64
            | Kind::U8
            | Kind::U16
            | Kind::U32
            | Kind::U64
            | Kind::Char
            | Kind::String
    )
}

/// Function of the interface that takes or returns the callback resource which lives beside it.
pub(super) fn callback_beside_its_users(schema: &Schema, function: &Lowered) -> Option<String> {
    if function.name.starts_with('[') {
        return None; // a member of a resource
    }
    let own = |index: u32| {
        let resource = &schema.resources[index as usize];
        (resource.callback && resource.owner == schema.interface).then(|| resource.name.clone())
    };
    let types = function.params.iter().map(|p| p.ty).chain(function.result);
    for ty in types {
        let mut found = None;
        for resource in 0..schema.resources.len() as u32 {
            let is_it = |kind: &Kind| matches!(kind, Kind::Own { resource: r } | Kind::Borrow { resource: r } if *r == resource);
            if own(resource).is_some() && reaches(&schema.types, ty, &is_it) {
                found = own(resource);
            }
        }
        if let Some(name) = found {
            return Some(misplaced_callback(&name));
        }
    }
    None
}
