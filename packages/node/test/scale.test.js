'use strict';

const assert = require('node:assert/strict');
const { after, before, test } = require('node:test');

const ffi = require('../index.js');
const runtime = require('../lib/runtime.js');
const { provider, stop, useRuntimeDir } = require('./support.js');

useRuntimeDir();

/** @type {Awaited<ReturnType<typeof provider>>[]} */
const programs = [];
/** Grants 1024 calls in flight, and more. @type {string} */
let usual;
/** @type {string} */
let large;

before(async () => {
  usual = useRuntimeDir('usual');
  large = useRuntimeDir('large');
  programs.push(await provider({ HMS_RUNTIME_DIR: usual }));
  const env = { HMS_RUNTIME_DIR: large, HMS_MAX_CALLS: '12000', MAX_CONCURRENT: '12000' };
  programs.push(await provider(env));
});

after(() => Promise.all(programs.map(stop)));

test('a batch longer than the quota waits for room, and is in order', async () => {
  const client = await ffi.connect('test:node/service', { runtimeDir: usual });
  const results = await client.batch((b) => Array.from({ length: 3000 }, (_, i) => b.echo(String(i))));
  assert.equal(results.length, 3000);
  results.forEach((result, i) => assert.deepEqual(result, { status: 'fulfilled', value: String(i) }));
  client.close();
});

test('ten thousand calls in flight on one link', async () => {
  const client = await ffi.connect('test:node/service', { runtimeDir: large, maxCalls: 12_000 });
  // Each answers when all have come.
  const met = await Promise.all(Array.from({ length: 10_000 }, () => client.meet(10_000, { timeout: null })));
  assert.ok(met.every((guests) => guests === 10_000));
  assert.equal(runtime.pendingCalls(), 0);
  client.close();
});

test('calls beyond the quota are refused before they are sent, however many', async () => {
  const client = await ffi.connect('test:node/service', { runtimeDir: usual });
  const count = 8000;
  let refused = 0;
  const calls = Array.from({ length: count }, () =>
    client.wait(3_600_000, { timeout: null }).catch((/** @type {any} */ error) => {
      if (error instanceof ffi.ResourceExhausted && error.sent === 'not-sent') refused++;
      return error;
    }),
  );
  // Those within the quota go on, in the provider or in its queue, and nothing else is lost.
  while (refused < count - 1024) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(runtime.pendingCalls(), 1024);
  client.close();
  const errors = await Promise.all(calls);
  assert.equal(errors.filter((error) => error instanceof ffi.Cancelled).length, 1024);
  assert.equal(refused, count - 1024);
});
