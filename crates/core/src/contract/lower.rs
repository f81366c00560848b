//! From the parser's representation of an interface to its schema.

use std::collections::HashMap;

use wit_parser::{
    Docs, Function as WitFunction, FunctionKind, Handle, InterfaceId, Resolve, Span, Type,
    TypeDefKind, TypeId as WitId, TypeOwner,
};

use super::names::{self, Position};
use super::rules::{self, Problem};
use super::schema::{
    Case, Constraints, Field, Function, Kind, MAX_TYPE_DEPTH, Resource, Schema, TypeDef, TypeId,
};
use super::token::{self, Name, Token, Tokens};
use super::tokened::tokened;
use super::{print, wellknown};

/// Aliases count here, so that the recursion below is bounded.
const MAX_CHAIN: u32 = MAX_TYPE_DEPTH + 50;

/// How far each type is from one without parts. The parser's types refer only to types before them.
pub(super) fn chains(resolve: &Resolve) -> Vec<u32> {
    let mut chains = vec![0; resolve.types.len()];
    for (id, ty) in resolve.types.iter() {
        let mut longest = 0;
        for_each_part(&ty.kind, &mut |part| {
            if let Type::Id(part) = part {
                longest = longest.max(chains[part.index()] + 1);
            }
        });
        chains[id.index()] = longest;
    }
    chains
}

fn for_each_part(kind: &TypeDefKind, visit: &mut dyn FnMut(Type)) {
    match kind {
        TypeDefKind::Record(record) => record.fields.iter().for_each(|field| visit(field.ty)),
        TypeDefKind::Variant(variant) => variant
            .cases
            .iter()
            .filter_map(|case| case.ty)
            .for_each(visit),
        TypeDefKind::Tuple(tuple) => tuple.types.iter().copied().for_each(visit),
        TypeDefKind::Result(result) => result.ok.iter().chain(&result.err).copied().for_each(visit),
        TypeDefKind::Map(key, value) => [*key, *value].into_iter().for_each(visit),
        TypeDefKind::Option(part)
        | TypeDefKind::List(part)
        | TypeDefKind::FixedLengthList(part, _)
        | TypeDefKind::Type(part)
        | TypeDefKind::Future(Some(part))
        | TypeDefKind::Stream(Some(part)) => visit(*part),
        _ => {}
    }
}

/// The schema of an interface, and warnings.
pub(super) fn interface(
    resolve: &Resolve,
    chains: &[u32],
    id: InterfaceId,
) -> Result<(Schema, Vec<Problem>), Problem> {
    let interface = &resolve.interfaces[id];
    let mut lowering = Lowering {
        resolve,
        chains,
        types: Vec::new(),
        depths: Vec::new(),
        interned: HashMap::new(),
        known: HashMap::new(),
        resources: Vec::new(),
        resource_ids: HashMap::new(),
        warnings: Vec::new(),
    };
    let span = interface.span;
    let name = resolve
        .id_of(id)
        .ok_or_else(|| (span, "the interface has no name".to_owned()))?;

    for (&id, ty) in interface.types.values().map(|id| (id, &resolve.types[*id])) {
        if matches!(ty.kind, TypeDefKind::Resource) {
            lowering.resource(id)?;
        }
    }
    // Members of resources first, in the printer's order: a printed contract gives the same schema again.
    let sources = in_printed_order(resolve, id);
    let mut functions = Vec::new();
    for function in &sources {
        functions.push(lowering.function(function)?);
    }
    // What no function uses follows: an interface may only define types for others.
    for &id in interface.types.values() {
        let resource = rules::resource_of(resolve, id);
        if !matches!(resolve.types[resource].kind, TypeDefKind::Resource) {
            lowering.ty(Type::Id(id), resolve.types[id].span)?;
        } else {
            lowering.check_resource_alias(id)?;
        }
    }
    lowering.check_names(&sources)?;

    let mut schema = Schema {
        interface: name,
        fingerprint: String::new(),
        topics: !functions.is_empty() && functions.iter().all(|f: &Function| f.topic),
        functions,
        types: lowering.types,
        resources: lowering.resources,
        docs: docs(&interface.docs),
        wit: String::new(),
    };
    check_functions(&schema, &sources)?;
    schema.wit = print::interface(resolve, id).map_err(|message| (span, message))?;
    schema.set_fingerprints();
    Ok((schema, lowering.warnings))
}

