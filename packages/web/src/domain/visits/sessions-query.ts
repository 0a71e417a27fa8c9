import type { OpenSession, Slot, SlotList } from '@holdfast/contract/client'
import { queryOptions } from '@tanstack/react-query'
import { api, dataOf } from '../../lib/api/api.ts'
import { slotsKey } from '../../lib/queries/slots-query.ts'

/**
 * A doctor's open sessions of local days, both included, at most `listedDaysMax`. The clinic's people can read them.
 * They are read again with the doctor's slots.
 */
export function sessionsQuery(doctorId: string, from: string, to: string) {
  return queryOptions({
    queryKey: [...slotsKey(doctorId), from, to, 'sessions'],
    queryFn: () => dataOf(api.listOpenSessions({ path: { doctorId }, query: { from, to } })),
    staleTime: 15_000,
  })
}

/** A doctor's slots and open sessions of local days, by start, the sessions in the shape of slots. */
export function slotsAndSessionsQuery(doctorId: string, from: string, to: string) {
  return queryOptions({
    queryKey: [...slotsKey(doctorId), from, to, 'slots and sessions'],
    queryFn: async (): Promise<SlotList> => {
      const [slots, sessions] = await Promise.all([
        dataOf(api.listSlots({ path: { doctorId }, query: { from, to } })),
        dataOf(api.listOpenSessions({ path: { doctorId }, query: { from, to } })),
      ])
      const items = [...slots.items, ...sessions.items.map(slotOf)]
      return { items: items.toSorted((a, b) => Date.parse(a.startsAt) - Date.parse(b.startsAt)), asOf: slots.asOf }
    },
    staleTime: 15_000,
  })
}

function slotOf({ id, doctorId, startsAt, endsAt }: OpenSession): Slot {
  return { id, doctorId, startsAt, endsAt, capacity: 1, available: 1 }
}
