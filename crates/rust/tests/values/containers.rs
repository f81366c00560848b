//! Sets and maps, limits, types that take anything.

use crate::support::Pairs;
use crate::{Claim, Denial, claim, types};
use std::collections::{BTreeMap, BTreeSet, HashSet};

#[test]
fn sets_and_maps_are_sorted() {
    let types = types();
    types.both_ways(
        "codes",
        &HashSet::from(["b".to_owned(), "aa".to_owned(), "a".to_owned()]),
        "03000000 0100000061 0100000062 020000006161",
    );
    types.refuses("codes", &["a", "b", "a"], "v[2]: present twice");
    types.refuses_to_lift::<BTreeSet<String>>(
        "codes",
        "0200000001000000620100000061",
        "v[1]: out of order",
    );
    types.refuses_to_lift::<Vec<String>>(
        "codes",
        "0200000001000000610100000061",
        "v[1]: present twice",
    );
    types.both_ways(
        "names",
        &BTreeMap::from([("aa".to_owned(), 1u8), ("b".to_owned(), 2)]),
        "02000000 010000006202 02000000616101",
    );
    // Keys little-endian: 256 comes before 1. The padding of the values depends on where they end up.
    let counts = BTreeMap::from([(1u16, vec![1.0]), (256, vec![]), (2, vec![0.5, 0.25])]);
    types.both_ways(
        "counts",
        &counts,
        "03000000 0001 00000000 0100 01000000 000000000000f03f \
         0200 02000000 0000 000000000000e03f 000000000000d03f",
    );
    let twice = Pairs(vec![("a", 1u8), ("b", 2), ("a", 3)]);
    types.refuses("names", &twice, "v[key 2]: present twice");
    types.refuses(
        "names",
        &BTreeMap::from([("a", 300)]),
        "v[\"a\"]: expected u8, got a number out of its range",
    );
    types.refuses(
        "counts",
        &BTreeMap::from([(70000, vec![0.0])]),
        "v[key 0]: expected u16, got a number out of its range",
    );
    types.refuses(
        "counts",
        &BTreeMap::from([(7, vec!["x"])]),
        "v[7][0]: expected f64, got string",
    );
    types.refuses_to_lift::<BTreeMap<String, bool>>(
        "names",
        "01000000010000006102",
        "v[\"a\"]: expected bool, got u8",
    );
}

#[test]
fn limits_hold_both_ways() {
    let mut types = types();
    let message = types.lower("claim", &claim()).unwrap();
    types.limits.max_elements = 3;
    let error = types.lower("claim", &claim()).unwrap_err();
    assert_eq!(error.code().name(), "resource-exhausted");
    assert_eq!(
        types
            .lift::<Claim>("claim", &message)
            .unwrap_err()
            .code()
            .name(),
        "resource-exhausted"
    );
    types.limits = Default::default();
    types.limits.max_depth = 2;
    let error = types.lower("claim", &claim()).unwrap_err();
    assert_eq!(
        error.message(),
        "v.lines[0]: nested deeper than the limit allows"
    );
    types.limits.max_depth = 3;
    types.lower("claim", &claim()).unwrap();
    types.limits.max_message = 20;
    assert_eq!(
        types.lower("claim", &claim()).unwrap_err().code().name(),
        "resource-exhausted"
    );
}

#[test]
fn what_takes_anything_takes_everything() {
    let types = types();
    let any = |name: &str, message: &[u8]| types.lift::<serde_json::Value>(name, message).unwrap();
    let message = types.lower("claim", &claim()).unwrap();
    assert_eq!(
        any("claim", &message),
        serde_json::json!({
            "id": "c1", "note": "π", "diagnoses": ["I10", "E11.9"], "tags": {"z": "b", "long key": "a"},
            "lines": [{"code": "A", "units": 3, "charge": "1.10"}, {"code": "B", "units": 3, "charge": "-0.5"}],
        })
    );
    let message = types
        .lower("denial", &Denial::InPart(1, "a".into()))
        .unwrap();
    assert_eq!(
        any("denial", &message),
        serde_json::json!({"tag": "in-part", "val": [1, "a"]})
    );
    let message = types
        .lower("outcome", &vec![Ok::<u8, String>(1), Err("x".into())])
        .unwrap();
    assert_eq!(
        any("outcome", &message),
        serde_json::json!([{"ok": 1}, {"err": "x"}])
    );
    assert_eq!(
        any("perms", &[5]),
        serde_json::json!(["read", "delete-all"])
    );
    assert_eq!(any("status", &[2]), serde_json::json!("partly-denied"));
}
