//! An old and a new version of one contract.

use crate::expect::{Cases, declared, system, within};
use hms_ffi::{Client, Code, Contract};
use hms_ffi_conformance::orders::{new, new_contract, old, old_contract};
use hms_ffi_conformance::sample::parsed;

pub fn add(cases: &mut Cases) {
    early(cases);
    late(cases);
}

fn connect(interface: &str, contract: hms_ffi::Result<Contract>) -> Client {
    let contract = contract.expect("a contract");
    Client::builder(interface)
        .contract(contract)
        .connect()
        .expect("a provider of another version")
}

fn early(cases: &mut Cases) {
    use new::{Order, Receipt, Refusal, Status};
    let order = |item: &str, status| Order {
        note: None,
        status,
        item: item.into(),
        id: 1,
    };
    let place = |order: Order| {
        let client = connect("test:versions/early", new_contract());
        within(&client).call::<Receipt>("place", (order,))
    };
    let receipt = |status, seen: &str| Receipt {
        total: parsed("3.50"),
        paid: None,
        order: 1,
        seen: vec![seen.into()],
        status,
    };
    cases.add("early-place", move |_| {
        let answer = place(order("pen", Status::Open)).expect("a receipt");
        assert_eq!(answer, receipt(Status::Open, "open"));
    });
    cases.add("early-option-none", move |_| {
        let answer = place(order("pen", Status::Closed)).expect("a receipt");
        assert_eq!(answer, receipt(Status::Closed, "closed"));
    });
    cases.add("early-option-some", move |_| {
        let order = Order {
            note: Some("gift".into()),
            ..order("pen", Status::Open)
        };
        let error = system(place(order), Code::InvalidArgument);
        assert!(error.message().contains("order.note"), "{error}");
    });
    cases.add("early-unknown-case", move |_| {
        let answer = place(order("pen", Status::OnHold)).expect("a receipt");
        assert_eq!(answer, receipt(Status::Unclear, "unclear"));
    });
    cases.add("early-declared-error", move |_| {
        assert_eq!(
            declared::<_, Refusal>(place(order("bulk", Status::Open))),
            Refusal::TooMany(100)
        );
    });
    let cancel = |reason: Option<&str>| {
        let client = connect("test:versions/early", new_contract());
        within(&client).call::<bool>("cancel", (reason, 7))
    };
    cases.add("early-parameter-none", move |_| {
        assert!(cancel(None).expect("an answer"))
    });
    cases.add("early-parameter-some", move |_| {
        let error = system(cancel(Some("why")), Code::InvalidArgument);
        assert!(error.message().contains("reason"), "{error}");
    });
}

fn late(cases: &mut Cases) {
    use old::{Order, Receipt, Refusal, Status};
    let place = |item: &str| {
        let client = connect("test:versions/late", old_contract());
        within(&client).call::<Receipt>(
            "place",
            (Order {
                id: 2,
                item: item.into(),
                status: Status::Closed,
            },),
        )
    };
    cases.add("late-place", move |_| {
        let seen = vec!["closed".into(), "-".into()];
        let expected = Receipt {
            order: 2,
            total: parsed("3.50"),
            status: Status::Closed,
            seen,
        };
        assert_eq!(place("pen").expect("a receipt"), expected);
    });
    cases.add("late-unknown-case", move |_| {
        assert_eq!(place("later").expect("a receipt").status, Status::Unclear);
    });
    cases.add("late-declared-error", move |_| {
        assert_eq!(declared::<_, Refusal>(place("gone")), Refusal::SoldOut)
    });
    cases.add("late-unknown-declared-case", move |_| {
        assert_eq!(declared::<_, Refusal>(place("contraband")), Refusal::Other);
    });
    cases.add("late-parameter", |_| {
        let client = connect("test:versions/late", old_contract());
        assert!(
            within(&client)
                .call::<bool>("cancel", (7,))
                .expect("an answer")
        );
    });
}
