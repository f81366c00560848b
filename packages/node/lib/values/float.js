'use strict';

/**
 * A whole float within a document, which a plain number would turn into an integer: documents of other languages tell
 * 1.0 from 1. It calculates and prints like a number.
 */
class Float extends Number {}

module.exports = { Float };
