'use strict';

const assert = require('node:assert/strict');
const { readFileSync, readdirSync } = require('node:fs');
const { join } = require('node:path');
const { test } = require('node:test');

const { Codec } = require('../lib/codec/codec.js');
const { typedJson } = require('../lib/json.js');

const folder = join(__dirname, '../../../tests/vectors');
const schema = JSON.parse(readFileSync(join(folder, 'schema.json'), 'utf8'));

/** @param {string} kind @returns {any[]} */
function vectors(kind) {
  const files = readdirSync(join(folder, kind)).filter((name) => name.endsWith('.json'));
  return files.flatMap((name) => parse(readFileSync(join(folder, kind, name), 'utf8')));
}

/** JSON whose integers beyond the safe ones are strings. @param {string} text */
function parse(text) {
  const token = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
  return JSON.parse(
    text.replace(token, (found) =>
      /^-?\d+$/.test(found) && !Number.isSafeInteger(Number(found)) ? `"${found}"` : found,
    ),
  );
}

const types = new Map(schema.functions.map((/** @type {any} */ f) => [f.name, f.params[0].type]));

for (const mode of /** @type {const} */ (['compiled', 'closures'])) {
  const codec = new Codec(schema, { mode });

  test(`good vectors, ${mode}`, (t) => {
    const all = vectors('good');
    assert.ok(all.length >= 300, `${all.length} vectors`);
    for (const { type: name, json, hex, note } of all) {
      const type = types.get(name);
      const label = `${name} ${JSON.stringify(json).slice(0, 60)}`;
      const value = codec.lift(type, Buffer.from(hex, 'hex'), 'value');
      assert.deepEqual(typedJson(codec.types, type, value), json, label);
      // The scale of a Decimal is never below zero, so these become another form of the same number.
      if (note?.includes('positive exponent')) continue;
      assert.equal(codec.lower(type, value, 'value').toString('hex'), hex, label);
    }
    t.diagnostic(`${all.length} good vectors`);
  });

  test(`bad vectors, ${mode}`, (t) => {
    const all = vectors('bad');
    assert.ok(all.length >= 150, `${all.length} vectors`);
    for (const { type: name, hex, code, path, note } of all) {
      const label = `${name} ${hex.slice(0, 60)} ${note ?? ''}`;
      assert.throws(
        () => codec.lift(types.get(name), Buffer.from(hex, 'hex'), 'value'),
        (/** @type {any} */ error) => {
          assert.equal(error.code, code, label);
          assert.equal(error.path, path, `${label}: ${error.message}`);
          return true;
        },
        label,
      );
    }
    t.diagnostic(`${all.length} bad vectors`);
  });
}
