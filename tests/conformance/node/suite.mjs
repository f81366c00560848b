// The handlers of the interface `suite`.
import * as ffi from './ffi.mjs';
import { isEqual } from './compare.mjs';
import { sample, values } from './values.mjs';

/** `fail-with` of kebab-case code. */
export const errorClass = (code) => ffi[code.replace(/(?:^|-)([a-z])/g, (_, letter) => letter.toUpperCase())];

const camel = (name) => name.replace(/-([a-z0-9])/g, (_, letter) => letter.toUpperCase());

const echo = (value) => value;

/** Things that become true once, by key, and those who wait for them. */
export class Latches {
  #latches = new Map();

  #latch(key) {
    if (!this.#latches.has(key)) {
      const latch = {};
      latch.opened = new Promise((resolve) => {
        latch.open = () => resolve(true);
      });
      this.#latches.set(key, latch);
    }
    return this.#latches.get(key);
  }

  open(key) {
    this.#latch(key).open();
  }

  /** @returns {Promise<true>} */
  wait(key) {
    return this.#latch(key).opened;
  }
}

/** Rejects when the signal is aborted. @param {AbortSignal} signal @returns {Promise<never>} */
export const untilAborted = (signal) =>
  new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });

const running = new Latches();
const ended = new Latches();
const full = new Latches();
const rooms = new Map();
const calls = new Map();

/** Unavailable the first `failures` times, then the number of calls. */
function flaky(key, failures) {
  const call = (calls.get(key) ?? 0) + 1;
  calls.set(key, call);
  if (call <= failures) throw new ffi.Unavailable(`call ${call}`);
  return call;
}

/** @param {() => Promise<any>} callback A client of the caller's own interface. */
export const suite = (callback) => ({
  ...Object.fromEntries(Object.keys(values).map((name) => [camel(name), echo])),
  echoMany: (a, b, c) => [a, b, c],
  nothing() {},
  makeSample: sample,
  isSample: (value) => isEqual(value, sample()),

  failWith(code, message) {
    throw new (errorClass(code))(message);
  },
  failWithDetails(details) {
    throw new ffi.FailedPrecondition('with details', { details });
  },
  bug() {
    return undefined.missing;
  },
  denyText(text) {
    throw new ffi.DeclaredError(text);
  },
  denyRecord(problem) {
    throw new ffi.DeclaredError(problem);
  },
  denyEnum(color) {
    throw new ffi.DeclaredError(color);
  },
  denyVariant(denial) {
    throw new ffi.DeclaredError(denial);
  },
  denyOption(value) {
    throw new ffi.DeclaredError(value);
  },
  denyBare() {
    throw new ffi.DeclaredError();
  },
  allow: echo,
  allowBare() {},

  timeLeft: (context) => millisecondsLeft(context),
  async hold(key, { signal }) {
    running.open(key);
    await untilAborted(signal).finally(() => ended.open(key));
  },
  held: (key) => running.wait(key),
  released: (key) => ended.wait(key),

  makeBytes: (length) => Uint8Array.from({ length }, (_, i) => i & 255),
  async meet(room, guests) {
    rooms.set(room, (rooms.get(room) ?? 0) + 1);
    if (rooms.get(room) === guests) full.open(room);
    await full.wait(room);
    return guests;
  },
  whoCalls: ({ caller }) => [caller.uid, caller.pid],

  async bounce(times) {
    if (times === 0) return 0;
    return 1 + (await (await callback()).bounce(times - 1));
  },
  async fail(hops, code) {
    if (hops === 0) throw new (errorClass(code))(`raised ${code}`);
    await (await callback()).fail(hops - 1, code);
  },
  async nestedTimeLeft() {
    return (await callback()).timeLeft();
  },
  async nestedDenial() {
    await (await callback()).deny();
  },
  async nestedHold(key) {
    await (await callback()).hold(key).finally(() => ended.open(key));
  },

  flaky,
  flakyOnce: flaky,
  tally: (key) => calls.get(key) ?? 0,
});

/** @param {{ remaining: number | undefined }} context */
export function millisecondsLeft({ remaining }) {
  return remaining === undefined ? undefined : BigInt(Math.floor(remaining));
}
