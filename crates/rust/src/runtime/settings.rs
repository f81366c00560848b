//! Settings: an option in code wins over the environment, the environment over the default.

use super::account;
use hms_ffi_core::error::{Error, Result};
use hms_ffi_core::wire::Limits;
use std::env;
use std::path::PathBuf;
use std::time::Duration;

/// How long a call may take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Timeout {
    /// The settings' default.
    #[default]
    Default,
    /// No deadline at all.
    None,
    /// This long from now.
    After(Duration),
}

/// Which transport a link may use (`HMS_TRANSPORT`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Transport {
    /// The best that both sides have.
    #[default]
    Auto,
    /// Shared memory only. Not available yet: an error.
    SharedMemory,
    /// The Unix socket only.
    Socket,
}

/// Everything that can be configured, with the names of API.md's table.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// `HMS_RUNTIME_DIR`: used alone if set.
    pub runtime_dir: Option<PathBuf>,
    /// `HMS_TRANSPORT`.
    pub transport: Transport,
    /// `HMS_TIMEOUT`: the default deadline of calls; `None` means none.
    pub timeout: Option<Duration>,
    /// `HMS_MAX_MESSAGE` (bytes), `HMS_MAX_DEPTH`, `HMS_MAX_ELEMENTS`.
    pub limits: Limits,
    /// `HMS_MAX_CALLS`: calls in flight per link. A provider grants so many to each caller (1024 where it says nothing), a caller
    /// makes no more than so many, and no more than it is granted.
    pub max_calls: Option<u32>,
    /// `HMS_RETRIES`: how often a call that can do no harm is tried again.
    pub retries: u32,
    /// `HMS_TRUSTED_USERS`: user ids beside our own and root's.
    pub trusted_users: Vec<u32>,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            runtime_dir: None,
            transport: Transport::Auto,
            timeout: Some(Duration::from_secs(30)),
            limits: Limits::default(),
            max_calls: None,
            retries: 4,
            trusted_users: Vec::new(),
        }
    }
}

impl Settings {
    /// The defaults with what the environment says.
    ///
    /// # Errors
    /// `invalid-argument` naming the variable whose value makes no sense.
    pub fn from_env() -> Result<Self> {
        Self::from_lookup(|name| env::var(name).ok().filter(|value| !value.is_empty()))
    }

    /// The same with another source of values than the environment: what options in code are made of.
    ///
    /// # Errors
    /// As [`Settings::from_env`].
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Result<Self> {
        let mut settings = Settings {
            runtime_dir: lookup("HMS_RUNTIME_DIR").map(PathBuf::from),
            ..Settings::default()
        };
        if let Some(text) = lookup("HMS_TRANSPORT") {
            settings.transport = match text.as_str() {
                "auto" => Transport::Auto,
                "socket" => Transport::Socket,
                "shm" => Transport::SharedMemory,
                _ => return Err(wrong("HMS_TRANSPORT", &text, "auto, shm or socket")),
            };
        }
        if let Some(text) = lookup("HMS_TIMEOUT") {
            settings.timeout = parse_timeout(&text)
                .ok_or_else(|| wrong("HMS_TIMEOUT", &text, "seconds or `none`"))?;
        }
        let number = |name: &str| -> Result<Option<u64>> {
            lookup(name)
                .map(|text| match text.parse::<u64>() {
                    Ok(value) if value > 0 => Ok(value),
                    _ => Err(wrong(name, &text, "a positive whole number")),
                })
                .transpose()
        };
        if let Some(value) = number("HMS_MAX_MESSAGE")? {
            settings.limits.max_message = value;
        }
        if let Some(value) = number("HMS_MAX_DEPTH")? {
            settings.limits.max_depth = u32::try_from(value).unwrap_or(u32::MAX);
        }
        if let Some(value) = number("HMS_MAX_ELEMENTS")? {
            settings.limits.max_elements = value;
        }
        if let Some(value) = number("HMS_MAX_CALLS")? {
            settings.max_calls = Some(u32::try_from(value).unwrap_or(u32::MAX));
        }
        if let Some(text) = lookup("HMS_RETRIES") {
            settings.retries = text
                .parse()
                .map_err(|_| wrong("HMS_RETRIES", &text, "a whole number"))?;
        }
        if let Some(text) = lookup("HMS_TRUSTED_USERS") {
            for user in text
                .split(',')
                .map(str::trim)
                .filter(|user| !user.is_empty())
            {
                let uid = account::uid_of(user)
                    .ok_or_else(|| wrong("HMS_TRUSTED_USERS", user, "a user of this machine"))?;
                settings.trusted_users.push(uid);
            }
        }
        Ok(settings)
    }

