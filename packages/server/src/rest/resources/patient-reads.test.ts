import { randomUUID } from 'node:crypto'
import type { TestDatabase } from '@holdfast/testkit'
import { expect } from 'vitest'
import { aScene, guarded, type Scene, send } from '../../../test/access-scene.ts'
import type { OperationId, RestApp } from '../../../test/rest-app.ts'
import { test } from '../../../test/rest-test.ts'

/** A repetition has the patient that it sent itself. */
const sentByCaller: OperationId[] = ['createCase', 'createCaseRequest']
/** Only the patient's account may call them. */
const ofPatients = ['account', 'booking_patient', 'waitlist_patient']

const withPatients = guarded.filter(
  ([id, { access, responses }]) =>
    !ofPatients.includes(access) && !sentByCaller.includes(id) && JSON.stringify(responses).includes('"patient"'),
)

const showsPatient = (body: unknown) => JSON.stringify(body ?? null).includes('"patient":{')

/** How many changes of the clinic's bookings and cases are in the log. */
async function eventsOf(database: TestDatabase, { clinic }: Scene): Promise<number> {
  const { rows } = await database.ownerPool.query<{ count: number }>(
    'select count(*)::integer as count from holdfast.booking_event where clinic_no = $1',
    [clinic.no],
  )
  return rows[0]?.count ?? 0
}

/** Sends the request as an admin. @returns whether the response shows a patient, and neither log has the request */
async function isUnrecorded(database: TestDatabase, rest: RestApp, scene: Scene, id: OperationId, key?: string) {
  const before = await eventsOf(database, scene)
  rest.audited.length = 0
  const { admin: as } = scene
  const reply = await send(rest, id, scene.ids, key === undefined ? { as } : { as, key })
  const isShown = reply.status < 300 && showsPatient(reply.body)
  const isChanged = (await eventsOf(database, scene)) > before
  return { isShown, isUnrecorded: isShown && !isChanged && !rest.audited.some(({ actorId }) => actorId === as.id) }
}

test('most operations that return patients are found by their schemas', () => {
  const ids = withPatients.map(([id]) => id)
  expect(ids.length).toBeGreaterThan(25)
  expect(ids).toEqual(expect.arrayContaining(['getBooking', 'listCases', 'fillBlock', 'getWaitlistEntry']))
})

test.for(withPatients)(
  '%s: whoever gets a patient is in the security log or has changed something, also by repeating the request',
  async ([id], { database, rest }) => {
    const scene = await aScene(database, rest)
    const key = randomUUID()
    const found = []
    for (const sent of [key, key, undefined, undefined]) found.push(await isUnrecorded(database, rest, scene, id, sent))
    expect(found.map((one) => one.isUnrecorded)).toEqual([false, false, false, false])
  },
)

test('the repetitions show patients, so that the test above can fail', async ({ database, rest }) => {
  for (const id of ['fillBlock', 'confirmCase', 'moveCase', 'cancelCase', 'cancelBooking'] as const) {
    const scene = await aScene(database, rest)
    const key = randomUUID()
    await isUnrecorded(database, rest, scene, id, key)
    expect([id, (await isUnrecorded(database, rest, scene, id, key)).isShown]).toEqual([id, true])
  }
})
