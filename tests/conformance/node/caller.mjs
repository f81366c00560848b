// The caller of the conformance suite: runs all cases and prints one line for each.
import { readFileSync } from 'node:fs';

import { component, connect } from './ffi.mjs';
import { batches } from './batches.mjs';
import { callback } from './callback.mjs';
import { cases } from './cases.mjs';
import { mistakes } from './mistakes.mjs';
import { together } from './together.mjs';
import { versions } from './versions.mjs';

const names = readFileSync(new URL('../cases.txt', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'));

const client = await connect('test:conformance/suite', { timeout: 10_000 });
const server = await component('test:conformance/callback', {
  wit: '../conformance.wit',
  exports: callback(client),
}).serve();
const all = {
  ...cases(client),
  ...mistakes(client),
  ...together(client),
  ...batches(client),
  ...(await versions()),
};

let failed = 0;
for (const name of names) {
  const run = all[name];
  if (run === undefined) {
    console.log(`absent ${name}`);
    continue;
  }
  try {
    await run();
    console.log(`ok ${name}`);
  } catch (error) {
    failed++;
    console.log(`not ok ${name}: ${String(error?.message ?? error).replaceAll('\n', ' ')}`);
  }
}
client.close();
await server.close();
process.exit(failed === 0 ? 0 : 1);
