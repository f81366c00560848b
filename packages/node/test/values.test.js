'use strict';

const assert = require('node:assert/strict');
const { join } = require('node:path');
const { test } = require('node:test');
const vm = require('node:vm');

const ffi = require('../index.js');
const { Codec } = require('../lib/codec/codec.js');
const { native } = require('../lib/native.js');
const { start } = require('../lib/runtime.js');

const { Decimal, Duration, Float, Timestamp, ZonedTimestamp } = ffi;

start();
const schema = JSON.parse(native.loadSchema(join(__dirname, 'contract.wit'), 'test:node/service').json);
const all = schema.types.findIndex((/** @type {any} */ type) => type.name === 'all');
/** The type of each member of `all`, by its JavaScript name. @type {Map<string, number>} */
const members = new Map(
  schema.types[all].fields.map((/** @type {any} */ field) => [field.local, field.type]),
);

const UUID = 'f81d4fae-7dec-11d0-a765-00a0c91e6bf6';
const line = { code: 'A', units: 3, charge: new Decimal('1.10') };
const at = new Timestamp('2024-02-29T12:30:00.123456789Z');
/** What NaN is in a list, with its bits. */
const signalling = new Float32Array(new Uint32Array([0x7fa00001, 0x3f800000]).buffer);

/** Member, what is given, what comes back (if it is something else). @type {[string, unknown, unknown?][]} */
const ACCEPTED = [
  ...['s8', 'u8', 's16', 'u16', 's32', 'u32'].map((kind) => /** @type {[string, unknown]} */ ([kind, 127])),
  ['s64', -5n],
  ['s64', -5, -5n],
  ['s64', Number.MIN_SAFE_INTEGER, BigInt(Number.MIN_SAFE_INTEGER)],
  ['s64', -(2n ** 63n)],
  ['u64', 2n ** 64n - 1n],
  ['u64', Number.MAX_SAFE_INTEGER, BigInt(Number.MAX_SAFE_INTEGER)],
  ['f32', 0.1, Math.fround(0.1)],
  ['f32', -0],
  ['f32', NaN],
  ['f64', Infinity],
  ['f64', 5],
  ['letter', '🦀'],
  ['text', 'a\0é'],
  ['bytes', Uint8Array.of(1, 2)],
  ['bytes', Buffer.from([1, 2]), Uint8Array.of(1, 2)],
  ['bytes', new DataView(Uint8Array.of(9, 1, 2).buffer, 1), Uint8Array.of(1, 2)],
  ['bytes', Uint16Array.of(0x0201), Uint8Array.of(1, 2)],
  ['bytes', Uint8Array.of(1, 2).buffer, Uint8Array.of(1, 2)],
  ['bytes', [1, 2], Uint8Array.of(1, 2)],
  ['floats', Float32Array.of(0.5, -0)],
  ['floats', [0.5, 1], Float32Array.of(0.5, 1)],
  ['doubles', vm.runInNewContext('Float64Array.of(0.5)'), Float64Array.of(0.5)],
  ['longs', BigInt64Array.of(-1n)],
  ['longs', [-1n, 5], BigInt64Array.of(-1n, 5n)],
  ['words', ['a', '']],
  ['fixed', Uint16Array.of(1, 2)],
  ['fixed', [1, 2], Uint16Array.of(1, 2)],
  ['pair', [1, 'a']],
  ['codes', new Set(['b', 'a'])],
  ['codes', ['b', 'a'], new Set(['a', 'b'])],
  ['codes', vm.runInNewContext("new Set(['x'])"), new Set(['x'])],
  ['numbers', new Set([300, 2n]), new Set([2n, 300n])],
  ['byName', new Map([['a', 1]])],
  ['byName', { b: 2, a: 1 }, new Map(Object.entries({ a: 1, b: 2 }))],
  ['byName', { é: 1, zz: 2, z: 3 }, new Map(Object.entries({ z: 3, zz: 2, é: 1 }))],
  [
    'byName',
    new Map(Array.from({ length: 40 }, (_, i) => [`k${i}`, i])),
    new Map(Array.from({ length: 40 }, (_, i) => [`k${i}`, i])),
  ],
  ['byName', { ['x'.repeat(256)]: 1, y: 2 }, new Map(Object.entries({ ['x'.repeat(256)]: 1, y: 2 }))],
  ['byNumber', new Map([[256, 1]])],
  [
    'byNumber',
    new Map([
      [1, 1],
      [256, 2],
      [0, 3],
    ]),
    new Map([
      [0, 3],
      [256, 2],
      [1, 1],
    ]),
  ],
  ['line', line],
  ['line', { code: 'A', units: 3, charge: '1.10' }, line],
  ['status', 'in-review'],
  ['permissions', { read: true, 'write-all': false }],
  ['permissions', { 'write-all': true }, { read: false, 'write-all': true }],
  ['permissions', ['read'], { read: true, 'write-all': false }],
  ['denial', { tag: 'duplicate' }],
  ['denial', { tag: 'duplicate', val: undefined }, { tag: 'duplicate' }],
  ['denial', { tag: 'maybe' }, { tag: 'maybe', val: undefined }],
  ['denial', { tag: 'over-limit', val: 10n }, { tag: 'over-limit', val: new Decimal('10') }],
  ['outcome', { tag: 'ok', val: 1 }],
  ['outcome', { tag: 'err', val: 'no' }],
  ['bare', { tag: 'err' }],
  ['maybe', undefined],
  ['maybe', null, undefined],
  ['maybe', 0],
  ['nested', undefined],
  ['nested', { some: undefined }],
  ['nested', { some: null }, { some: undefined }],
  ['nested', { some: 5 }],
  ['dynamic', undefined],
  ['dynamic', { some: null }],
  ['at', new Date(5), new Timestamp(5)],
  ['at', { epochNanoseconds: 5000000001n }, Timestamp.fromEpochNanoseconds(5000000001n)],
  ['at', { epochNanoseconds: -1n }, Timestamp.fromEpochNanoseconds(-1n)],
  ['zoned', new ZonedTimestamp(at, 330)],
  ['zoned', { instant: at, offset: -90 }, new ZonedTimestamp(at, -90)],
  ['day', '2024-02-29'],
  ['month', '2024'],
  ['month', '2024-12'],
  ['clock', '23:59:59.5'],
  ['span', Duration.parse('-0.25s')],
  ['price', new Decimal('-1.10')],
  ['price', '0.00', new Decimal('0.00')],
  ['price', -12n, new Decimal('-12')],
  ['id', UUID],
  ['id', UUID.toUpperCase(), UUID],
  ['extra', null],
  ['extra', { a: [1, -1, 1.5, 2n ** 63n, 'x', true, null, new Decimal('1.10'), Uint8Array.of(1)], é: {} }],
  ['extra', new Map([['a', 1]]), { a: 1 }],
  ['extra', new Float(1)],
  ['extra', -0],
  ['extra', Object.assign(Object.create(null), { a: 1 }), { a: 1 }],
];

