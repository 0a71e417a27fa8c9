// Rest: each operation, with its response lost after the commit
import { createEngine, DatabaseUnavailable } from '@holdfast/engine'
import { drawnOfRun } from '@holdfast/testkit'
import { test as databaseTest } from '@holdfast/testkit/database-test'
import { expect } from 'vitest'
import { limitedPool, type QueryBudget } from '../../test/limited-pool.ts'
import {
  addedTwice,
  auditKindOf,
  changingWrites,
  goneAfterwards,
  lostOperations,
  neverLost,
  prepareLost,
} from '../../test/lost-operations.ts'
import { aLostScene, type LostScene } from '../../test/lost-scene.ts'
import { restAppSecret, startRestApp } from '../../test/rest-app.ts'
import { type TableChanges, tableChanges } from '../../test/table-changes.ts'
import type { AuditEntry } from '../audit/audit-entry.ts'
import { createAccountMails } from '../messages/account-mails/account-mails.ts'

const queriesMax = 60
/** How long what is done in batches is tried again. */
const quickly = { waitMsMax: 300, unknownMsMax: 300 }

/** Reservations, of blocks that are being filled too, and stored responses are of no consequence. */
const uncounted = ['answer', 'block_filling', 'booking_origin']

const test = databaseTest.extend('scene', { scope: 'file' }, async ({ database }, { onCleanup }) => {
  const { budget, pool } = limitedPool(database.appPool)
  const engine = createEngine({ batchPool: pool, generalPool: pool, ...quickly })
  const served = { appPool: pool, ownerPool: database.ownerPool }
  const mails = createAccountMails({ pool, secrets: [restAppSecret], isAvailable: true })
  const rest = await startRestApp(served, { sendsMails: true, replaced: { engine, mails } })
  onCleanup(async () => {
    await rest.stop()
    await engine.stop()
  })
  return { ...(await aLostScene(database, rest, budget)), changes: await tableChanges(database, uncounted) }
})

type Scene = LostScene & { changes: TableChanges }

type Found = {
  /** The responses that deny what the request has changed. */
  denied: string[]
  /** Changes of which the security log has nothing, after a retry. */
  unrecorded: string[]
  /** Retries that did not get the outcome. */
  lost: string[]
  /** What a failure and a retry have added in all, where that is not what one request adds. */
  twice: string[]
  failures: number
}

/**
 * Sends an operation's request again and again, each time with one query more before one fails, and then sends it once
 * more with the same key.
 *
 * @param isSeen which entries of the security log count
 */
async function sweep(
  scene: Scene,
  name: string,
  mode: QueryBudget['mode'],
  isSeen: (entry: AuditEntry) => boolean = () => true,
): Promise<Found> {
  const { budget, changes, rest } = scene
  const kind = auditKindOf(name)
  const found: Found = { denied: [], unrecorded: [], lost: [], twice: [], failures: 0 }
  // The first request of a clinic may add what the others find.
  const first = await prepareLost(scene, name)
  await first.send(`${name} ${mode} first`)
  const added: { queries: number; growth: string }[] = []
  for (let queries = 0; queries <= queriesMax; queries += 1) {
    const { send } = await prepareLost(scene, name)
    await changes.begin()
    rest.audited.length = 0
    Object.assign(budget, { left: queries, mode })
    const response = await send(`${name} ${mode} ${queries}`)
    const hasFailed = budget.left <= 0
    budget.left = Number.POSITIVE_INFINITY
    const changed = await changes.tables()
    const once = JSON.stringify(await changes.growth())
    if (response.status >= 400) {
      const { detail } = response.problem
      if (response.status < 500) throw new Error(detail)
      found.failures += 1
      if (changed.length > 0 && !/unknown/.test(detail)) found.denied.push(`${queries} queries: ${detail} (${changed})`)
    }
    const again = await send(`${name} ${mode} ${queries}`)
    const isGone = changed.length > 0 && again.status === 404 && goneAfterwards.includes(name)
    if (again.status >= 400 && !isGone) found.lost.push(`${queries} queries: ${again.problem.detail}`)
    const isRecorded = rest.audited.some((entry) => entry.kind === kind && isSeen(entry))
    if (kind !== null && !isRecorded && (await changes.tables()).length > 0) {
      found.unrecorded.push(`${queries} queries: ${response.status}, then ${again.status}`)
    }
    added.push({ queries, growth: JSON.stringify(await changes.growth()) })
    if (hasFailed) continue
    const others = name in addedTwice ? [] : added.filter(({ growth }) => growth !== once)
    found.twice.push(...others.map(({ queries, growth }) => `${queries} queries: ${growth}, not ${once}`))
    return found
  }
  throw new Error(`Not answered with ${queriesMax} queries.`)
}

