import { setTimeout as delay } from 'node:timers/promises'
import { isClinicMoving } from '@holdfast/engine'
import { aClaim, type HeldLock, holdLock, until } from '@holdfast/testkit'
import { runHoldfast } from '../cluster/holdfast-process.ts'
import type { LoadedBooking } from './shards-load.ts'
import { placeOf, type Shard, type ShardsClinic, type ShardsStage } from './shards-stage.ts'

/** Where a command that moves a clinic waits for a lock, when it has done a step and not begun the next one. */
type Gate = { at: 'directory' | 'from' | 'to'; lock: 'share' | 'access exclusive'; table: string }

/** One for each step of `moveClinic`, in order. null: it is past this step for two seconds without a lock. */
const gates = {
  noted: { at: 'from', lock: 'share', table: 'moving_clinic' },
  refused: { at: 'from', lock: 'access exclusive', table: 'log_receiver' },
  delivered: { at: 'to', lock: 'share', table: 'clinic' },
  copied: { at: 'from', lock: 'share', table: 'moving_clinic' },
  committed: { at: 'directory', lock: 'share', table: 'clinic_shard' },
  switched: null,
  deleted: { at: 'directory', lock: 'share', table: 'clinic_shard' },
} satisfies Record<string, Gate | null>

export type Step = keyof typeof gates

export const allSteps = Object.keys(gates) as Step[]

export type Move = { clinic: ShardsClinic; from: Shard; to: Shard; beganMs: number; endedMs: number }

/** Writes of a process that never asks the directory: what was acknowledged, and how many were refused. */
export type OldMap = { booked: LoadedBooking[]; refused: number; faults: string[] }

const stepMsMax = 180_000
const writesPauseMs = 50
const sessions = `application_name = 'holdfast move-clinic' and datname = current_database()`

function command({ settings }: ShardsStage, { clinic, to }: Pick<Move, 'clinic' | 'to'>) {
  return runHoldfast(['move-clinic', clinic.id, '--to', to.name, '--at-most', '120', '--json'], settings)
}

/** Moves a clinic. `killAfter`: it is killed after this step, and continued by the same command. */
export async function moveClinicOf(
  stage: ShardsStage,
  clinic: ShardsClinic,
  to: Shard,
  killAfter: Step | null = null,
): Promise<Move> {
  const move = { clinic, from: await placeOf(stage, clinic.no), to, beganMs: performance.now(), endedMs: 0 }
  if (killAfter !== null) await killMove(stage, move, killAfter)
  await command(stage, move)
  const place = await placeOf(stage, clinic.no)
  if (place.no !== to.no) throw new Error(`The clinic ${clinic.no} was moved to ${to.name}, and is in ${place.name}.`)
  move.endedMs = performance.now()
  return move
}

async function killMove(stage: ShardsStage, move: Move, last: Step): Promise<void> {
  let held: HeldLock | null = null
  const goOn = async () => void (await held?.release())
  let running: ReturnType<typeof command> | null = null
  try {
    for (const step of allSteps.slice(0, allSteps.indexOf(last) + 1)) {
      const gate = gates[step]
      const next = gate === null ? null : await lockTable(stage, move, gate)
      await goOn()
      held = next
      running ??= command(stage, move)
      const ended = running.then(() => Promise.reject(new Error(`It has ended before the step ${step}.`)))
      const reached = until(
        async () => await isAt(stage, move, gate),
        () => `the step ${step} of the move to ${move.to.name}`,
        stepMsMax,
      )
      await Promise.race([ended, reached])
      // It is killed.
      ended.catch(() => undefined)
    }
    running?.child.kill('SIGKILL')
    // Before what they wait for is released: otherwise the database would end the statement that was sent.
    await endSessions(stage)
  } finally {
    running?.child.kill('SIGKILL')
    await goOn()
  }
}

function shardAt({ shards }: ShardsStage, { from, to }: Move, at: Gate['at']): Shard {
  const shard = { from, to, directory: shards[0] }[at]
  if (shard === undefined) throw new Error('There is no directory.')
  return shard
}

function lockTable(stage: ShardsStage, move: Move, { at, lock, table }: Gate): Promise<HeldLock> {
  const { ownerPool } = shardAt(stage, move, at).cluster
  return holdLock(ownerPool, `lock table holdfast.${table} in ${lock} mode`)
}

async function isAt(stage: ShardsStage, move: Move, gate: Gate | null): Promise<boolean> {
  if (gate === null) return (await placeOf(stage, move.clinic.no)).no === move.to.no
  const { rowCount } = await shardAt(stage, move, gate.at).cluster.ownerPool.query(
    `select from pg_locks l join pg_stat_activity a using (pid)
      where not l.granted and l.relation = $1::regclass and ${sessions}`,
    [`holdfast.${gate.table}`],
  )
  return rowCount !== 0
}

async function endSessions({ shards }: ShardsStage): Promise<void> {
  for (const { name, cluster } of shards) {
    const end = `select pg_terminate_backend(pid) from pg_stat_activity where ${sessions}`
    await until(async () => (await cluster.ownerPool.query(end)).rowCount === 0, `the end of the sessions in ${name}`)
  }
}

/**
 * Books in a database where a clinic was, while it is moved, as a server whose map is old.
 *
 * @returns what ends it
 */
export function bookByOldMap({ engine }: Shard, clinic: ShardsClinic, old: OldMap): { stop(): Promise<void> } {
  let isStopped = false
  const book = async (n: number) => {
    const slotId = clinic.slotIds[n % clinic.slotIds.length] ?? ''
    const request = aClaim({ id: slotId, clinicNo: clinic.no }, { confirm: true })
    const outcome = await engine.claim(request)
    if (outcome.kind === 'booked') {
      const { id } = outcome.booking
      old.booked.push({ id, clinicNo: clinic.no, isCase: false, slotId, events: ['confirmed'] })
      // Where it has left, there is no slot any more.
    } else if (outcome.kind !== 'slot_missing') old.faults.push(`an old map got ${outcome.kind}`)
  }
  const booking = (async () => {
    for (let n = 0; !isStopped; n += 1) {
      await book(n).catch((error: unknown) => {
        if (isClinicMoving(error)) old.refused += 1
        else old.faults.push(`an old map got ${String(error)}`)
      })
      await delay(writesPauseMs)
    }
  })()
  return {
    async stop() {
      isStopped = true
      await booking
    },
  }
}
