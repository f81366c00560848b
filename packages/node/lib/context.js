'use strict';

const { AsyncLocalStorage } = require('node:async_hooks');

const { classes } = require('./errors.js');

/** @typedef {import('./runtime.js').InboundCall} InboundCall */

/** What a handler knows of the call that it serves: its last argument, and `currentCall()` in all that it starts. */
class CallContext {
  #controller = /** @type {AbortController | undefined} */ (undefined);
  #ended = /** @type {Error | undefined} */ (undefined);
  #until;

  /** @param {InboundCall} call @param {string} iface @param {string} name */
  constructor(call, iface, name) {
    /** The addon's number of the call. @readonly */
    this.id = call.id;
    Object.defineProperty(this, 'id', { enumerable: false });
    /** The interface that is being served, with its version. @readonly */
    this.interface = iface;
    /** The function's name as in WIT. @readonly */
    this.function = name;
    /** Who calls, according to the kernel. @readonly */
    this.caller = call.caller;
    /** W3C trace context of the caller. @type {string | undefined} @readonly */
    this.traceparent = call.optional.traceparent ?? undefined;
    /** @type {string | undefined} @readonly */
    this.tracestate = call.optional.tracestate ?? undefined;
    /** The caller's idempotency key. @type {string | undefined} @readonly */
    this.idempotencyKey = call.optional.idempotencyKey ?? undefined;
    this.#until = call.left < 0 ? undefined : performance.now() + call.left;
  }

  /** Aborted when the caller no longer waits: it cancelled, it is gone, or the deadline has passed. */
  get signal() {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#ended !== undefined) this.#controller.abort(this.#ended);
    }
    return this.#controller.signal;
  }

  /** When the caller stops waiting; undefined without a deadline. */
  get deadline() {
    return this.#until === undefined ? undefined : new Date(performance.timeOrigin + this.#until);
  }

  /** Milliseconds left until the deadline, at least 0; undefined without a deadline. */
  get remaining() {
    return this.#until === undefined ? undefined : Math.max(0, this.#until - performance.now());
  }

  /** Whether the deadline has passed. */
  get isLate() {
    return this.#ended instanceof classes.DeadlineExceeded || this.remaining === 0;
  }

  /** Whether the caller no longer waits. */
  get isCancelled() {
    return this.#ended !== undefined || this.isLate;
  }

  /** The caller no longer waits. @param {boolean} late Because the deadline has passed. */
  end(late) {
    this.#ended = late
      ? new classes.DeadlineExceeded('the deadline of the call has passed')
      : new classes.Cancelled('the caller no longer waits');
    this.#controller?.abort(this.#ended);
  }
}
Object.defineProperty(CallContext.prototype, 'end', { enumerable: false });

/** @type {AsyncLocalStorage<CallContext>} */
const current = new AsyncLocalStorage();

/** The call that the current code serves, if it serves one. @returns {CallContext | undefined} */
const currentCall = () => current.getStore();

module.exports = { CallContext, current, currentCall };