/** Member, what is given, part of the message. @type {[string, unknown, string][]} */
const REFUSED = [
  ['u8', 256, 'u8, got a number out of its range'],
  ['u8', -1, 'u8, got a number out of its range'],
  ['u8', 1.5, 'u8, got a number with a fraction'],
  ['u8', NaN, 'u8, got NaN'],
  ['u8', true, 'u8, got boolean'],
  ['u8', '1', 'u8, got string'],
  ['u8', 1n, 'u8, got bigint'],
  ['u8', null, 'u8, got null'],
  ['s64', 2 ** 53, 'beyond the safe integers'],
  ['s64', 2n ** 63n, 's64, got a number out of its range'],
  ['s64', 0.5, 's64, got a number with a fraction'],
  ['s64', true, 's64, got boolean'],
  ['u64', -1, 'u64, got a number out of its range'],
  ['u64', -1n, 'u64, got a number out of its range'],
  ['f32', 1e39, 'f32, got a number out of its range'],
  ['f32', 1n, 'f32, got bigint'],
  ['f64', '1', 'f64, got string'],
  ['truth', 1, 'bool, got number'],
  ['letter', 'ab', 'another length'],
  ['letter', '', 'another length'],
  ['letter', '\ud800', 'lone surrogate'],
  ['text', 5, 'string, got number'],
  ['text', 'a\ud800', 'lone surrogate'],
  ['text', 'x'.repeat(100) + '\udc00', 'lone surrogate'],
  ['text', new String('a'), 'string, got String'],
  ['bytes', 'text', 'list<u8>, got string'],
  ['bytes', [256], 'got a number out of its range'],
  ['floats', Float64Array.of(1), 'got Float64Array'],
  ['words', new Set(['a']), 'list<string>, got Set'],
  ['words', 'ab', 'list<string>, got string'],
  ['fixed', [1], 'expected 2 elements, got 1'],
  ['fixed', Uint16Array.of(1, 2, 3), 'expected 2 elements, got 3'],
  ['pair', [1], 'expected 2 elements, got 1'],
  ['pair', { 0: 1, 1: 'a' }, 'tuple<u8, string>, got object'],
  ['codes', ['a', 'a'], 'present twice'],
  ['codes', 'ab', 'set codes, got string'],
  ['numbers', new Set([1, 1n]), 'present twice'],
  ['byName', [['a', 1]], 'map<string, u8>, got Array'],
  [
    'byName',
    new Map([
      ['a', 1],
      [null, 2],
    ]),
    'byName[key 1]: expected string, got null',
  ],
  ['byNumber', { 1: 1 }, 'map<u32, u8>, got object'],
  ['line', [], 'record line, got Array'],
  ['line', { code: 'A', units: 3 }, 'charge: missing, expected decimal'],
  ['line', { ...line, charge: 1.1 }, 'charge: expected decimal, got a number with a fraction'],
  ['line', { ...line, extra: 1 }, 'no member "extra"'],
  ['status', 'lost', 'names none of its cases'],
  ['status', 1, 'enum status, got number'],
  ['permissions', ['fly'], 'no flag of this name'],
  ['permissions', { read: 1 }, 'object of booleans'],
  ['permissions', 'read', 'flags permissions, got string'],
  ['denial', 'duplicate', 'variant denial, got string'],
  ['denial', { tag: 'lost' }, 'no case of this tag'],
  ['denial', { val: 1 }, 'got undefined as tag'],
  ['denial', { tag: 'duplicate', val: 1 }, 'duplicate: the case has no payload'],
  ['denial', { tag: 'not-covered' }, 'not-covered: expected string, got undefined'],
  ['denial', { tag: 'duplicate', value: 1 }, 'not "value"'],
  ['outcome', { tag: 'maybe', val: 1 }, 'no case of this tag'],
  ['outcome', { ok: 1 }, 'got undefined as tag'],
  ['outcome', { tag: 'err', val: 5 }, 'err: expected string, got number'],
  ['nested', 5, 'the one member some'],
  ['dynamic', { a: 1 }, 'the one member some'],
  ['at', 5, 'timestamp, got number'],
  ['at', '2024-01-01T00:00:00Z', 'timestamp, got string'],
  ['at', new Date(NaN), 'an invalid Date'],
  ['at', new Date(8.64e15), 'years 1 to 9999'],
  ['at', { epochNanoseconds: 5n, timeZoneId: 'Europe/Berlin' }, 'timestamp, got object'],
  ['zoned', at, 'zoned-timestamp, got Timestamp'],
  ['zoned', { instant: at, offset: 1500 }, '-1439 to 1439'],
  ['zoned', { instant: at, offset: 0.5 }, 'whole minutes'],
  ['day', '2023-02-29', 'not a day'],
  ['day', '24-02-29', 'not a date like'],
  ['day', new Date(5), 'date, got Date'],
  ['month', '2024-13', 'not a month'],
  ['clock', '24:00:00', 'not a time'],
  ['span', 5, 'duration, got number'],
  ['price', 1.1, 'decimal, got a number with a fraction'],
  ['price', 1, 'decimal, got number'],
  ['price', true, 'decimal, got boolean'],
  ['price', '1e3', 'not a decimal'],
  ['price', '-0.0', 'no sign'],
  ['id', 'nonsense', 'not a UUID'],
  ['extra', undefined, 'document, got undefined'],
  ['extra', { a: [1, undefined] }, 'extra["a"][1]: expected document, got undefined'],
  ['extra', { a: () => 1 }, 'document, got function'],
  ['extra', { a: new Date(5) }, 'document, got Date'],
  ['extra', 2n ** 64n, '-2^64 to 2^64 - 1'],
  ['extra', new Map([[1, 2]]), 'are text, got number'],
];

