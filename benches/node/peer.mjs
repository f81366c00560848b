// The echo over @grpc/grpc-js and a Unix socket: `peer.mjs serve PATH` or `peer.mjs call PATH`. The bytes go as they are,
// without Protocol Buffers: the comparison is of calls, not of codecs.
import { Server, ServerCredentials, credentials, makeGenericClientConstructor } from '@grpc/grpc-js';

import { DATA, obey, serve } from './rounds.mjs';

const same = (bytes) => bytes;
const definition = {
  echo: {
    path: '/bench.Echo/Echo',
    requestStream: false,
    responseStream: false,
    requestSerialize: same,
    requestDeserialize: same,
    responseSerialize: same,
    responseDeserialize: same,
  },
};
const [, , role, path] = process.argv;

if (role === 'serve') {
  const server = new Server();
  server.addService(definition, { echo: (call, done) => done(null, call.request) });
  await new Promise((resolve, reject) =>
    server.bindAsync(`unix:${path}`, ServerCredentials.createInsecure(), (error) => (error ? reject(error) : resolve())),
  );
  await serve();
  server.forceShutdown();
} else {
  const Client = makeGenericClientConstructor(definition, 'Echo');
  const client = new Client(`unix:${path}`, credentials.createInsecure());
  const echo = () =>
    new Promise((resolve, reject) => client.echo(DATA, (error, data) => (error ? reject(error) : resolve(data))));
  await obey(echo);
  client.close();
}
