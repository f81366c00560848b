'use strict';

const { at, atIndex, mismatch } = require('./fault.js');
const shapes = require('./shapes.js');
const { caseSize, readCase, writeCase } = require('./named.js');
const { liftMap, liftSet, lowerMap, lowerSet } = require('./sorted.js');

/** @typedef {import('./scalars.js').Leaf} Leaf */
/** @typedef {import('./types.js').Type} Type */

/**
 * The conversions of all types as generated code, one pair of functions for each type that is made of others. They do
 * what `closures` does, with the table's structure turned into code.
 *
 * Nothing of the schema but numbers gets into the code: names, steps and tables are constants of an array beside it.
 *
 * @param {Type[]} types
 * @param {boolean} countsAll Whether to count the depth of all values, not only where documents may nest.
 * @returns {Leaf[]}
 */
function compile(types, countsAll) {
  const generator = new Generator(types, countsAll);
  for (const type of types) generator.add(type);
  const { source, constants } = generator.finish();
  return new Function('H', 'K', source)(HELPERS, constants);
}

/** What generated code calls, by name. */
const HELPERS = {
  ...{ at, atIndex, mismatch, readCase, writeCase, liftMap, liftSet, lowerMap, lowerSet },
  ...shapes,
};

class Generator {
  /** @param {Type[]} types @param {boolean} countsAll */
  constructor(types, countsAll) {
    this.types = types;
    this.countsAll = countsAll;
    /** @type {string[]} */
    this.code = [`"use strict"; const {${Object.keys(HELPERS).join(', ')}} = H;`];
    /** @type {unknown[]} */
    this.constants = [];
  }

  finish() {
    const pairs = this.types.map((_, i) => `{lower: L${i}, lift: R${i}}`);
    const names = this.constants.map((_, i) => `k${i} = K[${i}]`);
    const head = names.length === 0 ? '' : `const ${names.join(', ')};`;
    const [first, ...rest] = this.code;
    return {
      source: [first, head, ...rest, `return [${pairs.join(', ')}];`].join('\n'),
      constants: this.constants,
    };
  }

  /** The name of a constant. @param {unknown} value */
  constant(value) {
    return `k${this.constants.push(value) - 1}`;
  }

  /** @param {Type} type */
  add(type) {
    const counts = this.countsAll || type.isDynamic;
    const i = type.index;
    if (type.leaf !== undefined) {
      this.leaf(type, type.leaf, counts);
      return;
    }
    const enters = counts && ENTERED.has(type.kind);
    const { lower, lift } = this.body(type, counts);
    this.code.push(
      `function L${i}(w, v) {${enters ? 'w.enter();' : ''}${lower}${enters ? 'w.leave();' : ''}}`,
      `function R${i}(r) {${enters ? 'r.enter();' : ''}${lift}${enters ? 'r.leave();' : ''}return o;}`,
    );
  }

  /** @param {Type} type @param {Leaf} leaf @param {boolean} counts */
  leaf(type, leaf, counts) {
    const k = this.constant(leaf);
    const i = type.index;
    if (counts && ENTERED.has(type.kind)) {
      this.code.push(
        `const lower${i} = ${k}.lower, lift${i} = ${k}.lift;`,
        `function L${i}(w, v) {w.enter(); lower${i}(w, v); w.leave();}`,
        `function R${i}(r) {r.enter(); const o = lift${i}(r); r.leave(); return o;}`,
      );
    } else {
      this.code.push(`const L${i} = ${k}.lower, R${i} = ${k}.lift;`);
    }
  }

  /**
   * Statements that write `v`, and statements that read `o`.
   *
   * @param {Type} type
   * @param {boolean} counts
   * @returns {{ lower: string, lift: string }}
   */
  body(type, counts) {
    const { def } = type;
    switch (type.kind) {
      case 'list':
        return this.list(type, Number(def.element), undefined);
      case 'fixed-list':
        return this.list(type, Number(def.element), Number(def.length));
      case 'tuple':
        return this.tuple(type, def.elements ?? []);
      case 'set':
        return this.set(type, Number(def.element));
      case 'map':
        return this.map(type, Number(def.key), Number(def.value));
      case 'record':
        return this.record(type);
      case 'variant':
        return this.variant(type, counts);
      case 'option':
        return this.option(Number(def.payload), counts);
      case 'result':
        return this.result(type, counts);
      default: {
        const k = this.constant(shapes.handle(type));
        return { lower: `${k}.lower();`, lift: `const o = ${k}.lift();` };
      }
    }
  }

