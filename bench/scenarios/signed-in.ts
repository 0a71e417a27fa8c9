import { bookings, type Calendar } from '../contenders/contender.ts'
import type { OurServer } from '../contenders/our-server.ts'
import { ratiosOf, spreadOf } from '../measure/spread.ts'
import { alternate } from './alternate.ts'
import { runRound } from './round.ts'
import type { Scenario } from './scenario.ts'

export const signedIn: Scenario = {
  name: 'signed-in',
  title: 'Bookings with a signed-in account, and as a guest',
  inSmoke: true,
  async run(bench) {
    const ours = await bench.ours()
    const jwt = await signUp(ours)
    const { warmupMs, roundMs, connections } = bench.pace
    const kinds = [{ bearer: jwt }, {}]
    const rounds = await alternate(kinds, bench.pace.isSmoke ? 1 : bench.pace.rounds + 8, (credential, seed) =>
      runRound(bench, ours, {
        shape: { doctors: 1, slotsPerDoctor: 30, units: 1_000_000 },
        load: { kind: 'closed', warmupMs, durationMs: roundMs },
        connections,
        seed,
        parts: (calendar: Calendar) => [bookings(ours, calendar, credential)],
      }),
    )
    const [account = [], guest = []] = rounds.map((sideRounds) => sideRounds.map((round) => round.bookedPerSecond))
    const reached = ratiosOf(account, guest)
    const part = { name: 'account ÷ guest', reached, unit: '×', isReached: reached.median >= 0.9 }
    return {
      measured: [
        { name: 'account (JWT)', values: { 'bookings/s': spreadOf(account) } },
        { name: 'guest', values: { 'bookings/s': spreadOf(guest) } },
      ],
      figures: [{ row: 8, title: 'a booking with a signed-in account ÷ as a guest', target: '≥ 0.9', parts: [part] }],
      faults: rounds.flat().flatMap((round) => round.faults),
      notes: [],
    }
  },
}

/** A new account. @returns its JWT */
async function signUp({ target }: OurServer): Promise<string> {
  const auth = `http://${target.host}:${target.port}/api/auth`
  const email = `patient-${Date.now()}@example.org`
  const post = (path: string, body: object) =>
    fetch(`${auth}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
  const password = 'a password of a patient'
  const signedUp = await post('/sign-up/email', { name: 'A Patient', email, password })
  const signedIn = await post('/sign-in/email', { email, password })
  const { token } = (await signedIn.json()) as { token?: string }
  const issued = await fetch(`${auth}/token`, { headers: { authorization: `Bearer ${token}` } })
  const { token: jwt } = (await issued.json()) as { token?: string }
  if (jwt === undefined)
    throw new Error(`Sign-up returned ${signedUp.status}, the request for a token ${issued.status}.`)
  return jwt
}
