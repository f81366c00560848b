import assert from 'node:assert/strict';
import { test } from 'node:test';

import { runtimeDir, start } from './machine.mjs';

test('cluster: the primary and its workers call and serve, calls are spread, a killed worker costs no idempotent call', async () => {
  const { message, ended } = start('cluster.mjs', { args: [runtimeDir('primary'), runtimeDir('workers')] });
  const told = await message();
  assert.ok(told.sawPrimary, 'the workers called the primary');
  assert.ok(told.users.every((user) => user === process.getuid()));
  const [first, second, third] = told.pids;
  assert.deepEqual(new Set(told.before.pids), new Set([first, second]), 'both workers were called');
  assert.equal(told.before.failed, 0);
  assert.equal(told.failed, 0, 'a call failed when a worker was killed');
  assert.equal(told.after.failed, 0);
  assert.deepEqual(new Set(told.after.pids), new Set([second, third]), 'the new worker was called');
  const { code, output } = await ended;
  assert.equal(code, 0, output);
});
