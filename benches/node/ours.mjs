// The echo over HMS FFI: `ours.mjs serve` or `ours.mjs call`. Default limits and layers; HMS_FFI_PACKAGE is where the package of the release build is.
import { DATA, obey, serve } from './rounds.mjs';

const { component, connect } = await import(`${process.env.HMS_FFI_PACKAGE}/index.mjs`);

if (process.argv[2] === 'serve') {
  const server = await component('bench:echo/echo', {
    wit: new URL('../wit/echo.wit', import.meta.url),
    exports: { echo: (data) => data },
  }).serve();
  await serve();
  await server.close();
} else {
  const client = await connect('bench:echo/echo');
  await obey(() => client.echo(DATA));
  client.close();
}
