// Cases about values, errors, deadlines, size and calls back.
import { basename } from 'node:path';

import { Decimal } from './ffi.mjs';
import { held, released } from './callback.mjs';
import { declares, equal, errorOf, fails, ok } from './expect.mjs';
import { many, sample, values } from './values.mjs';

const CODES = [
  ...['cancelled', 'unknown', 'invalid-argument', 'deadline-exceeded', 'not-found', 'already-exists'],
  ...['permission-denied', 'resource-exhausted', 'failed-precondition', 'aborted', 'out-of-range'],
  ...['unimplemented', 'internal', 'unavailable', 'data-loss', 'unauthenticated'],
];

/** @param {any} client @returns {Record<string, () => Promise<void>>} */
export const cases = (client) => ({
  ...Object.fromEntries(Object.entries(values).map(([name, all]) => [name, () => echoes(client, name, all)])),
  ...Object.fromEntries(CODES.map((code) => [`fail-with-${code}`, () => failsWith(client, code)])),
  ...plain(client),
  ...errors(client),
  ...deadlines(client),
  ...sizes(client),
  ...nested(client),
});

/** @param {any} client @param {string} name @param {unknown[]} all */
async function echoes(client, name, all) {
  for (const value of all) equal(await client.call(name, value), value);
}

/** @param {any} client @param {string} code */
async function failsWith(client, code) {
  equal(
    (await fails(client.failWith(code, `raised ${code}`), code, `raised ${code}`)).sent,
    'maybe-executed',
  );
}

/** @param {any} client */
const plain = (client) => ({
  async 'echo-many'() {
    for (const args of many) equal(await client.echoMany(...args), args);
  },
  async nothing() {
    equal(await client.nothing(), undefined);
  },
  async 'make-sample'() {
    equal(await client.makeSample(), sample());
  },
  async 'is-sample'() {
    equal(await client.isSample(sample()), true);
    equal(await client.isSample({ ...sample(), price: new Decimal('1.1') }), false);
  },
  async 'still-usable'() {
    equal(await client.echoString('still'), 'still');
  },
});

/** @param {any} client */
const errors = (client) => ({
  async 'fail-with-details'() {
    const details = { hint: 'retry', n: 3 };
    equal((await fails(client.failWithDetails(details), 'failed-precondition')).details, details);
  },
  async bug() {
    await fails(client.bug(), 'internal');
    equal(await client.echoU8(1), 1);
  },
  async 'deny-text'() {
    await declares(client.denyText('no'), 'no');
    await declares(client.denyText(''), '');
  },
  async 'deny-record'() {
    const problem = { title: 'late', severity: 255 };
    await declares(client.denyRecord(problem), problem);
  },
  async 'deny-enum'() {
    await declares(client.denyEnum('blue'), 'blue');
  },
  async 'deny-variant'() {
    const all = [
      { tag: 'duplicate' },
      { tag: 'not-covered', val: 'no lines' },
      { tag: 'over-limit', val: new Decimal('10.50') },
    ];
    for (const denial of all) await declares(client.denyVariant(denial), denial);
  },
  async 'deny-option'() {
    await declares(client.denyOption(undefined), undefined);
    await declares(client.denyOption(5), 5);
  },
  async 'deny-bare'() {
    await declares(client.denyBare(), undefined);
  },
  async allow() {
    equal(await client.allow(7), 7);
  },
  async 'allow-bare'() {
    equal(await client.allowBare(), undefined);
  },
});

/** @param {any} client */
function deadlines(client) {
  const key = (name) => `${name}-node-${process.pid}`;
  return {
    async 'default-deadline'() {
      // The client of this program has another default.
      const left = await client.timeLeft({ timeout: 30_000 });
      ok(left > 20_000n && left <= 30_000n, `${left} ms`);
    },
    async 'own-deadline'() {
      const left = await client.timeLeft({ timeout: 5000 });
      ok(left > 0n && left <= 5000n, `${left} ms`);
    },
    async 'no-deadline'() {
      equal(await client.timeLeft({ timeout: null }), undefined);
      equal(await client.timeLeft({ timeout: Infinity }), undefined);
    },
    async 'deadline-exceeded'() {
      await fails(client.hold(key('deadline'), { timeout: 50 }), 'deadline-exceeded');
    },
    async 'deadline-releases-provider'() {
      equal(await client.released(key('deadline')), true);
    },
    async 'deadline-in-the-past'() {
      const past = key('past');
      const { sent } = await fails(client.flakyOnce(past, 0, { timeout: 0 }), 'deadline-exceeded');
      equal([sent, await client.tally(past)], ['not-sent', 0]);
    },
    async cancel() {
      const controller = new AbortController();
      const held = client.hold(key('cancel'), {
        timeout: null,
        signal: controller.signal,
      });
      equal(await client.held(key('cancel')), true);
      const reason = new Error('enough');
      controller.abort(reason);
      equal(await held.catch((error) => error === reason), true);
    },
    async 'cancel-releases-provider'() {
      equal(await client.released(key('cancel')), true);
    },
    async 'cancel-before-start'() {
      const reason = new Error('enough');
      const call = client.flakyOnce(key('early'), 0, { signal: AbortSignal.abort(reason) });
      ok((await errorOf(call)) === reason, 'the call ends with the reason');
      equal(await client.tally(key('early')), 0);
    },
    async 'cancel-ended'() {
      const controller = new AbortController();
      const call = client.echoU32(7, { signal: controller.signal });
      equal(await call, 7);
      controller.abort(new Error('too late'));
      equal(await call, 7);
      equal(await client.echoU8(1), 1);
    },
  };
}

