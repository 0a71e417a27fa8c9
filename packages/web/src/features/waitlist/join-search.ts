import { parseDay } from '../../lib/time/local-time.ts'

/** `from`: the first day to wait for. `visitType`: for visits of it. `any`: with any doctor, at first. */
export type JoinSearch = { doctorId?: string; visitType?: string; from?: string; any?: true }

export function parseJoinSearch({ doctorId, visitType, from, any }: Record<string, unknown>): JoinSearch {
  const day = parseDay(from)
  return {
    ...(isId(doctorId) ? { doctorId } : {}),
    ...(isId(visitType) ? { visitType } : {}),
    ...(day === null ? {} : { from: day }),
    ...(any === true || any === 'true' ? { any: true } : {}),
  }
}

function isId(text: unknown): text is string {
  return typeof text === 'string' && /^[0-9a-f-]{36}$/.test(text)
}
