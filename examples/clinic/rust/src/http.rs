//! The comparison: the same functions over HTTP with JSON, `POST /<function>` with a JSON list of arguments. The port is
//! written to `$CLINIC_HTTP/<interface>`.

use std::path::PathBuf;
use std::thread;

use serde::Serialize;
use serde::de::DeserializeOwned;
use tiny_http::{Method, Response, Server};
use ureq::Agent;

use crate::records::{Claim, Coverage, Missing, Observation, Risk};
use crate::{failed, policy, risk};
use hms_ffi::Result;

/// Status and body of a response.
pub type Reply = (u16, Vec<u8>);

/// Serves on a thread, unless there is no comparison.
pub fn serve(interface: &str, handle: fn(&Caller, &[u8]) -> Result<Reply>) -> Result<()> {
    let Some(folder) = std::env::var_os("CLINIC_HTTP").map(PathBuf::from) else {
        return Ok(());
    };
    let server = Server::http("127.0.0.1:0").map_err(failed)?;
    let port = server
        .server_addr()
        .to_ip()
        .map_or(0, |address| address.port());
    std::fs::write(folder.join(interface), port.to_string()).map_err(failed)?;
    thread::spawn(move || {
        let caller = Caller::new();
        for mut request in server.incoming_requests() {
            let mut body = Vec::new();
            let read = request.as_reader().read_to_end(&mut body).map_err(failed);
            let reply = match request.method() {
                Method::Post => read.and_then(|_| handle(&caller, &body)),
                _ => Ok((405, Vec::new())),
            };
            let (status, body) =
                reply.unwrap_or_else(|error| (500, error.to_string().into_bytes()));
            // Who asked may be gone by now.
            let _ = request.respond(Response::from_data(body).with_status_code(status));
        }
    });
    Ok(())
}

/// `evaluate`: 422 with the denial where the claim is denied.
pub fn policy(caller: &Caller, body: &[u8]) -> Result<Reply> {
    let (claim,): (Claim,) = serde_json::from_slice(body).map_err(failed)?;
    let decided =
        match caller.ask::<Coverage, Missing>("records", "find-coverage", &(&claim.coverage,))? {
            Ok(coverage) => policy::decide(&claim, &coverage),
            Err(missing) => Err(crate::Denial::UnknownCoverage(missing)),
        };
    match decided {
        Ok(decision) => json(200, &decision),
        Err(denial) => json(422, &denial),
    }
}

/// `score`.
pub fn risk(_: &Caller, body: &[u8]) -> Result<Reply> {
    let (observations,): (Vec<Observation>,) = serde_json::from_slice(body).map_err(failed)?;
    let risk: Risk = risk::score(&observations);
    json(200, &risk)
}

fn json(status: u16, value: &impl Serialize) -> Result<Reply> {
    Ok((status, serde_json::to_vec(value).map_err(failed)?))
}

/// Calls the others over HTTP, with connections that stay open.
pub struct Caller(Agent);

impl Caller {
    pub fn new() -> Caller {
        let config = Agent::config_builder().http_status_as_error(false).build();
        Caller(config.new_agent())
    }

    /// The inner result is what the function answers: `Err` for statuses 404 and 422.
    pub fn ask<T: DeserializeOwned, E: DeserializeOwned>(
        &self,
        interface: &str,
        function: &str,
        arguments: &impl Serialize,
    ) -> Result<std::result::Result<T, E>> {
        let folder = std::env::var_os("CLINIC_HTTP")
            .map(PathBuf::from)
            .unwrap_or_default();
        let port = std::fs::read_to_string(folder.join(interface)).map_err(failed)?;
        let url = format!("http://127.0.0.1:{port}/{function}");
        let mut response = self.0.post(url).send_json(arguments).map_err(failed)?;
        let status = response.status().as_u16();
        let body = response.body_mut();
        match status {
            200 => Ok(Ok(body.read_json().map_err(failed)?)),
            404 | 422 => Ok(Err(body.read_json().map_err(failed)?)),
            status => Err(failed(format!("{function}: status {status}"))),
        }
    }
}
