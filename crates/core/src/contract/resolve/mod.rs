//! Version resolution: a caller's view of an interface against the exporter's schema, once per link, function by
//! function, at the level of bytes. Codecs know one schema, the caller's view; what differs is put right here.
//!
//! Arguments are written by the caller and read by the provider, results and declared errors the other way round.
//! Records, flags, cases and parameters match by name, tuples by position.

mod pair;
mod step;
mod transcode;

use std::sync::Arc;

use self::pair::{Difference, Direction, Pairing, Side};
use self::step::{Members, Step, StepId};
use self::transcode::Transcoder;
use super::schema::{Function, Schema};
use crate::convert::{Failure, Segment};
use crate::error::{Code, Error, Result, Sent};
use crate::wire::{Limits, Reader, Writer};

/// How the functions of a caller's view are called at one exporter.
#[derive(Clone, Debug)]
pub struct Resolution {
    functions: Vec<Result<FunctionPlan>>,
}

/// How one function is called: its index at the exporter, and what happens to the bytes.
#[derive(Clone, Debug)]
pub struct FunctionPlan {
    /// Index of the function in the exporter's schema.
    pub exporter_index: u32,
    /// None where both sides have the same function.
    messages: Option<Messages>,
}

#[derive(Clone, Debug)]
struct Messages {
    steps: Arc<[Step]>,
    args: Members,
    ok: Option<StepId>,
    err: Option<StepId>,
}

/// A function of two schemas that cannot be called, or a note about one that can.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// The function's WIT name.
    pub function: String,
    /// Where: `adjudicate(claim.lines[].charge)`, `adjudicate result.paid`.
    pub place: String,
    /// What differs.
    pub difference: String,
}

impl std::fmt::Display for Mismatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.place, self.difference)
    }
}

impl Resolution {
    /// Resolves `view`, what the caller knows, against the schema of the exporter.
    pub fn new(view: &Arc<Schema>, exporter: &Arc<Schema>) -> Resolution {
        let mut sides = None;
        let functions = view.functions.iter().map(|function| {
            let Some((exporter_index, other)) = exporter.function(&function.name) else {
                let message = format!("{} has no function {}", exporter.interface, function.name);
                return Err(Error::new(Code::Unimplemented, message));
            };
            if function.fingerprint == other.fingerprint {
                return Ok(FunctionPlan {
                    exporter_index,
                    messages: None,
                });
            }
            let (caller, provider) =
                sides.get_or_insert_with(|| (Side::new(view), Side::new(exporter)));
            match messages(caller, provider, function, other) {
                Ok(messages) => Ok(FunctionPlan {
                    exporter_index,
                    messages: Some(messages),
                }),
                Err(mismatch) => {
                    let versions = format!("{} against {}", view.interface, exporter.interface);
                    Err(Error::new(
                        Code::FailedPrecondition,
                        format!("{mismatch} ({versions})"),
                    ))
                }
            }
        });
        Resolution {
            functions: functions.collect(),
        }
    }

    /// The plan for the function at this index of the view.
    ///
    /// # Errors
    /// `unimplemented` if the exporter lacks the function, `failed-precondition` with the difference if the two do not go
    /// together; also for an index that the view does not have.
    pub fn function(&self, view_index: u32) -> Result<&FunctionPlan> {
        match self.functions.get(view_index as usize) {
            Some(plan) => plan.as_ref().map_err(Clone::clone),
            None => Err(Error::unimplemented(format!(
                "the contract has no function with index {view_index}"
            ))),
        }
    }

    /// The first function that cannot be called: what a caller that brought its own contract is told when it connects.
    ///
    /// # Errors
    /// As [`Resolution::function`].
    pub fn check(&self) -> Result<()> {
        self.functions
            .iter()
            .try_for_each(|plan| plan.as_ref().map(drop).map_err(Clone::clone))
    }
}

impl FunctionPlan {
    /// True where bytes pass unchanged.
    pub fn is_identical(&self) -> bool {
        self.messages.is_none()
    }

    /// The caller's arguments as the exporter reads them.
    ///
    /// # Errors
    /// `invalid-argument` with the path of what the provider's version does not know, and for bytes that are not
    /// arguments of the view; `resource-exhausted` over the limits.
    pub fn transcode_args(&self, bytes: &[u8], limits: &Limits) -> Result<Vec<u8>> {
        let Some(messages) = &self.messages else {
            return Ok(bytes.to_vec());
        };
        let run = || {
            messages
                .transcoder(bytes, limits, "provider's version")?
                .members(&messages.args)
        };
        run().map_err(|failure| in_message(failure, "arguments"))
    }

