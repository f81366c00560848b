// Provides `service` until SIGTERM.
import { component } from '../../index.mjs';
import { Service, TableMissing } from './service.mjs';

await component('test:node/service', {
  wit: '../contract.wit',
  exports: new Service(),
  mapErrors: [[TableMissing, 'failed-precondition']],
  maxConcurrent: Number(process.env.MAX_CONCURRENT ?? 64),
  queue: Number(process.env.QUEUE ?? 1024),
}).serve();
process.send('ready');
process.channel.unref();
