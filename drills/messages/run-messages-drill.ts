import { verify } from '@holdfast/engine'
import { until } from '@holdfast/testkit'
import { whyNoRabbit } from '@holdfast/testkit/rabbit-server'
import { randomOf } from '../chaos/chaos-random.ts'
import { withEnding } from '../cluster/ending.ts'
import { limited } from '../cluster/limited.ts'
import { type ArrivedEvent, type MessageFaults, messageFaults, type PlannedMail } from './message-faults.ts'
import { allKills, type Interrupted, type KillName, kills, skipPauses } from './message-kills.ts'
import { MessageLoad } from './message-load.ts'
import { type MessageStage, setUpMessages } from './message-stage.ts'
import { plantedFindings } from './plant-message-bugs.ts'

export type MessagesDrillOptions = {
  /** It runs at least this long, and until everything has been killed once. */
  seconds: number
  seed: number
  clients: number
  /** What is killed, each once in any order, and then again. */
  kill: readonly KillName[]
  say(line: string): void
}

/** What was there before a load: it is not compared with the responses to the load. */
type Before = { events: number; mails: number }

export type MessagesDrillResult = MessageFaults & {
  seed: number
  bookings: number
  /** Requests that failed, and were repeated with their keys. */
  failedRequests: number
  killed: Partial<Record<KillName, number>>
  /** The time from the last change until its event and its e-mail had arrived. */
  drainedSeconds: number
  verify: { mismatches: number; overbooked: number }
}

const drainMsMax = 300_000
/** What is killed has to be at work, starts again, and is waited for: longer than each of these waits may take. */
const killMsMax = 900_000
const changesAtLeast = 20

/** Sets up everything in an empty directory, and kills it: see {@link killUnderLoad}. */
export function runMessagesDrill(options: MessagesDrillOptions & { directory: string }): Promise<MessagesDrillResult> {
  const reason = whyNoRabbit()
  if (reason !== null) throw new Error(`This drill can't run here: ${reason}`)
  const places = messagePlaces(options.seconds)
  return withEnding(async (ending) => killUnderLoad(await setUpMessages({ ...options, places }, ending), options))
}

/** So many bookings can be made in this time. */
export function messagePlaces(seconds: number): number {
  return 20_000 + 200 * seconds
}

/**
 * Guests and the clinic book, move and cancel, while the broker, the worker, the API and the mail server are killed.
 * When all have their responses and nothing is due any more, what was acknowledged is compared with what has arrived.
 *
 * @param heldBack negative control: the ids of the events that the planted bugs hold back
 */
export async function killUnderLoad(
  stage: MessageStage,
  options: MessagesDrillOptions,
  heldBack: ReadonlySet<string> | null = null,
): Promise<MessagesDrillResult> {
  const { seed, say, clients } = options
  say(`seed ${seed}`)
  const before = { events: stage.consumer.received.length, mails: (await stage.mail.stored()).length }
  const load = new MessageLoad({ ...stage, url: stage.api.url, clients, seed })
  const interrupted: Interrupted = new Map()
  const killed = await killAll(stage, load, interrupted, options).catch(async (error: unknown) => {
    void load.stop()
    throw error
  })
  await limited('to end the bookings', drainMsMax, () => load.stop())
  say(`waiting for what is on its way: ${load.acknowledged} changes`)
  const beganAtMs = performance.now()
  const found = await drained(stage, { load, interrupted, before, heldBack })
  const drainedSeconds = Math.round((performance.now() - beganAtMs) / 100) / 10
  const { mismatches, overbooked } = await verify(stage.database.ownerPool, { clinicNo: null, detailsMax: 10 })
  return {
    ...found,
    faults: [...load.faults, ...found.faults],
    seed,
    bookings: load.journal.length,
    failedRequests: load.failedRequests,
    killed,
    drainedSeconds,
    verify: { mismatches, overbooked },
  }
}

