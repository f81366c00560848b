'use strict';

const assert = require('node:assert/strict');
const { getEventListeners } = require('node:events');
const { after, before, test } = require('node:test');

const ffi = require('../index.js');
const runtime = require('../lib/runtime.js');
const { errorOf, handlers, provider, stop, useRuntimeDir } = require('./support.js');

useRuntimeDir();

/** @type {Awaited<ReturnType<typeof provider>>} */
let program;
/** @type {import('../index.js').Client} */
let client;

before(async () => {
  program = await provider();
  client = await ffi.connect('test:node/service');
});

after(async () => {
  client.close();
  await stop(program);
});

/** @param {string} name */
const aborted = async (name) => assert.equal(await program.message(), `aborted: ${name}`);

test('AbortSignal.timeout and AbortSignal.any', async () => {
  const timeout = await errorOf(client.wait(60_000, { signal: AbortSignal.timeout(700), timeout: null }));
  assert.equal(timeout.name, 'TimeoutError');
  await aborted('Cancelled');
  const controller = new AbortController();
  const any = AbortSignal.any([controller.signal, AbortSignal.timeout(60_000)]);
  const call = errorOf(client.wait(60_000, { signal: any }));
  await client.echo('so that the call has arrived');
  controller.abort(new Error('one of them'));
  assert.equal((await call).message, 'one of them');
  await aborted('Cancelled');
});

test('aborting before the call, at once after it, and with its reply', async () => {
  const reason = new Error('enough');
  assert.equal(await errorOf(client.echo('x', { signal: AbortSignal.abort(reason) })), reason);
  const controller = new AbortController();
  const call = errorOf(client.echo('x', { signal: controller.signal }));
  controller.abort(reason);
  assert.equal(await call, reason);
  // The reply and the abort meet in every order: each call ends once, as one or the other.
  for (let i = 0; i < 200; i++) {
    const racing = new AbortController();
    const racer = client.echo('x', { signal: racing.signal }).catch((/** @type {any} */ error) => error);
    const other = client.echo('y').then(() => racing.abort(reason));
    assert.ok(['x', reason].includes(await racer));
    await other;
  }
  assert.equal(await client.echo('still'), 'still');
});

test('cancelling what has ended has no effect', async () => {
  const controller = new AbortController();
  assert.equal(await client.echo('x', { signal: controller.signal }), 'x');
  controller.abort();
  controller.abort();
  const failed = new AbortController();
  assert.ok((await errorOf(client.throw_('own', { signal: failed.signal }))) instanceof ffi.NotFound);
  failed.abort();
  assert.equal(await client.echo('y'), 'y');
});

test('thousands of calls with one signal leave no listeners and warn of none', async () => {
  /** @type {Error[]} */
  const warnings = [];
  const warned = (/** @type {Error} */ warning) => warnings.push(warning);
  process.on('warning', warned);
  const { signal } = new AbortController();
  for (let i = 0; i < 10; i++) {
    const calls = Array.from({ length: 300 }, () => client.echo('x', { signal }));
    assert.ok(getEventListeners(signal, 'abort').length <= 1);
    await Promise.all(calls);
  }
  assert.equal(getEventListeners(signal, 'abort').length, 0);
  await new Promise((resolve) => setImmediate(resolve));
  process.off('warning', warned);
  assert.deepEqual(warnings, []);
});

test('a signal ends all of its calls', async () => {
  const controller = new AbortController();
  const calls = Array.from({ length: 50 }, () => errorOf(client.wait(60_000, { signal: controller.signal })));
  await client.echo('x');
  controller.abort();
  const reasons = await Promise.all(calls);
  assert.ok(reasons.every((reason) => reason === controller.signal.reason));
  assert.equal(getEventListeners(controller.signal, 'abort').length, 0);
  for (let i = 0; i < 50; i++) await aborted('Cancelled');
});

