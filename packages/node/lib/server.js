'use strict';

const { isMainThread } = require('node:worker_threads');

const { classes, nativeCall } = require('./errors.js');
const { native } = require('./native.js');
const runtime = require('./runtime.js');

const GRACE = 10000;
/** How often a server that is closing looks whether its calls have ended. */
const LOOK = 10;

/** @param {unknown} grace */
function graceNumber(grace) {
  if (typeof grace === 'number' && grace >= 0) return grace;
  throw new classes.InvalidArgument('grace: expected milliseconds');
}

/** A running instance. */
class Server {
  #id;
  #serving;
  #grace;
  #isRef = true;
  #closing = /** @type {Promise<void> | undefined} */ (undefined);
  #settle = () => {};
  #signals;
  #until = Infinity;

  /**
   * @param {number} id
   * @param {string} instance
   * @param {import('./runtime.js').Serving} serving
   * @param {{ grace?: number, signals?: boolean }} options
   */
  constructor(id, instance, serving, { grace = GRACE, signals = isMainThread }) {
    this.#id = id;
    this.#serving = serving;
    this.#grace = graceNumber(grace);
    this.#signals = signals;
    /** The instance's random name. @readonly */
    this.instance = instance;
    /** Resolves when the server is closed. @type {Promise<void>} @readonly */
    this.closed = new Promise((resolve) => {
      this.#settle = resolve;
    });
    runtime.servers.set(id, serving);
    runtime.hold();
    if (signals) watchSignals(this);
  }

  /**
   * Leaves discovery, lets the running calls end, cancels those that take longer than the grace period, and closes. Closing again with
   * less grace makes it earlier.
   *
   * @param {{ grace?: number }} [options] Milliseconds; without it those of the component.
   * @returns {Promise<void>}
   */
  close({ grace = this.#grace } = {}) {
    this.#until = Math.min(this.#until, performance.now() + graceNumber(grace));
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close() {
    nativeCall(() => native.stopAccepting(this.#id));
    runtime.flushSoon();
    const runs = () => native.inFlight(this.#id) + this.#serving.abandoned > 0;
    while (runs() && performance.now() < this.#until) {
      await new Promise((resolve) => setTimeout(resolve, LOOK));
    }
    native.closeServer(this.#id);
    runtime.servers.delete(this.#id);
    runtime.flushSoon();
    if (this.#signals) unwatchSignals(this);
    this.unref();
    this.#settle();
  }

  /** Keeps the process alive while it serves, which is how it begins. */
  ref() {
    if (!this.#isRef && this.#closing === undefined) {
      this.#isRef = true;
      runtime.hold();
    }
    return this;
  }

  /** Lets the process end although it serves. */
  unref() {
    if (this.#isRef) {
      this.#isRef = false;
      runtime.release();
    }
    return this;
  }
}

if (Symbol.asyncDispose !== undefined) {
  Object.defineProperty(Server.prototype, Symbol.asyncDispose, {
    /** @this {Server} */
    value() {
      return this.close();
    },
  });
}

/** Servers that a signal closes. @type {Set<Server>} */
const watched = new Set();

/** Exit statuses once all servers have closed. @type {Record<string, number>} */
const STATUS = { SIGTERM: 0, SIGINT: 130 };
/** Exit statuses when a second signal comes before that. @type {Record<string, number>} */
const IMPATIENT = { SIGTERM: 143, SIGINT: 130 };

/** @param {Server} server */
function watchSignals(server) {
  if (watched.size === 0) for (const signal of Object.keys(STATUS)) process.on(signal, signalled);
  watched.add(server);
}

/** @param {Server} server */
function unwatchSignals(server) {
  watched.delete(server);
  // While a signal closes them the process is about to end; a second one is to be seen, too.
  if (watched.size === 0 && endingSince === undefined) {
    for (const signal of Object.keys(STATUS)) process.off(signal, signalled);
  }
}

/** When the first signal came. @type {number | undefined} */
let endingSince;
/** A shell and a program in between may both pass one signal on. */
const SAME_SIGNAL = 500;

/** @param {NodeJS.Signals} signal */
async function signalled(signal) {
  // A program that listens itself decides itself.
  const isOurs = process.listenerCount(signal) === 1;
  if (endingSince !== undefined) {
    if (isOurs && performance.now() - endingSince > SAME_SIGNAL) process.exit(IMPATIENT[signal]);
    return;
  }
  endingSince = performance.now();
  await Promise.all([...watched].map((server) => server.close()));
  if (isOurs) process.exit(STATUS[signal]);
}

module.exports = { Server, graceNumber };
