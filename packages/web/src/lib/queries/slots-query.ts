import type { SlotList } from '@holdfast/contract/client'
import { queryOptions } from '@tanstack/react-query'
import { api, dataOf } from '../api/api.ts'

/** The beginning of the query keys of a doctor's slots, which the live feed updates in place. */
export function slotsKey(doctorId: string): readonly unknown[] {
  return ['slots', doctorId]
}

/** A doctor's slots from one local day to another, both included, at most `listedDaysMax` days. */
export function slotsQuery(doctorId: string, from: string, to: string) {
  return queryOptions({
    queryKey: [...slotsKey(doctorId), from, to],
    queryFn: (): Promise<SlotList> => dataOf(api.listSlots({ path: { doctorId }, query: { from, to } })),
    staleTime: 15_000,
  })
}

/**
 * The list with the availability of a live message. Unchanged slots keep their identity, so that only changed ones
 * render again; so does the list if nothing changed.
 */
export function withAvailability(list: SlotList, items: readonly { id: string; available: number }[]): SlotList {
  const availableById = new Map(items.map(({ id, available }) => [id, available]))
  const changed = list.items.map((slot) => {
    const available = availableById.get(slot.id) ?? slot.available
    return available === slot.available ? slot : { ...slot, available }
  })
  return changed.some((slot, index) => slot !== list.items[index]) ? { ...list, items: changed } : list
}
