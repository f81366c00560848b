// The package under test, from this tree.
export * from '../../../../packages/node/index.mjs';
