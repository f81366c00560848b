// Three worker threads call, one of them ends in the middle of a call, and the main thread goes on.
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';
import { component, connect } from '../../index.mjs';

const name = 'test:node/service';

if (isMainThread) {
  const client = await connect(name);
  const answers = await Promise.all(
    ['one', 'two', 'three'].map(
      (text) =>
        new Promise((resolve, reject) => {
          const worker = new Worker(new URL(import.meta.url), { workerData: text });
          worker.on('message', resolve).on('error', reject);
        }),
    ),
  );
  const cut = new Worker(new URL(import.meta.url), { workerData: 'wait' });
  await new Promise((resolve) => cut.on('message', resolve));
  await cut.terminate();
  answers.push(await client.echo('main'));
  process.send(answers);
  process.channel.unref();
} else if (workerData === 'wait') {
  const client = await connect(name);
  client.wait(60_000).catch(() => {});
  await client.echo('so that the call is under way');
  parentPort.postMessage('waiting');
} else {
  const client = await connect(name);
  const server = await component('test:node/topics', { wit: '../contract.wit', exports: {} }).serve();
  parentPort.postMessage(await client.echo(workerData));
  client.close();
  await server.close();
}
