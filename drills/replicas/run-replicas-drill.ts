import { call, serverOn, signIn } from '@holdfast/server/test/running-server'
import { aClinic, aDoctor, aSlot, createTestCluster, type TestCluster } from '@holdfast/testkit'

export type ReplicasResult = {
  writes: number
  reads: number
  /** Reads that were older than the reader's own last write. Must be 0. */
  missing: number
  /** Reads without a result. Must be 0. */
  failed: number
  byReplica: number
  byPrimary: number
  /** Reads in `byPrimary` because the replica was behind, or failed. */
  behind: number
  retried: number
}

type Options = { reads: number; clients: number; say: (line: string) => void }

const readsPerWrite = 9
const capacity = 1_000_000
const metricsToken = 'a-token-of-the-drill'

/**
 * Clients that each book, cancel the booking before, and list their clinic's confirmed bookings, while the replica is
 * current; while its replay is paused, from two fifths to three fifths of the reads; and after it has ended, for the
 * last fifth.
 */
export async function runReplicasDrill({ reads, clients, say }: Options): Promise<ReplicasResult> {
  const primary = await createTestCluster()
  const standby = await primary.standby()
  try {
    const env = { DATABASE_REPLICA_URLS: standby.appUrl, HOLDFAST_METRICS_TOKEN: metricsToken }
    const server = await serverOn(primary, env)
    try {
      const counted = { writes: 0, reads: 0, missing: 0, failed: 0 }
      const bearer = await signIn(server.url)
      const phases = phasesOf(standby, reads, say)
      const isDone = () => counted.reads >= reads
      const done = Promise.all(
        Array.from({ length: clients }, () => runClient({ primary, url: server.url, bearer, counted, isDone })),
      )
      for (const { from, begin } of phases) {
        while (counted.reads < from && !isDone()) await new Promise((resolve) => setTimeout(resolve, 20))
        await begin()
      }
      await done
      return { ...counted, ...(await figuresOf(server.url)) }
    } finally {
      await server.stop()
    }
  } finally {
    await standby.end()
    await primary.end()
  }
}

/** What makes the drill fail. */
export function failuresOfReplicas({ missing, failed, byReplica }: ReplicasResult): string[] {
  return [
    ...(missing === 0 ? [] : [`${missing} reads were older than the reader's own write`]),
    ...(failed === 0 ? [] : [`${failed} reads failed`]),
    ...(byReplica > 0 ? [] : ['the replica served nothing, so nothing is shown']),
  ]
}

export function replicasTable(result: ReplicasResult): string {
  return Object.entries(result)
    .map(([name, value]) => `${name.padEnd(12)}${value}\n`)
    .join('')
}

function phasesOf(standby: TestCluster, reads: number, say: (line: string) => void) {
  const query = (statement: string) => standby.ownerPool.query(statement)
  return [
    { from: reads * 0.4, what: 'replay paused', run: () => query('select pg_wal_replay_pause()') },
    { from: reads * 0.6, what: 'replay resumed', run: () => query('select pg_wal_replay_resume()') },
    { from: reads * 0.8, what: 'replica ended', run: () => standby.stop() },
  ].map(({ from, what, run }) => ({
    from,
    async begin() {
      say(what)
      await run()
    },
  }))
}

type Client = {
  primary: TestCluster
  url: string
  bearer: string
  counted: Record<'writes' | 'reads' | 'missing' | 'failed', number>
  isDone: () => boolean
}

async function runClient({ primary, url, bearer, counted, isDone }: Client): Promise<void> {
  const doctor = await aDoctor(primary, await aClinic(primary))
  const slot = await aSlot(primary, doctor, { capacity })
  const day = slot.startsAt.toISOString().slice(0, 10)
  const list = `${url}/api/v1/clinics/${doctor.clinicId}/bookings?from=${day}&to=${day}&status=CONFIRMED`
  let before: { id: string; token: string } | null = null
  while (!isDone()) {
    const body = { slotId: slot.id, patient: { name: 'Patient' }, confirm: true }
    const booked = await call(`${url}/api/v1/bookings`, { method: 'POST', body })
    if (booked.status !== 201) throw new Error(`A booking returned ${booked.status}: ${booked.text}`)
    if (before !== null) {
      const cancelled = { method: 'POST', body: {}, bearer: before.token }
      const { status, text } = await call(`${url}/api/v1/bookings/${before.id}/cancel`, cancelled)
      if (status !== 200) throw new Error(`A cancellation returned ${status}: ${text}`)
    }
    before = { id: String(booked.body.id), token: String(booked.body.manageToken) }
    counted.writes += 1
    for (let n = 0; n < readsPerWrite; n += 1) {
      const { status, body: page } = await call(list, { bearer })
      counted.reads += 1
      if (status !== 200) counted.failed += 1
      else if ((page.items as { id: string }[]).map(({ id }) => id).join() !== before.id) counted.missing += 1
    }
  }
}

async function figuresOf(url: string) {
  const { text } = await call(`${url}/metrics`, { bearer: metricsToken })
  const numberOf = (labels: string) =>
    Number(
      new RegExp(`^holdfast_replica_reads_(?:refused_)?total\\{${labels}[^}]*\\} (\\S+)$`, 'm').exec(text)?.[1] ?? 0,
    )
  return {
    byReplica: numberOf('node="(?!primary)'),
    byPrimary: numberOf('node="primary"'),
    behind: numberOf('reason="behind"'),
    retried: numberOf('reason="failed"'),
  }
}
