'use strict';

const { classes } = require('./errors.js');

/**
 * Calls by the signal that cancels them. Each signal has one listener of ours however many calls it belongs to, so that thousands of
 * calls with one signal neither search a list of listeners nor leave any behind.
 *
 * @typedef {object} Abortable
 * @property {(reason: unknown) => void} abort
 */

/** @type {WeakMap<AbortSignal, Listener>} */
const listeners = new WeakMap();

/** What listens to one signal. */
class Listener {
  /** @type {Set<Abortable>} */
  #calls = new Set();
  #signal;

  /** @param {AbortSignal} signal */
  constructor(signal) {
    this.#signal = signal;
  }

  /** @param {Abortable} call */
  add(call) {
    if (this.#calls.size === 0) this.#signal.addEventListener('abort', this);
    this.#calls.add(call);
  }

  /** @param {Abortable} call */
  remove(call) {
    if (this.#calls.delete(call) && this.#calls.size === 0) {
      this.#signal.removeEventListener('abort', this);
    }
  }

  /** Called by the signal. */
  handleEvent() {
    const calls = [...this.#calls];
    this.#calls.clear();
    this.#signal.removeEventListener('abort', this);
    for (const call of calls) call.abort(this.#signal.reason);
  }
}

/** @param {unknown} signal @param {string} name Of the function that it was given to. @returns {AbortSignal | undefined} */
function checkSignal(signal, name) {
  if (signal === undefined) return undefined;
  if (signal instanceof AbortSignal) return signal;
  // Of another realm, or made by a library that brings its own.
  const other = /** @type {any} */ (signal);
  if (typeof other?.aborted === 'boolean' && typeof other.addEventListener === 'function') return other;
  throw new classes.InvalidArgument(`${name}: signal: expected an AbortSignal`);
}

/** The signal aborts the call from now on. @param {AbortSignal} signal @param {Abortable} call */
function listen(signal, call) {
  let listener = listeners.get(signal);
  if (listener === undefined) listeners.set(signal, (listener = new Listener(signal)));
  listener.add(call);
}

/** The call has ended. @param {AbortSignal} signal @param {Abortable} call */
function unlisten(signal, call) {
  listeners.get(signal)?.remove(call);
}

module.exports = { checkSignal, listen, unlisten };
