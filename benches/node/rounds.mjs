// A round: the same call many times, 64 in flight. Driven by lines on standard input, so that peers can take turns.
import { createInterface } from 'node:readline';

export const DATA = Buffer.from(Array.from({ length: 64 }, (_, index) => index));
const IN_FLIGHT = 64;

/** Microseconds a call. */
async function run(call, calls) {
  let left = calls;
  const start = performance.now();
  await Promise.all(
    Array.from({ length: IN_FLIGHT }, async () => {
      while (left-- > 0) await call();
    }),
  );
  return ((performance.now() - start) * 1000) / calls;
}

/** Answers each line, a number of calls, with the time of one of them. */
export async function obey(call) {
  for await (const line of createInterface({ input: process.stdin })) console.log(await run(call, Number(line)));
}

/** Says that callers may come, and ends with standard input. */
export async function serve() {
  console.log('ready');
  process.stdin.resume();
  await new Promise((resolve) => process.stdin.once('end', resolve));
}
