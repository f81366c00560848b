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
  diagnoses: ['E11'],
  tags: { source: 'web' },
  submitted: new ffi.Timestamp('2024-02-29T12:30:00.123456789Z'),
  isNew: true,
};

before(async () => {
  program = await provider();
  client = await ffi.connect('test:node/service');
});

after(async () => {
  client.close();
  const { code } = await stop(program);
  assert.equal(code, 0, 'SIGTERM ends a provider normally');
});

test('values come and go', async () => {
  assert.equal(await client.echo('é🦀'), 'é🦀');
  const back = await client.echoClaim(claim);
  assert.deepEqual(back, {
    ...claim,
    lines: [{ code: 'A', units: 3, charge: new ffi.Decimal('1.10') }],
    diagnoses: new Set(['E11']),
    tags: new Map([['source', 'web']]),
    note: undefined,
  });
  assert.equal(back.submitted.nanoseconds, 123456789);
  assert.equal(await client.nothing(), undefined);
  assert.equal(await client.adjudicate(claim), 'in-review');
});

test('a large value takes its own way', async () => {
  const text = 'é'.repeat(1_000_000);
  assert.ok((await client.echo(text)) === text);
  const many = await Promise.all(Array.from({ length: 20 }, () => client.echo('x'.repeat(50_000))));
  assert.ok(many.every((one) => one.length === 50_000));
});

test('methods are real, and nothing else is there', () => {
  assert.equal(client.then, undefined);
  assert.equal(client.somethingElse, undefined);
  assert.equal(typeof client.then_, 'function');
  assert.equal(client.echoClaim.length, 1);
  const methods = [];
  for (const name in client) methods.push(name);
  assert.ok(methods.includes('echo') && methods.includes('items') && !methods.includes('next'));
});

test('call reaches every function by its own name', async () => {
  assert.equal(await client.call('then'), 'then');
  assert.equal(await client.then_(), 'then');
  assert.equal(await client.call('echo', 'x', { timeout: 5000 }), 'x');
  assert.equal(await client.call('echo-claim', claim).then((c) => c.id), 'c1');
  const error = await errorOf(client.call('missing'));
  assert.ok(error instanceof ffi.Unimplemented);
  assert.match(error.message, /no function "missing"; it has echo,/);
});

test('options follow the last argument', async () => {
  assert.equal(await client.optional(), 150);
  assert.equal(await client.optional(1, undefined, { timeout: 5000 }), 51);
  assert.equal(await client.optional(undefined, 2, undefined), 102);
  for (const args of [
    ['x', { bogus: 1 }],
    ['x', 'y'],
    ['x', null],
    ['x', {}, {}],
    ['x', { timeout: -1 }],
    ['x', { timeout: NaN }],
    ['x', { timeout: '5' }],
  ]) {
    const error = await errorOf(client.echo(...args));
    assert.ok(error instanceof ffi.InvalidArgument, JSON.stringify(args));
    assert.equal(error.sent, 'not-sent');
  }
});

test('mistakes in arguments name the place and are not sent', async () => {
  const lines = [claim.lines[0], { ...claim.lines[0], charge: true }];
  const error = await errorOf(client.echoClaim({ ...claim, lines }));
  assert.ok(error instanceof ffi.InvalidArgument);
  assert.equal(error.message, 'claim.lines[1].charge: expected decimal, got boolean');
  assert.equal(error.sent, 'not-sent');
  assert.match(String(error.stack), /calls\.test\.js/);
  assert.equal((await errorOf(client.echo())).message, 'text: missing, expected string');
});

test('a declared error has the value', async () => {
  const error = await errorOf(client.adjudicate({ ...claim, lines: [] }));
  assert.ok(error instanceof ffi.DeclaredError && error instanceof ffi.HmsError);
  assert.deepEqual(error.value, { tag: 'not-covered', val: 'no lines' });
  assert.equal(error.code, undefined);
  assert.equal(error.sent, 'maybe-executed');
});

test("a provider's mistakes are its own", async () => {
  const wrong = await errorOf(client.adjudicate({ ...claim, id: 'wrong' }));
  assert.ok(wrong instanceof ffi.Internal);
  assert.match(wrong.message, /^result: expected enum status/);
  const mistake = await errorOf(client.throw_('type'));
  assert.ok(mistake instanceof ffi.Internal);
  assert.match(mistake.message, /^TypeError: /);
  assert.equal(mistake.sent, 'maybe-executed');
  assert.match((await errorOf(client.throw_('text'))).message, /threw a string/);
  const declared = await errorOf(client.throw_('declared'));
  assert.ok(declared instanceof ffi.Internal);
  assert.match(declared.message, /does not declare/);
});