/** @param {any} client */
const sizes = (client) => ({
  async 'string-of-1-mib'() {
    const text = 'é'.repeat(524_288);
    ok((await client.echoString(text)) === text, 'the same text');
  },
  async 'bytes-of-3-mb'() {
    const bytes = Uint8Array.from({ length: 3_000_000 }, (_, i) => (i * 31) % 256);
    equal(await client.echoBytes(bytes), bytes);
  },
  async 'bytes-from-provider'() {
    equal(
      await client.makeBytes(3_000_000),
      Uint8Array.from({ length: 3_000_000 }, (_, i) => i % 256),
    );
  },
  async 'argument-over-message-limit'() {
    await fails(client.echoBytes(new Uint8Array(9_000_000)), 'resource-exhausted');
    equal(await client.echoU8(1), 1);
  },
  async 'result-over-message-limit'() {
    await fails(client.makeBytes(9_000_000), 'resource-exhausted');
    equal(await client.echoU8(1), 1);
  },
  async 'document-too-deep'() {
    const nest = (depth) => (depth === 0 ? [] : [nest(depth - 1)]);
    await fails(client.echoDocument(nest(79)), 'resource-exhausted');
    equal(await client.echoDocument(nest(19)), nest(19));
  },
  async 'too-many-elements'() {
    await fails(client.echoListString(new Array(100_001).fill('')), 'resource-exhausted');
  },
  async 'calls-meet'() {
    const room = `room-node-${process.pid}`;
    equal(await Promise.all(Array.from({ length: 8 }, () => client.meet(room, 8))), new Array(8).fill(8));
  },
  async 'calls-in-parallel'() {
    let next = 0;
    const work = async () => {
      while (next < 400) {
        const i = next++;
        equal(await client.echoU32(i), i);
        equal(await client.echoString(String(i)), String(i));
      }
    };
    await Promise.all(Array.from({ length: 8 }, work));
  },
  async 'caller-identity'() {
    equal(await client.whoCalls(), [process.getuid(), process.pid]);
  },
});

/** @param {any} client */
const nested = (client) => ({
  async 're-entrancy'() {
    equal(await client.bounce(1), 1);
  },
  async 'deep-re-entrancy'() {
    equal(await client.bounce(6), 6);
  },
  async 'nested-deadline'() {
    const left = await client.nestedTimeLeft({ timeout: 5000 });
    ok(left > 0n && left <= 5000n, `${left} ms`);
  },
  async 'nested-no-deadline'() {
    equal(await client.nestedTimeLeft({ timeout: null }), undefined);
  },
  async 'nested-code-kept'() {
    equal((await fails(client.fail(1, 'aborted'), 'aborted')).sent, 'maybe-executed');
  },
  async 'nested-code-internal'() {
    equal((await fails(client.fail(1, 'not-found'), 'internal')).cause?.code, 'not-found');
  },
  async 'nested-declared-error'() {
    await fails(client.nestedDenial(), 'internal');
  },
  async 'three-hop-trace'() {
    const { trace, stack } = await fails(client.fail(2, 'aborted'), 'aborted');
    const handlers = trace.filter((frame) => frame.component.startsWith('test:conformance/'));
    const hops = handlers.map((frame) => frame.component.split('@')[0].split('/')[1]);
    const order = hops.filter((hop, i) => hop !== hops[i - 1]);
    equal(order, ['suite', 'callback', 'suite']);
    for (const { language, file, line } of handlers) {
      ok(language !== '' && file !== '' && line > 0, `${language} ${file}:${line} names its place`);
    }
    const own = handlers.find((frame) => frame.component.includes('/callback'));
    equal([own?.language, basename(own?.file ?? '')], ['node', 'callback.mjs']);
    ok(stack.includes('callback.mjs'), 'the stack shows the callback');
  },
  async 'nested-cancel'() {
    const key = `nested-node-${process.pid}`;
    const controller = new AbortController();
    const call = client.nestedHold(key, { timeout: null, signal: controller.signal });
    await held.wait(key);
    const reason = new Error('enough');
    controller.abort(reason);
    ok((await errorOf(call)) === reason, 'the call ends with the reason');
    await released.wait(key);
    equal(await client.released(key), true);
  },
  async 'nested-deadline-exceeded'() {
    const key = `late-node-${process.pid}`;
    await fails(client.nestedHold(key, { timeout: 1000 }), 'deadline-exceeded');
    await released.wait(key);
    equal(await client.released(key), true);
  },
});
