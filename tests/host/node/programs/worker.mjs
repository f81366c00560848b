// A worker thread with a client and a server of its own; ends as its data say.
import { parentPort, workerData } from 'node:worker_threads';
import { connect } from './ffi.mjs';
import { serve } from './desk.mjs';

const { runtimeDir, how } = workerData;
const server = await serve({ runtimeDir, name: how });
const client = await connect('test:host/desk');
const answer = await client.echo(how);
if (how === 'end') {
  client.close();
  await server.close();
  parentPort.postMessage(answer);
} else {
  const own = await connect('test:host/desk', { runtimeDir });
  client.hold({ timeout: null }).catch(() => {});
  own.hold({ timeout: null }).catch(() => {});
  await Promise.all([client.echo('arrived'), own.echo('arrived')]);
  parentPort.postMessage(answer);
  if (how === 'exit') process.exit(0);
}
