//! Orders, as the old and as the new version of their contract have them.

use hms_ffi::{Component, Result};
use hms_ffi_conformance::orders::{new, new_contract, old, old_contract};
use hms_ffi_conformance::sample::parsed;

pub fn early() -> Result<Component> {
    use old::{Order, Receipt, Refusal, Status};
    Component::builder("test:versions/early")
        .contract(&old_contract()?)?
        .export("place", |order: Order| match &*order.item {
            "gone" => Err(Refusal::SoldOut),
            "bulk" => Err(Refusal::TooMany(100)),
            _ => {
                let seen = match order.status {
                    Status::Unclear => "unclear",
                    Status::Open => "open",
                    Status::Closed => "closed",
                };
                let seen = vec![seen.to_owned()];
                Ok(Receipt {
                    order: order.id,
                    total: parsed("3.50"),
                    status: order.status,
                    seen,
                })
            }
        })?
        .export("cancel", |id: u32| id == 7)?
        .build()
}

pub fn late() -> Result<Component> {
    use new::{Order, Receipt, Refusal, Status};
    Component::builder("test:versions/late")
        .contract(&new_contract()?)?
        .export("restock", |item: String| item.len() as u32)?
        .export("place", |order: Order| match &*order.item {
            "gone" => Err(Refusal::SoldOut),
            "bulk" => Err(Refusal::TooMany(100)),
            "contraband" => Err(Refusal::Embargo("customs".into())),
            item => {
                let seen = match order.status {
                    Status::Unclear => "unclear",
                    Status::Open => "open",
                    Status::OnHold => "on-hold",
                    Status::Closed => "closed",
                };
                Ok(Receipt {
                    total: parsed("3.50"),
                    paid: Some(parsed("2024-02-29T00:00:00Z")),
                    order: order.id,
                    seen: vec![seen.to_owned(), order.note.unwrap_or_else(|| "-".into())],
                    status: if item == "later" {
                        Status::OnHold
                    } else {
                        order.status
                    },
                })
            }
        })?
        .export("cancel", |reason: Option<String>, id: u32| {
            reason.is_none() && id == 7
        })?
        .build()
}