const names = Object.keys(lostOperations)

/**
 * How many operations are drawn for each of two modes, in which all 88 would take 19 of this file's 48 s of processor
 * time, and 70 s of waiting.
 */
const drawn = 20

/** One that repeats its statement by itself, not in a queue: every failure takes 5 s. */
const repeatedByItself = ['cancelBookingSeries']

const modes: [what: string, mode: QueryBudget['mode'], names: readonly string[]][] = [
  ['the database takes no more queries', 'refused', drawnOfRun(names, drawn)],
  ['the response to a query is lost', 'lost', names],
  ['the response to a query is lost, and the database goes', 'gone', repeatedByItself],
  ['no connection is free any more', 'exhausted', drawnOfRun(names, drawn)],
]

for (const [what, mode, namesOfMode] of modes) {
  test.for(namesOfMode)(
    `%s: ${what}: the response denies nothing, a retry gets it once, and the security log has it`,
    async (name, { scene }) => {
      const { failures, ...found } = await sweep(scene, name, mode)
      expect(found).toEqual({ denied: [], unrecorded: [], lost: [], twice: [] })
      // What is done in batches is repeated until its outcome is known.
      if (mode === 'refused') expect(failures).toBeGreaterThan(0)
    },
  )
}

test('every write of the contract is lost here, or cannot be', () => {
  const ids = [...Object.keys(lostOperations).map((name) => name.split(' ')[0]), ...Object.keys(neverLost)]
  expect([...new Set(ids)].toSorted()).toEqual(changingWrites.toSorted())
})

test('negative control: without the entries for unknown outcomes, changes are missing', async ({ scene }) => {
  const isKnown = ({ details = [] }: AuditEntry) => !details.includes('outcome unknown')
  const { unrecorded } = await sweep(scene, 'removeMember', 'lost', isKnown)
  expect(unrecorded).not.toEqual([])
})

test('negative control: a write that ignores its key is found to happen twice', async ({ scene }) => {
  const { rest, database, theatre } = scene
  const { webhooks } = rest.engine
  const create: typeof webhooks.create = (webhook) => webhooks.create(webhook, null)
  const planted = await startRestApp(database, {
    replaced: { engine: { ...rest.engine, webhooks: { ...webhooks, create } } },
  })
  planted.anAccount(theatre.admin)
  try {
    const { twice } = await sweep({ ...scene, rest: planted }, 'createWebhook', 'lost')
    expect(twice).not.toEqual([])
  } finally {
    await planted.stop()
  }
})

test('negative control: a failure after the commit that is not told from one before it is found', async ({ scene }) => {
  const { rest, database, changes, aVisit, theatre } = scene
  const lost = new DatabaseUnavailable('The database cannot be reached.', { outcomeUnknown: false, cause: null })
  const ofBooking: typeof rest.engine.erasures.ofBooking = async (request) => {
    await rest.engine.erasures.ofBooking(request)
    throw lost
  }
  const engine = { ...rest.engine, erasures: { ...rest.engine.erasures, ofBooking } }
  const planted = await startRestApp(database, { replaced: { engine } })
  try {
    const admin = planted.anAccount(theatre.admin)
    const { path, token } = await aVisit()
    await rest.call('cancelBooking', { path, token })
    await changes.begin()
    const { problem } = await planted.call('erasePatient', { path, as: admin, body: {} })
    expect(problem.detail).not.toMatch(/unknown/)
    expect(await changes.tables()).not.toEqual([])
  } finally {
    await planted.stop()
  }
})

test('an erasure whose response was lost is in the security log once', async ({ scene }) => {
  const { rest, budget, aVisit, theatre } = scene
  for (let queries = 1; queries <= queriesMax; queries += 1) {
    const { path, token } = await aVisit()
    await rest.call('cancelBooking', { path, token })
    rest.audited.length = 0
    const erase = () => rest.call('erasePatient', { path, as: theatre.admin, body: {}, key: `erase ${queries}` })
    budget.left = queries
    const first = await erase()
    budget.left = Number.POSITIVE_INFINITY
    const again = first.status < 400 ? first : await erase()
    expect(again.status).toBe(200)
    expect(rest.audited.filter(({ kind }) => kind === 'patients_erased')).toHaveLength(1)
    if (first.status < 400) return
  }
  throw new Error('The erasure did not end.')
})