fn in_printed_order(resolve: &Resolve, id: InterfaceId) -> Vec<&WitFunction> {
    let interface = &resolve.interfaces[id];
    let place = |function: &WitFunction| match function.kind.resource() {
        Some(resource) => interface
            .types
            .values()
            .position(|ty| *ty == resource)
            .unwrap_or(usize::MAX - 1),
        None => usize::MAX,
    };
    let mut functions: Vec<&WitFunction> = interface.functions.values().collect();
    functions.sort_by_cached_key(|function| place(function));
    functions
}

fn check_functions(schema: &Schema, sources: &[&WitFunction]) -> Result<(), Problem> {
    for (function, source) in schema.functions.iter().zip(sources) {
        let problem = rules::function_problem(&schema.types, function)
            .or_else(|| rules::callback_beside_its_users(schema, function));
        if let Some(message) = problem {
            return Err((source.span, message));
        }
    }
    match rules::mixed_topics(&schema.functions) {
        Some((odd, message)) => Err((sources[odd].span, message)),
        None => Ok(()),
    }
}

struct Lowering<'a> {
    resolve: &'a Resolve,
    types: Vec<TypeDef>,
    depths: Vec<u32>,
    interned: HashMap<TypeDef, TypeId>,
    known: HashMap<WitId, TypeId>,
    resources: Vec<Resource>,
    resource_ids: HashMap<WitId, u32>,
    /// How far each of the parser's types is from a type without parts, aliases included.
    chains: &'a [u32],
    warnings: Vec<Problem>,
}

fn docs(docs: &Docs) -> String {
    docs.contents.clone().unwrap_or_default()
}

fn plain(kind: Kind) -> TypeDef {
    TypeDef {
        name: None,
        owner: None,
        kind,
        constraints: Constraints::default(),
        foreign: Vec::new(),
        docs: String::new(),
    }
}

