import { type WindowCount, windowCounts } from './window-counts.ts'

/** At most `max` of something per key in a window of time. `what` completes "More than {max} …". */
export type Limit = {
  name: string
  max: number
  windowMs: number
  what: string
  /** Counts in this process. */
  ofProcess: (key: string) => WindowCount
}

/** What a request counts for. */
export type Window = { limit: Limit; key: string }

export type WindowState = Omit<WindowCount, 'giveBack'> & { what: string }

/** The states after counting, in order; the last group has one that is exceeded, or none is. */
export type Counted = { states: WindowState[]; giveBack(): Promise<void> | undefined }

/**
 * Counts groups of windows, in order. If one window of a group is exceeded, none of the group's windows is incremented,
 * and no group after it is counted.
 */
export type CountWindows = (groups: readonly (readonly Window[])[]) => Counted | Promise<Counted>

/** Counts of all processes, in Redis. */
export type SharedCounts = {
  readonly isAvailable: boolean
  /** @returns undefined when Redis does not respond in time */
  count(groups: readonly (readonly Window[])[]): Promise<Counted | undefined>
}

export type LimitSettings = Pick<Limit, 'name' | 'max' | 'windowMs' | 'what'>

/** @param keysMax the least recently seen key is dropped first, in this process */
export function createLimit(settings: LimitSettings, keysMax: number): Limit {
  return { ...settings, ofProcess: windowCounts(settings.max, settings.windowMs, keysMax) }
}

/**
 * Counts in all processes together, if there is a place for that and it responds in time, else in this process. Each
 * process also counts what it admits itself, so that it goes on from there.
 */
export function createCountWindows(shared: SharedCounts | null): CountWindows {
  if (shared === null) return countOwn
  return (groups) => {
    const own = countOwn(groups)
    if (!shared.isAvailable || groups.length === 0) return own
    return countShared(shared, groups, own)
  }
}

async function countShared(
  shared: SharedCounts,
  groups: readonly (readonly Window[])[],
  own: Counted,
): Promise<Counted> {
  const counted = await shared.count(groups)
  if (counted === undefined) return own
  return {
    states: counted.states,
    giveBack() {
      own.giveBack()
      return counted.giveBack()
    },
  }
}

function countOwn(groups: readonly (readonly Window[])[]): Counted {
  const states: WindowState[] = []
  const made: WindowCount[] = []
  for (const group of groups) {
    const counts = group.map(({ limit, key }) => limit.ofProcess(key))
    counts.forEach((count, at) => {
      const what = group[at]?.limit.what ?? ''
      states.push({ ...count, what })
    })
    if (counts.some(({ isExceeded }) => isExceeded)) {
      for (const count of counts) count.giveBack()
      break
    }
    made.push(...counts)
  }
  return {
    states,
    giveBack() {
      for (const count of made) count.giveBack()
      return undefined
    },
  }
}
