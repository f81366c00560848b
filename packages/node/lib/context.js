'use strict';

const { AsyncLocalStorage } = require('node:async_hooks');

const { classes } = require('./errors.js');

/** @typedef {import('./runtime.js').InboundCall} InboundCall */

/** Beyond this a timer would fire at once; what is later than 24 days is left to the caller. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** What a handler knows of the call that it serves: its last argument, and `currentCall()` in all that it starts. */
class CallContext {
  #id;
  #optional;
  #controller = /** @type {AbortController | undefined} */ (undefined);
  #ended = /** @type {Error | undefined} */ (undefined);
  #until;
  #timer = /** @type {NodeJS.Timeout | undefined} */ (undefined);
  #isAnswered = false;
  #abandon;

  /**
   * @param {InboundCall} call
   * @param {string} iface
   * @param {string} name
   * @param {(context: CallContext) => void} abandon Told when the caller no longer waits and the handler goes on nevertheless.
   */
  constructor(call, iface, name, abandon) {
    this.#abandon = abandon;
    this.#id = call.id;
    this.#optional = call.optional;
    /** The interface that is being served, with its version. @readonly */
    this.interface = iface;
    /** The function's name as in WIT. @readonly */
    this.function = name;
    /** Who calls, according to the kernel. @readonly */
    this.caller = call.caller;
    this.#until = call.left < 0 ? undefined : performance.now() + call.left;
  }

  /** The addon's number of the call. @param {CallContext} context */
  static id(context) {
    return context.#id;
  }

  /** W3C trace context of the caller. @returns {string | undefined} */
  get traceparent() {
    return this.#optional.traceparent ?? undefined;
  }

  /** @returns {string | undefined} */
  get tracestate() {
    return this.#optional.tracestate ?? undefined;
  }

  /** The caller's idempotency key. @returns {string | undefined} */
  get idempotencyKey() {
    return this.#optional.idempotencyKey ?? undefined;
  }

  /** Aborted when the caller no longer waits: it cancelled, it is gone, or the deadline has passed. */
  get signal() {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#ended !== undefined) this.#controller.abort(this.#ended);
      else if (this.#until !== undefined && !this.#isAnswered) this.#watchDeadline();
    }
    return this.#controller.signal;
  }

  /** The caller tells when it gives up, but one that is stuck tells nothing. */
  #watchDeadline() {
    const left = /** @type {number} */ (this.remaining);
    if (left > LONGEST_TIMER) return;
    this.#timer = setTimeout(() => this.#end(true), Math.ceil(left));
    this.#timer.unref();
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

  /** The call has been answered, and is not to be answered again. @param {CallContext} context */
  static answered(context) {
    context.#isAnswered = true;
    clearTimeout(context.#timer);
  }

  /** Whether that is so. @param {CallContext} context */
  static isAnswered(context) {
    return context.#isAnswered;
  }

  /** The caller no longer waits. @param {CallContext} context @param {boolean} late Because the deadline has passed. */
  static end(context, late) {
    context.#end(late);
  }

  /** @param {boolean} late */
  #end(late) {
    if (this.#ended !== undefined || this.#isAnswered) return;
    clearTimeout(this.#timer);
    this.#ended = late
      ? new classes.DeadlineExceeded('the deadline of the call has passed')
      : new classes.Cancelled('the caller no longer waits');
    this.#controller?.abort(this.#ended);
    // One that listens to its signal has answered by then.
    setImmediate(() => {
      if (!this.#isAnswered) this.#abandon(this);
    });
  }
}

/** @type {AsyncLocalStorage<CallContext>} */
const current = new AsyncLocalStorage();

/** The call that the current code serves, if it serves one. @returns {CallContext | undefined} */
const currentCall = () => current.getStore();

/** The addon's number of that call; 0 without one. */
function currentId() {
  const context = current.getStore();
  return context === undefined ? 0 : CallContext.id(context);
}

module.exports = { CallContext, current, currentCall, currentId };