  /** @param {Type} type @param {number} element @param {number | undefined} length */
  list(type, element, length) {
    const { smallest } = this.types[element];
    const k = this.constant(type);
    const begin =
      length === undefined
        ? {
            lower: `if (!Array.isArray(v)) throw mismatch(${k}.expected, v); const n = v.length; w.length(n);`,
            lift: `const n = r.length(${smallest});`,
          }
        : {
            lower: `checkSequence(${k}, v, ${length}); const n = ${length}; w.fixedLength(n);`,
            lift: `const n = ${length}; r.fixedLength(n, ${smallest});`,
          };
    return {
      lower: `${begin.lower} let i = 0;
        try { for (; i < n; i++) L${element}(w, v[i]); } catch (e) { throw atIndex(e, i); }`,
      lift: `${begin.lift} const o = []; let i = 0;
        try { for (; i < n; i++) o.push(R${element}(r)); } catch (e) { throw atIndex(e, i); }`,
    };
  }

  /** @param {Type} type @param {number[]} elements */
  tuple(type, elements) {
    const k = this.constant(type);
    const n = elements.length;
    if (n === 0) {
      return {
        lower: `checkSequence(${k}, v, 0); w.count(1);`,
        lift: 'r.count(1); const o = [];',
      };
    }
    const writes = elements.map((t, i) => `i = ${i}; L${t}(w, v[${i}]);`).join(' ');
    const reads = elements.map((t, i) => `i = ${i}; const a${i} = R${t}(r);`).join(' ');
    const items = elements.map((_, i) => `a${i}`).join(', ');
    return {
      lower: `checkSequence(${k}, v, ${n}); let i = 0;
        try { ${writes} } catch (e) { throw atIndex(e, i); }`,
      lift: `let o, i = 0;
        try { ${reads} o = [${items}]; } catch (e) { throw atIndex(e, i); }`,
    };
  }

  /** @param {Type} type @param {number} element */
  set(type, element) {
    const k = this.constant(type);
    return {
      lower: `lowerSet(w, v, ${k}, L${element});`,
      lift: `const o = liftSet(r, ${this.types[element].smallest}, R${element});`,
    };
  }

  /** @param {Type} type @param {number} key @param {number} value */
  map(type, key, value) {
    const k = this.constant(type);
    const smallest = this.types[key].smallest + this.types[value].smallest;
    const isText = this.types[key].kind === 'string';
    return {
      lower: `lowerMap(w, v, ${k}, ${isText}, L${key}, L${value});`,
      lift: `const o = liftMap(r, ${smallest}, R${key}, R${value});`,
    };
  }

  /** @param {Type} type */
  record(type) {
    const fields = shapes.fieldsOf(type, this.types);
    const k = this.constant(type);
    const all = this.constant(fields);
    const steps = this.constant(fields.map((field) => field.step));
    const names = fields.map((field) => this.constant(field.local));
    const each = fields.map((field) => this.constant(field));
    const writes = fields.map(
      (field, i) => `i = ${i}; x = v[${names[i]}];
        if (x === undefined) { x = absent(v, ${each[i]}); if (x === undefined && !has(v, ${each[i]})) n--; }
        L${field.type}(w, x);`,
    );
    const reads = fields.map((field, i) => `i = ${i}; const a${i} = R${field.type}(r);`);
    const members = fields.map((_, i) => `[${names[i]}]: a${i}`).join(', ');
    return {
      lower: `checkRecord(${k}, v); let i = 0, n = ${fields.length}, x;
        try { ${writes.join(' ')} } catch (e) { throw at(e, ${steps}[i]); }
        for (x in v) n--;
        if (n !== 0) checkMembers(${k}, v, ${all});`,
      lift: `let o, i = 0;
        try { ${reads.join(' ')} o = {${members}}; } catch (e) { throw at(e, ${steps}[i]); }`,
    };
  }