    /// Calls in flight that a provider grants on a link.
    pub(crate) fn calls_granted(&self) -> u32 {
        self.max_calls.unwrap_or(1024)
    }

    /// Whether instances of this user may call us and be called.
    pub(crate) fn trusts(&self, uid: u32) -> bool {
        uid == 0 || uid == account::own_uid() || self.trusted_users.contains(&uid)
    }

    /// The user ids that are trusted.
    pub(crate) fn trusted(&self) -> impl Iterator<Item = u32> {
        [account::own_uid(), 0]
            .into_iter()
            .chain(self.trusted_users.iter().copied())
    }

    /// What `timeout` means under these settings.
    pub(crate) fn resolve(&self, timeout: Timeout) -> Option<Duration> {
        match timeout {
            Timeout::Default => self.timeout,
            Timeout::None => None,
            Timeout::After(duration) => Some(duration),
        }
    }
}

/// Seconds with decimals as a duration, `none` as no deadline; `None` if the text is neither.
pub fn parse_timeout(text: &str) -> Option<Option<Duration>> {
    if text == "none" {
        return Some(None);
    }
    let seconds: f64 = text.parse().ok()?;
    Duration::try_from_secs_f64(seconds).ok().map(Some)
}

fn wrong(name: &str, text: &str, expected: &str) -> Error {
    Error::invalid_argument(format!("{name}: expected {expected}, got {text:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(pairs: &[(&str, &str)]) -> Result<Settings> {
        Settings::from_lookup(|name| {
            pairs
                .iter()
                .find(|(n, _)| *n == name)
                .map(|(_, v)| (*v).to_owned())
        })
    }

    #[test]
    fn environment_overrides_defaults() {
        let settings = with(&[
            ("HMS_TIMEOUT", "0.25"),
            ("HMS_MAX_DEPTH", "7"),
            ("HMS_TRUSTED_USERS", " root, 4711 "),
            ("HMS_RUNTIME_DIR", "/x"),
        ])
        .expect("valid");
        assert_eq!(settings.timeout, Some(Duration::from_millis(250)));
        assert_eq!(settings.limits.max_depth, 7);
        assert_eq!(settings.trusted_users, [0, 4711]);
        assert_eq!(settings.runtime_dir, Some(PathBuf::from("/x")));
        assert!(settings.trusts(4711) && !settings.trusts(4712));
        assert_eq!(
            with(&[("HMS_TIMEOUT", "none")]).expect("valid").timeout,
            None
        );
    }

    #[test]
    fn nonsense_is_refused_by_name() {
        for (name, value) in [
            ("HMS_TIMEOUT", "soon"),
            ("HMS_TIMEOUT", "-1"),
            ("HMS_TIMEOUT", "NaN"),
            ("HMS_MAX_CALLS", "0"),
            ("HMS_MAX_MESSAGE", "1e6"),
            ("HMS_RETRIES", "-1"),
            ("HMS_TRANSPORT", "tcp"),
            ("HMS_TRUSTED_USERS", "no-such-user-here"),
        ] {
            let error = with(&[(name, value)]).expect_err(value);
            assert!(error.message().starts_with(name), "{error}");
        }
    }
}
