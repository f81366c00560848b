//! Whether types of two schemas are the same type.

use hms_ffi_core::contract::schema::{Case, Kind, Schema, TypeId};

/// Whether both types are the same on the wire and in their names of fields, cases and flags, so that bytes of one are
/// bytes of the other.
pub(crate) fn same_type(a: &Schema, a_ty: TypeId, b: &Schema, b_ty: TypeId) -> bool {
    let same = |x: &TypeId, y: &TypeId| same_type(a, *x, b, *y);
    let same_all = |xs: &[TypeId], ys: &[TypeId]| {
        xs.len() == ys.len() && xs.iter().zip(ys).all(|(x, y)| same(x, y))
    };
    let same_maybe = |x: &Option<TypeId>, y: &Option<TypeId>| match (x, y) {
        (None, None) => true,
        (Some(x), Some(y)) => same(x, y),
        _ => false,
    };
    let same_cases = |xs: &[Case], ys: &[Case]| {
        xs.len() == ys.len()
            && xs
                .iter()
                .zip(ys)
                .all(|(x, y)| x.name == y.name && same_maybe(&x.ty, &y.ty))
    };
    match (&a.ty(a_ty).kind, &b.ty(b_ty).kind) {
        (Kind::List { element: x }, Kind::List { element: y }) => same(x, y),
        (
            Kind::FixedList {
                element: x,
                length: n,
            },
            Kind::FixedList {
                element: y,
                length: m,
            },
        ) => n == m && same(x, y),
        (Kind::Set { element: x }, Kind::Set { element: y }) => same(x, y),
        (Kind::Tuple { elements: xs }, Kind::Tuple { elements: ys }) => same_all(xs, ys),
        (Kind::Map { key: k, value: x }, Kind::Map { key: l, value: y }) => {
            same(k, l) && same(x, y)
        }
        (Kind::Record { fields: xs }, Kind::Record { fields: ys }) => {
            xs.len() == ys.len()
                && xs
                    .iter()
                    .zip(ys)
                    .all(|(x, y)| x.name == y.name && same(&x.ty, &y.ty))
        }
        (Kind::Enum { cases: xs, .. }, Kind::Enum { cases: ys, .. })
        | (Kind::Flags { flags: xs }, Kind::Flags { flags: ys })
        | (Kind::Variant { cases: xs, .. }, Kind::Variant { cases: ys, .. }) => same_cases(xs, ys),
        (Kind::Option { payload: x }, Kind::Option { payload: y }) => same(x, y),
        (
            Kind::Result { ok, err },
            Kind::Result {
                ok: ok_b,
                err: err_b,
            },
        ) => same_maybe(ok, ok_b) && same_maybe(err, err_b),
        // Kinds without parts; handles and streams belong to one interface.
        (Kind::Own { .. } | Kind::Borrow { .. } | Kind::Stream { .. } | Kind::Future { .. }, _) => {
            false
        }
        (x, y) => x == y,
    }
}
