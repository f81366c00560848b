'use strict';

const assert = require('node:assert/strict');
const { after, before, test } = require('node:test');

const ffi = require('../index.js');
const { errorOf, provider, stop, useRuntimeDir } = require('./support.js');

useRuntimeDir();

/** @type {Awaited<ReturnType<typeof provider>>} */
let program;
/** @type {import('../index.js').Client} */
let client;

const claim = {
  id: 'c1',
  patient: 'p1',
  lines: [{ code: 'A', units: 3, charge: '1.10' }],
  diagnoses: [],
  tags: {},
  submitted: new Date(0),
  isNew: true,
};

before(async () => {
  program = await provider();
  client = await ffi.connect('test:node/service');
});

after(async () => {
  client.close();
  await stop(program);
});

test('results are in order, over different functions, and errors are among them', async () => {
  const results = await client.batch((b) => [
    b.echo('one'),
    b.adjudicate(claim),
    b.adjudicate({ ...claim, lines: [] }),
    b.throw_('own'),
    b.call('optional', 1, 2),
    b.echo('last'),
  ]);
  assert.deepEqual(
    results.map((/** @type {any} */ r) => (r.status === 'fulfilled' ? r.value : r.reason.name)),
    ['one', 'in-review', 'DeclaredError', 'NotFound', 3, 'last'],
  );
  const [, , declared, own] = /** @type {any[]} */ (results);
  assert.deepEqual(declared.reason.value, { tag: 'not-covered', val: 'no lines' });
  assert.deepEqual(own.reason.details, { id: 7 });
  assert.ok(
    own.reason.trace.some((/** @type {any} */ f) => f.file === __filename),
    own.reason.stack,
  );
  assert.deepEqual(own.reason.trace.at(-1).component, 'test:node/service@1.2.0');
});

test('a wrong value is that call alone', async () => {
  const results = await client.batch((b) => [b.echo('a'), b.echo(5), b.echo('b', 'c'), b.echo('d')]);
  assert.deepEqual(
    results.map((r) => r.status),
    ['fulfilled', 'rejected', 'rejected', 'fulfilled'],
  );
  for (const { reason } of /** @type {any[]} */ (results.slice(1, 3))) {
    assert.ok(reason instanceof ffi.InvalidArgument);
    assert.equal(reason.sent, 'not-sent');
  }
});

test('options follow the last argument, or are for all calls', async () => {
  const aborted = AbortSignal.abort(new Error('enough'));
  const results = await client.batch(
    (b) => [
      b.wait(10_000, { timeout: 30 }),
      b.echo('x', { signal: aborted }),
      b.describe({ timeout: 60_000 }),
      b.describe(),
    ],
    { timeout: 5000 },
  );
  const [late, cancelled, own, shared] = /** @type {any[]} */ (results);
  assert.ok(late.reason instanceof ffi.DeadlineExceeded);
  assert.equal(cancelled.reason.message, 'enough');
  assert.ok(own.value.remaining > 5000);
  assert.ok(shared.value.remaining <= 5000);
  const none = await client.batch((b) => [b.echo('x'), b.echo('y', { signal: undefined })], {
    signal: aborted,
  });
  assert.deepEqual(
    none.map((r) => r.status),
    ['rejected', 'fulfilled'],
  );
});

test('one signal ends what still runs of a batch', async () => {
  const controller = new AbortController();
  const { signal } = controller;
  const pending = client.batch((b) => [b.wait(60_000), b.echo('x'), b.wait(60_000)], { signal });
  await client.echo('so that the others have arrived');
  controller.abort(new Error('enough'));
  const [first, second, third] = /** @type {any[]} */ (await pending);
  assert.equal(first.reason, signal.reason);
  assert.equal(second.value, 'x');
  assert.equal(third.reason, signal.reason);
});

test('an empty batch, an iterable and a promise', async () => {
  assert.deepEqual(await client.batch(() => []), []);
  const numbers = await client.batch(function* (b) {
    for (let i = 0; i < 3; i++) yield b.optional(i, 0);
  });
  assert.deepEqual(
    numbers.map((/** @type {any} */ r) => r.value),
    [0, 1, 2],
  );
  const [later] = await client.batch(async (b) => {
    await null;
    return [b.echo('later')];
  });
  assert.deepEqual(later, { status: 'fulfilled', value: 'later' });
});

test('what is no list of calls of this batch is refused by name, and nothing is sent', async () => {
  /** @type {any} */
  let kept;
  /** @type {any} */
  let batch;
  await client.batch((b) => {
    batch = b;
    kept = b.echo('x');
    return [kept];
  });
  for (const [describe, type, text] of /** @type {[any, any, RegExp][]} */ ([
    [undefined, ffi.InvalidArgument, /expected a function/],
    [() => undefined, ffi.InvalidArgument, /returns an array/],
    [() => 'echo', ffi.InvalidArgument, /returns an array/],
    [() => [client.echo('x')], ffi.InvalidArgument, /batch\[0\]: expected a call of this batch, got object/],
    [(/** @type {any} */ b) => [b.echo('x'), null], ffi.InvalidArgument, /batch\[1\].*got null/],
    [() => [kept], ffi.FailedPrecondition, /echo was sent already/],
    [() => [batch.echo('x')], ffi.FailedPrecondition, /echo: the batch was sent already/],
    [async (/** @type {any} */ b) => [await b.echo('x')], ffi.FailedPrecondition, /cannot be awaited/],
    [(/** @type {any} */ b) => b.echo('x'), ffi.InvalidArgument, /returns an array/],
    [(/** @type {any} */ b) => [b.call('missing')], ffi.Unimplemented, /no function "missing"/],
  ])) {
    const error = await errorOf(client.batch(describe));
    assert.ok(error instanceof type, `${describe}: ${error}`);
    assert.match(error.message, text);
  }
  const twice = await errorOf(
    client.batch((b) => {
      const call = b.echo('x');
      return [call, call];
    }),
  );
  assert.ok(twice instanceof ffi.FailedPrecondition);
  const other = await errorOf(
    client.batch(async (b) => {
      /** @type {any} */
      let foreign;
      await client.batch((inner) => {
        foreign = inner.echo('y');
        return [];
      });
      return [b.echo('x'), foreign];
    }),
  );
  assert.match(other.message, /batch\[1\]: this call of echo belongs to another batch/);
  const own = new Error('mine');
  assert.equal(
    await errorOf(
      client.batch(() => {
        throw own;
      }),
    ),
    own,
  );
  assert.ok(
    (await errorOf(client.batch(() => [], /** @type {any} */ ({ bogus: 1 })))) instanceof ffi.InvalidArgument,
  );
});

test('a closed client refuses', async () => {
  const other = await ffi.connect('test:node/service');
  other.close();
  assert.ok((await errorOf(other.batch(() => []))) instanceof ffi.FailedPrecondition);
});

test('large calls of a batch', async () => {
  const texts = Array.from({ length: 40 }, (_, i) => String(i % 10).repeat(i * 5000));
  const results = await client.batch((b) => texts.map((text) => b.echo(text)));
  assert.ok(results.every((/** @type {any} */ r, i) => r.value === texts[i]));
});
