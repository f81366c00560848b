// Scores a hundred patients in three ways, and prints how many milliseconds each takes.

import { connect, Decimal } from '@hms/ffi'

const PATIENTS = Array.from({ length: 100 }, (_, i) => i)

/** What was observed of one of the hundred: as of the example, with another heart rate. */
const observationsOf = (patient, observations) =>
  observations.map(observation =>
    observation.code === '8867-4'
      ? { ...observation, value: { ...observation.value, value: new Decimal(String(40 + patient)) } }
      : observation,
  )

/** Every patient has the own score. */
function check(risks) {
  for (const i of PATIENTS) {
    const z = risks[i].zScores.get('heart rate')
    if (Math.abs(z - (i - 35) / 12) > 0.006) throw new Error(`patient ${i} has ${z}`)
  }
}

const inTurn = async (model, patients) => {
  const risks = []
  for (const patient of patients) risks.push(await model.score(patient))
  return risks
}

const atOnce = (model, patients) => Promise.all(patients.map(patient => model.score(patient)))

const inABatch = async (model, patients) => {
  const results = await model.batch(b => patients.map(patient => b.score(patient)))
  return results.map(({ value, reason }) => {
    if (reason) throw reason
    return value
  })
}

export async function hundred() {
  const [records, model] = await Promise.all(['records', 'risk-model'].map(name => connect(`example:clinic/${name}`)))
  const example = await records.observations('example')
  const patients = PATIENTS.map(patient => observationsOf(patient, example))
  const took = []
  for (const way of [inTurn, atOnce, inABatch]) {
    check(await way(model, patients)) // warm
    const started = process.hrtime.bigint()
    check(await way(model, patients))
    took.push((Number(process.hrtime.bigint() - started) / 1e6).toFixed(1))
  }
  records.close()
  model.close()
  console.log(took.join(' '))
}
