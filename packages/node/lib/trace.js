'use strict';

const { basename, sep } = require('node:path');
const { fileURLToPath } = require('node:url');

/**
 * A place that a failing call went through. Values never appear in it.
 *
 * @typedef {object} Frame
 * @property {string} language
 * @property {string} component The interface that was being served, or the program.
 * @property {string} function
 * @property {string} file
 * @property {number} line
 */

/** `at name (file:line:column)`, `at async name (…)`, `at file:line:column`. */
const LINE = /^ {4}at (?:async )?(?:(.*) \()?(.*?):(\d+):\d+\)?$/;
const OURS = __dirname + sep;
const MOST = 64;

/** The program, for frames of a caller that serves nothing. */
const program = process.argv[1] === undefined ? 'node' : basename(process.argv[1]);

/** The first line, or lines, of an error's stack and those of its frames. @param {Error} error @returns {[string, string[]]} */
function stackLines(error) {
  const stack = typeof error.stack === 'string' ? error.stack : '';
  const lines = stack.split('\n');
  const first = lines.findIndex((line) => LINE.test(line));
  if (first < 0) return [stack, []];
  return [lines.slice(0, first).join('\n'), lines.slice(first)];
}

/** The user's own frames of an error, outermost first. @param {Error} error @param {string} component @returns {Frame[]} */
function framesOf(error, component) {
  const frames = [];
  for (const line of stackLines(error)[1]) {
    const match = LINE.exec(line);
    if (match === null) continue;
    const file = pathOf(match[2]);
    if (file === undefined) continue;
    frames.push({
      language: 'node',
      component,
      function: shortName(match[1]),
      file,
      line: Number(match[3]),
    });
    if (frames.length === MOST) break;
  }
  return frames.reverse();
}

/** A file's path; nothing for what is not a file, for Node itself and for this package. @param {string} place */
function pathOf(place) {
  if (place.startsWith('node:') || place === '<anonymous>') return undefined;
  let path = place;
  if (place.startsWith('file:')) {
    try {
      path = fileURLToPath(place);
    } catch {
      return undefined;
    }
  }
  return path.startsWith(OURS) ? undefined : path;
}

/** `fail` of `Object.fail [as fail]`. @param {string | undefined} name */
function shortName(name) {
  if (name === undefined) return '<anonymous>';
  const plain = name.replace(/ \[as .*\]$/, '').replace(/^new /, '');
  return plain.slice(plain.lastIndexOf('.') + 1) || '<anonymous>';
}

/** As the frames of other languages are printed. @param {Frame} frame */
function printFrame({ language, component, function: name, file, line }) {
  return `[${language}] ${component} ${name}` + (file === '' ? '' : ` (${file}:${line})`);
}

module.exports = { framesOf, printFrame, program, stackLines };
