'use strict';

const { at, atIndex, mismatch } = require('./fault.js');
const shapes = require('./shapes.js');
const { caseSize, readCase, writeCase } = require('./named.js');
const { liftMap, liftSet, lowerMap, lowerSet } = require('./sorted.js');

/** @typedef {import('./scalars.js').Leaf} Leaf */
/** @typedef {import('./types.js').Type} Type */

/**
 * The conversions of all types as closures: what is used where code may not be generated, and the plain statement of
 * what `compile` generates.
 *
 * @param {Type[]} types
 * @param {boolean} countsAll Whether to count the depth of all values, not only where documents may nest.
 * @returns {Leaf[]}
 */
function closures(types, countsAll) {
  /** @type {Leaf[]} */
  const codecs = [];
  for (const type of types) {
    const counts = countsAll || type.isDynamic;
    /** @param {number} index @returns {Leaf} */
    const payload = (index) => (counts ? counted(codecs[index]) : codecs[index]);
    const codec = type.leaf ?? composite(type, types, codecs, payload);
    codecs.push(counts && ENTERED.has(type.kind) ? counted(codec) : codec);
  }
  return codecs;
}

/** Kinds that are always a level deeper; the others are where they have a payload. */
const ENTERED = new Set(['list', 'fixed-list', 'tuple', 'set', 'map', 'record']);

/** The same conversion, one level deeper. @param {Leaf} codec @returns {Leaf} */
function counted(codec) {
  return {
    lower(w, v) {
      w.enter();
      codec.lower(w, v);
      w.leave();
    },
    lift(r) {
      r.enter();
      const value = codec.lift(r);
      r.leave();
      return value;
    },
  };
}

/**
 * @param {Type} type
 * @param {Type[]} types
 * @param {Leaf[]} codecs
 * @param {(index: number) => Leaf} payload
 * @returns {Leaf}
 */
function composite(type, types, codecs, payload) {
  const { def } = type;
  switch (type.kind) {
    case 'list':
      return list(type, codecs[Number(def.element)], types[Number(def.element)].smallest);
    case 'fixed-list':
      return fixedList(type, codecs[Number(def.element)], types[Number(def.element)].smallest);
    case 'tuple':
      return tuple(
        type,
        (def.elements ?? []).map((index) => codecs[index]),
      );
    case 'set': {
      const element = Number(def.element);
      return {
        lower: (w, v) => lowerSet(w, v, type, codecs[element].lower),
        lift: (r) => liftSet(r, types[element].smallest, codecs[element].lift),
      };
    }
    case 'map': {
      const key = Number(def.key);
      const value = Number(def.value);
      const smallest = types[key].smallest + types[value].smallest;
      const isText = types[key].kind === 'string';
      return {
        lower: (w, v) => lowerMap(w, v, type, isText, codecs[key].lower, codecs[value].lower),
        lift: (r) => liftMap(r, smallest, codecs[key].lift, codecs[value].lift),
      };
    }
    case 'record':
      return record(type, codecs, types);
    case 'variant':
      return variant(type, payload);
    case 'option':
      return option(payload(Number(def.payload)), types[Number(def.payload)].isBoxed);
    case 'result':
      return result(type, payload);
    default:
      return shapes.handle(type);
  }
}

/** @param {Type} type @param {Leaf} element @param {number} smallest @returns {Leaf} */
function list(type, element, smallest) {
  return {
    lower(w, v) {
      if (!Array.isArray(v)) throw mismatch(type.expected, v);
      const count = v.length;
      w.length(count);
      let i = 0;
      try {
        for (; i < count; i++) element.lower(w, v[i]);
      } catch (error) {
        throw atIndex(error, i);
      }
    },
    lift(r) {
      const count = r.length(smallest);
      const items = [];
      try {
        for (let i = 0; i < count; i++) items.push(element.lift(r));
      } catch (error) {
        throw atIndex(error, items.length);
      }
      return items;
    },
  };
}

/** @param {Type} type @param {Leaf} element @param {number} smallest @returns {Leaf} */
function fixedList(type, element, smallest) {
  const count = Number(type.def.length);
  return {
    lower(w, v) {
      shapes.checkSequence(type, v, count);
      w.fixedLength(count);
      let i = 0;
      try {
        for (; i < count; i++) element.lower(w, v[i]);
      } catch (error) {
        throw atIndex(error, i);
      }
    },
    lift(r) {
      r.fixedLength(count, smallest);
      const items = [];
      try {
        for (let i = 0; i < count; i++) items.push(element.lift(r));
      } catch (error) {
        throw atIndex(error, items.length);
      }
      return items;
    },
  };
}

