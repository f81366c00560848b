//! Unix stream sockets, never blocking, with the peer's credentials from the kernel.

use crate::fork::{Descriptor, hold_off};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, SocketAddrUnix, SocketFlags, SocketType, accept_with,
    bind, connect, listen, recv, send, socket_with,
};
use std::ffi::OsStr;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::path::Path;

/// Who is at the other end, according to the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Credentials {
    /// User id.
    pub uid: u32,
    /// Primary group id.
    pub gid: u32,
    /// Process id in our pid namespace, 0 if it has none here. For the side that listened: the process that called `listen`.
    pub pid: u32,
}

/// One end of a connected socket.
#[derive(Debug)]
pub struct Socket {
    fd: Descriptor,
    peer: Credentials,
}

/// What a read or write attempt did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// This many bytes.
    Bytes(usize),
    /// The other side has to act first.
    Blocked,
    /// The connection is gone.
    Closed,
}

/// The most that `sockaddr_un` holds, without the final zero.
const LONGEST_PATH: usize = 107;

/// An address for `path`, through /proc/self/fd when it is too long for one; the descriptor keeps that detour open.
fn address(path: &Path) -> io::Result<(SocketAddrUnix, Option<OwnedFd>)> {
    if path.as_os_str().len() <= LONGEST_PATH {
        return Ok((SocketAddrUnix::new(path)?, None));
    }
    let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(Errno::NAMETOOLONG.into());
    };
    let directory = rustix::fs::open(
        parent,
        OFlags::PATH | OFlags::CLOEXEC | OFlags::DIRECTORY,
        Mode::empty(),
    )?;
    let detour = Path::new(OsStr::new("/proc/self/fd"))
        .join(directory.as_raw_fd().to_string())
        .join(name);
    Ok((SocketAddrUnix::new(detour)?, Some(directory)))
}

fn stream_socket() -> io::Result<OwnedFd> {
    Ok(socket_with(
        AddressFamily::UNIX,
        SocketType::STREAM,
        SocketFlags::CLOEXEC | SocketFlags::NONBLOCK,
        None,
    )?)
}

impl Socket {
    /// Connects to the socket at `path`; never waits.
    ///
    /// # Errors
    /// `ConnectionRefused` or `NotFound` when nobody listens there any more, `WouldBlock` when the backlog is full.
    pub fn connect(path: &Path) -> io::Result<Self> {
        let _whole = hold_off();
        let fd = stream_socket()?;
        let (address, _detour) = address(path)?;
        connect(&fd, &address)?;
        Self::from_fd(fd)
    }

    fn from_fd(fd: OwnedFd) -> io::Result<Self> {
        let peer = credentials(fd.as_fd())?;
        Ok(Socket {
            fd: Descriptor::new(fd),
            peer,
        })
    }

    /// A connected pair, both ends in this process.
    ///
    /// # Errors
    /// When the process is out of descriptors.
    pub fn pair() -> io::Result<(Self, Self)> {
        let _whole = hold_off();
        let (a, b) = rustix::net::socketpair(
            AddressFamily::UNIX,
            SocketType::STREAM,
            SocketFlags::CLOEXEC | SocketFlags::NONBLOCK,
            None,
        )?;
        Ok((Self::from_fd(a)?, Self::from_fd(b)?))
    }

    /// Who is at the other end.
    pub fn peer(&self) -> Credentials {
        self.peer
    }

    /// Reads what has come, up to the length of `buffer`.
    pub fn read(&self, buffer: &mut [u8]) -> Progress {
        loop {
            match recv(&self.fd, &mut *buffer, RecvFlags::empty()) {
                Ok((_, 0)) => return Progress::Closed,
                Ok((_, n)) => return Progress::Bytes(n),
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => return Progress::Blocked,
                Err(_) => return Progress::Closed,
            }
        }
    }

