import type { HealthCheckBody } from '@holdfast/contract'

/** Notes since when each check has not been ok, as far as this process has seen it. */
export class SeenSince {
  #seen = new Map<string, { state: string; at: string }>()

  /** Adds the times that are not recorded elsewhere. A state that has changed begins anew. */
  complete(checks: readonly HealthCheckBody[], now: Date): HealthCheckBody[] {
    const seen = new Map<string, { state: string; at: string }>()
    const completed = checks.map((check) => {
      if (check.state === 'ok') return check
      const key = JSON.stringify([check.name, check.database, check.of])
      const before = this.#seen.get(key)
      const first = before?.state === check.state ? before : { state: check.state, at: now.toISOString() }
      seen.set(key, first)
      return { ...check, since: check.since ?? first.at }
    })
    this.#seen = seen
    return completed
  }
}
