'use strict';

const assert = require('node:assert/strict');
const { after, before, test } = require('node:test');

const ffi = require('../index.js');
const { provider, run, stop, useRuntimeDir } = require('./support.js');

useRuntimeDir();

/** @type {Awaited<ReturnType<typeof provider>>} */
let program;

before(async () => {
  program = await provider();
});

after(() => stop(program));

test('an idle client does not keep the process alive', async () => {
  const { message, ended } = run('idle.mjs');
  assert.equal(await message(), 'done');
  const { code, output } = await ended;
  assert.equal(code, 0, output);
});

for (const name of ['pending.mjs', 'pending.cjs', 'unref.mjs']) {
  test(`what is pending keeps the process alive: ${name}`, async () => {
    const { code, output } = await run(name).ended;
    assert.equal(code, 7, output);
  });
}

test('an uncaught exception ends a process that serves as it ends any other', async () => {
  const { code, output } = await run('crash.mjs').ended;
  assert.equal(code, 1, output);
  assert.match(output, /nobody catches this/);
});

test('process.exit in the middle of a call does not wait, and the handler is cancelled', async () => {
  const { code, output } = await run('exit.mjs').ended;
  assert.equal(code, 5, output);
  assert.equal(await program.message(), 'aborted: Cancelled');
});

test('the event loop waits by itself, or through a thread', async () => {
  for (const [env, usesLibuv] of /** @type {const} */ ([
    [{}, true],
    [{ HMS_NODE_READER_THREAD: '1' }, false],
  ])) {
    const { message, ended } = run('calls.mjs', { env });
    assert.deepEqual(await message(), { answers: ['a', 'b', 'c'], usesLibuv });
    const { code, output } = await ended;
    assert.equal(code, 0, output);
  }
  const { ended } = run('pending.mjs', { env: { HMS_NODE_READER_THREAD: '1' } });
  assert.equal((await ended).code, 7);
});

test('a provider may wait through a thread, too', async () => {
  const other = await provider({ HMS_NODE_READER_THREAD: '1', HMS_RUNTIME_DIR: useRuntimeDir('thread') });
  const client = await ffi.connect('test:node/service', { runtimeDir: useRuntimeDir('thread') });
  assert.equal(await client.echo('x'), 'x');
  client.close();
  assert.equal((await stop(other)).code, 0);
});

test('code that may not be generated is not needed', async () => {
  const { message } = run('calls.mjs', { nodeArgs: ['--disallow-code-generation-from-strings'] });
  assert.deepEqual((await message()).answers, ['a', 'b', 'c']);
});

test('worker threads have their own links, and end in the middle of a call', async () => {
  const { message, ended } = run('workers.mjs');
  assert.deepEqual(await message(), ['one', 'two', 'three', 'main']);
  const { code, output } = await ended;
  assert.equal(code, 0, output);
});

test('a killed provider gives unavailable at once, and calls succeed once there is another', async () => {
  const dir = useRuntimeDir('kill');
  const env = { HMS_RUNTIME_DIR: dir };
  const first = await provider(env);
  const client = await ffi.connect('test:node/service', { runtimeDir: dir });
  const waiting = client.wait(60_000, { timeout: null }).then(
    () => assert.fail('it cannot have ended'),
    (/** @type {unknown} */ error) => error,
  );
  await client.echo('so that the call is under way');
  const started = performance.now();
  first.child.kill('SIGKILL');
  const error = await waiting;
  assert.ok(error instanceof ffi.Unavailable, String(error));
  assert.equal(error.sent, 'maybe-executed');
  assert.ok(performance.now() - started < 1000, `${performance.now() - started} ms`);
  const second = await provider(env);
  assert.equal(await client.echo('back'), 'back');
  client.close();
  await stop(second);
});

test('a million calls leave nothing behind (here: some thousands)', async () => {
  const { message } = run('memory.mjs', { args: ['4000', '12000'], nodeArgs: ['--expose-gc'] });
  const { before: start, after: end } = await message();
  assert.ok(end.script - start.script < 2 * 1024 * 1024, `${start.script} to ${end.script}`);
  assert.equal(end.native, start.native);
});
