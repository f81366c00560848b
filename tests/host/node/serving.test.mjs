import assert from 'node:assert/strict';
import { test } from 'node:test';

import { connect } from './programs/ffi.mjs';
import { errorOf, provider, runtimeDir, until } from './machine.mjs';

test('SIGTERM lets what runs end, and callers go elsewhere without an error', async () => {
  const dir = runtimeDir('drain');
  const first = await provider({ HMS_RUNTIME_DIR: dir });
  const client = await connect('test:host/desk', { runtimeDir: dir });
  const slow = client.echo('slow');
  assert.equal(await first.message(), 'slow');
  const second = await provider({ HMS_RUNTIME_DIR: dir });
  first.child.kill('SIGTERM');
  const pids = new Set();
  while (!pids.has(second.child.pid)) pids.add(await client.process());
  assert.equal(first.child.exitCode, null, 'it still waits for its call');
  for (let i = 0; i < 50; i++)
    assert.equal(await client.process(), second.child.pid, 'nothing new goes to the first');
  first.child.send('release');
  assert.equal(await slow, 'slow');
  assert.equal((await first.ended).code, 0);
  client.close();
});

test('what outlives the grace period is cancelled, and its caller learns it', async () => {
  const dir = runtimeDir('grace');
  const only = await provider({ HMS_RUNTIME_DIR: dir, GRACE: '50', HMS_RETRIES: '0' });
  const client = await connect('test:host/desk', { runtimeDir: dir });
  const held = errorOf(client.hold({ timeout: null }));
  await client.echo('so that it has arrived');
  only.child.kill('SIGTERM');
  const error = await held;
  assert.equal(error.code, 'unavailable', String(error));
  assert.equal(error.sent, 'maybe-executed');
  assert.equal((await only.ended).code, 0);
  client.close();
});

test('a second signal ends at once', async () => {
  const dir = runtimeDir('twice');
  const only = await provider({ HMS_RUNTIME_DIR: dir });
  const client = await connect('test:host/desk', { runtimeDir: dir });
  const slow = errorOf(client.echo('slow', { timeout: 20_000 }));
  assert.equal(await only.message(), 'slow');
  // The first one begins to drain; those that come with it, as from a shell and from npm, are the same one.
  await until(() => {
    only.child.kill('SIGINT');
    return only.child.exitCode !== null;
  });
  assert.equal((await only.ended).code, 130);
  assert.equal((await slow).code, 'unavailable');
  client.close();
});
