// A caller of the soak: promises. `caller.mjs NAME AT_ONCE`.
import { isDeepStrictEqual } from 'node:util';

import { DeadlineExceeded, DeclaredError, component, connect } from './ffi.mjs';
import { Tally, codeOf } from './tally.mjs';

const [name, atOnce] = process.argv.slice(2);

/** Numbers from a seed (mulberry32). */
function dice(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  return (below) => Math.floor(next() * below);
}

const PATTERN = Uint8Array.from({ length: 512_000 }, (_, index) => index % 256);

/** Idempotent calls: arguments, and the answer or the declared error. */
const draws = {
  add(roll) {
    const [a, b] = [BigInt(roll(2 ** 52)), BigInt(roll(2 ** 52)) << 9n];
    return { function: 'add', args: [a, b], answer: a + b };
  },
  'ask-back'(roll) {
    const n = BigInt(roll(2 ** 52));
    return { function: 'ask-back', args: [n], answer: 2n * n + 1n };
  },
  echo(roll) {
    const start = roll(256);
    const data = PATTERN.subarray(start, start + roll(400_000));
    return { function: 'echo', args: [data], answer: data };
  },
  linger(roll) {
    const length = roll(100);
    return { function: 'linger', args: [length], answer: length };
  },
  price(roll) {
    const lines = Array.from({ length: roll(25) }, () => ({ units: roll(100), price: BigInt(roll(2 ** 32)) }));
    const order = { id: String(lines.length), lines, note: roll(2) ? undefined : 'é'.repeat(roll(50)) };
    const drawn = { function: 'price', args: [order] };
    if (lines.length === 0) return { ...drawn, declared: { tag: 'empty' } };
    if (lines.length > 20) return { ...drawn, declared: { tag: 'too-many', val: lines.length } };
    const total = lines.reduce((sum, line) => sum + BigInt(line.units) * line.price, 0n);
    return { ...drawn, answer: { id: order.id, total, note: order.note } };
  },
};

const same = (a, b) =>
  a instanceof Uint8Array && b instanceof Uint8Array ? Buffer.compare(a, b) === 0 : isDeepStrictEqual(a, b);

const tally = new Tally(name);
const server = await component('test:soak/callback', {
  wit: '../soak.wit',
  exports: { double: (n) => 2n * n },
}).serve();
const client = await connect('test:soak/work');

/** Counts how an idempotent call ended: it must be answered rightly. */
function judge(kind, drawn, settled, milliseconds) {
  if (settled.status === 'rejected') {
    const { reason } = settled;
    if (reason instanceof DeclaredError && drawn.declared && isDeepStrictEqual({ ...reason.value }, drawn.declared)) {
      tally.ended(kind, 'declared', milliseconds);
    } else {
      tally.lost(kind, reason, milliseconds);
    }
  } else if (drawn.declared === undefined && same(settled.value, drawn.answer)) {
    tally.ended(kind, 'ok', milliseconds);
  } else {
    tally.lost(kind, `wrong answer to ${drawn.function}`, milliseconds);
  }
}

async function right(kind, drawn) {
  const start = performance.now();
  const [settled] = await Promise.allSettled([client.call(drawn.function, ...drawn.args)]);
  judge(kind, drawn, settled, performance.now() - start);
}

/** Calls of several functions in one, among them some with declared errors. */
async function batch(roll) {
  const drawn = Array.from({ length: 1 + roll(20) }, () => draws[['add', 'price', 'ask-back'][roll(3)]](roll));
  const names = { add: 'add', price: 'price', 'ask-back': 'askBack' };
  const start = performance.now();
  const settled = await client.batch((b) => drawn.map((call) => b[names[call.function]](...call.args)));
  const milliseconds = performance.now() - start;
  if (settled.length !== drawn.length) tally.lost('batch', `${settled.length} answers`, milliseconds);
  settled.forEach((one, index) => judge('batch', drawn[index], one, milliseconds));
}

async function note() {
  const id = tally.nextNote();
  try {
    await client.note(id);
    tally.noted(id);
  } catch (error) {
    tally.noted(id, error);
  }
}

/** A deadline that is often too short. */
async function hurry(roll) {
  const start = performance.now();
  try {
    const answer = await client.linger(20, { timeout: roll(40_000) / 1000 });
    if (answer === 20) tally.ended('hurry', 'ok');
    else tally.lost('hurry', `wrong answer ${answer}`, performance.now() - start);
  } catch (error) {
    // A provider that dies may leave too little time for another.
    tally.ended('hurry', error instanceof DeadlineExceeded ? 'late' : codeOf(error));
  }
}

async function cancel(roll) {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), roll(10));
  const start = performance.now();
  try {
    await client.linger(2000, { signal: abort.signal });
    tally.lost('cancel', 'an answer, though it was cancelled', performance.now() - start);
  } catch (error) {
    if (error === abort.signal.reason) tally.ended('cancel', 'cancelled');
    else tally.lost('cancel', error, performance.now() - start);
  } finally {
    clearTimeout(timer);
  }
}

/** Makes one call of a kind that is drawn. */
async function once(roll) {
  const drawn = roll(100);
  if (drawn < 40) await right('add', draws.add(roll));
  else if (drawn < 58) await right('price', draws.price(roll));
  else if (drawn < 73) await note();
  else if (drawn < 83) await right('ask-back', draws['ask-back'](roll));
  else if (drawn < 88) await right('echo', draws.echo(roll));
  else if (drawn < 91) await right('linger', draws.linger(roll));
  else if (drawn < 95) await hurry(roll);
  else if (drawn < 98) await cancel(roll);
  else await batch(roll);
}

let stopped = false;
const workers = Array.from({ length: Number(atOnce) }, async (_, number) => {
  const roll = dice(Number(process.env.SOAK_SEED) * 1000 + number);
  while (!stopped) await once(roll);
});
await tally.runUntilStopped(client, () => (stopped = true), workers);
client.close();
await server.close();
