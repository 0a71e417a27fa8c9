import { setTimeout as delay } from 'node:timers/promises'
import { messageOf } from '@holdfast/vocabulary'
import { type CommandContext, CommandRefusal, type ExitCode } from '../command.ts'
import { judgeServers, percentile95, type ServerWork, type Verdict } from '../compare/judge-servers.ts'
import { workBetween, workOf } from '../compare/read-work.ts'
import { readSettings } from '../with-database.ts'

export type CompareServersOptions = { old: string; new: string; requests: number; atMost: number }

const pollMs = 1_000
const responseMsMax = 5_000

type Compared = { old: ServerWork; next: ServerWork }

/**
 * `holdfast compare-servers`: compares a server of a new version with one of the old, by the requests that both
 * complete from now on. Exits with 0 if the new one works as well, and with 1 if it does not, or if that does not
 * become known.
 */
export async function compareServersCommand(
  context: CommandContext,
  options: CompareServersOptions,
): Promise<ExitCode> {
  const { terminal, signal } = context
  const token = readSettings(context).metricsToken
  const [readOld, readNew] = [options.old, options.new].map((url) => () => readWork(url, token, signal))
  if (readOld === undefined || readNew === undefined) throw new Error('There are two servers.')
  const [oldBefore, newBefore] = [await readOld(), await readNew()]
  const endsAt = performance.now() + options.atMost * 1000
  while (performance.now() < endsAt) {
    await delay(pollMs, undefined, { signal })
    const old = since(options.old, oldBefore, await readOld())
    const next = since(options.new, newBefore, await readNew())
    const verdict = judgeServers(old, next, options.requests)
    if (verdict.kind === 'undecided') continue
    terminal.out(describe(verdict, { old, next }))
    return verdict.kind === 'forward' ? 0 : 1
  }
  throw new CommandRefusal(
    `back: after ${options.atMost} s, not each of them has completed ${options.requests} requests`,
  )
}

function describe(verdict: Exclude<Verdict, { kind: 'undecided' }>, { old, next }: Compared): string {
  if (verdict.kind === 'back') return `back: ${verdict.reason}`
  const of = (work: ServerWork) =>
    `${work.requests} requests, ${work.failed} failed, 95 % within ${percentile95(work)} s`
  return `forward: ${of(next)}; the old version: ${of(old)}`
}

/** @throws CommandRefusal if the server has been started again */
function since(url: string, before: ServerWork, after: ServerWork): ServerWork {
  const work = workBetween(before, after)
  if (work === null) throw new CommandRefusal(`back: ${url} was started again meanwhile`)
  return work
}

/** @throws CommandRefusal if there are no metrics */
async function readWork(url: string, token: string | null, signal: AbortSignal): Promise<ServerWork> {
  const metrics = URL.parse('/metrics', url)
  if (metrics === null) throw new CommandRefusal(`expected a URL such as http://10.0.0.1:9464, not ${url}`, 2)
  try {
    const response = await fetch(metrics, {
      headers: token === null ? {} : { authorization: `Bearer ${token}` },
      signal: AbortSignal.any([signal, AbortSignal.timeout(responseMsMax)]),
    })
    const text = await response.text()
    if (response.status === 200) return workOf(text)
    throw new CommandRefusal(`back: ${metrics} returned ${response.status}`)
  } catch (error) {
    if (error instanceof CommandRefusal) throw error
    signal.throwIfAborted()
    throw new CommandRefusal(`back: ${metrics} does not respond: ${messageOf(error)}`)
  }
}
