// Cases about mistakes of the caller.
import { connect } from './ffi.mjs';
import { equal, fails, refused } from './expect.mjs';
import { values } from './values.mjs';

const [record] = values['echo-record'];

/** @param {any} client @returns {Record<string, () => Promise<void>>} */
export const mistakes = (client) => ({
  'wrong-type': () => refused(client.echoString(5), 'value'),
  'wrong-type-in-record': () => {
    const lines = record.lines.map((line, i) => (i === 1 ? { ...line, units: 'many' } : line));
    return refused(client.echoRecord({ ...record, lines }), 'value.lines[1].units');
  },
  'wrong-type-in-list': () => refused(client.echoListString(['a', 5]), 'value[1]'),
  'bool-for-integer': () => refused(client.echoU8(true), 'value'),
  'integer-out-of-range': () => refused(client.echoU8(256), 'value'),
  'negative-for-unsigned': () => refused(client.echoU32(-1), 'value'),
  'unknown-enum-case': () => refused(client.echoEnum('mauve'), 'value'),
  'unknown-variant-case': () => refused(client.echoVariant({ tag: 'square', val: 1 }), 'value'),
  'missing-field': () => {
    const { id: _, ...rest } = record;
    return refused(client.echoRecord(rest), 'value');
  },
  'extra-field': () => refused(client.echoRecord({ ...record, surplus: 1 }), 'value'),
  'wrong-tuple-length': () => refused(client.echoTuple([1, 'two']), 'value'),
  'wrong-fixed-length': () => refused(client.echoFixed([1, 2]), 'value'),
  'bad-unicode': () => refused(client.echoString('a\ud800'), 'value'),
  'bad-decimal': () => refused(client.echoDecimal('1,5'), 'value'),
  async 'unknown-function'() {
    equal((await fails(client.call('no-such-function'), 'unimplemented')).sent, 'not-sent');
  },
  async 'unknown-interface'() {
    await fails(connect('test:conformance/no-such-interface', { timeout: 200 }), 'unavailable');
  },
  async 'incompatible-contract'() {
    const call = connect('test:versions/early', {
      wit: '../versions/broken.wit',
      timeout: 10_000,
    });
    await fails(call, 'failed-precondition', 'place');
  },
});
