// The journeys component of the demo clinic, in JavaScript.
//
//   node clinic.mjs serve     serves example:clinic/journeys
//   node clinic.mjs probe     serves example:clinic/probe
//   node clinic.mjs hundred   scores a hundred patients one after another, at once and in a batch; prints the milliseconds of each
//   node clinic.mjs measure   prints the median time of a call to whoever serves example:clinic/probe, in microseconds

import { component, connect, Decimal } from '@hms/ffi'
import { join } from 'node:path'
import { hundred } from './hundred.mjs'
import { journeys } from './journeys.mjs'

const home = process.env.CLINIC_HOME
const wit = join(home, 'wit')
const WARM_UP = 200
const CALLS = 2000

function untilStopped(server) {
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => server.close())
  return server.closed
}

const modes = {
  hundred,

  async serve() {
    const own = component('example:clinic/journeys', { wit, exports: await journeys() })
    await untilStopped(await (await own).serve())
  },

  async probe() {
    const exports = { echo: observation => observation }
    await untilStopped(await (await component('example:clinic/probe', { wit, exports })).serve())
  },

  async measure() {
    const probe = await connect('example:clinic/probe')
    const observation = {
      id: 'heart-rate',
      patient: 'example',
      code: '8867-4',
      name: 'Heart rate',
      value: { value: new Decimal('44'), unit: '/min' },
      components: [],
      extra: { status: 'final', category: ['vital-signs'] },
    }
    const times = []
    for (let i = 0; i < WARM_UP + CALLS; i++) {
      const started = process.hrtime.bigint()
      const back = await probe.echo(observation)
      const took = process.hrtime.bigint() - started
      if (back.id !== observation.id) throw new Error(`sent ${observation.id}, got ${back.id}`)
      if (i >= WARM_UP) times.push(Number(took) / 1000)
    }
    probe.close()
    times.sort((a, b) => a - b)
    console.log(times[CALLS / 2].toFixed(1))
  },
}

const mode = modes[process.argv[2]]
if (!mode || process.argv.length !== 3) {
  console.error(`usage: node clinic.mjs ${Object.keys(modes).join(' | ')}`)
  process.exit(64)
}
await mode()
