import type { SlotList } from '@holdfast/contract/client'
import { queryOptions } from '@tanstack/react-query'
import { api, ask } from './api.ts'

/** All cached pages of a doctor's slots begin so; the live feed changes them in place. */
export function slotsKey(doctorId: string): readonly unknown[] {
  return ['slots', doctorId]
}

/** A doctor's slots from one local day to another (both included, at most 62 days). */
export function slotsQuery(doctorId: string, from: string, to: string) {
  return queryOptions({
    queryKey: [...slotsKey(doctorId), from, to],
    queryFn: (): Promise<SlotList> => ask(api.listSlots({ path: { doctorId }, query: { from, to } })),
    staleTime: 15_000,
  })
}

/**
 * The list with the numbers that a live message tells. What didn't change stays the same object, so that only what did
 * is drawn again; also the list itself, when nothing in it changed.
 */
export function withAvailability(list: SlotList, items: readonly { id: string; available: number }[]): SlotList {
  const told = new Map(items.map(({ id, available }) => [id, available]))
  const changed = list.items.map((slot) => {
    const available = told.get(slot.id) ?? slot.available
    return available === slot.available ? slot : { ...slot, available }
  })
  return changed.some((slot, index) => slot !== list.items[index]) ? { ...list, items: changed } : list
}
