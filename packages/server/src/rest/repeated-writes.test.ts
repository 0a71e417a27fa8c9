// Completeness: a write gives a retry another response, or does not refuse another request with its key
import { type Operation, restOperations } from '@holdfast/contract'
import { test as databaseTest } from '@holdfast/testkit/database-test'
import { expect, onTestFinished } from 'vitest'
import { limitedPool } from '../../test/limited-pool.ts'
import { lostOperations, prepareLost } from '../../test/lost-operations.ts'
import { aLostScene, type LostScene } from '../../test/lost-scene.ts'
import { restAppSecret, startRestApp } from '../../test/rest-app.ts'
import { createAccountMails } from '../messages/account-mails/account-mails.ts'

const test = databaseTest.extend('scene', { scope: 'file' }, async ({ database }, { onCleanup }) => {
  const { budget, pool } = limitedPool(database.appPool)
  const mails = createAccountMails({ pool, secrets: [restAppSecret], isAvailable: true })
  const rest = await startRestApp(database, { sendsMails: true, replaced: { mails } })
  onCleanup(() => rest.stop())
  return aLostScene(database, rest, budget)
})

/** Whether a write runs once for each key. What a retry of the others adds is in `lost-after-commit.test.ts`. */
function runsOnce(name: string): boolean {
  const described = Object.values<Operation>(restOperations).find(({ id }) => id === name.split(' ')[0])
  if (described?.retry === undefined) return described?.ifLost === undefined
  return described.retry === 'in the transaction'
}

/** Their bodies are empty, or {@link changed} does not know another valid value. */
const withOneBody: readonly string[] = [
  'cancelCase',
  'changeBlock',
  'changeMember',
  'erasePatient',
  'linkBooking',
  'planReminders',
  'replayWebhook',
  'setClinicLogo',
  'setVideoRoom',
]

/** The same body with other values. The clinic and the doctor stay, because both are looked up first. */
function changed(value: unknown, name = ''): unknown {
  if (name === 'clinicId' || name === 'doctorId') return value
  if (typeof value === 'number') return value + 1
  if (typeof value === 'boolean') return !value
  if (Array.isArray(value)) return value.map((one) => changed(one))
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, changed(one, key)]))
  }
  if (typeof value !== 'string') return value
  if (/^\d{4}-\d\d-\d\d/.test(value)) {
    return value.replace(/^.{10}/, (day) => Temporal.PlainDate.from(day).add({ days: 7 }).toString())
  }
  if (/^[\da-f]{8}-/.test(value)) return value.replace(/.$/, (digit) => (digit === '0' ? '1' : '0'))
  return ['name', 'email', 'textBefore', 'mrn'].includes(name) ? value.replace(/.$/, 'x') : value
}

/** Sends a request twice with one key, and then another one with that key, if it can be another one. */
async function repeat(scene: LostScene, name: string) {
  const { send, body } = await prepareLost(scene, name)
  const key = `${name}, once`
  const first = await send(key)
  const again = await send(key)
  expect(again.body).toEqual(first.body)
  expect([first.status, 200]).toContain(again.status)
  if (body === undefined || withOneBody.includes(name)) return null
  return send(key, { body: changed(body) })
}

test.for(Object.keys(lostOperations).filter(runsOnce))(
  '%s: a retry gets the first response, and another request with its key is refused',
  async (name, { scene }) => {
    const other = await repeat(scene, name)
    if (other !== null) expect(other.problem).toMatchObject({ status: 422, code: 'idempotency_key_reused' })
  },
)

test('negative control: where responses are not stored, another request is not refused', async ({ scene }) => {
  const { storedResponses } = scene.rest.engine
  const { find } = storedResponses
  onTestFinished(() => void Object.assign(storedResponses, { find }))
  storedResponses.find = async () => ({ kind: 'missing' })
  expect(await repeat(scene, 'changeSlot')).toMatchObject({ status: 200 })
})
