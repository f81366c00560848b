'use strict';

const { listen, unlisten } = require('./aborts.js');
const { currentCall } = require('./context.js');
const { DeclaredError, HmsError, classes, fromFault, withTrace } = require('./errors.js');
const outbox = require('./outbox.js');
const runtime = require('./runtime.js');
const { program } = require('./trace.js');

/** @typedef {import('./codec/codec.js').FunctionCodec} FunctionCodec */

const { KIND } = runtime;

/** How a call failed: made into an error where the caller's stack is known. */
class Failure {
  /** @param {number} kind @param {unknown} value @param {string} component Who called. */
  constructor(kind, value, component) {
    this.kind = kind;
    this.value = value;
    this.component = component;
  }
}

/** One call that was started. */
class PendingCall {
  /** @type {AbortSignal | undefined} */
  #signal;
  #token = 0;
  #client = 0;

  /** @param {FunctionCodec} codec */
  constructor(codec) {
    this.codec = codec;
    /** What is being served meanwhile. */
    this.context = currentCall();
  }

  /** How it ended: its value or a Failure. @param {unknown} _value */
  settle(_value) {}

  /** It was sent. @param {number} client @param {number} token @param {AbortSignal | undefined} signal What cancels it. */
  sent(client, token, signal) {
    if (signal === undefined) return;
    this.#client = client;
    this.#token = token;
    this.#signal = signal;
    listen(signal, this);
  }

  /** @param {number} kind @param {Buffer} body @param {number} first @param {number} end */
  ended(kind, body, first, end) {
    if (this.#signal !== undefined) unlisten(this.#signal, this);
    this.settle(outcome(this.codec, kind, body, first, end, this.context?.interface ?? program));
  }

  /** Its signal was aborted: nobody waits any more. @param {unknown} reason */
  abort(reason) {
    outbox.giveUp(this.codec.limits, this.#client, this.#token);
    runtime.forget(this.#token);
    runtime.flushSoon();
    this.settle(new Failure(KIND.cancelled, reason, ''));
  }
}

/** A call that a promise stands for. */
class PromisedCall extends PendingCall {
  #resolve;

  /** @param {FunctionCodec} codec @param {(value: unknown) => void} resolve */
  constructor(codec, resolve) {
    super(codec);
    this.#resolve = resolve;
  }

  /** @override @param {unknown} value */
  settle(value) {
    this.#resolve(value instanceof Failure ? failed(value) : value);
  }
}

/** @param {Failure} failure @returns {Promise<never>} */
async function failed(failure) {
  // V8 finds who awaits a call by the reactions of its promise, and that waits for this one only two turns later.
  await undefined;
  await undefined;
  throw errorOf(failure);
}

/**
 * The value of an outcome, or a Failure.
 *
 * @param {FunctionCodec} codec
 * @param {number} kind
 * @param {Buffer} body
 * @param {number} first
 * @param {number} end
 * @param {string} component
 */
function outcome(codec, kind, body, first, end, component) {
  try {
    if (kind === KIND.ok) return codec.liftOk(body, first, end);
    if (kind === KIND.declared) return new Failure(kind, codec.liftErr(body, first, end), component);
    if (kind === KIND.system) return new Failure(kind, runtime.errorIn(body, first, end), component);
  } catch (error) {
    const lost = /** @type {any} */ (fromFault(error, 'data-loss'));
    if (lost instanceof HmsError) lost.sent = 'maybe-executed';
    return new Failure(KIND.system, lost, component);
  }
  return new Failure(KIND.system, new classes.Cancelled('the call was cancelled'), component);
}

/** What a failed call ends with. Called where V8 knows who awaits. @param {Failure} failure @returns {unknown} */
function errorOf({ kind, value, component }) {
  if (kind === KIND.declared) {
    const declared = new DeclaredError(value);
    declared.sent = 'maybe-executed';
    return withTrace(declared, component);
  }
  if (!(value instanceof HmsError) || kind === KIND.cancelled) return value;
  // The stack of the error that came in is that of the event loop; its own begins here.
  const here = new Error(value.message);
  here.name = value.name;
  value.stack = here.stack;
  return withTrace(value, component);
}

module.exports = { Failure, PendingCall, PromisedCall, errorOf, outcome };
