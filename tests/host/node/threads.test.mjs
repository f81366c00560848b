import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { Worker } from 'node:worker_threads';

import { connect, liveNativeBytes } from './programs/ffi.mjs';
import { descriptors, provider, runtimeDir, until } from './machine.mjs';

let client;

before(async () => {
  await provider();
  client = await connect('test:host/desk');
});

const path = new URL('programs/worker.mjs', import.meta.url);

/** A worker thread that has told its answer; `how` it ends then. */
async function worker(how) {
  const thread = new Worker(path, { workerData: { runtimeDir: runtimeDir(`worker-${how}`), how } });
  const ended = new Promise((resolve) => thread.once('exit', resolve));
  const answer = await new Promise((resolve, reject) =>
    thread.once('message', resolve).once('error', reject),
  );
  return { thread, ended, answer };
}

test('several worker threads at once, each with a client and a server', async () => {
  const workers = await Promise.all(Array.from({ length: 4 }, () => worker('end')));
  for (const { answer, ended } of workers) {
    assert.equal(answer, 'end');
    assert.equal(await ended, 0);
  }
  assert.equal(await client.echo('main'), 'main');
});

for (const how of ['terminate', 'exit']) {
  test(`a worker thread ends in the middle of calls: ${how}`, async () => {
    const { thread, ended } = await worker(how);
    if (how === 'terminate') await thread.terminate();
    await ended;
    // The handler of its call was cancelled, and the others go on.
    await until(async () => (await client.holding()) === 0);
    assert.equal(await client.echo('main'), 'main');
  });
}

test('starting and stopping many times leaves nothing behind', async () => {
  const cycle = async (how) => {
    const { thread, ended } = await worker(how);
    if (how === 'terminate') await thread.terminate();
    await ended;
  };
  // The first ones make what stays: thread pools, tables.
  for (const how of ['end', 'terminate', 'exit']) await cycle(how);
  await until(async () => (await client.holding()) === 0);
  const before = { descriptors: descriptors().length, native: liveNativeBytes() };
  for (let i = 0; i < Number(process.env.CYCLES ?? 12); i++) await cycle(['end', 'terminate', 'exit'][i % 3]);
  await until(async () => (await client.holding()) === 0);
  await until(async () => descriptors().length <= before.descriptors);
  const grown = liveNativeBytes() - before.native;
  assert.ok(grown < 32 * 1024, `${grown} bytes are left`);
});
