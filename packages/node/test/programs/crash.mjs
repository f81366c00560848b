// Serves, then makes a mistake that nobody catches.
import { component } from '../../index.mjs';

await component('test:node/topics', { wit: '../contract.wit', exports: {} }).serve();
setTimeout(() => {
  throw new Error('nobody catches this');
});