test('timeouts of zero, and those that are none', async () => {
  const late = await errorOf(client.echo('x', { timeout: 0 }));
  assert.ok(late instanceof ffi.DeadlineExceeded);
  assert.equal(late.sent, 'not-sent');
  assert.throws(() => client.sync.echo('x', { timeout: 0 }), ffi.DeadlineExceeded);
  for (const timeout of [-1, NaN, -Infinity, '5', 5n, true, {}, new Date()]) {
    const error = await errorOf(client.echo('x', { timeout }));
    assert.ok(error instanceof ffi.InvalidArgument, String(timeout));
    assert.equal(error.sent, 'not-sent');
    assert.throws(() => client.sync.echo('x', { timeout }), ffi.InvalidArgument);
  }
  for (const signal of [5, null, {}, new AbortController()]) {
    assert.ok((await errorOf(client.echo('x', { signal }))) instanceof ffi.InvalidArgument);
  }
  for (const option of ['idempotencyKey', 'traceparent']) {
    assert.ok((await errorOf(client.echo('x', { [option]: 5 }))) instanceof ffi.InvalidArgument);
  }
  for (const timeout of [0.001, 1e300, Number.MAX_SAFE_INTEGER]) {
    const ended = await client.echo('x', { timeout }).catch((/** @type {any} */ error) => error);
    assert.ok(ended === 'x' || ended instanceof ffi.DeadlineExceeded, String(timeout));
  }
  assert.equal((await errorOf(ffi.connect('test:node/service', { timeout: -1 }))).code, 'invalid-argument');
});

test('an abandoned call costs nothing afterwards', async () => {
  const controller = new AbortController();
  const { signal } = controller;
  await client.echo('x');
  const before = ffi.liveNativeBytes();
  const calls = Array.from({ length: 50 }, () => errorOf(client.wait(60_000, { signal, timeout: null })));
  await client.echo('so that they have arrived');
  assert.equal(runtime.pendingCalls(), 50);
  controller.abort();
  await Promise.all(calls);
  assert.equal(runtime.pendingCalls(), 0);
  for (let i = 0; i < 50; i++) await aborted('Cancelled');
  // What the ended handlers answer is discarded.
  for (let i = 0; i < 10; i++) await client.echo('x');
  const grown = ffi.liveNativeBytes() - before;
  assert.ok(grown < 64 * 1024, `${grown} bytes are left`);
});

test("a handler's signal is aborted by cancelling and by the deadline, once", async () => {
  /** @type {string[]} */
  const seen = [];
  const [server, own] = await pair({
    wait: (/** @type {number} */ _, /** @type {any} */ { signal }) =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () => {
          seen.push(signal.reason.name);
          resolve(undefined);
        });
      }),
  });
  assert.ok((await errorOf(own.wait(1, { timeout: 700 }))) instanceof ffi.DeadlineExceeded);
  while (seen.length < 1) await own.echo('x');
  const { call, controller } = await waiting(own);
  controller.abort();
  await call;
  while (seen.length < 2) await own.echo('x');
  assert.deepEqual(seen, ['DeadlineExceeded', 'Cancelled']);
  own.close();
  await server.close();
});

/** A call that has arrived. @param {import('../index.js').Client} own */
async function waiting(own) {
  const controller = new AbortController();
  const call = errorOf(own.wait(1, { signal: controller.signal }));
  await own.echo('x');
  return { call, controller };
}

let pairs = 0;

/** A server of this process and a client that reaches no other. @param {object} some @returns {Promise<[import('../index.js').Server, import('../index.js').Client]>} */
async function pair(some) {
  const runtimeDir = useRuntimeDir(`pair${pairs++}`);
  const exports = handlers(some);
  const server = await ffi
    .component('test:node/service', { wit: 'contract.wit', runtimeDir, exports })
    .serve();
  return [server, await ffi.connect('test:node/service', { runtimeDir })];
}

test('nested calls inherit through timers, streams and promises', async () => {
  const { Readable } = require('node:stream');
  /** @type {Record<string, () => Promise<unknown>>} */
  const ways = {
    timer: () => new Promise((resolve) => setTimeout(resolve, 1)),
    immediate: () => new Promise((resolve) => setImmediate(resolve)),
    tick: () => new Promise((resolve) => process.nextTick(resolve)),
    chain: () => Promise.resolve().then(() => Promise.all([null, Promise.resolve()])),
    stream: async () => {
      for await (const chunk of Readable.from(['a', 'b'])) void chunk;
    },
    file: () => require('node:fs/promises').readFile(__filename),
    otherCall: () => client.echo('x'),
  };
  const [server, own] = await pair({
    async echo(/** @type {string} */ way) {
      await ways[way]();
      return JSON.stringify(await client.describe({ timeout: null }));
    },
  });
  for (const way of Object.keys(ways)) {
    const nested = JSON.parse(await own.echo(way, { timeout: 5000 }));
    assert.ok(nested.remaining !== null && nested.remaining <= 5000, `${way}: ${nested.remaining}`);
  }
  own.close();
  await server.close();
});
