import type { Egress } from '@holdfast/adapters/egress'
import {
  type BusyCalendarFailure,
  type BusyCalendarNotice,
  type BusyCalendarRead,
  type DueBusyCalendar,
  recordBusyCalendar,
  takeBusyCalendarNotices,
  takeDueBusyCalendars,
} from '@holdfast/engine'
import type pg from 'pg'
import sql from 'sql-template-tag'
import type { Logger } from '../observe/logger.ts'
import type { SealedTexts } from '../secrets/sealed-texts.ts'
import { expandCalendar } from './expand-calendar.ts'

export type BusyCalendarReader = {
  egress: Pick<Egress, 'request'>
  sealed: Pick<SealedTexts, 'open'>
  /** Called once for a calendar that a doctor is to be notified of, in the transaction in which that is noted. */
  onNotice(transaction: pg.PoolClient, notice: BusyCalendarNotice): Promise<void>
}

type ReadDeps = BusyCalendarReader & { pool: pg.Pool; log: Logger }

const atOnce = 5
/** The number of calendars whose doctors are notified in one run. */
const noticesMax = 100
/** A run ends then, and the next one continues: other jobs wait for it. */
const runMsMax = 20_000
const requestMs = 15_000
const bodyBytesMax = 5_000_000
const redirectsMax = 3
const dayMs = 86_400_000
/** What began before may still last. Later than the most that a clinic's booking horizon is. */
const daysAheadMax = 740

/** Reads the external calendars whose time has come. @returns how many */
export async function readDueCalendars(deps: ReadDeps, signal?: AbortSignal): Promise<number> {
  const endMs = performance.now() + runMsMax
  let count = 0
  while (signal?.aborted !== true && performance.now() < endMs) {
    const due = await takeDueBusyCalendars(deps.pool, atOnce)
    if (due.length === 0) break
    await Promise.all(due.map((calendar) => readOne(deps, calendar)))
    count += due.length
  }
  await takeBusyCalendarNotices(deps.pool, {
    limit: noticesMax,
    notify: deps.onNotice,
    onError: (error, { doctorId }) => deps.log.warn({ err: error, doctorId }, 'a doctor could not be notified'),
  })
  return count
}

async function readOne(deps: ReadDeps, due: DueBusyCalendar): Promise<void> {
  const { pool, log } = deps
  try {
    await recordBusyCalendar(pool, due, await readCalendar(deps, due))
  } catch (error) {
    log.warn({ err: error, doctorId: due.doctorId }, 'busy times of a doctor could not be stored')
  }
}

async function readCalendar({ pool, egress, sealed }: ReadDeps, due: DueBusyCalendar): Promise<BusyCalendarRead> {
  const url = await sealed.open(due.sealedUrl)
  if (url === null) return failed('url_lost', 'The server’s secret was replaced. Enter the URL again.')
  const headers = {
    accept: 'text/calendar',
    ...(due.etag === null ? {} : { 'if-none-match': due.etag }),
    ...(due.lastModified === null ? {} : { 'if-modified-since': due.lastModified }),
  }
  const outcome = await requestFollowing(egress, url, headers)
  if (outcome.kind !== 'response') {
    if (outcome.kind === 'refused') return failed('refused', outcome.reason)
    return failed(outcome.isTooLarge === true ? 'too_large' : 'unreachable', outcome.reason)
  }
  if (outcome.status === 304) return { kind: 'unchanged' }
  if (outcome.status !== 200) return failed('status', `The server responded with ${outcome.status}.`)
  const now = Date.now()
  const timeZone = await zoneOf(pool, due.clinicNo)
  const window = { timeZone, fromMs: now - dayMs, untilMs: now + daysAheadMax * dayMs }
  const expanded = await expandCalendar(outcome.body, window)
  if (expanded.kind === 'failed') return expanded
  const { etag, 'last-modified': lastModified } = outcome.headers
  return { ...expanded, etag: upTo(etag, 500), lastModified: upTo(lastModified, 100) }
}

/** Each address that a redirect leads to is checked as the first one was. All of them together have the time of one. */
async function requestFollowing(egress: ReadDeps['egress'], url: string, headers: Record<string, string>) {
  const endMs = performance.now() + requestMs
  let target = url
  for (let redirects = 0; ; redirects += 1) {
    const timeoutMs = Math.max(1, Math.round(endMs - performance.now()))
    const outcome = await egress.request({ method: 'GET', url: target, headers, timeoutMs, bodyBytesMax })
    const { location } = outcome.kind === 'response' && outcome.status >= 300 ? outcome.headers : {}
    const next = location === undefined ? null : URL.parse(location, target)
    if (next === null || redirects >= redirectsMax) return outcome
    target = next.href
  }
}

async function zoneOf(pool: pg.Pool, clinicNo: number): Promise<string> {
  const { rows } = await pool.query<{ timezone: string }>(sql`
    select timezone from holdfast.clinic where no = ${clinicNo}`)
  return rows[0]?.timezone ?? 'UTC'
}

function upTo(text: string | undefined, max: number): string | null {
  return text === undefined || text.length > max ? null : text
}

function failed(reason: BusyCalendarFailure, problem: string): BusyCalendarRead {
  return { kind: 'failed', reason, problem }
}
