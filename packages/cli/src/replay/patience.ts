import type { NotNow } from './booking-api.ts'

/** Why the whole replay ends before its last row. */
export type Stop =
  | { kind: 'stopped'; by: 'limits'; detail: string; retryAfterSeconds: number }
  | { kind: 'stopped'; by: 'server_lost'; detail: string }

/** Some 25 seconds in all: a server that restarts meanwhile is waited for. */
const unreachableTriesMaxDefault = 8
const busyTriesMax = 30
const waitSecondsMax = 30

/** What patience ends with: an answer, a refusal after being told to wait too often, or the end of the replay. */
export type Settled<Answer> = Exclude<Answer, NotNow> | Stop | { kind: 'refused'; why: string }

/**
 * Asks, and asks again while the server is busy (waiting as long as it says) or out of reach (waiting longer each
 * time), both bounded. `outcomeWasUnknown`: an earlier try was answered by nothing, and may have been done.
 */
export async function patiently<Answer extends { kind: string }>(
  ask: () => Promise<Answer | NotNow>,
  sleep: (seconds: number) => Promise<void>,
  unreachableTriesMax = unreachableTriesMaxDefault,
): Promise<{ answer: Settled<Answer>; outcomeWasUnknown: boolean }> {
  let busyTries = 0
  let unreachableTries = 0
  for (;;) {
    const answer = await ask()
    const outcomeWasUnknown = unreachableTries > 0
    if (!isNotNow(answer)) return { answer: answer as Exclude<Answer, NotNow>, outcomeWasUnknown }
    switch (answer.kind) {
      case 'rate_limited': {
        const { detail, retryAfterSeconds } = answer
        return { answer: { kind: 'stopped', by: 'limits', detail, retryAfterSeconds }, outcomeWasUnknown }
      }
      case 'busy':
        busyTries++
        if (busyTries >= busyTriesMax) {
          return { answer: { kind: 'refused', why: `the server was too busy ${busyTries} times` }, outcomeWasUnknown }
        }
        await sleep(Math.min(answer.retryAfterSeconds, waitSecondsMax))
        break
      case 'unreachable':
        unreachableTries++
        if (unreachableTries >= unreachableTriesMax) {
          return { answer: { kind: 'stopped', by: 'server_lost', detail: answer.message }, outcomeWasUnknown }
        }
        await sleep(Math.min(0.1 * 2 ** unreachableTries, waitSecondsMax))
    }
  }
}

function isNotNow<Answer extends { kind: string }>(answer: Answer | NotNow): answer is NotNow {
  return answer.kind === 'rate_limited' || answer.kind === 'busy' || answer.kind === 'unreachable'
}