    /// Writes as much of `bytes` as fits. SIGPIPE is never raised.
    pub fn write(&self, bytes: &[u8]) -> Progress {
        loop {
            match send(&self.fd, bytes, SendFlags::NOSIGNAL) {
                Ok(n) => return Progress::Bytes(n),
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => return Progress::Blocked,
                Err(_) => return Progress::Closed,
            }
        }
    }
}

impl AsFd for Socket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn credentials(fd: BorrowedFd<'_>) -> io::Result<Credentials> {
    let mut raw = libc::ucred {
        pid: 0,
        uid: 0,
        gid: 0,
    };
    let mut length = size_of::<libc::ucred>() as libc::socklen_t;
    // SAFETY: the buffer and its length are those of a `ucred`, as SO_PEERCRED wants.
    let result = unsafe {
        libc::getsockopt(
            fd.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_PEERCRED,
            std::ptr::from_mut(&mut raw).cast(),
            &mut length,
        )
    };
    if result != 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(Credentials {
        uid: raw.uid,
        gid: raw.gid,
        pid: u32::try_from(raw.pid).unwrap_or(0),
    })
}

/// A listening socket.
#[derive(Debug)]
pub struct Listener {
    fd: Descriptor,
}

impl Listener {
    /// Listens at `path`, which must not exist.
    ///
    /// # Errors
    /// What `bind` or `listen` says.
    pub fn bind(path: &Path) -> io::Result<Self> {
        let _whole = hold_off();
        let fd = stream_socket()?;
        let (address, _detour) = address(path)?;
        bind(&fd, &address)?;
        listen(&fd, 1024)?;
        Ok(Listener {
            fd: Descriptor::new(fd),
        })
    }

    /// The next waiting connection, `None` if there is none.
    ///
    /// # Errors
    /// When the process is out of descriptors.
    pub fn accept(&self) -> io::Result<Option<Socket>> {
        let _whole = hold_off();
        loop {
            match accept_with(&self.fd, SocketFlags::CLOEXEC | SocketFlags::NONBLOCK) {
                Ok(fd) => return Socket::from_fd(fd).map(Some),
                // Others may wait behind one that has gone.
                Err(Errno::INTR | Errno::CONNABORTED) => {}
                Err(Errno::AGAIN) => return Ok(None),
                Err(error) => return Err(error.into()),
            }
        }
    }
}

impl AsFd for Listener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scratch(name: &str) -> std::path::PathBuf {
        let dir = std::env::temp_dir().join(format!("hms-socket-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&dir).expect("scratch directory");
        dir
    }

    #[test]
    fn bytes_cross_and_credentials_are_ours() {
        let dir = scratch("cross");
        let path = dir.join("s");
        let listener = Listener::bind(&path).expect("listen");
        assert!(listener.accept().expect("accept").is_none());
        let client = Socket::connect(&path).expect("connect");
        let server = listener.accept().expect("accept").expect("a connection");
        assert_eq!(server.peer().pid, std::process::id());
        assert_eq!(client.peer(), server.peer());
        assert_eq!(client.write(b"abc"), Progress::Bytes(3));
        let mut buffer = [0; 8];
        assert_eq!(server.read(&mut buffer), Progress::Bytes(3));
        assert_eq!(server.read(&mut buffer), Progress::Blocked);
        drop(client);
        assert_eq!(server.read(&mut buffer), Progress::Closed);
        assert_eq!(server.write(b"x"), Progress::Closed, "no SIGPIPE, no panic");
        drop(listener);
        assert_eq!(
            Socket::connect(&path).expect_err("refused").kind(),
            io::ErrorKind::ConnectionRefused
        );
        std::fs::remove_dir_all(dir).expect("clean up");
    }

    #[test]
    fn paths_longer_than_a_socket_address_work() {
        let dir = scratch("long").join("d".repeat(120));
        std::fs::create_dir_all(&dir).expect("scratch directory");
        let path = dir.join("socket");
        let listener = Listener::bind(&path).expect("listen");
        let _client = Socket::connect(&path).expect("connect");
        assert!(listener.accept().expect("accept").is_some());
        std::fs::remove_dir_all(dir.parent().expect("parent")).expect("clean up");
    }
}
