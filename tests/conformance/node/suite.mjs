// The handlers of the interface `suite`.
import * as ffi from './ffi.mjs';
import { isEqual } from './compare.mjs';
import { sample, values } from './values.mjs';

/** `fail-with` of kebab-case code. */
export const errorClass = (code) => ffi[code.replace(/(?:^|-)([a-z])/g, (_, letter) => letter.toUpperCase())];

const camel = (name) => name.replace(/-([a-z0-9])/g, (_, letter) => letter.toUpperCase());

const echo = (value) => value;

/** Things that become true once, and those who wait for them. */
class Latch {
  #promise;
  #resolve;

  constructor() {
    this.#promise = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  open() {
    this.#resolve(true);
  }

  wait() {
    return this.#promise;
  }
}

/** @param {Map<string, any>} map @param {string} key @param {() => any} make */
function entry(map, key, make) {
  if (!map.has(key)) map.set(key, make());
  return map.get(key);
}

const running = new Map();
const ended = new Map();
const rooms = new Map();

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
    entry(running, key, () => new Latch()).open();
    await new Promise((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), {
        once: true,
      });
    }).finally(() => entry(ended, key, () => new Latch()).open());
  },
  held: (key) => entry(running, key, () => new Latch()).wait(),
  released: (key) => entry(ended, key, () => new Latch()).wait(),

  makeBytes: (length) => Uint8Array.from({ length }, (_, i) => i & 255),
  async meet(name, guests) {
    const room = entry(rooms, name, () => ({ guests: 0, full: new Latch() }));
    if (++room.guests === guests) room.full.open();
    await room.full.wait();
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
});

/** @param {{ remaining: number | undefined }} context */
export function millisecondsLeft({ remaining }) {
  return remaining === undefined ? undefined : BigInt(Math.floor(remaining));
}
