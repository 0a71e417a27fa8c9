import { parseDay } from '../../lib/time/local-time.ts'

/** `from`: the first day to wait for. */
export type JoinSearch = { doctorId?: string; from?: string }

export function parseJoinSearch({ doctorId, from }: Record<string, unknown>): JoinSearch {
  const day = parseDay(from)
  return {
    ...(typeof doctorId === 'string' && /^[0-9a-f-]{36}$/.test(doctorId) ? { doctorId } : {}),
    ...(day === null ? {} : { from: day }),
  }
}
