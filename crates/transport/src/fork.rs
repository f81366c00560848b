//! Fork guard.
//!
//! Native state does not survive `fork`: other threads are gone while their locks are held, and a descriptor that parent and
//! child share would mix their bytes. So the child's handler does the least that is safe at that moment: it closes
//! every descriptor in a lock-free table and counts a generation. Whoever holds state compares [`generation`] first, leaks
//! what is stale and starts anew.

use std::os::fd::{AsFd, AsRawFd, BorrowedFd, IntoRawFd, OwnedFd, RawFd};
use std::ptr;
use std::sync::Once;
use std::sync::atomic::{AtomicI32, AtomicPtr, AtomicU32, AtomicUsize, Ordering};

static GENERATION: AtomicU32 = AtomicU32::new(0);
static HOOK: Once = Once::new();

/// How many forks lie between this process and the one that loaded the library.
#[inline]
pub fn generation() -> u32 {
    GENERATION.load(Ordering::Relaxed)
}

const BLOCK: usize = 256;
const FREE: i32 = -1;

/// A block of the table. Blocks are never freed, so a slot's address stays valid, also in a forked child.
struct Block {
    slots: [AtomicI32; BLOCK],
    next: AtomicPtr<Block>,
}

impl Block {
    const fn new() -> Self {
        Block {
            slots: [const { AtomicI32::new(FREE) }; BLOCK],
            next: AtomicPtr::new(ptr::null_mut()),
        }
    }
}

static TABLE: Block = Block::new();
/// Where the last free slot was found; only a hint.
static HINT: AtomicUsize = AtomicUsize::new(0);

fn blocks() -> impl Iterator<Item = &'static Block> {
    let mut next: Option<&'static Block> = Some(&TABLE);
    std::iter::from_fn(move || {
        let block = next?;
        // SAFETY: `next` is null or a block that was leaked by `claim` and is never freed.
        next = unsafe { block.next.load(Ordering::Acquire).as_ref() };
        Some(block)
    })
}

extern "C" fn in_child() {
    // Only async-signal-safe work: atomics and close(2).
    for block in blocks() {
        for slot in &block.slots {
            let fd = slot.swap(FREE, Ordering::Relaxed);
            if fd != FREE {
                // SAFETY: the table owns this descriptor in the child: its `Descriptor` sees another generation and will
                // neither use nor close it.
                unsafe { libc::close(fd) };
            }
        }
    }
    GENERATION.fetch_add(1, Ordering::Relaxed);
}

fn claim(fd: RawFd) -> &'static AtomicI32 {
    HOOK.call_once(|| {
        // SAFETY: `in_child` is async-signal-safe and lives as long as the process (a library with this handler is never unloaded).
        unsafe { libc::pthread_atfork(None, None, Some(in_child)) };
    });
    let take = |slot: &'static AtomicI32| {
        slot.compare_exchange(FREE, fd, Ordering::Relaxed, Ordering::Relaxed)
            .is_ok()
    };
    let hint = HINT.load(Ordering::Relaxed);
    if let Some(slot) = TABLE.slots.get(hint)
        && take(slot)
    {
        HINT.store(hint + 1, Ordering::Relaxed);
        return slot;
    }
    let mut last: &'static Block = &TABLE;
    for block in blocks() {
        if let Some(slot) = block.slots.iter().find(|slot| take(slot)) {
            return slot;
        }
        last = block;
    }
    let fresh: &'static Block = Box::leak(Box::new(Block::new()));
    fresh.slots[0].store(fd, Ordering::Relaxed);
    let mut tail = last;
    loop {
        match tail.next.compare_exchange(
            ptr::null_mut(),
            ptr::from_ref(fresh).cast_mut(),
            Ordering::AcqRel,
            Ordering::Acquire,
        ) {
            Ok(_) => return &fresh.slots[0],
            // SAFETY: a non-null `next` is a leaked block.
            Err(other) => tail = unsafe { &*other },
        }
    }
}

/// An owned descriptor that a forked child closes at once and that is inert there.
#[derive(Debug)]
pub struct Descriptor {
    fd: RawFd,
    slot: &'static AtomicI32,
    generation: u32,
}

impl Descriptor {
    /// Takes over `fd`.
    pub fn new(fd: OwnedFd) -> Self {
        let fd = fd.into_raw_fd();
        Descriptor {
            fd,
            slot: claim(fd),
            generation: generation(),
        }
    }

    /// Whether this process made the descriptor, not an ancestor of it.
    #[inline]
    pub fn is_ours(&self) -> bool {
        self.generation == generation()
    }
}

impl AsFd for Descriptor {
    #[inline]
    fn as_fd(&self) -> BorrowedFd<'_> {
        debug_assert!(self.is_ours(), "a descriptor was used after fork");
        // SAFETY: the descriptor is open until drop; in a forked child callers check the generation before they get here.
        unsafe { BorrowedFd::borrow_raw(self.fd) }
    }
}

impl AsRawFd for Descriptor {
    fn as_raw_fd(&self) -> RawFd {
        self.fd
    }
}

impl Drop for Descriptor {
    fn drop(&mut self) {
        if self.is_ours() {
            self.slot.store(FREE, Ordering::Relaxed);
            // SAFETY: we own the descriptor, and nobody closed it in this process.
            unsafe { libc::close(self.fd) };
        }
    }
}

/// A value of the whole process that is made anew in a forked child. The parent's value is leaked there: its locks may be held for ever.
#[derive(Debug)]
pub struct PerProcess<T: 'static> {
    current: AtomicPtr<Made<T>>,
    make: fn() -> T,
}

#[derive(Debug)]
struct Made<T> {
    generation: u32,
    value: T,
}

impl<T: Send + Sync + 'static> PerProcess<T> {
    /// A value that `make` makes at the first use in each process.
    pub const fn new(make: fn() -> T) -> Self {
        PerProcess {
            current: AtomicPtr::new(ptr::null_mut()),
            make,
        }
    }

    /// This process's value.
    pub fn get(&'static self) -> &'static T {
        let generation = generation();
        let current = self.current.load(Ordering::Acquire);
        // SAFETY: `current` is null or was leaked below; it is never freed.
        if let Some(made) = unsafe { current.as_ref() }
            && made.generation == generation
        {
            return &made.value;
        }
        let fresh = Box::into_raw(Box::new(Made {
            generation,
            value: (self.make)(),
        }));
        match self
            .current
            .compare_exchange(current, fresh, Ordering::AcqRel, Ordering::Acquire)
        {
            // SAFETY: `fresh` was just leaked.
            Ok(_) => unsafe { &(*fresh).value },
            Err(other) => {
                // SAFETY: `fresh` never left this function; `other` is another thread's leaked value of this process.
                unsafe {
                    drop(Box::from_raw(fresh));
                    &(*other).value
                }
            }
        }
    }
}