for (const mode of /** @type {const} */ (['compiled', 'closures'])) {
  const codec = new Codec(schema, { mode });
  /** @param {string} member @param {unknown} value */
  const there = (member, value) => codec.lower(Number(members.get(member)), value, member);
  /** @param {string} member @param {unknown} value */
  const andBack = (member, value) => codec.lift(Number(members.get(member)), there(member, value), member);

  test(`accepted values come back in the type's own form, ${mode}`, () => {
    for (const row of ACCEPTED) {
      const [member, given] = row;
      const expected = row.length === 3 ? row[2] : given;
      const got = andBack(member, given);
      assert.deepStrictEqual(got, expected, member);
      if (got instanceof Timestamp) assert.ok(got.equals(/** @type {any} */ (expected)), member);
    }
  });

  test(`refused values name the place and both types, ${mode}`, () => {
    for (const [member, given, text] of REFUSED) {
      assert.throws(
        () => there(member, given),
        (/** @type {any} */ error) => {
          const message = `${error.path}: ${error.message}`;
          assert.equal(error.code, 'invalid-argument');
          assert.ok(error.path.startsWith(member), message);
          assert.ok(message.includes(text), `${member}: ${message} should have ${text}`);
          return true;
        },
        `${member} ${String(given)}`,
      );
    }
  });

  test(`a NaN in a list keeps its bits, ${mode}`, () => {
    const got = andBack('floats', signalling);
    assert.deepEqual([...new Uint32Array(got.buffer)], [0x7fa00001, 0x3f800000]);
    assert.deepEqual(ffi.toJSON(got), ['NaN:0x7fa00001', 1]);
  });

  test(`nanoseconds, offsets and scales come back, ${mode}`, () => {
    assert.equal(andBack('at', at).epochNanoseconds, at.epochNanoseconds);
    const zoned = andBack('zoned', new ZonedTimestamp(at, 330));
    assert.equal(String(zoned), '2024-02-29T18:00:00.123456789+05:30');
    assert.equal(String(andBack('price', '1.10')), '1.10');
  });

  test(`a document pollutes no prototype, ${mode}`, () => {
    const got = andBack('extra', JSON.parse('{"__proto__": {"polluted": true}, "constructor": 1}'));
    assert.equal(/** @type {any} */ ({}).polluted, undefined);
    assert.equal(got.polluted, undefined);
    assert.deepEqual(Object.keys(got).sort(), ['__proto__', 'constructor']);
    assert.deepEqual(got['__proto__'], { polluted: true });
  });

  test(`members of objects are found under both names, ${mode}`, () => {
    const claim = schema.types.findIndex((/** @type {any} */ type) => type.name === 'claim');
    const base = { id: 'a', patient: 'p', lines: [], diagnoses: [], tags: {}, submitted: at };
    const camel = codec.lower(claim, { ...base, isNew: true }, 'claim');
    assert.deepEqual(codec.lower(claim, { ...base, 'is-new': true, note: null }, 'claim'), camel);
    assert.throws(
      () => codec.lower(claim, { ...base, isNew: true, 'is-new': true }, 'claim'),
      /given twice, also as isNew/,
    );
    const awkward = schema.types.findIndex((/** @type {any} */ type) => type.name === 'awkward');
    const value = { then_: 1, constructor_: 2, toString_: 3 };
    assert.deepEqual(codec.lift(awkward, codec.lower(awkward, value, 'a'), 'a'), value);
    const original = { then: 1, constructor: 2, 'to-string': 3 };
    assert.deepEqual(codec.lower(awkward, original, 'a'), codec.lower(awkward, value, 'a'));
    assert.throws(
      () => codec.lower(awkward, { then_: 1, toString_: 3 }, 'a'),
      (/** @type {any} */ error) => error.path === 'a.constructor' && /missing/.test(error.message),
    );
  });

  test(`the depth of documents is bounded, also of one that holds itself, ${mode}`, () => {
    const round = /** @type {any} */ ({});
    round.self = round;
    assert.throws(
      () => there('extra', round),
      (/** @type {any} */ error) => error.code === 'resource-exhausted',
    );
  });

  test(`limits hold for what is written, ${mode}`, () => {
    const limits = { maxMessage: 100, maxDepth: 1, maxElements: 3 };
    const small = new Codec(schema, { mode, limits });
    /** @param {string} member @param {unknown} value */
    const fails = (member, value) =>
      assert.throws(
        () => small.lower(Number(members.get(member)), value, member),
        (/** @type {any} */ error) => error.code === 'resource-exhausted',
        member,
      );
    fails('text', 'x'.repeat(101));
    fails('bytes', new Uint8Array(101));
    fails('words', ['', '', '', '']);
    fails('nested', { some: 5 });
    small.lower(Number(members.get('words')), ['', '', ''], 'words');
  });

  test(`a getter may itself convert values, ${mode}`, () => {
    const value = {
      code: 'outer',
      get units() {
        return andBack('line', { code: 'inner', units: 7, charge: '1' }).units;
      },
      charge: '2.00',
    };
    assert.deepEqual(andBack('line', value), { code: 'outer', units: 7, charge: new Decimal('2.00') });
    const failing = {
      ...line,
      get code() {
        throw new RangeError('my own');
      },
    };
    assert.throws(() => there('line', failing), RangeError);
    assert.deepEqual(andBack('line', line), line);
  });
}
