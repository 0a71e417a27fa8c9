import {
  createEngine,
  createPool,
  type DatabasePool,
  type DoctorsQuery,
  type Engine,
  inShard,
  type Page,
  type ShardPools,
  withLoginOf,
  withPool,
} from '@holdfast/engine'
import type { WrittenShard } from '@holdfast/engine/write-shard-schemas'
import type { CoordinatorScene } from './coordinator-scene.ts'
import { shardPools } from './shard-pools.ts'

type Read = (engine: Engine, scene: CoordinatorScene) => Promise<unknown>

const everyDoctor: DoctorsQuery = {
  clinicId: null,
  specialization: null,
  q: null,
  appointmentType: null,
  includeInactive: false,
  sort: 'name',
  limit: 7,
  cursor: null,
}
const doctors =
  (query: Partial<DoctorsQuery>): Read =>
  ({ directory }) =>
    all((cursor) => directory.doctors({ ...everyDoctor, ...query, cursor }))

const everyBooking = { status: null, from: null, to: null, limit: 9 }
const everyEvent = { clinicNo: null, kind: null, accountId: null, from: null, to: null, limit: 11 }

/** What requests without a clinic read, with the pages that follow. */
const coordinatorReads: Readonly<Record<string, Read>> = {
  clinics: ({ directory }) => all((cursor) => directory.clinics({ q: null, limit: 4, cursor })),
  'clinics by name': ({ directory }) => all((cursor) => directory.clinics({ q: 'clinic b', limit: 2, cursor })),
  clinic: ({ directory }, { clinics }) => directory.clinic(clinics[0]?.id ?? ''),
  doctor: ({ directory }, { doctors: [one] }) => directory.doctor(one?.id ?? ''),
  'doctors by name': doctors({}),
  'doctors of a specialization': doctors({ specialization: 'GP' }),
  'doctors, searched for': doctors({ q: 'heart' }),
  'doctors, searched for with an error': doctors({ q: 'cardilogy' }),
  'doctors, searched for by name': doctors({ q: 'd x' }),
  'doctors by video': doctors({ appointmentType: 'video' }),
  'soonest doctors': doctors({ sort: 'soonest' }),
  'soonest doctors of a specialization': doctors({ sort: 'soonest', specialization: 'Urology' }),
  'soonest doctors, searched for': doctors({ sort: 'soonest', q: 'skin' }),
  specializations: async ({ directory }) => (await directory.specializations()).filter((one) => one.doctors > 0),
  'public doctors': ({ reads }) => reads.publicDoctors(),
  memberships: ({ directory }, { accountId }) => directory.membershipsOf(accountId),
  'bookings of an account': ({ reads }, { accountId }) =>
    all((cursor) => reads.bookingsOfAccount({ ...everyBooking, accountId, cursor })),
  'cancelled bookings of an account': ({ reads }, { accountId }) =>
    all((cursor) => reads.bookingsOfAccount({ ...everyBooking, accountId, status: 'CANCELLED', cursor })),
  'bookings of an account from a day on': ({ reads }, { accountId }) =>
    all((cursor) =>
      reads.bookingsOfAccount({ ...everyBooking, accountId, from: '2020-01-01', to: '2199-01-01', cursor }),
    ),
  'what lists of bookings show': async (
    { reads, directory, waitlist, calendarFeeds },
    { accountId, doctors: some },
  ) => {
    const { items } = await reads.bookingsOfAccount({ ...everyBooking, accountId, limit: 200, cursor: null })
    const ids = some.map(({ id }) => id)
    return [
      await directory.videoRooms(ids),
      await reads.cancelledBy(items),
      await waitlist.offerStates(items),
      await calendarFeeds.doctorNames(ids),
    ].map((found) => [...found].sort())
  },
  'entries of an account': ({ waitlist }, { accountId }) => waitlist.entriesOfAccount(accountId),
  'choices of an account': ({ messages }, { accountId }) => messages.choices(accountId),
  'reminders that nobody wants': ({ messages }, { recipients }) => messages.reminderOptOuts(recipients),
  'a verified account': ({ bookingLinks }, { accountId }) => bookingLinks.isVerified(accountId),
  'accounts with a role': async ({ auditLog }, { accountId, siteAdministratorId }) =>
    [...(await auditLog.withRole([accountId, siteAdministratorId, everyId]))].sort(),
  'security log': ({ auditLog }) => all((cursor) => auditLog.events({ ...everyEvent, cursor })),
  'security log of an account': ({ auditLog }, { accountId }) =>
    all((cursor) => auditLog.events({ ...everyEvent, accountId, kind: 'signed_in', from: new Date(0), cursor })),
  proof: async ({ reads }) => ({ ...(await reads.proof()), countedAt: null }),
  'proof, counted again': async ({ reads }) => ({ ...(await reads.proof()), countedAt: null }),
  invitation: ({ invitations }, { invitation: { id, tokenHash } }) => invitations.find(id, tokenHash),
  'feeds by their secrets': ({ calendarFeeds }, { feedTokens }) => Promise.all(feedTokens.map(calendarFeeds.open)),
  'feed of an account': ({ calendarFeeds }, { accountId }) => calendarFeeds.find({ kind: 'account', id: accountId }),
}

