import { isIPv6 } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { type CommandContext, CommandRefusal, type ExitCode } from '../command.ts'
import { readSettings } from '../with-database.ts'

export type WaitReadyOptions = { url?: string; proxySeconds: number; atMost: number }

const pollMs = 500
const requestMsMax = 2_000

/**
 * `holdfast wait-ready`: waits until a server has been ready for some seconds in a row. By then a proxy, too, sends it
 * requests again (nginx as in deploy/nginx leaves out a server that has failed for 5 s, `fail_timeout`), and the next
 * server can be restarted.
 */
export async function waitReadyCommand(context: CommandContext, options: WaitReadyOptions): Promise<ExitCode> {
  const { terminal, signal } = context
  const url = options.url ?? ownUrl(context)
  const endsAt = performance.now() + options.atMost * 1000
  let readySince: number | null = null
  let found = 'does not respond'
  while (performance.now() < endsAt) {
    const askedAt = performance.now()
    found = await stateOf(url, signal)
    readySince = found === 'ready' ? (readySince ?? askedAt) : null
    if (readySince !== null && askedAt - readySince >= options.proxySeconds * 1000) {
      terminal.out(`${url} has been ready for ${options.proxySeconds} s.`)
      return 0
    }
    await delay(pollMs, undefined, { signal })
  }
  const state = found === 'ready' ? `has not been ready for ${options.proxySeconds} s` : found
  throw new CommandRefusal(`after ${options.atMost} s, ${url} ${state}; the log of the server says more`)
}

async function stateOf(url: string, signal: AbortSignal): Promise<string> {
  try {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(requestMsMax)])
    const { ok, status } = await fetch(new URL('/readyz', url), { signal: limit, redirect: 'manual' })
    return ok ? 'ready' : `is not ready (${status})`
  } catch {
    signal.throwIfAborted()
    return 'does not respond'
  }
}

/** Of the server with these settings. */
function ownUrl(context: CommandContext): string {
  const { host, port } = readSettings(context)
  const reached = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host
  return `http://${isIPv6(reached) ? `[${reached}]` : reached}:${port}`
}
