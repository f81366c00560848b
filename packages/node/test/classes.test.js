'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');

const ffi = require('../index.js');
const { native } = require('../lib/native.js');

const { Decimal, Duration, Timestamp, ZonedTimestamp } = ffi;

test('there is a class for each of the codes of the core', () => {
  const codes = native.codes();
  assert.equal(codes.length, 16);
  for (const { name, className, temporary } of codes) {
    const type = /** @type {any} */ (ffi)[className];
    const error = new type('message', { details: { n: 1 } });
    assert.ok(error instanceof ffi.HmsError && error instanceof Error, className);
    assert.equal(error.code, name);
    assert.equal(error.name, className);
    assert.equal(error.isRetryable, temporary, className);
    assert.equal(error.sent, 'not-sent');
    assert.deepEqual(error.details, { n: 1 });
    assert.deepEqual(error.trace, []);
    assert.match(String(error.stack), new RegExp(`^${className}: message\n`));
  }
  assert.equal(new ffi.Unavailable('x', { retry: false }).isRetryable, false);
});

test('a declared error is under the root and has no code', () => {
  const error = new ffi.DeclaredError({ tag: 'duplicate' });
  assert.ok(error instanceof ffi.HmsError);
  assert.equal(error.code, undefined);
  assert.deepEqual(error.value, { tag: 'duplicate' });
});

test('both kinds of modules see the same classes', async () => {
  const module = /** @type {any} */ (await import('../index.mjs'));
  const names = Object.keys(ffi).sort();
  assert.deepEqual(Object.keys(module).sort(), names);
  for (const name of names) assert.equal(module[name], /** @type {any} */ (ffi)[name], name);
});

test('a Timestamp keeps nanoseconds only while they belong to its time', () => {
  const at = new Timestamp('1969-12-31T23:59:59.123456789Z');
  assert.ok(at instanceof Date);
  assert.equal(at.nanoseconds, 123456789);
  assert.equal(at.epochNanoseconds, -876543211n);
  assert.equal(at.toISOString(), '1969-12-31T23:59:59.123456789Z');
  assert.equal(JSON.stringify(at), '"1969-12-31T23:59:59.123456789Z"');
  assert.equal(new Timestamp(at.toISOString()).epochNanoseconds, at.epochNanoseconds);
  assert.equal(new Timestamp(5).toISOString(), '1970-01-01T00:00:00.005Z');
  at.setUTCMilliseconds(7);
  assert.equal(at.nanoseconds, 7000000);
  assert.equal(Timestamp.compare(new Timestamp(5n), new Timestamp(6n)), -1);
  assert.equal(new Timestamp(5n) < new Timestamp(2000000n), true);
  assert.equal(structuredClone(new Timestamp(1000001n)).getTime(), 1);
  assert.throws(() => new Timestamp('2024-02-30T00:00:00Z'), RangeError);
  assert.equal(new Timestamp('2024-01-01T01:00:00+02:00').toISOString(), '2023-12-31T23:00:00.000Z');
});

test('the other classes', () => {
  assert.equal(String(ZonedTimestamp.parse('2024-02-29T12:00:00-05:30')), '2024-02-29T12:00:00-05:30');
  assert.equal(String(Duration.parse('-1.5s')), '-1.5s');
  assert.deepEqual(Duration.parse('-0.25s'), new Duration(-1, 750000000));
  assert.equal(Duration.fromMilliseconds(-1.5).totalNanoseconds, -1500000n);
  assert.equal(new Duration(2).totalMilliseconds, 2000);
  assert.throws(() => new Duration(1.5), RangeError);
  assert.throws(() => new Duration(2n ** 63n), RangeError);

  assert.equal(String(new Decimal('1.10').plus('2')), '3.10');
  assert.equal(String(new Decimal('1.10').minus('2.105')), '-1.005');
  assert.equal(String(new Decimal('1.10').times('-0.5')), '-0.550');
  assert.equal(Decimal.compare('1.0', '1.00'), 0);
  assert.equal(new Decimal('1.0').equals('1.00'), false);
  assert.equal(new Decimal('1.10').toNumber(), 1.1);
  assert.equal(JSON.stringify({ d: new Decimal('1.10') }), '{"d":"1.10"}');
  for (const text of [
    '',
    '-',
    '.',
    '1.',
    '.5',
    '-.5',
    '01',
    '00',
    '01.5',
    '1.2.3',
    '1e3',
    '+1',
    '1,5',
    ' 1',
    '-0',
    '-0.00',
  ]) {
    assert.throws(() => new Decimal(text), RangeError, text);
  }
  for (const text of ['0', '0.00', '-0.01', '10', '100.50', '-7', '0.10', '9'.repeat(4096)]) {
    assert.equal(String(new Decimal(text)), text);
  }
  assert.throws(() => new Decimal(/** @type {any} */ (1.1)), TypeError);
  assert.throws(() => /** @type {any} */ (new Decimal('2')) < new Decimal('10'), TypeError);
});

test('the JSON mapping of values whose type is not known', () => {
  const value = {
    big: 2n ** 60n,
    small: 5n,
    bytes: Uint8Array.of(1, 2, 3),
    list: Uint16Array.of(1, 2),
    set: new Set(['a']),
    map: new Map([['a', 1n]]),
    pairs: new Map([[1, 'x']]),
    at: new Timestamp('2024-02-29T00:00:00Z'),
    price: new Decimal('1.10'),
    none: undefined,
    nan: NaN,
    infinite: -Infinity,
  };
  assert.deepEqual(ffi.toJSON(value), {
    big: '1152921504606846976',
    small: 5,
    bytes: 'AQID',
    list: [1, 2],
    set: ['a'],
    map: { a: 1 },
    pairs: [[1, 'x']],
    at: '2024-02-29T00:00:00Z',
    price: '1.10',
    none: null,
    nan: 'NaN',
    infinite: '-Infinity',
  });
  assert.throws(() => ffi.toJSON({ f: () => 1 }), TypeError);
});
