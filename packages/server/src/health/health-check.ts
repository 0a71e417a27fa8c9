import type { HealthCheckBody, HealthCheckName } from '@holdfast/contract'
import type { Judgement } from './judge.ts'

/** What is known of a check beside its state. */
type Facts = Partial<Pick<HealthCheckBody, 'database' | 'of' | 'value' | 'unit' | 'version'>> & {
  /** When recorded, since when it has not been ok. */
  since?: Date | null
  succeededAt?: Date | null
  failedAt?: Date | null
}

export function healthCheck(name: HealthCheckName, judgement: Judgement, facts: Facts = {}): HealthCheckBody {
  const { database = null, of = null, value = null, unit = null, version = null } = facts
  const { since = null, succeededAt = null, failedAt = null } = facts
  const isKnown = value !== null && Number.isFinite(value)
  return {
    name,
    database,
    of,
    ...judgement,
    value: isKnown ? value : null,
    unit: isKnown ? unit : null,
    version,
    since: judgement.state === 'ok' ? null : textOf(since),
    succeededAt: textOf(succeededAt),
    failedAt: textOf(failedAt),
  }
}

function textOf(time: Date | null): string | null {
  return time?.toISOString() ?? null
}

/** Ago; null: 0 seconds, which means that it is not so. */
export function ago(seconds: number, now: Date): Date | null {
  return seconds > 0 ? new Date(now.getTime() - seconds * 1_000) : null
}

/** A time in seconds since 1970; null: 0, which means never. */
export function timeOf(seconds: number): Date | null {
  return seconds > 0 ? new Date(seconds * 1_000) : null
}
