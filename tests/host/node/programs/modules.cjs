// The package loaded in both ways: one set of classes and links.
const required = require('../../../../packages/node/index.js');

import('./ffi.mjs').then(async (imported) => {
  const { serve } = await import('./desk.mjs');
  const server = await serve({
    exports: {
      echo() {
        throw new required.NotFound('from the required one');
      },
      ...{ process: () => 1, hold() {}, holding: () => 0, callerUser: () => 0 },
    },
  });
  const client = await required.connect('test:host/desk');
  const error = await client.echo('x').catch((e) => e);
  process.send({
    same: required.HmsError === imported.HmsError && required.connect === imported.connect,
    isNotFound: error instanceof imported.NotFound,
    message: error.message,
  });
  // A sync call to its own event loop would wait for ever.
  let sync;
  try {
    client.sync.process();
  } catch (e) {
    sync = e;
  }
  process.send({ code: sync?.code, sent: sync?.sent, after: await client.process() });
  client.close();
  await server.close();
  process.channel.unref();
});
