import { setTimeout as delay } from 'node:timers/promises'
import { plantFunction, until } from '@holdfast/testkit'
import { type Random, randomOf } from '../chaos/chaos-random.ts'
import { type Ending, withEnding } from '../cluster/ending.ts'
import { bookByOldMap, type Move, moveClinicOf, type OldMap, type Step } from './clinic-moves.ts'
import { type ShardsFaults, shardsFaults } from './shards-faults.ts'
import { type Served, ShardsLoad } from './shards-load.ts'
import { placeOf, type Shard, type ShardsClinic, type ShardsStage, setUpShards, suspend } from './shards-stage.ts'

export type ShardsOptions = {
  /** How often a move is killed after each of the steps. */
  times: number
  steps: readonly Step[]
  clients: number
  seed: number
  /** How long a database is suspended, each time. */
  suspendedMs: number
  /** An empty one, which other users may pass through. */
  directory: string
  say(line: string): void
}

export type ShardsResult = ShardsFaults & {
  seed: number
  moves: number
  /** Moves that were killed and continued. */
  interrupted: number
  /** Writes of a process with an old map that the old database refused. */
  refused: number
  /** Requests that were not processed, and were repeated. */
  failedRequests: number
  /**
   * The longest time that a request of a clinic took: `moved` while it was moved without an interruption; `interrupted`
   * while its move was killed and continued; `suspended` in the suspended database, and `besideSuspended` in the others
   * meanwhile; `others` of all other clinics at any other time.
   */
  pauseMs: {
    moved: { p50: number; max: number }
    interrupted: { max: number }
    suspended: { max: number }
    besideSuspended: { max: number }
    others: { max: number }
  }
  /** Writes that are lost without the refusal: 0 means that this drill finds nothing. */
  controlLost: number
}

type Period = { clinicNos: ReadonlySet<number>; beganMs: number; endedMs: number }

const settleMs = 1_000
/** So many clinics are moved at the same time. */
const movesAtOnce = 3

/** Moves clinics under load, and compares what was acknowledged with what is there. */
export function runShardsDrill(options: ShardsOptions): Promise<ShardsResult> {
  return withEnding(async (ending) => {
    const { seed, say } = options
    say(`seed ${seed}`)
    const stage = await setUpShards(options, ending)
    const load = new ShardsLoad(stage, options)
    await ending.add('to end the clients', () => load.stop())
    const done = await moveUnderLoad(stage, load, options, ending)
    await load.stop()
    say(`comparing ${load.served.length} responses`)
    const { entryIds, bookings } = load.journal
    const found = await shardsFaults(stage, { entryIds, bookings: [...bookings, ...done.old.booked] })
    const controlLost = await loseWithoutRefusal(stage, say)
    return {
      ...found,
      faults: [...load.faults, ...done.old.faults, ...found.faults],
      seed,
      moves: done.moves.length + done.interrupted.length,
      interrupted: done.interrupted.length,
      refused: done.old.refused,
      failedRequests: load.failedRequests,
      pauseMs: pausesOf(load.served, done),
      controlLost,
    }
  })
}

type Done = { moves: Move[]; interrupted: Move[]; suspended: Period[]; old: OldMap }

async function moveUnderLoad(stage: ShardsStage, load: ShardsLoad, options: ShardsOptions, ending: Ending) {
  const { times, steps, seed, say } = options
  const random = randomOf(seed)
  const done: Done = { moves: [], interrupted: [], suspended: [], old: { booked: [], refused: 0, faults: [] } }
  await delay(settleMs)
  for (let time = 0; time < times && load.faults.length === 0; time += 1) {
    const moved: ShardsClinic[] = []
    for (const step of steps) {
      const clinic = random.pick(stage.clinics.filter((one) => !moved.includes(one)))
      moved.push(clinic)
      const to = await otherShard(stage, clinic, random)
      done.interrupted.push(await moveWithOldMap(stage, clinic, to, done.old, step))
      say(`killed after ${step}, and continued`)
    }
    say('moving clinics at the same time')
    const moving = [...moved]
    const mover = async () => {
      for (let clinic = moving.pop(); clinic !== undefined; clinic = moving.pop()) {
        done.moves.push(await moveWithOldMap(stage, clinic, await otherShard(stage, clinic, random), done.old))
      }
    }
    await Promise.all(Array.from({ length: movesAtOnce }, mover))
    done.suspended.push(await suspendOne(stage, options, random, ending))
    await delay(settleMs)
  }
  return done
}

async function otherShard(stage: ShardsStage, clinic: ShardsClinic, random: Random): Promise<Shard> {
  const { no } = await placeOf(stage, clinic.no)
  return random.pick(stage.shards.filter((shard) => shard.no !== no))
}

async function moveWithOldMap(
  stage: ShardsStage,
  clinic: ShardsClinic,
  to: Shard,
  old: OldMap,
  killAfter: Step | null = null,
): Promise<Move> {
  const writes = bookByOldMap(await placeOf(stage, clinic.no), clinic, old)
  try {
    return await moveClinicOf(stage, clinic, to, killAfter)
  } finally {
    await writes.stop()
  }
}

/** Any database but the directory, without which nobody is signed in. */
async function suspendOne(stage: ShardsStage, options: ShardsOptions, random: Random, ending: Ending): Promise<Period> {
  const shard = random.pick(stage.shards.slice(1))
  const clinicNos = new Set<number>()
  for (const { no } of stage.clinics) if ((await placeOf(stage, no)).no === shard.no) clinicNos.add(no)
  options.say(`suspending ${shard.name} for ${options.suspendedMs / 1_000} s`)
  const beganMs = performance.now()
  const { resume } = await suspend(shard, ending)
  await delay(options.suspendedMs)
  await resume()
  return { clinicNos, beganMs, endedMs: performance.now() }
}