const everyId = '00000000-0000-4000-8000-000000000000'

async function all<Item>(page: (cursor: string | null) => Promise<Page<Item>>): Promise<Item[]> {
  const found: Item[] = []
  let cursor: string | null = null
  do {
    const { items, nextCursor }: Page<Item> = await page(cursor)
    found.push(...items)
    cursor = nextCursor
  } while (cursor !== null)
  return found
}

const failed = 'failed: '

/** The result of each read as JSON, or its error. */
async function readAll(engine: Engine, scene: CoordinatorScene): Promise<Map<string, string>> {
  const results = new Map<string, string>()
  for (const [name, read] of Object.entries(coordinatorReads)) {
    const result = await read(engine, scene).then(
      (value) => JSON.stringify(value),
      (error: Error) => `${failed}${error.message}`,
    )
    results.set(name, result)
  }
  return results
}

export type ComparedReads = {
  compared: number
  /** Whose results are not those of the plain database. */
  differing: string[]
  /** Without the shards: 0 means that this comparison finds nothing. */
  differingWithoutShards: number
}

/** As the application, before the database is distributed. */
export async function readPlain(appUrl: string, scene: CoordinatorScene): Promise<ReadonlyMap<string, string>> {
  const results = await withPool(settingsOf(appUrl), (pool) => readWith(pool, scene))
  for (const [name, result] of results) if (result.startsWith(failed)) throw new Error(`${name} ${result}`)
  return results
}

/** As the application, on the coordinator. */
export async function compareReads({
  appUrl,
  shards,
  scene,
  expected,
}: {
  appUrl: string
  shards: readonly WrittenShard[]
  scene: CoordinatorScene
  expected: ReadonlyMap<string, string>
}): Promise<ComparedReads> {
  const differing = (results: ReadonlyMap<string, string>) =>
    [...expected].filter(([name, result]) => results.get(name) !== result).map(([name]) => name)
  const pools = new Map(
    shards.map(({ schema, ownerUrl }) => [
      schema,
      createPool(settingsOf(inShard(withLoginOf(ownerUrl, appUrl), schema))),
    ]),
  )
  try {
    return await withPool(settingsOf(appUrl), async (pool) => ({
      compared: expected.size,
      differing: differing(await readWith(pool, scene, shardPools(pool, pools))),
      differingWithoutShards: differing(await readWith(pool, scene)).length,
    }))
  } finally {
    for (const pool of pools.values()) await pool.end()
  }
}

const settingsOf = (url: string) => ({ url, max: 4, name: 'holdfast drill' })

async function readWith(pool: DatabasePool, scene: CoordinatorScene, shards?: ShardPools) {
  const engine = createEngine({ batchPool: pool, generalPool: pool, ...(shards === undefined ? {} : { shards }) })
  try {
    return await readAll(engine, scene)
  } finally {
    await engine.stop()
  }
}
