'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');

const ffi = require('../index.js');
const { errorOf, handlers, provider, stop, useRuntimeDir } = require('./support.js');

useRuntimeDir();

/** @param {object} [some] @param {object} [options] */
const serve = (some, options) =>
  ffi.component('test:node/service', { wit: 'contract.wit', exports: handlers(some), ...options }).serve();

test('a component is called by its own process', async () => {
  const server = await serve();
  const client = await ffi.connect('test:node/service');
  assert.equal(await client.echo('x'), 'x');
  assert.equal(
    await client.echo('x'.repeat(2_000_000)).then((/** @type {string} */ text) => text.length),
    2_000_000,
  );
  assert.throws(
    () => client.sync.echo('x'),
    (/** @type {any} */ error) =>
      error instanceof ffi.FailedPrecondition && /own event loop/.test(error.message),
  );
  assert.equal(await client.echo('still'), 'still');
  client.close();
  await server.close();
  await server.closed;
});

test('calls within a process leave timers their turn', async () => {
  const server = await serve();
  const client = await ffi.connect('test:node/service');
  let isOver = false;
  setTimeout(() => (isOver = true), 5);
  let calls = 0;
  while (!isOver) {
    await client.echo('x');
    calls++;
  }
  assert.ok(calls > 0);
  client.close();
  await server.close();
});

test('what is missing fails at serve', async () => {
  for (const [exports, text] of /** @type {[any, RegExp][]} */ ([
    [{ echo: () => '' }, /also needs the functions echoClaim, adjudicate/],
    [handlers({ then_: undefined }), /also needs the functions then_$/],
    [Object.create({ __proto__: null }), /also needs/],
    [undefined, /exports: expected an object/],
  ])) {
    const made = ffi.component('test:node/service', { wit: 'contract.wit', exports });
    assert.match((await errorOf(made.serve())).message, text);
  }
  const unknown = ffi.component('test:node/absent', { wit: 'contract.wit', exports: {} });
  assert.ok((await errorOf(unknown.serve())) instanceof ffi.NotFound);
  const broken = ffi.component('test:node/service', { wit: 'support.js', exports: {} });
  assert.match((await errorOf(broken.serve())).message, /support\.js:1:1: /);
});

test('handlers may have the names of the contract, and belong to their object', async () => {
  /** @type {any} */
  const exports = handlers({ then_: undefined, then: () => 'mine', echo: undefined });
  Object.setPrototypeOf(exports, {
    prefix: '>',
    echo(/** @type {string} */ text) {
      return /** @type {any} */ (this).prefix + text;
    },
  });
  delete exports.echo;
  const server = await ffi.component('test:node/service', { wit: 'contract.wit', exports }).serve();
  const client = await ffi.connect('test:node/service');
  assert.equal(await client.echo('x'), '>x');
  assert.equal(await client.then_(), 'mine');
  client.close();
  await server.close();
});

test('mapping by a function', async () => {
  const server = await serve(
    {
      echo(/** @type {string} */ text) {
        throw new RangeError(text);
      },
    },
    {
      mapErrors: (/** @type {any} */ error) =>
        error.message === 'map'
          ? 'out-of-range'
          : error.message === 'make'
            ? new ffi.DataLoss('made')
            : undefined,
    },
  );
  const client = await ffi.connect('test:node/service');
  assert.ok((await errorOf(client.echo('map'))) instanceof ffi.OutOfRange);
  assert.equal((await errorOf(client.echo('make'))).message, 'made');
  assert.ok((await errorOf(client.echo('no'))) instanceof ffi.Internal);
  client.close();
  await server.close();
  assert.ok((await errorOf(serve({}, { mapErrors: [[Error, 'nonsense']] }))) instanceof ffi.InvalidArgument);
});

test('a nested error is passed on as a cause, unless it is caught', async () => {
  const program = await provider();
  const remote = await ffi.connect('test:node/service');
  const server = await serve({
    async echo(/** @type {string} */ what) {
      if (what === 'declared') await remote.adjudicate(emptyClaim);
      await remote.throw_(what);
    },
  });
  const own = await ffi.connect('test:node/service');
  // Two instances serve it now: calls are shared between them, so until ours has answered.
  const through = async (/** @type {string} */ what) => {
    for (;;) {
      const error = await own.echo(what).then(
        () => undefined,
        (/** @type {any} */ e) => e,
      );
      if (error !== undefined) return error;
    }
  };
  const nested = await through('own');
  assert.ok(nested instanceof ffi.Internal);
  assert.ok(nested.cause instanceof ffi.NotFound);
  assert.equal(nested.sent, 'maybe-executed');
  assert.deepEqual(
    nested.trace
      .map((/** @type {any} */ frame) => frame.file)
      .filter(
        (/** @type {string} */ file, /** @type {number} */ i, /** @type {string[]} */ all) =>
          file !== all[i - 1],
      ),
    [__filename, require('node:path').join(__dirname, 'programs/service.mjs')],
  );
  const declared = await through('declared');
  assert.ok(declared instanceof ffi.Internal);
  assert.match(declared.message, /declared error: not-covered/);
  remote.close();
  own.close();
  await server.close();
  await stop(program);
});