test('a provider raises and maps codes', async () => {
  const own = await errorOf(client.throw_('own'));
  assert.ok(own instanceof ffi.NotFound);
  assert.equal(own.message, 'no such claim');
  assert.deepEqual(own.details, { id: 7 });
  assert.equal(own.isRetryable, true);
  const mapped = await errorOf(client.throw_('mapped'));
  assert.ok(mapped instanceof ffi.FailedPrecondition);
  assert.equal(mapped.message, 'no table');
});

test('the trace shows both programs, and so does the stack', async () => {
  const error = await errorOf(callsThrow());
  const [first] = error.trace;
  const last = error.trace.at(-1);
  assert.equal(first.language, 'node');
  assert.ok(error.trace.some((/** @type {any} */ f) => f.function === 'callsThrow' && f.file === __filename));
  assert.equal(last.component, 'test:node/service@1.2.0');
  assert.match(last.file, /service\.mjs$/);
  assert.ok(last.line > 0);
  assert.match(
    error.stack,
    /^NotFound: no such claim\n {4}at \[node\] test:node\/service@1\.2\.0 .*service\.mjs/,
  );
  assert.match(error.stack, /at async callsThrow \(.*calls\.test\.js/);
});

async function callsThrow() {
  await client.throw_('own');
}

test('deadlines', async () => {
  const late = await errorOf(client.wait(5000, { timeout: 700 }));
  assert.ok(late instanceof ffi.DeadlineExceeded);
  assert.equal(await program.message(), 'aborted: DeadlineExceeded');
  const own = await client.describe({ timeout: 5000 });
  assert.ok(own.remaining > 0 && own.remaining <= 5000 && own.hasDeadline);
  assert.ok((await client.describe()).remaining > 20_000);
  for (const timeout of [null, Infinity]) assert.equal((await client.describe({ timeout })).remaining, null);
  assert.ok((await client.nested({ timeout: 5000 })).remaining <= 5000);
  assert.equal((await client.nested({ timeout: null })).remaining, null);
});

test('a signal cancels a call, which rejects with its reason', async () => {
  const controller = new AbortController();
  const call = client.wait(5000, { signal: controller.signal, timeout: null });
  await client.echo('so that the call has arrived');
  const reason = new Error('enough');
  controller.abort(reason);
  assert.equal(await errorOf(call), reason);
  assert.equal(await program.message(), 'aborted: Cancelled');
  assert.equal(await errorOf(client.echo('x', { signal: controller.signal })), reason);
  assert.equal(await client.echo('x', { signal: new AbortController().signal }), 'x');
});

test('the handler knows its call', async () => {
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  const call = await client.describe({ traceparent, idempotencyKey: 'once' });
  assert.equal(call.name, 'test:node/service@1.2.0');
  assert.equal(call.fn, 'describe');
  assert.equal(call.pid, process.pid);
  assert.equal(call.uid, process.getuid?.());
  assert.equal(call.traceparent, traceparent);
  assert.equal(call.idempotencyKey, 'once');
  assert.equal(call.isCancelled, false);
  const nested = await client.nested({ traceparent });
  assert.equal(nested.pid, program.child.pid, 'the nested call comes from the provider');
  assert.equal(nested.traceparent, traceparent, 'and inherits the trace');
});

test('calls run at the same time', async () => {
  assert.deepEqual(await Promise.all(Array.from({ length: 8 }, () => client.meet(8))), new Array(8).fill(8));
});

test('what comes later is refused by name', async () => {
  const error = await errorOf(client.items(3));
  assert.ok(error instanceof ffi.Unimplemented);
  assert.equal(error.message, 'test:node/service@1.2.0.items: result: streams cannot be called yet');
  assert.ok((await errorOf(client.call('[constructor]counter', 1))) instanceof ffi.Unimplemented);
});

test('sync calls block and answer', async () => {
  assert.equal(client.sync.echo('x'), 'x');
  assert.equal(client.sync.call('echo', 'y', { timeout: 5000 }), 'y');
  assert.throws(() => client.sync.throw_('own'), ffi.NotFound);
  assert.throws(() => client.sync.adjudicate({ ...claim, lines: [] }), ffi.DeclaredError);
  assert.throws(() => client.sync.wait(5000, { timeout: 700 }), ffi.DeadlineExceeded);
  assert.equal(await program.message(), 'aborted: DeadlineExceeded');
  assert.throws(() => client.sync.echo(5), /text: expected string, got number/);
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  const call = client.sync.describe({ traceparent, idempotencyKey: 'once' });
  assert.deepEqual([call.traceparent, call.idempotencyKey], [traceparent, 'once']);
  assert.throws(() => client.sync.echo('x', { idempotencyKey: 5 }), ffi.InvalidArgument);
  assert.throws(() => client.sync.echo('x', { signal: AbortSignal.abort(new Error('no')) }), /^Error: no/);
});

test('the named types check and convert', () => {
  const { Claim, Status, Permissions, Denial } = client.types;
  assert.deepEqual([Claim.name, Claim.kind, Claim.members.at(-1)], ['claim', 'record', 'isNew']);
  assert.deepEqual(Status.members, ['received', 'in-review', 'denied']);
  Claim.check(claim);
  assert.throws(
    () => Claim.check({ ...claim, id: 5 }),
    /^InvalidArgument: claim\.id: expected string, got number/,
  );
  const { isNew, ...rest } = claim;
  assert.deepEqual(ffi.toJSON(claim, Claim), {
    ...rest,
    submitted: '2024-02-29T12:30:00.123456789Z',
    note: null,
    'is-new': isNew,
  });
  assert.equal(Permissions?.kind, 'flags');
  assert.deepEqual(Permissions.toJSON({ read: true }), ['read']);
  assert.deepEqual(Denial.toJSON({ tag: 'maybe' }), { tag: 'maybe', val: null });
});

test('a contract of the caller is relative to its file', async () => {
  const own = await ffi.connect('test:node/service@1.2', { wit: 'contract.wit' });
  assert.equal(await own.echo('x'), 'x');
  own.close();
  const missing = await errorOf(ffi.connect('test:node/service', { wit: 'no-such.wit' }));
  assert.ok(missing instanceof ffi.InvalidArgument);
  assert.ok(missing.message.includes(__dirname), missing.message);
});

test('a closed client is closed', async () => {
  const other = await ffi.connect('test:node/service');
  const waiting = errorOf(other.wait(5000));
  await other.echo('x');
  other.close();
  other.close();
  assert.ok((await waiting) instanceof ffi.Cancelled);
  assert.equal(await program.message(), 'aborted: Cancelled');
  assert.ok((await errorOf(other.echo('x'))) instanceof ffi.FailedPrecondition);
  assert.throws(() => other.sync.echo('x'), ffi.FailedPrecondition);
});

test('connecting fails by name', async () => {
  const error = await errorOf(ffi.connect('test:node/absent', { timeout: 100 }));
  assert.ok(error instanceof ffi.Unavailable);
  assert.ok(error.message.includes(String(process.env.HMS_RUNTIME_DIR)), error.message);
  const signal = AbortSignal.abort(new Error('no'));
  assert.equal((await errorOf(ffi.connect('test:node/service', { signal }))).message, 'no');
  assert.ok(
    (await errorOf(ffi.connect('test:node/service', { maxDepth: 0 }))) instanceof ffi.InvalidArgument,
  );
});

test("a client's own limits and default deadline", async () => {
  const small = await ffi.connect('test:node/service', {
    maxMessage: 20_000,
    maxElements: 20,
    timeout: 5000,
  });
  assert.ok((await errorOf(small.echo('x'.repeat(30_000)))) instanceof ffi.ResourceExhausted);
  const tags = Object.fromEntries(Array.from({ length: 21 }, (_, i) => [`t${i}`, '']));
  assert.ok((await errorOf(small.echoClaim({ ...claim, tags }))) instanceof ffi.ResourceExhausted);
  assert.ok((await small.describe()).remaining <= 5000);
  small.close();
});

test('metrics tell how the calls went', async () => {
  const own = await ffi.connect('test:node/service', { retries: 0 });
  await Promise.all([own.echo('x'), own.echo('y'), errorOf(own.throw_('own'))]);
  const { calls, retries, failovers, retriesRefused, instances, resting } = own.metrics();
  assert.deepEqual([calls, retries, failovers, retriesRefused, instances, resting], [3, 0, 0, 0, 1, 0]);
  own.close();
  assert.throws(() => own.metrics(), ffi.FailedPrecondition);
});
