// The provider of the conformance suite.
import { component, connect } from './ffi.mjs';
import { early, late } from './orders.mjs';
import { suite } from './suite.mjs';

let client;
const callback = () => (client ??= connect('test:conformance/callback'));

await Promise.all(
  [
    ['test:conformance/suite', '../conformance.wit', suite(callback)],
    ['test:versions/early', '../versions/old.wit', early],
    ['test:versions/late', '../versions/new.wit', late],
  ].map(([name, wit, exports]) => component(name, { wit, exports, maxConcurrent: 96 }).serve()),
);
console.log('ready');