    /// The exporter's result as the view reads it.
    ///
    /// # Errors
    /// `data-loss` with the path for bytes that are no such result, and for a case that the view does not know and for which it has
    /// no fallback; `resource-exhausted` over the limits.
    pub fn transcode_ok(&self, bytes: &[u8], limits: &Limits) -> Result<Vec<u8>> {
        self.outcome(bytes, limits, "result", |messages| messages.ok)
    }

    /// The exporter's declared error as the view reads it.
    ///
    /// # Errors
    /// As [`FunctionPlan::transcode_ok`].
    pub fn transcode_err(&self, bytes: &[u8], limits: &Limits) -> Result<Vec<u8>> {
        self.outcome(bytes, limits, "error", |messages| messages.err)
    }

    fn outcome(
        &self,
        bytes: &[u8],
        limits: &Limits,
        root: &str,
        step: impl Fn(&Messages) -> Option<StepId>,
    ) -> Result<Vec<u8>> {
        let Some(messages) = &self.messages else {
            return Ok(bytes.to_vec());
        };
        let run = || {
            let transcoder = messages.transcoder(bytes, limits, "caller's version")?;
            match step(messages) {
                Some(step) => transcoder.value(step),
                None => transcoder.members(&Members {
                    written: Vec::new(),
                    read: Vec::new(),
                    in_order: true,
                }),
            }
        };
        run().map_err(|failure: Failure| {
            let error = Error::from(failure.at(Segment::Root(root.to_owned())));
            let code = match error.code() {
                Code::InvalidArgument => Code::DataLoss,
                code => code,
            };
            Error::new(code, error.message()).with_sent(Sent::MaybeExecuted)
        })
    }
}

impl Messages {
    fn transcoder<'p, 'm>(
        &'p self,
        bytes: &'m [u8],
        limits: &Limits,
        reading_side: &'p str,
    ) -> std::result::Result<Transcoder<'p, 'm>, Failure> {
        let reader = Reader::new(bytes, limits)?;
        let writer = Writer::with_buffer(Vec::with_capacity(bytes.len() + 64), *limits);
        Ok(Transcoder {
            steps: &self.steps,
            reader,
            writer,
            reading_side,
        })
    }
}

/// Failures of the message as a whole have no path yet.
fn in_message(failure: Failure, name: &str) -> Error {
    if failure.path().is_empty() {
        failure.at(Segment::Root(name.to_owned())).into()
    } else {
        failure.into()
    }
}

fn messages(
    caller: &Side,
    provider: &Side,
    view: &Function,
    exporter: &Function,
) -> std::result::Result<Messages, Mismatch> {
    let name = &view.name;
    let mismatch = |place: String, difference: String| Mismatch {
        function: name.clone(),
        place,
        difference,
    };
    if view.topic != exporter.topic {
        let difference = "one side has a topic, the other a function";
        return Err(mismatch(name.clone(), difference.into()));
    }
    let mut steps = Vec::new();
    let mut arguments = Pairing::new(caller, provider, Direction::Arguments, &mut steps);
    let args = arguments
        .members(&view.params, &exporter.params, "")
        .map_err(|d| mismatch(format!("{name}({})", d.path), d.message))?;
    let (reads, writes) = (
        caller.schema().outcome(view),
        provider.schema().outcome(exporter),
    );
    if reads.declared != writes.declared {
        let sides = ("caller", "provider");
        let (with, without) = if reads.declared {
            sides
        } else {
            (sides.1, sides.0)
        };
        let difference = format!("the {with} has a declared error, the {without} has none");
        return Err(mismatch(name.clone(), difference));
    }
    let in_outcome =
        |what: &str, d: Difference| mismatch(format!("{name} {what}{}", d.path), d.message);
    let mut results = Pairing::new(provider, caller, Direction::Results, &mut steps);
    let ok = results
        .payload(writes.ok, reads.ok)
        .map_err(|d| in_outcome("result", d))?;
    let err = results
        .payload(writes.err, reads.err)
        .map_err(|d| in_outcome("error", d))?;
    Ok(Messages {
        steps: steps.into(),
        args,
        ok,
        err,
    })
}

/// Every function of `view` that cannot be called at `exporter`, with the difference.
pub fn mismatches(view: &Arc<Schema>, exporter: &Arc<Schema>) -> Vec<Mismatch> {
    let (caller, provider) = (Side::new(view), Side::new(exporter));
    let find = |function: &Function| match exporter.function(&function.name) {
        None => {
            let difference = "the provider does not have it".to_owned();
            Some(Mismatch {
                function: function.name.clone(),
                place: function.name.clone(),
                difference,
            })
        }
        Some((_, other)) if other.fingerprint == function.fingerprint => None,
        Some((_, other)) => messages(&caller, &provider, function, other).err(),
    };
    view.functions.iter().filter_map(find).collect()
}