impl Lowering<'_> {
    fn add(&mut self, ty: TypeDef, span: Span) -> Result<TypeId, Problem> {
        if let Some(&id) = self.interned.get(&ty) {
            return Ok(id);
        }
        let mut depth = 0;
        ty.kind
            .for_each_child(&mut |child| depth = depth.max(self.depths[child as usize] + 1));
        if depth > MAX_TYPE_DEPTH {
            return Err((
                span,
                format!("types are nested more than {MAX_TYPE_DEPTH} deep"),
            ));
        }
        let id = self.types.len() as TypeId;
        self.interned.insert(ty.clone(), id);
        self.types.push(ty);
        self.depths.push(depth);
        Ok(id)
    }

    fn ty(&mut self, ty: Type, span: Span) -> Result<TypeId, Problem> {
        let kind = match ty {
            Type::Bool => Kind::Bool,
            Type::U8 => Kind::U8,
            Type::U16 => Kind::U16,
            Type::U32 => Kind::U32,
            Type::U64 => Kind::U64,
            Type::S8 => Kind::S8,
            Type::S16 => Kind::S16,
            Type::S32 => Kind::S32,
            Type::S64 => Kind::S64,
            Type::F32 => Kind::F32,
            Type::F64 => Kind::F64,
            Type::Char => Kind::Char,
            Type::String => Kind::String,
            Type::ErrorContext => {
                return Err((
                    span,
                    "`error-context` is not supported: declare an error type".into(),
                ));
            }
            Type::Id(id) => return self.defined(id, span),
        };
        self.add(plain(kind), span)
    }

    fn optional(&mut self, ty: Option<Type>, span: Span) -> Result<Option<TypeId>, Problem> {
        ty.map(|ty| self.ty(ty, span)).transpose()
    }

    fn defined(&mut self, id: WitId, used_at: Span) -> Result<TypeId, Problem> {
        if let Some(&known) = self.known.get(&id) {
            return Ok(known);
        }
        if self.chains[id.index()] > MAX_CHAIN {
            return Err((
                used_at,
                format!("types are nested more than {MAX_TYPE_DEPTH} deep"),
            ));
        }
        let lowered = self.define(id, used_at)?;
        self.known.insert(id, lowered);
        Ok(lowered)
    }

    fn define(&mut self, id: WitId, used_at: Span) -> Result<TypeId, Problem> {
        let ty = &self.resolve.types[id];
        let span = if ty.name.is_some() { ty.span } else { used_at };
        let tokens = self.tokens(ty.external_id.as_deref(), span)?;
        let base = match wellknown::kind(self.resolve, id) {
            Some(kind) => plain(kind),
            None => match &ty.kind {
                TypeDefKind::Type(target) => {
                    let target_id = self.ty(*target, span)?;
                    if self.is_use(id, *target) {
                        if ty.external_id.is_some() {
                            return Err((span, "`@external-id` does not belong on `use`".into()));
                        }
                        return Ok(target_id);
                    }
                    if tokens.ours.is_empty() && tokens.foreign.is_empty() {
                        return Ok(target_id);
                    }
                    self.types[target_id as usize].clone()
                }
                kind => {
                    let mut base = plain(self.kind(kind, span)?);
                    base.docs = docs(&ty.docs);
                    if base.kind.is_nominal() {
                        base.name = ty.name.clone();
                        base.owner = self.owner(ty.owner);
                    }
                    base
                }
            },
        };
        let has_tokens = !(tokens.ours.is_empty() && tokens.foreign.is_empty());
        let mut result = tokened(&self.types, base, tokens).map_err(|message| (span, message))?;
        if has_tokens && !result.kind.is_nominal() {
            result.name = ty.name.clone();
            result.owner = self.owner(ty.owner);
            if ty.docs.contents.is_some() {
                result.docs = docs(&ty.docs);
            }
        }
        if result.name.is_none() {
            result.docs.clear();
        }
        if let (Some(name), false) = (&result.name, matches!(ty.kind, TypeDefKind::Type(_))) {
            let name = name.clone();
            self.note(Position::Type, &name, span);
        }
        self.add(result, span)
    }

    /// A `use` is an alias of a type that another interface owns.
    fn is_use(&self, id: WitId, target: Type) -> bool {
        matches!(target, Type::Id(target) if self.resolve.types[target].owner != self.resolve.types[id].owner
            && self.resolve.types[target].name.is_some())
    }

    fn owner(&self, owner: TypeOwner) -> Option<String> {
        match owner {
            TypeOwner::Interface(id) => self.resolve.id_of(id),
            _ => None,
        }
    }

    fn tokens(&self, text: Option<&str>, span: Span) -> Result<Tokens, Problem> {
        token::parse(text.unwrap_or_default()).map_err(|message| (span, message))
    }

    fn kind(&mut self, kind: &TypeDefKind, span: Span) -> Result<Kind, Problem> {
        Ok(match kind {
            TypeDefKind::Record(record) => {
                let mut fields = Vec::with_capacity(record.fields.len());
                for field in &record.fields {
                    fields.push(Field {
                        name: field.name.clone(),
                        ty: self.ty(field.ty, field.span)?,
                        constraints: Constraints::default(),
                        docs: docs(&field.docs),
                    });
                    self.note(Position::Field, &field.name, field.span);
                }
                self.no_clash(
                    Position::Field,
                    record.fields.iter().map(|f| (f.name.as_str(), f.span)),
                )?;
                Kind::Record { fields }
            }
            TypeDefKind::Flags(flags) => {
                self.no_clash(
                    Position::Flag,
                    flags.flags.iter().map(|f| (f.name.as_str(), f.span)),
                )?;
                let flags = flags
                    .flags
                    .iter()
                    .map(|f| self.case(Position::Flag, &f.name, &f.docs, f.span));
                Kind::Flags {
                    flags: flags.collect(),
                }
            }
            TypeDefKind::Enum(cases) => {
                self.no_clash(
                    Position::EnumCase,
                    cases.cases.iter().map(|c| (c.name.as_str(), c.span)),
                )?;
                let cases = cases
                    .cases
                    .iter()
                    .map(|c| self.case(Position::EnumCase, &c.name, &c.docs, c.span));
                Kind::Enum {
                    cases: cases.collect(),
                    fallback: None,
                }
            }
            TypeDefKind::Variant(variant) => {
                self.no_clash(
                    Position::VariantCase,
                    variant.cases.iter().map(|c| (c.name.as_str(), c.span)),
                )?;
                let mut cases = Vec::with_capacity(variant.cases.len());
                for case in &variant.cases {
                    let mut lowered =
                        self.case(Position::VariantCase, &case.name, &case.docs, case.span);
                    lowered.ty = self.optional(case.ty, case.span)?;
                    cases.push(lowered);
                }
                Kind::Variant {
                    cases,
                    fallback: None,
                }
            }
            TypeDefKind::Tuple(tuple) => {
                let elements = tuple
                    .types
                    .iter()
                    .map(|ty| self.ty(*ty, span))
                    .collect::<Result<_, _>>()?;
                Kind::Tuple { elements }
            }
            TypeDefKind::Option(payload) => Kind::Option {
                payload: self.ty(*payload, span)?,
            },
            TypeDefKind::Result(result) => Kind::Result {
                ok: self.optional(result.ok, span)?,
                err: self.optional(result.err, span)?,
            },
            TypeDefKind::List(element) => Kind::List {
                element: self.ty(*element, span)?,
            },
            TypeDefKind::FixedLengthList(element, length) => Kind::FixedList {
                element: self.ty(*element, span)?,
                length: *length,
            },
            TypeDefKind::Map(key, value) => Kind::Map {
                key: self.ty(*key, span)?,
                value: self.ty(*value, span)?,
            },
            TypeDefKind::Stream(element) => Kind::Stream {
                element: self.optional(*element, span)?,
            },
            TypeDefKind::Future(element) => Kind::Future {
                element: self.optional(*element, span)?,
            },
            TypeDefKind::Handle(Handle::Own(resource)) => Kind::Own {
                resource: self.resource(*resource)?,
            },
            TypeDefKind::Handle(Handle::Borrow(resource)) => Kind::Borrow {
                resource: self.resource(*resource)?,
            },
            TypeDefKind::Type(target) => {
                let id = self.ty(*target, span)?;
                self.types[id as usize].kind.clone()
            }
            TypeDefKind::Resource | TypeDefKind::Unknown => {
                return Err((
                    span,
                    "a resource is used as a value; write own<...> or borrow<...>".into(),
                ));
            }
        })
    }

    fn case(&mut self, position: Position, name: &str, text: &Docs, span: Span) -> Case {
        self.note(position, name, span);
        Case {
            name: name.to_owned(),
            ty: None,
            docs: docs(text),
        }
    }

    fn resource(&mut self, id: WitId) -> Result<u32, Problem> {
        let id = rules::resource_of(self.resolve, id);
        if let Some(&index) = self.resource_ids.get(&id) {
            return Ok(index);
        }
        let ty = &self.resolve.types[id];
        let tokens = self.tokens(ty.external_id.as_deref(), ty.span)?;
        if let Some(other) = tokens
            .ours
            .iter()
            .find(|token| token.name != Name::Callback)
        {
            return Err((
                ty.span,
                format!(
                    "the token `{}` does not belong on a resource",
                    other.name.text()
                ),
            ));
        }
        let index = self.resources.len() as u32;
        let name = ty.name.clone().unwrap_or_default();
        self.note(Position::Type, &name, ty.span);
        self.resources.push(Resource {
            name,
            owner: self.owner(ty.owner).unwrap_or_default(),
            callback: !tokens.ours.is_empty(),
            docs: docs(&ty.docs),
        });
        self.resource_ids.insert(id, index);
        Ok(index)
    }

    fn check_resource_alias(&self, id: WitId) -> Result<(), Problem> {
        let ty = &self.resolve.types[id];
        let tokens = self.tokens(ty.external_id.as_deref(), ty.span)?;
        match tokens.ours.first() {
            Some(token) if matches!(ty.kind, TypeDefKind::Type(_)) => Err((
                ty.span,
                format!(
                    "the token `{}` belongs on the resource itself",
                    token.name.text()
                ),
            )),
            _ => Ok(()),
        }
    }

    fn function(&mut self, source: &WitFunction) -> Result<Function, Problem> {
        rules::check_kind(source)?;
        let tokens = self.tokens(source.external_id.as_deref(), source.span)?;
        let has = |name: Name| tokens.ours.iter().any(|token| token.name == name);
        let (idempotent, topic, quick) =
            (has(Name::Idempotent), has(Name::Topic), has(Name::Quick));
        let is_ours =
            |token: &&Token| !matches!(token.name, Name::Idempotent | Name::Topic | Name::Quick);
        if let Some(other) = tokens.ours.iter().find(is_ours) {
            return Err((
                source.span,
                format!(
                    "the token `{}` does not belong on a function",
                    other.name.text()
                ),
            ));
        }
        let mut params = Vec::with_capacity(source.params.len());
        for param in &source.params {
            params.push(Field {
                name: param.name.clone(),
                ty: self.ty(param.ty, param.span)?,
                constraints: Constraints::default(),
                docs: String::new(),
            });
            if param.name != "self" || source.kind.resource().is_none() {
                self.note(Position::Param, &param.name, param.span);
            }
        }
        self.no_clash(
            Position::Param,
            source.params.iter().map(|p| (p.name.as_str(), p.span)),
        )?;
        if !matches!(source.kind, FunctionKind::Constructor(_)) {
            self.note(Position::Function, source.item_name(), source.span);
        }
        Ok(Function {
            name: source.name.clone(),
            params,
            result: self.optional(source.result, source.span)?,
            is_async: matches!(
                source.kind,
                FunctionKind::AsyncFreestanding
                    | FunctionKind::AsyncMethod(_)
                    | FunctionKind::AsyncStatic(_)
            ),
            idempotent,
            topic,
            quick,
            fingerprint: String::new(),
            foreign: tokens.foreign,
            docs: docs(&source.docs),
        })
    }

    fn check_names(&self, functions: &[&WitFunction]) -> Result<(), Problem> {
        let mut scopes: HashMap<Option<WitId>, Vec<(&str, Span)>> = HashMap::new();
        for function in functions {
            if !matches!(function.kind, FunctionKind::Constructor(_)) {
                let scope = scopes.entry(function.kind.resource()).or_default();
                scope.push((function.item_name(), function.span));
            }
        }
        scopes
            .into_values()
            .try_for_each(|scope| self.no_clash(Position::Function, scope.into_iter()))
    }

    fn no_clash<'b>(
        &self,
        position: Position,
        names: impl Iterator<Item = (&'b str, Span)>,
    ) -> Result<(), Problem> {
        let (names, spans): (Vec<_>, Vec<_>) = names.unzip();
        match names::clash(position, &names) {
            Some((index, message)) => Err((spans[index], message)),
            None => Ok(()),
        }
    }

    /// Warns about a name that some language has to map.
    fn note(&mut self, position: Position, name: &str, span: Span) {
        let languages = names::reserved_in(position, name);
        if !languages.is_empty() {
            let languages: Vec<_> = languages.iter().map(|language| language.name()).collect();
            let message = format!(
                "the name `{name}` gets a trailing `_` in {}",
                languages.join(", ")
            );
            self.warnings.push((span, message));
        }
    }
}