  /** Statements for a payload: a level deeper where that counts. @param {number} payload @param {string} value @param {boolean} counts */
  write(payload, value, counts) {
    const statement = `L${payload}(w, ${value});`;
    return counts ? `w.enter(); ${statement} w.leave();` : statement;
  }

  /** @param {number} payload @param {(value: string) => string} use @param {boolean} counts */
  read(payload, use, counts) {
    return counts ? `r.enter(); const p = R${payload}(r); r.leave(); ${use('p')}` : use(`R${payload}(r)`);
  }

  /** @param {Type} type @param {boolean} counts */
  variant(type, counts) {
    const cases = type.def.cases ?? [];
    const size = caseSize(cases.length);
    const caseOf = this.constant(shapes.caseFinder(type));
    const names = this.constant(cases.map((c) => c.name));
    const steps = this.constant(cases.map((c) => '.' + c.name));
    /** @type {string[]} */
    const writes = [];
    /** @type {string[]} */
    const reads = [];
    cases.forEach(({ type: payload }, i) => {
      if (payload === undefined) return;
      writes.push(`case ${i}: ${this.write(payload, 'v.val', counts)} break;`);
      const use = (/** @type {string} */ value) => `o = {tag: ${names}[c], val: ${value}};`;
      reads.push(`case ${i}: { ${this.read(payload, use, counts)} break; }`);
    });
    return {
      lower: `const c = ${caseOf}(v); writeCase(w, c, ${size});
        try { switch (c) { ${writes.join(' ')} default: if (v.val !== undefined) throw noPayload(); } }
        catch (e) { throw at(e, ${steps}[c]); }`,
      lift: `const c = readCase(r, ${cases.length}, ${size}); let o;
        try { switch (c) { ${reads.join(' ')} default: o = {tag: ${names}[c]}; } }
        catch (e) { throw at(e, ${steps}[c]); }`,
    };
  }

  /** @param {number} payload @param {boolean} counts */
  option(payload, counts) {
    const isBoxed = this.types[payload].isBoxed;
    const use = (/** @type {string} */ value) => (isBoxed ? `o = {some: ${value}};` : `o = ${value};`);
    return {
      lower: `if (v === undefined || v === null) w.u8(0);
        else { w.u8(1); ${this.write(payload, isBoxed ? 'unbox(v)' : 'v', counts)} }`,
      lift: `let o; if (r.option()) { ${this.read(payload, use, counts)} }`,
    };
  }

  /** @param {Type} type @param {boolean} counts */
  result(type, counts) {
    const k = this.constant(type);
    const { ok, err } = type.def;
    /** @param {number | null | undefined} payload */
    const write = (payload) =>
      payload == null ? 'if (v.val !== undefined) throw noPayload();' : this.write(payload, 'v.val', counts);
    /** @param {number | null | undefined} payload @param {string} tag */
    const read = (payload, tag) =>
      payload == null
        ? `o = {tag: ${tag}};`
        : this.read(payload, (value) => `o = {tag: ${tag}, val: ${value}};`, counts);
    return {
      lower: `const c = isErr(${k}, v); w.u8(c ? 1 : 0);
        try { if (c) { ${write(err)} } else { ${write(ok)} } } catch (e) { throw at(e, c ? ".err" : ".ok"); }`,
      lift: `const c = r.result(); let o;
        try { if (c) { ${read(err, '"err"')} } else { ${read(ok, '"ok"')} } } catch (e) { throw at(e, c ? ".err" : ".ok"); }`,
    };
  }
}

/** Kinds that are always a level deeper; the others are where they have a payload. */
const ENTERED = new Set(['list', 'fixed-list', 'tuple', 'set', 'map', 'record']);

module.exports = { compile };
