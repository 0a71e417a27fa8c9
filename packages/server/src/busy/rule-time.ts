import { UnreadableEvent } from './left-out.ts'

/** The limit for one rule, from the window's start on: an hourly one gives fewer in two years. */
const occurrencesMax = 20_000
/** The processor time of a rule: beyond it, the event loses its later times, and the file keeps the others. */
const ruleMsMax = 1_000
const fileMsMax = 5_000

/** The processor time that the rules of a file may still take. */
export type RuleTime = { leftMs: number }

export function ruleTimeOfFile(): RuleTime {
  return { leftMs: fileMsMax }
}

/**
 * What a rule gives within the limits, the soonest first. It is stopped only where it gives something: how long the
 * next occurrence takes is limited where it is calculated.
 *
 * @throws UnreadableEvent
 */
export function* limitedTimes(occurrences: Iterable<number>, time: RuleTime): Generator<number> {
  if (time.leftMs <= 0) throw new UnreadableEvent('too_frequent')
  const msMax = Math.min(ruleMsMax, time.leftMs)
  const beganMs = threadMs()
  let count = 0
  try {
    for (const occurrence of occurrences) {
      count += 1
      if (count > occurrencesMax || threadMs() - beganMs > msMax) throw new UnreadableEvent('too_frequent')
      yield occurrence
    }
  } finally {
    time.leftMs -= threadMs() - beganMs
  }
}

function threadMs(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}