/** Each kind once, in an order that the seed decides, and then more until the time is over. */
async function killAll(
  stage: MessageStage,
  load: MessageLoad,
  interrupted: Interrupted,
  { seconds, seed, kill, say }: MessagesDrillOptions,
): Promise<MessagesDrillResult['killed']> {
  const random = randomOf(seed)
  const endsAtMs = performance.now() + seconds * 1_000
  const killed: MessagesDrillResult['killed'] = {}
  let due = [...kill]
  let isFirstRound = true
  await load.untilAcknowledged(changesAtLeast)
  while (load.faults.length === 0 && (isFirstRound || performance.now() < endsAtMs)) {
    const [next] = due.splice(random.below(due.length), 1)
    if (next === undefined) {
      isFirstRound = false
      due = [...kill]
      if (kill.length === 0) await load.untilAcknowledged(1)
      continue
    }
    say(next)
    killed[next] = (killed[next] ?? 0) + 1
    await limited(next, killMsMax, () => kills[next](stage, load, interrupted))
  }
  return killed
}

type Comparison = {
  load: MessageLoad
  interrupted: Interrupted
  before: Before
  heldBack: ReadonlySet<string> | null
}

/**
 * Waits until nothing is on its way any more and nothing is wrong, or all that was planted; at most {@link drainMsMax}.
 * Finds what is wrong then.
 */
async function drained(stage: MessageStage, comparison: Comparison): Promise<MessageFaults> {
  const { load, interrupted, before, heldBack } = comparison
  const find = async () => {
    const { rows: planned } = await stage.database.ownerPool.query<PlannedMail>(
      `select id, booking_id as "bookingId", version, kind, state, failure, attempts_lost as "attemptsLost"
         from holdfast.message where kind <> 'reminder'`,
    )
    const events = stage.consumer.received.slice(before.events).map((received): ArrivedEvent => {
      const { messageId = '', isRedelivered, body } = received
      const { type, data } = JSON.parse(body) as { type: string; data: { startsAt: string } }
      return { id: messageId, type, startsAt: data.startsAt, isRedelivered }
    })
    const mails = (await stage.mail.stored()).slice(before.mails)
    const found = messageFaults({ journal: load.journal, events, mails, planned, interrupted })
    const missing = found.events.due - new Set(events.map(({ id }) => id)).size
    return { found, missing, isDue: planned.some(({ state }) => state === 'due') }
  }
  const isDone = async () => {
    const { found, missing, isDue } = await find()
    if (isDue) await skipPauses(stage.database)
    const { faults } = found
    const isExpected =
      heldBack === null
        ? faults.length === 0
        : plantedFindings.every((finding) => faults.some((fault) => fault.includes(finding)))
    return !isDue && missing === (heldBack?.size ?? 0) && isExpected ? true : undefined
  }
  // What is still missing then is a fault.
  await until(isDone, 'what is on its way', drainMsMax).catch(() => undefined)
  return (await find()).found
}

/** What a run has to be like, as sentences about what is not; empty: it has passed. */
export function failuresOfMessages({ faults, events, mails, killed, verify }: MessagesDrillResult): string[] {
  const { mismatches, overbooked } = verify
  const wasKilled = (name: KillName) => killed[name] !== undefined
  const isResent = mails.repeated > 0 || !wasKilled('the worker, between sending an e-mail and recording it')
  const isRepublished = events.repeated > 0 || !wasKilled('the worker, between publishing an event and recording it')
  return [
    ...faults.slice(0, 20),
    ...(faults.length > 20 ? [`and ${faults.length - 20} more`] : []),
    ...(mismatches + overbooked > 0 ? [`verify: ${mismatches} mismatches, ${overbooked} overbooked`] : []),
    ...(isResent && isRepublished ? [] : ['what was not recorded did not come again: this run proves nothing']),
  ]
}

/** The result as a table. */
export function messagesTable(result: MessagesDrillResult): string {
  const { events, mails } = result
  const rows: [string, string | number][] = [
    ['seed', result.seed],
    ...allKills.map((name): [string, string] => [`killed: ${name}`, `${result.killed[name] ?? 0} times`]),
    ['bookings', result.bookings],
    ['changes acknowledged, each an event', events.due],
    ['requests that failed and were repeated', result.failedRequests],
    ['events that arrived again', events.repeated],
    ['e-mails that had to be sent', mails.due],
    ['e-mails sent, also about changes that others followed', mails.sent],
    ['e-mails sent again, because a worker or the mail server had ended', mails.repeated],
    ['e-mails given up, because two workers had ended', mails.givenUp],
    ['until everything had arrived', `${result.drainedSeconds} s`],
    ['found by verify', `${result.verify.mismatches} mismatches, ${result.verify.overbooked} overbooked`],
    ['faults', result.faults.length],
  ]
  return rows.map(([name, value]) => `${name.padEnd(66)}${value}\n`).join('')
}
