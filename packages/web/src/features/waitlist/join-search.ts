import { parseDay } from '../../lib/time/local-time.ts'

/** `from`: the first day to wait for. `visitType`: for visits of it. */
export type JoinSearch = { doctorId?: string; visitType?: string; from?: string }

export function parseJoinSearch({ doctorId, visitType, from }: Record<string, unknown>): JoinSearch {
  const day = parseDay(from)
  return {
    ...(isId(doctorId) ? { doctorId } : {}),
    ...(isId(visitType) ? { visitType } : {}),
    ...(day === null ? {} : { from: day }),
  }
}

function isId(text: unknown): text is string {
  return typeof text === 'string' && /^[0-9a-f-]{36}$/.test(text)
}
