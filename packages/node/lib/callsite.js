'use strict';

const { existsSync } = require('node:fs');
const { dirname, resolve } = require('node:path');
const { fileURLToPath } = require('node:url');

/**
 * The folder of the source file that called `callee`; the working directory where there is none.
 *
 * @param {Function} callee
 * @returns {string}
 */
function callerFolder(callee) {
  const { prepareStackTrace, stackTraceLimit } = Error;
  /** @type {{ site?: NodeJS.CallSite }} */
  const found = {};
  try {
    Error.prepareStackTrace = (_, sites) => sites[0];
    Error.stackTraceLimit = 1;
    const target = /** @type {{ stack?: NodeJS.CallSite }} */ ({});
    Error.captureStackTrace(target, callee);
    found.site = target.stack;
  } finally {
    Error.prepareStackTrace = prepareStackTrace;
    Error.stackTraceLimit = stackTraceLimit;
  }
  const name = found.site?.getFileName();
  if (typeof name !== 'string') return process.cwd();
  const path = name.startsWith('file:') ? fileURLToPath(name) : name;
  // `[eval1]`, `REPL1` and the like are no files.
  return existsSync(path) ? dirname(resolve(path)) : process.cwd();
}

/** A contract's absolute path. @param {unknown} wit @param {string} folder */
function contractPath(wit, folder) {
  if (wit instanceof URL) return fileURLToPath(wit);
  return resolve(folder, String(wit));
}

module.exports = { callerFolder, contractPath };
