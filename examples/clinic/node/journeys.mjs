// One patient's journey over all components, and the same journey over HTTP with JSON.

import { connect, DeclaredError } from '@hms/ffi'
import { readFile } from 'node:fs/promises'
import http from 'node:http'
import { join } from 'node:path'

/** The exports of example:clinic/journeys. */
export async function journeys() {
  const [records, policy, risk] = await Promise.all(
    ['records', 'policy', 'risk-model'].map(name => connect(`example:clinic/${name}`)),
  )

  return {
    async walk(patientId, claimIds) {
      const steps = []
      const step = async (component, operation, call, describe) => {
        const started = process.hrtime.bigint()
        const note = outcome => {
          const microseconds = Number((process.hrtime.bigint() - started) / 1000n)
          steps.push({ component, operation, outcome, microseconds })
        }
        try {
          const value = await call()
          note(describe(value))
          return value
        } catch (error) {
          note(error instanceof DeclaredError ? `declared error ${error.value?.tag ?? 'missing'}` : `${error.code}`)
          throw error
        }
      }

      const patient = await step(
        'records',
        'find-patient',
        () => orMissing(records.findPatient(patientId)),
        found => `${found.names.length} names, born ${found.birthDate?.val ?? 'unknown'}`,
      )
      const encounters = await step(
        'records',
        'encounters',
        () => records.encounters(patientId),
        found => `${found.length} encounters`,
      )
      const observations = await step(
        'records',
        'observations',
        () => records.observations(patientId),
        found => `${found.length} observations`,
      )
      const scored = await step(
        'risk-model',
        'score',
        () => risk.score(observations),
        found => `${found.score} points from ${found.observations} measurements`,
      )

      const decisions = []
      const denials = []
      for (const id of claimIds) {
        const claim = await step(
          'records',
          'find-claim',
          () => orMissing(records.findClaim(id)),
          found => `claim ${id}: ${found.lines.length} lines, total ${found.total?.amount ?? 'not given'}`,
        )
        try {
          const decided = await step(
            'policy',
            'evaluate',
            () => policy.evaluate(claim),
            decision => `pays ${decision.paid.amount} of ${decision.charged.amount} ${decision.charged.currency}`,
          )
          decisions.push(decided)
        } catch (error) {
          if (!(error instanceof DeclaredError)) throw error
          denials.push([id, error.value])
        }
      }
      return { patient, encounters: encounters.length, risk: scored, decisions, denials, steps }
    },

    async walkOverHttp(patientId, claimIds, times) {
      const services = await httpServices()
      if (!services) return undefined
      const took = []
      for (let i = 0; i < times; i++) {
        const started = process.hrtime.bigint()
        await walkOverHttp(services, patientId, claimIds)
        took.push(Number((process.hrtime.bigint() - started) / 1000n))
      }
      services.agent.destroy()
      took.sort((a, b) => a - b)
      return took[took.length >> 1]
    },

    async verifyCard(coverage) {
      return await policy.verifyCard(coverage)
    },
  }
}

/** A record that is missing is this function's declared error too; passed on as it is, it would be an internal error. */
async function orMissing(found) {
  try {
    return await found
  } catch (error) {
    throw error instanceof DeclaredError ? new DeclaredError(error.value) : error
  }
}

/** Where the HTTP servers of the comparison listen, or undefined if they do not. */
async function httpServices() {
  const folder = process.env.CLINIC_HTTP
  if (!folder) return undefined
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
  const port = async name => Number(await readFile(join(folder, name), 'utf8'))
  return { agent, records: await port('records'), policy: await port('policy'), risk: await port('risk-model') }
}

function post(services, port, operation, ...values) {
  return new Promise((resolve, reject) => {
    const body = JSON.stringify(values)
    const headers = { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) }
    const options = { host: '127.0.0.1', port, path: `/${operation}`, method: 'POST', agent: services.agent, headers }
    const request = http.request(options, response => {
      const chunks = []
      response.on('data', chunk => chunks.push(chunk))
      response.on('end', () => {
        try {
          resolve({ status: response.statusCode, value: JSON.parse(Buffer.concat(chunks).toString()) })
        } catch (error) {
          reject(error)
        }
      })
    })
    request.on('error', reject)
    request.end(body)
  })
}

async function walkOverHttp(services, patientId, claimIds) {
  const ask = async (port, operation, ...values) => {
    const { status, value } = await post(services, port, operation, ...values)
    if (status !== 200) throw new Error(`${operation}: ${status} ${JSON.stringify(value)}`)
    return value
  }
  const patient = await ask(services.records, 'find-patient', patientId)
  const encounters = await ask(services.records, 'encounters', patientId)
  const observations = await ask(services.records, 'observations', patientId)
  const scored = await ask(services.risk, 'score', observations)
  const decisions = []
  const denials = []
  for (const id of claimIds) {
    const claim = await ask(services.records, 'find-claim', id)
    const { status, value } = await post(services, services.policy, 'evaluate', claim)
    if (status === 200) decisions.push(value)
    else if (status === 422) denials.push([id, value])
    else throw new Error(`evaluate: ${status} ${JSON.stringify(value)}`)
  }
  return { patient, encounters: encounters.length, risk: scored, decisions, denials }
}
