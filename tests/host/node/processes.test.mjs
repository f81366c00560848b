import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { before, test } from 'node:test';

import { connect } from './programs/ffi.mjs';
import { provider, start, until } from './machine.mjs';

let client;

before(async () => {
  await provider();
  client = await connect('test:host/desk');
});

// How a program ends while one of its calls runs: its exit code stays, it does not wait, and the handler is cancelled.
for (const [way, code] of [
  ['exit', 5],
  ['end', 6],
  ['uncaught', 1],
  ['caught', 7],
  ['rejection', 1],
  ['kill', null],
]) {
  test(`a program that ends in the middle of a call: ${way}`, async () => {
    const program = start('caller.mjs', { args: [way] });
    assert.equal(await program.message(), 'waiting');
    if (way === 'caught') assert.equal(await program.message(), 'still');
    const started = performance.now();
    const ended = await program.ended;
    assert.equal(ended.code, code, ended.output);
    assert.ok(performance.now() - started < 10_000, 'it waited for the call');
    if (way === 'rejection') assert.match(ended.output, /InvalidArgument.*text: expected string/);
    await until(async () => (await client.holding()) === 0);
  });
}

test('a signal ends a program in the middle of a call as it ends any other', async () => {
  const program = start('caller.mjs', { args: ['stay'] });
  await program.message();
  program.child.kill('SIGTERM');
  assert.equal((await program.ended).signal, 'SIGTERM');
  await until(async () => (await client.holding()) === 0);
});

test('programs that are started get no descriptor of ours', async () => {
  const child = spawn('ls', ['-l', '/proc/self/fd'], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.on('data', (chunk) => (output += chunk));
  await new Promise((resolve) => child.on('close', resolve));
  const inherited = output
    .split('\n')
    .filter((line) => / ([3-9]|\d\d+) -> (socket|anon_inode|.memfd)/.test(line));
  assert.deepEqual(inherited, []);
  assert.equal(await client.echo('x'), 'x');
});

test('both kinds of modules in one program', async () => {
  const { message, ended } = start('modules.cjs', {
    env: { HMS_RUNTIME_DIR: `${process.env.HMS_RUNTIME_DIR}/modules` },
  });
  assert.deepEqual(await message(), { same: true, isNotFound: true, message: 'from the required one' });
  assert.deepEqual(await message(), { code: 'failed-precondition', sent: 'not-sent', after: 1 });
  const { code, output } = await ended;
  assert.equal(code, 0, output);
});
