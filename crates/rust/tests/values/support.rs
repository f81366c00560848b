//! A contract in a string, and conversions of its functions' one parameter.

use hms_ffi::value::{from_wire, to_wire};
use hms_ffi_core::contract::Contract;
use hms_ffi_core::contract::schema::TypeId;
use hms_ffi_core::convert::Converter;
use hms_ffi_core::error::Error;
use hms_ffi_core::wire::Limits;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::fmt::Debug;

pub struct Types {
    pub converter: Converter,
    pub limits: Limits,
}

impl Types {
    pub fn new(wit: &str, interface: &str) -> Types {
        let contract = Contract::parse("test.wit", wit).unwrap();
        let converter = Converter::new(contract.schema(interface).unwrap());
        Types {
            converter,
            limits: Limits::DEFAULT,
        }
    }

    fn ty(&self, function: &str) -> TypeId {
        self.converter
            .schema()
            .function(&format!("f-{function}"))
            .expect("such a function")
            .1
            .params[0]
            .ty
    }

    pub fn lower<T: Serialize + ?Sized>(
        &self,
        function: &str,
        value: &T,
    ) -> Result<Vec<u8>, Error> {
        to_wire(&self.converter, self.ty(function), "v", value, &self.limits)
    }

    pub fn lift<'m, T: Deserialize<'m>>(
        &self,
        function: &str,
        message: &'m [u8],
    ) -> Result<T, Error> {
        from_wire(
            &self.converter,
            self.ty(function),
            "v",
            message,
            &self.limits,
        )
    }

    pub fn hex<T: Serialize + ?Sized>(&self, function: &str, value: &T) -> String {
        hex(&self.lower(function, value).unwrap())
    }

    #[track_caller]
    pub fn both_ways<T: Serialize + DeserializeOwned + PartialEq + Debug>(
        &self,
        function: &str,
        value: &T,
        expected: &str,
    ) {
        let message = self.lower(function, value).unwrap();
        assert_eq!(hex(&message), expected.replace(' ', ""));
        assert_eq!(self.lift::<T>(function, &message).unwrap(), *value);
    }

    #[track_caller]
    pub fn refuses<T: Serialize + ?Sized>(&self, function: &str, value: &T, message: &str) {
        let error = self.lower(function, value).expect_err("refused");
        assert_eq!(
            (error.code().name(), error.message()),
            ("invalid-argument", message)
        );
    }

    #[track_caller]
    pub fn refuses_to_lift<T: DeserializeOwned + Debug>(
        &self,
        function: &str,
        hex: &str,
        message: &str,
    ) {
        let bytes: Vec<u8> = (0..hex.len())
            .step_by(2)
            .map(|i| u8::from_str_radix(&hex[i..i + 2], 16).unwrap())
            .collect();
        let error = self.lift::<T>(function, &bytes).expect_err("refused");
        assert_eq!(
            (error.code().name(), error.message()),
            ("invalid-argument", message)
        );
    }
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A map that shows its entries as they are, duplicates too.
pub struct Pairs<V>(pub Vec<(&'static str, V)>);

impl<V: Serialize> Serialize for Pairs<V> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, value)| (key, value)))
    }
}
