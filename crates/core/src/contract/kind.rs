//! What can be asked of a kind of type without knowing the table around it.

use super::schema::{Kind, TypeId};

impl Kind {
    /// The word for this kind: WIT's where WIT has one, else the well-known type's name.
    pub fn keyword(&self) -> &'static str {
        match self {
            Kind::Bool => "bool",
            Kind::S8 => "s8",
            Kind::S16 => "s16",
            Kind::S32 => "s32",
            Kind::S64 => "s64",
            Kind::U8 => "u8",
            Kind::U16 => "u16",
            Kind::U32 => "u32",
            Kind::U64 => "u64",
            Kind::F32 => "f32",
            Kind::F64 => "f64",
            Kind::Char => "char",
            Kind::String => "string",
            Kind::List { .. } => "list",
            Kind::FixedList { .. } => "fixed-list",
            Kind::Tuple { .. } => "tuple",
            Kind::Set { .. } => "set",
            Kind::Map { .. } => "map",
            Kind::Record { .. } => "record",
            Kind::Enum { .. } => "enum",
            Kind::Flags { .. } => "flags",
            Kind::Variant { .. } => "variant",
            Kind::Option { .. } => "option",
            Kind::Result { .. } => "result",
            Kind::Timestamp => "timestamp",
            Kind::ZonedTimestamp => "zoned-timestamp",
            Kind::Date => "date",
            Kind::PartialDate => "partial-date",
            Kind::TimeOfDay => "time-of-day",
            Kind::Duration => "duration",
            Kind::Decimal => "decimal",
            Kind::Uuid => "uuid",
            Kind::Document => "document",
            Kind::Own { .. } => "own",
            Kind::Borrow { .. } => "borrow",
            Kind::Stream { .. } => "stream",
            Kind::Future { .. } => "future",
        }
    }

    /// True for kinds that have a name of their own (any other name is an alias).
    pub fn is_nominal(&self) -> bool {
        matches!(
            self,
            Kind::Record { .. } | Kind::Enum { .. } | Kind::Flags { .. } | Kind::Variant { .. }
        )
    }

    /// Calls `visit` for every type that this one refers to directly, in order.
    pub fn for_each_child(&self, visit: &mut dyn FnMut(TypeId)) {
        match self {
            Kind::List { element } | Kind::FixedList { element, .. } | Kind::Set { element } => {
                visit(*element)
            }
            Kind::Tuple { elements } => elements.iter().copied().for_each(visit),
            Kind::Map { key, value } => {
                visit(*key);
                visit(*value);
            }
            Kind::Record { fields } => fields.iter().map(|field| field.ty).for_each(visit),
            Kind::Variant { cases, .. } => cases.iter().filter_map(|case| case.ty).for_each(visit),
            Kind::Option { payload } => visit(*payload),
            Kind::Result { ok, err } => ok.iter().chain(err).copied().for_each(visit),
            Kind::Stream { element } | Kind::Future { element } => {
                element.iter().copied().for_each(visit)
            }
            _ => {}
        }
    }
}
