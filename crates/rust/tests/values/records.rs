//! Records by name.

use crate::support::hex;
use crate::{Claim, Line, claim, line, types};
use hms_ffi::value::Decimal;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap, HashSet};

#[test]
fn records_go_by_name() {
    let types = types();
    let message = types.lower("claim", &claim()).unwrap();
    assert_eq!(types.lift::<Claim>("claim", &message).unwrap(), claim());

    // The contract's order, whatever the value's.
    let line = |units: &[u8]| [b"\x01\0\0\0A", units, b"\x03\0\0\x001.0"].concat();
    let as_map = BTreeMap::from([
        ("charge", Any::Decimal("1.0")),
        ("code", Any::Text("A")),
        ("units", Any::Int(3)),
    ]);
    assert_eq!(types.lower("lines", &[as_map]).unwrap()[4..], line(&[3, 0]));

    #[derive(Serialize, Deserialize, Debug, PartialEq)]
    #[serde(rename_all = "camelCase")]
    struct Inner {
        numbers: Vec<f64>,
        first_name: String,
    }
    let inner = Inner {
        numbers: vec![2.0],
        first_name: "ab".into(),
    };
    types.both_ways(
        "inner",
        &inner,
        "02000000 6162 01000000 000000000000 0000000000000040",
    );
}

#[derive(Serialize)]
#[serde(untagged)]
enum Any {
    Decimal(#[serde(serialize_with = "decimal")] &'static str),
    Text(&'static str),
    Int(i64),
}

fn decimal<S: serde::Serializer>(text: &str, serializer: S) -> Result<S::Ok, S::Error> {
    text.parse::<Decimal>().unwrap().serialize(serializer)
}
#[test]
fn records_that_do_not_fit() {
    let types = types();
    #[derive(Serialize, Deserialize, Debug)]
    struct Short {
        code: String,
        charge: Decimal,
    }
    let short = Short {
        code: "A".into(),
        charge: "1".parse().unwrap(),
    };
    types.refuses("lines", &[short], "v[0].units: the field is missing");
    types.refuses(
        "lines",
        &[BTreeMap::from([("codes", 1)])],
        "v[0]: record line has no field \"codes\"",
    );
    let mut wrong = BTreeMap::from([("code", 1u8)]);
    types.refuses(
        "lines",
        &[wrong.clone()],
        "v[0].code: expected string, got integer",
    );
    wrong.insert("Code", 1);
    types.refuses("lines", &[wrong], "v[0].code: expected string, got integer");
    types.refuses(
        "lines",
        &[("A", 1)],
        "v[0]: expected record line, got tuple of 2",
    );

    // What the Rust type does not have is skipped, but checked.
    let message = types.lower("lines", &[line("A", "1.10")]).unwrap();
    assert_eq!(
        types.lift::<Vec<Short>>("lines", &message).unwrap()[0]
            .charge
            .as_str(),
        "1.10"
    );
    #[derive(Deserialize, Debug)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code)]
    struct Strict {
        code: String,
    }
    types.refuses_to_lift::<Vec<Strict>>(
        "lines",
        &hex(&message),
        "v[0]: the Rust type has no field \"units\"",
    );
    #[derive(Deserialize, Debug)]
    #[allow(dead_code)]
    struct Wrong {
        code: String,
        units: bool,
    }
    types.refuses_to_lift::<Vec<Wrong>>(
        "lines",
        &hex(&message),
        "v[0].units: expected bool, got u16",
    );
    #[derive(Deserialize, Debug)]
    #[allow(dead_code)]
    struct More {
        code: String,
        extra: u8,
    }
    types.refuses_to_lift::<Vec<More>>(
        "lines",
        &hex(&message),
        "v[0]: the contract has no field \"extra\", which the Rust type needs",
    );
}

#[test]
fn missing_options_are_none() {
    let types = types();
    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    struct Sparse {
        #[serde(skip_serializing_if = "Option::is_none")]
        note: Option<String>,
        tags: HashMap<String, String>,
        lines: Vec<Line>,
        diagnoses: HashSet<String>,
        id: String,
    }
    let sparse = Sparse {
        note: None,
        tags: HashMap::new(),
        lines: vec![],
        diagnoses: HashSet::new(),
        id: "x".into(),
    };
    let message = types.lower("claim", &sparse).unwrap();
    assert_eq!(
        hex(&message),
        "0100000078 00000000 00000000 00000000 00".replace(' ', "")
    );
    assert_eq!(types.lift::<Sparse>("claim", &message).unwrap(), sparse);
}

#[test]
fn flattened_fields() {
    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    struct Outer {
        charge: Decimal,
        #[serde(flatten)]
        rest: Rest,
    }
    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    struct Rest {
        units: u16,
        code: String,
    }
    let types = types();
    let outer = Outer {
        charge: "2.50".parse().unwrap(),
        rest: Rest {
            units: 1,
            code: "B".into(),
        },
    };
    let message = types.lower("lines", &[&outer]).unwrap();
    assert_eq!(
        types.lift::<Vec<Rest>>("lines", &message).unwrap(),
        [outer.rest]
    );
}
