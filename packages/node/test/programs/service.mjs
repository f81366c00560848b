// The handlers of `service`.
import { DeclaredError, NotFound, connect, currentCall } from '../../index.mjs';

export class TableMissing extends Error {}

const waiting = { guests: 0, resolve: () => {}, full: Promise.resolve() };

/** @type {Promise<any> | undefined} */
let self;
const own = () => (self ??= connect('test:node/service'));

const describe = () => {
  const call = currentCall();
  const { caller, interface: name, function: fn, remaining, traceparent, idempotencyKey, isCancelled } = call;
  return {
    name,
    fn,
    pid: caller.pid,
    uid: caller.uid,
    remaining: remaining ?? null,
    hasDeadline: call.deadline instanceof Date,
    traceparent: traceparent ?? null,
    idempotencyKey: idempotencyKey ?? null,
    isCancelled,
  };
};

/** What `throw` throws. @type {Record<string, () => void>} */
const mistakes = {
  type: () => undefined.missing,
  mapped: () => {
    throw new TableMissing('no table');
  },
  own: () => {
    throw new NotFound('no such claim', { details: { id: 7 }, retry: true });
  },
  text: () => {
    throw 'just text';
  },
  declared: () => {
    throw new DeclaredError('not declared by throw');
  },
};

export class Service {
  #prefix = '';

  echo(text) {
    return this.#prefix + text;
  }
  echoClaim(claim) {
    return claim;
  }
  async adjudicate(claim) {
    if (claim.lines.length === 0) throw new DeclaredError({ tag: 'not-covered', val: 'no lines' });
    if (claim.id === 'wrong') return 'mislaid';
    return 'in-review';
  }
  echoAwkward(awkward) {
    return awkward;
  }
  optional(first, second) {
    return (first ?? 100) + (second ?? 50);
  }
  nothing() {
    return 'nobody sees this';
  }
  then_() {
    return 'then';
  }
  throw_(what) {
    mistakes[what]();
  }
  async wait(milliseconds, { signal }) {
    await new Promise((resolve, reject) => {
      const timer = setTimeout(resolve, milliseconds);
      signal.addEventListener('abort', () => {
        clearTimeout(timer);
        process.send?.(`aborted: ${signal.reason.name}`);
        reject(signal.reason);
      });
    });
  }
  async meet(guests) {
    if (waiting.guests === 0) waiting.full = new Promise((resolve) => (waiting.resolve = resolve));
    if (++waiting.guests === guests) waiting.resolve();
    await waiting.full;
    return waiting.guests;
  }
  async describe() {
    await null;
    return describe();
  }
  async nested() {
    return (await own()).describe({ timeout: null });
  }
  kill() {
    process.kill(process.pid, 'SIGKILL');
  }
  convert(all) {
    return all;
  }
}