/** The negative control: moves while a process with an old map writes, which the old database does not refuse. */
async function loseWithoutRefusal(stage: ShardsStage, say: (line: string) => void): Promise<number> {
  say('control: without the refusal')
  for (const { cluster } of stage.shards) {
    await plantFunction(cluster, 'refuse_moving_clinic', {
      part: 'if v_clinic_no =',
      becomes: 'if false and v_clinic_no =',
    })
  }
  const [clinic] = stage.clinics
  if (clinic === undefined) throw new Error('There is no clinic.')
  const from = await placeOf(stage, clinic.no)
  const [to] = stage.shards.filter(({ no }) => no !== from.no)
  if (to === undefined) throw new Error('There is one database.')
  const old: OldMap = { booked: [], refused: 0, faults: [] }
  const writes = bookByOldMap(from, clinic, old)
  const moving = moveClinicOf(stage, clinic, to)
  moving.catch(() => undefined)
  const hasMoved = async () => (await placeOf(stage, clinic.no)).no === to.no || undefined
  await until(hasMoved, 'the other place of the clinic').finally(() => writes.stop())
  await moving
  const ids = old.booked.map(({ id }) => id)
  const { rowCount } = await to.cluster.ownerPool.query('select from holdfast.booking where id = any ($1)', [ids])
  return ids.length - (rowCount ?? 0)
}

function pausesOf(served: readonly Served[], { moves, interrupted, suspended }: Done): ShardsResult['pauseMs'] {
  const periodOf = ({ clinic, beganMs, endedMs }: Move): Period => ({
    clinicNos: new Set([clinic.no]),
    beganMs,
    endedMs,
  })
  const isIn = ({ clinicNo, beganMs, endedMs }: Served, period: Period) =>
    period.clinicNos.has(clinicNo) && beganMs <= period.endedMs && endedMs >= period.beganMs
  const isBeside = (one: Served, { clinicNos, beganMs, endedMs }: Period) =>
    !clinicNos.has(one.clinicNo) && one.beganMs <= endedMs && one.endedMs >= beganMs
  const longest = (of: (one: Served) => boolean) =>
    Math.round(served.reduce((most, one) => (of(one) ? Math.max(most, one.endedMs - one.beganMs) : most), 0))
  const during = (periods: readonly Period[]) => longest((one) => periods.some((period) => isIn(one, period)))
  const [plain, killed] = [moves.map(periodOf), interrupted.map(periodOf)]
  const pauses = plain.map((period) => during([period])).sort((one, other) => one - other)
  const all = [...plain, ...killed, ...suspended]
  return {
    moved: { p50: pauses[Math.floor(pauses.length / 2)] ?? 0, max: pauses.at(-1) ?? 0 },
    interrupted: { max: during(killed) },
    suspended: { max: during(suspended) },
    besideSuspended: { max: longest((one) => suspended.some((period) => isBeside(one, period))) },
    others: {
      max: longest(
        (one) => !all.some((period) => isIn(one, period)) && !suspended.some((period) => isBeside(one, period)),
      ),
    },
  }
}

/** What a run has to be like, as sentences about what is not; empty: it has passed. */
export function failuresOfShards(result: ShardsResult, suspendedMs: number): string[] {
  const { faults, lost, duplicated, verify, pauseMs, refused, controlLost } = result
  return [
    ...faults.slice(0, 20),
    ...(lost > 0 ? [`${lost} acknowledged writes are lost`] : []),
    ...(duplicated > 0 ? [`${duplicated} writes are there twice`] : []),
    ...(verify.mismatches + verify.overbooked > 0
      ? [`verify: ${verify.mismatches} mismatches, ${verify.overbooked} overbooked`]
      : []),
    ...(pauseMs.besideSuspended.max >= suspendedMs
      ? [`beside the suspended database, a request took ${pauseMs.besideSuspended.max} ms`]
      : []),
    ...(pauseMs.suspended.max < suspendedMs / 2 ? ['the suspended database served its clinics'] : []),
    ...(refused === 0 ? ['no write by an old map was refused: this run proves nothing'] : []),
    ...(controlLost === 0 ? ['without the refusal nothing was lost either: this run proves nothing'] : []),
  ]
}

/** The result as a table. */
export function shardsTable(result: ShardsResult): string {
  const { pauseMs, verify } = result
  const rows: [string, string | number][] = [
    ['seed', result.seed],
    ['clinics moved', `${result.moves}, ${result.interrupted} of them killed and continued`],
    ['acknowledged', result.acknowledged],
    ['requests that were not processed, and repeated', result.failedRequests],
    ['writes by an old map that were refused', result.refused],
    ['lost', result.lost],
    ['there twice', result.duplicated],
    ['found by verify', `${verify.mismatches} mismatches, ${verify.overbooked} overbooked`],
    ['longest request of a clinic that moved', `${pauseMs.moved.p50} ms (p50), ${pauseMs.moved.max} ms (most)`],
    ['while its move was killed and continued', `${pauseMs.interrupted.max} ms`],
    ['in the suspended database', `${pauseMs.suspended.max} ms`],
    ['in the other databases meanwhile', `${pauseMs.besideSuspended.max} ms`],
    ['of other clinics', `${pauseMs.others.max} ms`],
    ['lost without the refusal (control)', result.controlLost],
    ['faults', result.faults.length],
  ]
  return rows.map(([name, value]) => `${name.padEnd(50)}${value}\n`).join('')
}
