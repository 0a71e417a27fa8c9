/** Why a call, whichever it was, could not be carried out now. */
export type Unavailable =
  /** 429: the server's rate limits. Waiting for them would take days, so the command stops. */
  | { kind: 'rate_limited'; detail: string; retryAfterSeconds: number }
  /** 503, with the delay that the server requests. */
  | { kind: 'busy'; retryAfterSeconds: number }
  /** No response: the outcome is unknown. A retry with the same key returns it. */
  | { kind: 'unreachable'; message: string }

/** Why the whole command ends before its last row. */
export type Stop =
  | { kind: 'stopped'; by: 'limits'; detail: string; retryAfterSeconds: number }
  | { kind: 'stopped'; by: 'server_lost'; detail: string }

/** About 25 seconds in all: long enough for a server to restart. */
const unreachableTriesMaxDefault = 8
const busyTriesMax = 30
const waitSecondsMax = 30

/** The final outcome of a call: the server's, a refusal after too many busy responses, or the end of the command. */
export type FinalOutcome<Outcome> = Exclude<Outcome, Unavailable> | Stop | { kind: 'refused'; why: string }

/**
 * Makes a call, and repeats it while the server is busy (after the delay that the server requests) or unreachable (with
 * exponential backoff); both are bounded separately. `outcomeWasUnknown`: an earlier try got no response, and may have
 * been carried out.
 *
 * Not `p-retry`: the calls return their failures as values, the server sets one of the two delays, and each kind of
 * failure has its own limit. The same with options of `p-retry` (an error class around the values, three callbacks) was
 * longer.
 */
export async function retryCall<Outcome extends { kind: string }>(
  call: () => Promise<Outcome | Unavailable>,
  sleep: (seconds: number) => Promise<void>,
  unreachableTriesMax = unreachableTriesMaxDefault,
): Promise<{ outcome: FinalOutcome<Outcome>; outcomeWasUnknown: boolean }> {
  let busyTries = 0
  let unreachableTries = 0
  for (;;) {
    const outcome = await call()
    const outcomeWasUnknown = unreachableTries > 0
    if (!isUnavailable(outcome)) return { outcome: outcome as Exclude<Outcome, Unavailable>, outcomeWasUnknown }
    switch (outcome.kind) {
      case 'rate_limited': {
        const { detail, retryAfterSeconds } = outcome
        return { outcome: { kind: 'stopped', by: 'limits', detail, retryAfterSeconds }, outcomeWasUnknown }
      }
      case 'busy':
        busyTries++
        if (busyTries >= busyTriesMax) {
          return { outcome: { kind: 'refused', why: `the server was too busy ${busyTries} times` }, outcomeWasUnknown }
        }
        await sleep(Math.min(outcome.retryAfterSeconds, waitSecondsMax))
        break
      case 'unreachable':
        unreachableTries++
        if (unreachableTries >= unreachableTriesMax) {
          return { outcome: { kind: 'stopped', by: 'server_lost', detail: outcome.message }, outcomeWasUnknown }
        }
        await sleep(Math.min(0.1 * 2 ** unreachableTries, waitSecondsMax))
    }
  }
}

function isUnavailable<Outcome extends { kind: string }>(outcome: Outcome | Unavailable): outcome is Unavailable {
  return outcome.kind === 'rate_limited' || outcome.kind === 'busy' || outcome.kind === 'unreachable'
}
