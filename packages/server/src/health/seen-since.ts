import type { HealthCheckBody } from '@holdfast/contract'

/** Notes since when each check has not been ok, as far as this process has seen it. */
export class SeenSince {
  #seen = new Map<string, string>()

  /** Adds the times that are not recorded elsewhere. A warning that becomes a failure has not been ok before either. */
  complete(checks: readonly HealthCheckBody[], now: Date): HealthCheckBody[] {
    const seen = new Map<string, string>()
    const completed = checks.map((check) => {
      if (check.state === 'ok') return check
      const key = JSON.stringify([check.name, check.database, check.of])
      const at = this.#seen.get(key) ?? now.toISOString()
      seen.set(key, at)
      return { ...check, since: check.since ?? at }
    })
    this.#seen = seen
    return completed
  }
}
