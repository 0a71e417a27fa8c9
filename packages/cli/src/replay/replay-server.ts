import { setTimeout as delay } from 'node:timers/promises'
import { createHoldfastClient, type HoldfastClient } from '@holdfast/contract/client'
import { CommandRefusal } from '../command.ts'
import { callTimeout, type HttpAnswer, httpAnswer } from './http-answer.ts'
import { patiently, type Stop } from './patience.ts'

/** A running server, seen by its site administrator and by anyone. */
export type ReplayServer = {
  url: string
  admin: HoldfastClient
  guest: HoldfastClient
  signal: AbortSignal
}

/** Nothing is under way yet: a wrong address is told soon. */
const signInTriesMax = 3

/**
 * Signs in and answers the two clients of a replay.
 *
 * @throws CommandRefusal when the server is out of reach or does not take these credentials
 */
export async function openReplayServer(
  url: string,
  credentials: { email: string; password: string },
  signal: AbortSignal,
): Promise<ReplayServer> {
  const guest = createHoldfastClient({ baseUrl: url })
  const { answer } = await patiently(
    () => httpAnswer(guest.signIn({ body: credentials, ...callTimeout() })),
    sleeper(signal),
    signInTriesMax,
  )
  if (answer.kind === 'stopped' && answer.by === 'server_lost') {
    throw new CommandRefusal(`${url} cannot be reached (${answer.detail}). Is the server running there?`)
  }
  if (answer.kind === 'problem' && answer.status === 401) {
    throw new CommandRefusal(
      `${url} does not know this e-mail address and password. Set HOLDFAST_ADMIN_EMAIL and HOLDFAST_ADMIN_PASSWORD to a site administrator's (\`holdfast admin create\` makes one).`,
    )
  }
  if (answer.kind !== 'ok') throw refusalOf(answer, `signing in at ${url}`)
  const bearer = answer.headers.get('set-auth-token') ?? answer.data.token
  if (!bearer) throw new CommandRefusal(`${url} answered the sign-in without a session token. Is it a Holdfast server?`)
  return { url, admin: createHoldfastClient({ baseUrl: url, bearer }), guest, signal }
}

/**
 * The data of a call that has to succeed, asked again while the server is busy or out of reach. `what` completes the
 * sentence "… failed:".
 *
 * @throws CommandRefusal with the server's reason
 */
export async function must<Data>(
  server: ReplayServer,
  what: string,
  call: () => Parameters<typeof httpAnswer<Data>>[0],
): Promise<Data> {
  const { answer } = await patiently(() => httpAnswer(call()), sleeper(server.signal))
  if (answer.kind === 'ok') return answer.data
  throw refusalOf(answer, what)
}

/** Waits, but not beyond a Ctrl-C: then it throws an AbortError. */
export function sleeper(signal: AbortSignal): (seconds: number) => Promise<void> {
  return (seconds) => delay(seconds * 1000, undefined, { signal })
}

/** What a person reads when the server's limits, or its absence, end a replay. */
export function describeStop(stop: Stop): string {
  if (stop.by === 'server_lost') return `the server can no longer be reached (${stop.detail})`
  return `the server's rate limits stop the replay (${stop.detail}; it says to wait ${stop.retryAfterSeconds} s). Start it with HOLDFAST_RATE_LIMIT=off; the next run goes on where this one ended`
}

function refusalOf(
  answer: Extract<HttpAnswer<unknown>, { kind: 'problem' }> | Stop | { kind: 'refused'; why: string },
  what: string,
): CommandRefusal {
  if (answer.kind === 'stopped') return new CommandRefusal(`${what} failed: ${describeStop(answer)}`)
  if (answer.kind === 'refused') return new CommandRefusal(`${what} failed: ${answer.why}`)
  const hint =
    answer.code === 'forbidden' ? ' (the account of HOLDFAST_ADMIN_EMAIL has to be a site administrator)' : ''
  return new CommandRefusal(`${what} failed: ${answer.detail}${hint}`)
}
