import { setTimeout as delay } from 'node:timers/promises'
import { chaosFaults } from './chaos-checks.ts'
import { emptyLedger, type Ledger, runClient, sharedKeys } from './chaos-clients.ts'
import { type Disturbance, disturbances, promoteStandby } from './chaos-disturbances.ts'
import { type Random, randomOf } from './chaos-random.ts'
import { type Plant, type Stage, setUpStage } from './chaos-stage.ts'

export type ChaosOptions = {
  /** It runs at least this long, and until each disturbance has happened, and each of {@link mustSucceed}. */
  seconds: number
  seed: number
  clients: number
  /** What to disturb, and whether the standby takes over. */
  disturb: readonly (Disturbance | 'promote the standby')[]
  /** A bug, as a negative control. */
  plant: Plant | null
  say(line: string): void
}

export type ChaosReport = {
  /** What must not be. Empty: nothing was lost, overbooked or shown wrongly. */
  faults: string[]
  /** Responses by request and status, and disturbances by kind. */
  counts: Record<string, number>
}

export const allDisturbances: ChaosOptions['disturb'] = [
  ...(Object.keys(disturbances) as Disturbance[]),
  'promote the standby',
]

/** Without these responses, a run would have tested nothing. */
export const mustSucceed = ['claim 201', 'confirm 200', 'cancel 200', 'reschedule 200', 'withdraw 200'] as const

/** The supervisor of the database starts it again five times in a minute. */
const pauseMs = { least: 300, more: 2_200 }

/**
 * Many clients on two servers do whatever they want to a few slots, with short holds and shared keys, while servers,
 * connections and the database fail. When all of them have their responses, everything is compared with the database.
 */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const { seed, clients, say } = options
  const random = randomOf(seed)
  say(`seed ${seed}`)
  const stage = await setUpStage(options.plant)
  try {
    const ledger = emptyLedger()
    const keys = sharedKeys(random)
    let isOver = false
    const working = Array.from({ length: clients }, (_, n) =>
      runClient(stage, randomOf(seed + n + 1), keys, ledger, () => isOver),
    )
    const disturbed = await disturb(stage, random, ledger, options).finally(() => {
      isOver = true
    })
    await Promise.all(working)
    const faults = await chaosFaults(stage, ledger, options.plant === null ? 60_000 : 3_000)
    const { epochs, failures } = stage.reported
    const counts = {
      ...Object.fromEntries([...ledger.counts].toSorted()),
      'retries of requests': ledger.retries,
      'events reported by the tail': epochs.flat().length,
      'epochs of the log': epochs.length,
      'failed reads of the log': failures,
      ...disturbed,
    }
    return { faults, counts }
  } finally {
    await stage.end()
  }
}

/** Each kind once, in any order, and then more until the time is over. */
async function disturb(stage: Stage, random: Random, ledger: Ledger, { seconds, disturb: kinds, say }: ChaosOptions) {
  const endsAtMs = performance.now() + seconds * 1_000
  const counts: Record<string, number> = {}
  const due = [...kinds]
  const isIncomplete = () => due.length > 0 || mustSucceed.some((response) => !ledger.counts.has(response))
  while (isIncomplete() || performance.now() < endsAtMs) {
    await delay(pauseMs.least + random.below(pauseMs.more))
    const repeatable = kinds.filter((kind): kind is Disturbance => kind !== 'promote the standby')
    const [kind] = due.length > 0 ? due.splice(random.below(due.length), 1) : []
    const next = kind ?? (repeatable.length > 0 ? random.pick(repeatable) : undefined)
    if (next === undefined) continue
    // More starts in a minute would be refused.
    if (next === 'stop PostgreSQL at once' && (counts[next] ?? 0) >= 4) continue
    counts[next] = (counts[next] ?? 0) + 1
    say(next)
    await (next === 'promote the standby' ? promoteStandby(stage) : disturbances[next](stage, random))
  }
  return counts
}
