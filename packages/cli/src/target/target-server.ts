import { setTimeout as delay } from 'node:timers/promises'
import { createHoldfastClient, type HoldfastClient } from '@holdfast/contract/client'
import { CommandRefusal } from '../command.ts'
import { callTimeout, type HttpOutcome, httpOutcome } from './http-outcome.ts'
import { retryCall, type Stop } from './retry-call.ts'

/** A running server with two clients: one signed in as a site administrator, one anonymous. */
export type TargetServer = {
  url: string
  admin: HoldfastClient
  guest: HoldfastClient
  signal: AbortSignal
}

/** Fewer than for later calls: nothing is in flight yet, and a wrong address is reported soon. */
const signInTriesMax = 3

/**
 * Signs in, and returns the two clients.
 *
 * @throws CommandRefusal when the server is unreachable or rejects these credentials
 */
export async function openTargetServer(
  url: string,
  credentials: { email: string; password: string },
  signal: AbortSignal,
): Promise<TargetServer> {
  const guest = createHoldfastClient({ baseUrl: url })
  const { outcome } = await retryCall(
    () => httpOutcome(guest.signIn({ body: credentials, ...callTimeout() })),
    sleeper(signal),
    signInTriesMax,
  )
  if (outcome.kind === 'stopped' && outcome.by === 'server_lost') {
    throw new CommandRefusal(`${url} cannot be reached (${outcome.detail}). Is the server running there?`)
  }
  if (outcome.kind === 'problem' && outcome.status === 401) {
    throw new CommandRefusal(
      `${url} does not know this e-mail address and password. Set HOLDFAST_ADMIN_EMAIL and ` +
        'HOLDFAST_ADMIN_PASSWORD to ' +
        "a site administrator's (`holdfast admin create` creates one).",
    )
  }
  if (outcome.kind !== 'ok') throw refusalOf(outcome, `signing in at ${url}`)
  const bearer = outcome.headers.get('set-auth-token') ?? outcome.data.token
  if (!bearer)
    throw new CommandRefusal(`the response of ${url} to the sign-in has no session token. Is it a Holdfast server?`)
  return { url, admin: createHoldfastClient({ baseUrl: url, bearer }), guest, signal }
}

/**
 * The data of a call that has to succeed, retried while the server is busy or unreachable. `what` completes the
 * sentence "… failed:".
 *
 * @throws CommandRefusal with the server's reason
 */
export async function callUntilOk<Data>(
  server: TargetServer,
  what: string,
  call: () => Parameters<typeof httpOutcome<Data>>[0],
): Promise<Data> {
  const { outcome } = await retryCall(() => httpOutcome(call()), sleeper(server.signal))
  if (outcome.kind === 'ok') return outcome.data
  throw refusalOf(outcome, what)
}

/** Waits until the time is over or `signal` is aborted; then it throws an AbortError. */
export function sleeper(signal: AbortSignal): (seconds: number) => Promise<void> {
  return (seconds) => delay(seconds * 1000, undefined, { signal })
}

/** The message when rate limits or a lost server end a replay or an import. */
export function describeStop(stop: Stop): string {
  if (stop.by === 'server_lost') return `the server can no longer be reached (${stop.detail})`
  return (
    `the server's rate limits stop the replay (${stop.detail}; retry after ${stop.retryAfterSeconds} s). ` +
    'Start it with HOLDFAST_RATE_LIMIT=off; the next run continues where this one ended'
  )
}

function refusalOf(
  outcome: Extract<HttpOutcome<unknown>, { kind: 'problem' }> | Stop | { kind: 'refused'; why: string },
  what: string,
): CommandRefusal {
  if (outcome.kind === 'stopped') return new CommandRefusal(`${what} failed: ${describeStop(outcome)}`)
  if (outcome.kind === 'refused') return new CommandRefusal(`${what} failed: ${outcome.why}`)
  const hint =
    outcome.code === 'forbidden' ? ' (the account of HOLDFAST_ADMIN_EMAIL has to be a site administrator)' : ''
  return new CommandRefusal(`${what} failed: ${outcome.detail}${hint}`)
}
