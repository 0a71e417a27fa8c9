import type { HealthBody, HealthCheckBody } from '@holdfast/contract'
import type { Terminal } from '../terminal.ts'
import { checkWords, durationText, figureText, reasonWords } from './health-words.ts'

const colours = { ok: 'green', warning: 'yellow', failed: 'red', unknown: 'gray' } as const

/** What is wrong first, and otherwise in the order of the checks. */
const fromWorst = ['failed', 'warning', 'unknown', 'ok'] as const

/** Rows beside those of the checks: the heading, an empty one, what is left out, and where the cursor is. */
const otherRows = 4

/** A screen, on which what is wrong is first. What there is no room for is counted. */
export function healthScreen({ style, size }: Pick<Terminal, 'style' | 'size'>, health: HealthBody): string[] {
  const { rows, columns } = size()
  const at = new Date(health.at)
  const sorted = health.checks.toSorted((one, other) => fromWorst.indexOf(one.state) - fromWorst.indexOf(other.state))
  const fitting = sorted.slice(0, Math.max(1, rows - otherRows))
  const left = sorted.length - fitting.length
  const heading = `Health at ${at.toISOString().slice(11, 19)} UTC: ${health.state}. Ctrl+C ends.`
  return [
    style('bold', heading.slice(0, columns)),
    '',
    ...fitting.map((check) => {
      const line = checkLine(check, at).slice(0, columns)
      const end = check.state.length
      return `${style(colours[check.state], line.slice(0, end))}${line.slice(end)}`
    }),
    ...(left === 0 ? [] : [`… and ${left} more`]),
  ]
}

/** A line without colours: `failed   south: database: does not respond (docs/…), since 3 min` */
export function checkLine(check: HealthCheckBody, at: Date): string {
  const { state, reason, version, since, succeededAt, runbook } = check
  const ago = (time: string) => durationText(Math.max(0, (at.getTime() - Date.parse(time)) / 1_000))
  const parts = [
    figureText(check),
    version,
    reason === null ? null : reasonWords[reason],
    since === null ? null : `for ${ago(since)}`,
    succeededAt === null ? null : `last success ${ago(succeededAt)} ago`,
    state === 'ok' ? null : runbook,
  ].filter((part) => part !== null)
  return `${state.padEnd(8)} ${subjectOf(check)}${parts.length === 0 ? '' : `: ${parts.join(', ')}`}`
}

/** The checks whose state or reason is another than before. */
export function changedChecks(before: HealthBody | null, { checks }: HealthBody): HealthCheckBody[] {
  if (before === null) return checks
  const known = new Set(before.checks.map(stateOf))
  return checks.filter((check) => !known.has(stateOf(check)))
}

/** A line for each check that there was before, and that {@link isGone} now, such as of a replica that was removed. */
export function goneLines(before: HealthBody | null, health: HealthBody): string[] {
  const gone = missingChecks(before, health).filter(isGone(health))
  return gone.map((check) => `${'gone'.padEnd(8)} ${subjectOf(check)}`)
}

/**
 * What the next reading is compared with: this one, and the checks before it of which it is not known whether they are
 * gone.
 */
export function withUnreadChecks(before: HealthBody | null, health: HealthBody): HealthBody {
  const isKnownGone = isGone(health)
  const unread = missingChecks(before, health).filter((check) => !isKnownGone(check))
  return { ...health, checks: [...health.checks, ...unread] }
}

function missingChecks(before: HealthBody | null, { checks }: HealthBody): HealthCheckBody[] {
  const known = new Set(checks.map(keyOf))
  return before?.checks.filter((check) => !known.has(keyOf(check))) ?? []
}

/** Tells whether a missing check is gone: while its source could not be read, that is not known. */
function isGone({ checks }: HealthBody): (missing: HealthCheckBody) => boolean {
  const unread = new Set(checks.filter(isUnread).map(sourceOf))
  return (missing) => !unread.has(sourceOf(missing))
}

const isUnread = ({ reason }: HealthCheckBody) => reason === 'no_response' || reason === 'not_readable'

/** Read together from the first database. */
const ofInstallation: ReadonlySet<HealthCheckBody['name']> = new Set(['account_mails', 'backup', 'restore_test'])
/** Each is read for itself. */
const ofItself: ReadonlySet<HealthCheckBody['name']> = new Set([
  'replica',
  'booking_queue',
  'queue_wait',
  'certificate',
  'disk',
  'redis',
  'server',
])

/** What could not be read together with a check. */
function sourceOf(check: HealthCheckBody): string {
  if (ofInstallation.has(check.name)) return 'installation'
  return ofItself.has(check.name) ? keyOf(check) : JSON.stringify(['database', check.database])
}

function keyOf({ name, database, of }: HealthCheckBody): string {
  return JSON.stringify([name, database, of])
}

function subjectOf({ database, name, of }: HealthCheckBody): string {
  return [database, checkWords[name], of].filter((part) => part !== null).join(': ')
}

function stateOf({ name, database, of, state, reason }: HealthCheckBody): string {
  return JSON.stringify([name, database, of, state, reason])
}
