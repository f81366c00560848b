//! Fork guard.
//!
//! Native state does not survive `fork`: other threads are gone while their locks are held, and a descriptor that parent and
//! child share would mix their bytes. So the child's handler does the least that is safe at that moment: it closes
//! every descriptor in a lock-free table and counts a generation. Whoever holds state compares [`generation`] first, leaks
//! what is stale and starts anew.
//!
//! Between the system call that opens a descriptor and its place in the table a fork would hand it on unseen. So whoever opens
//! one says [`hold_off`] first, and a fork waits for the few microseconds that this takes.

use crate::clock;
use std::cell::Cell;
use std::marker::PhantomData;
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
    // Nobody else is here: neither threads that open nor others that fork.
    GATE.store(0, Ordering::Relaxed);
    GENERATION.fetch_add(1, Ordering::Relaxed);
}

/// Threads that open or close a descriptor (low half) and forks that wait for them or happen (high half).
static GATE: AtomicU32 = AtomicU32::new(0);
const FORK: u32 = 1 << 16;
/// A fork never waits longer, in nanoseconds: then a child may get a descriptor too many, which is better than no child.
const PATIENCE: u64 = 1_000_000_000;

thread_local! {
    /// How many [`HeldOff`] this thread has.
    static HELD: Cell<u32> = const { Cell::new(0) };
}

extern "C" fn before_fork() {
    GATE.fetch_add(FORK, Ordering::AcqRel);
    let mine = HELD.get().min(1);
    let until = clock::now() + PATIENCE;
    while GATE.load(Ordering::Acquire) % FORK > mine && clock::now() < until {
        std::thread::yield_now();
    }
}

extern "C" fn in_parent() {
    GATE.fetch_sub(FORK, Ordering::AcqRel);
}

fn install() {
    HOOK.call_once(|| {
        // SAFETY: the handlers take no lock, `in_child` is async-signal-safe, and they live as long as the process (a library
        // with such handlers is never unloaded).
        unsafe { libc::pthread_atfork(Some(before_fork), Some(in_parent), Some(in_child)) };
    });
}

/// Forks of this process wait while one of these lives, so that a child finds every open descriptor in the table.
/// Only for what takes no lock and does not block.
#[derive(Debug)]
pub struct HeldOff {
    generation: u32,
    /// Belongs to its thread.
    _thread: PhantomData<*const ()>,
}

/// See [`HeldOff`].
pub fn hold_off() -> HeldOff {
    install();
    let held = HELD.get();
    HELD.set(held + 1);
    // A thread that holds forks off already must not wait for one.
    if held == 0 {
        while GATE.fetch_add(1, Ordering::AcqRel) >= FORK {
            GATE.fetch_sub(1, Ordering::AcqRel);
            while GATE.load(Ordering::Acquire) >= FORK {
                std::thread::yield_now();
            }
        }
    }
    HeldOff {
        generation: generation(),
        _thread: PhantomData,
    }
}

impl Drop for HeldOff {
    fn drop(&mut self) {
        let held = HELD.get() - 1;
        HELD.set(held);
        // A child that was forked meanwhile began to count anew.
        if held == 0 && self.generation == generation() {
            GATE.fetch_sub(1, Ordering::AcqRel);
        }
    }
}

fn claim(fd: RawFd) -> &'static AtomicI32 {
    install();
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
    /// Takes over `fd`, which was opened under the same [`hold_off`].
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
            let _whole = hold_off();
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
