// Serving keeps the process alive until it is told not to.
import { component } from '../../index.mjs';

process.channel.unref();
const server = await component('test:node/topics', { wit: '../contract.wit', exports: {} }).serve();
server.unref();
server.ref();
setTimeout(() => {
  process.exitCode = 7;
  server.unref();
}, 50).unref();