/** @param {Type} type @param {Leaf[]} elements @returns {Leaf} */
function tuple(type, elements) {
  return {
    lower(w, v) {
      shapes.checkSequence(type, v, elements.length);
      // A tuple without elements takes no bytes; the element limit bounds lists of them.
      if (elements.length === 0) w.count(1);
      let i = 0;
      try {
        for (; i < elements.length; i++) elements[i].lower(w, v[i]);
      } catch (error) {
        throw atIndex(error, i);
      }
    },
    lift(r) {
      if (elements.length === 0) r.count(1);
      /** @type {any[]} */
      const items = [];
      try {
        for (const element of elements) items.push(element.lift(r));
      } catch (error) {
        throw atIndex(error, items.length);
      }
      return items;
    },
  };
}

/** @param {Type} type @param {Leaf[]} codecs @param {Type[]} types @returns {Leaf} */
function record(type, codecs, types) {
  const fields = shapes.fieldsOf(type, types);
  return {
    lower(w, v) {
      shapes.checkRecord(type, v);
      let unseen = 0;
      let i = 0;
      try {
        for (; i < fields.length; i++) {
          const field = fields[i];
          let value = v[field.local];
          if (value === undefined) {
            value = shapes.absent(v, field);
            if (value === undefined && !shapes.has(v, field)) unseen++;
          }
          codecs[field.type].lower(w, value);
        }
      } catch (error) {
        throw at(error, fields[i].step);
      }
      let count = fields.length - unseen;
      for (const _ in v) count--;
      if (count !== 0) shapes.checkMembers(type, v, fields);
    },
    lift(r) {
      /** @type {Record<string, any>} */
      const value = {};
      let i = 0;
      try {
        for (; i < fields.length; i++) value[fields[i].local] = codecs[fields[i].type].lift(r);
      } catch (error) {
        throw at(error, fields[i].step);
      }
      return value;
    },
  };
}

/** @param {Type} type @param {(index: number) => Leaf} codecOf @returns {Leaf} */
function variant(type, codecOf) {
  const cases = (type.def.cases ?? []).map((c) => ({
    name: c.name,
    step: '.' + c.name,
    payload: c.type === undefined ? undefined : codecOf(c.type),
  }));
  const caseOf = shapes.caseFinder(type);
  const size = caseSize(cases.length);
  return {
    lower(w, v) {
      const index = caseOf(v);
      writeCase(w, index, size);
      const { payload, step } = cases[index];
      try {
        if (payload !== undefined) payload.lower(w, v.val);
        else if (v.val !== undefined) throw shapes.noPayload();
      } catch (error) {
        throw at(error, step);
      }
    },
    lift(r) {
      const { name, step, payload } = cases[readCase(r, cases.length, size)];
      if (payload === undefined) return { tag: name };
      try {
        return { tag: name, val: payload.lift(r) };
      } catch (error) {
        throw at(error, step);
      }
    },
  };
}

/** @param {Leaf} payload @param {boolean} isBoxed @returns {Leaf} */
function option(payload, isBoxed) {
  return {
    lower(w, v) {
      if (v === undefined || v === null) {
        w.u8(0);
        return;
      }
      w.u8(1);
      payload.lower(w, isBoxed ? shapes.unbox(v) : v);
    },
    lift(r) {
      if (!r.option()) return undefined;
      const value = payload.lift(r);
      return isBoxed ? { some: value } : value;
    },
  };
}

/** @param {Type} type @param {(index: number) => Leaf} codecOf @returns {Leaf} */
function result(type, codecOf) {
  const ok = type.def.ok == null ? undefined : codecOf(type.def.ok);
  const err = type.def.err == null ? undefined : codecOf(type.def.err);
  return {
    lower(w, v) {
      const isErr = shapes.isErr(type, v);
      w.u8(isErr ? 1 : 0);
      const payload = isErr ? err : ok;
      try {
        if (payload !== undefined) payload.lower(w, v.val);
        else if (v.val !== undefined) throw shapes.noPayload();
      } catch (error) {
        throw at(error, isErr ? '.err' : '.ok');
      }
    },
    lift(r) {
      const isErr = r.result();
      const tag = isErr ? 'err' : 'ok';
      const payload = isErr ? err : ok;
      if (payload === undefined) return { tag };
      try {
        return { tag, val: payload.lift(r) };
      } catch (error) {
        throw at(error, '.' + tag);
      }
    },
  };
}

module.exports = { closures };