const emptyClaim = {
  id: 'c',
  patient: 'p',
  lines: [],
  diagnoses: [],
  tags: {},
  submitted: new Date(0),
  isNew: false,
};

test('calls beyond the bound wait, and beyond the queue are refused', async () => {
  const program = await provider({ MAX_CONCURRENT: '2', QUEUE: '1' });
  const client = await ffi.connect('test:node/service');
  const controller = new AbortController();
  const { signal } = controller;
  const running = [1, 2].map(() => errorOf(client.wait(10_000, { signal })));
  const queued = client.echo('queued');
  const refused = await errorOf(client.echo('refused'));
  assert.ok(refused instanceof ffi.ResourceExhausted, refused.message);
  controller.abort();
  await Promise.all(running);
  assert.equal(await queued, 'queued');
  client.close();
  await stop(program);
});

test('closing lets running calls end', async () => {
  /** @type {(value: string) => void} */
  let answer = () => {};
  const started = new Promise((resolve) => (answer = resolve));
  /** @type {(value: string) => void} */
  let finish = () => {};
  const server = await serve({
    echo() {
      answer('');
      return new Promise((resolve) => (finish = resolve));
    },
  });
  const client = await ffi.connect('test:node/service');
  const call = client.echo('x');
  await started;
  const closing = server.close();
  finish('done');
  assert.equal(await call, 'done');
  await closing;
  assert.ok((await errorOf(client.echo('x', { timeout: 10_000 }))) instanceof ffi.Unavailable);
  client.close();
});

test('a call that outlives the grace period is cancelled', async () => {
  /** @type {AbortSignal | undefined} */
  let seen;
  const server = await serve(
    {
      wait(/** @type {number} */ _, /** @type {any} */ { signal }) {
        seen = signal;
        return new Promise(() => {});
      },
    },
    { grace: 20 },
  );
  const client = await ffi.connect('test:node/service');
  const call = errorOf(client.wait(1));
  while (seen === undefined) await client.echo('x');
  await server.close();
  const error = await call;
  assert.ok(error instanceof ffi.Unavailable, String(error));
  assert.equal(error.sent, 'maybe-executed');
  assert.equal(/** @type {AbortSignal | undefined} */ (seen)?.aborted, true);
  client.close();
});

test('currentCall is there in all that the handler starts', async () => {
  const server = await serve({
    async describe() {
      await new Promise((resolve) => setImmediate(resolve));
      return ffi.currentCall()?.function ?? null;
    },
  });
  const client = await ffi.connect('test:node/service');
  assert.equal(await client.describe(), 'describe');
  assert.equal(ffi.currentCall(), undefined);
  client.close();
  await server.close();
});

test('a handler that ignores that its caller has gone holds nobody up, but not without end', async () => {
  /** @type {((value?: unknown) => void)[]} */
  const release = [];
  const runtimeDir = useRuntimeDir('ignores');
  const wait = () => new Promise((resolve) => release.push(resolve));
  const server = await serve({ wait }, { maxConcurrent: 1, runtimeDir });
  const client = await ffi.connect('test:node/service', { runtimeDir });
  const first = await errorOf(client.wait(1, { timeout: 700 }));
  assert.ok(first instanceof ffi.DeadlineExceeded);
  assert.equal(await client.echo('its place is free'), 'its place is free');
  // As many may be left behind as may run; the next one keeps its place until it ends.
  await errorOf(client.wait(1, { timeout: 700 }));
  assert.ok((await errorOf(client.echo('x', { timeout: 50 }))) instanceof ffi.DeadlineExceeded);
  assert.equal(release.length, 2, 'a call that waited beyond its deadline never started');
  for (const one of release) one();
  assert.equal(await client.echo('both have ended'), 'both have ended');
  client.close();
  await server.close();
});

test('a queue of none, and options that make no sense', async () => {
  for (const options of [
    { maxConcurrent: 0 },
    { maxConcurrent: 1.5 },
    { maxConcurrent: '4' },
    { queue: -1 },
    { queue: NaN },
    { grace: -1 },
    { grace: '5' },
    { retries: -1 },
    { timeout: -1 },
  ]) {
    const error = await errorOf(serve({}, options));
    assert.ok(error instanceof ffi.InvalidArgument, JSON.stringify(options));
    assert.ok(error.message.startsWith(Object.keys(options)[0]), error.message);
  }
});

test('closing with less grace than the component has', async () => {
  const runtimeDir = useRuntimeDir('grace');
  const server = await serve({ wait: () => new Promise(() => {}) }, { runtimeDir, grace: 3_600_000 });
  const client = await ffi.connect('test:node/service', { runtimeDir });
  const call = errorOf(client.wait(1, { timeout: null }));
  await client.echo('x');
  const closing = server.close();
  await assert.rejects(async () => server.close({ grace: -1 }), ffi.InvalidArgument);
  await Promise.all([closing, server.close({ grace: 0 }), server.closed]);
  assert.ok((await call) instanceof ffi.Unavailable);
  client.close();
});
