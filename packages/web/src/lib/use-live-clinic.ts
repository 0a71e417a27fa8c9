import { useThrottledCallback } from '@mantine/hooks'
import { useQueryClient } from '@tanstack/react-query'
import { clinicKey } from './clinic-queries.ts'
import type { LiveState } from './live/live-feed.ts'
import { useLiveSlots } from './use-live-slots.ts'

/** The minimum time between two reads, however many people book. */
const rereadMsMin = 1_000
const doctorsMax = 100

/** Keeps a clinic's cached data up to date while the component is mounted. @returns the state of the connection */
export function useLiveClinic(clinicId: string, doctorIds: readonly string[]): LiveState {
  const queryClient = useQueryClient()
  const reread = useThrottledCallback(() => {
    void queryClient.invalidateQueries({ queryKey: clinicKey(clinicId) })
  }, rereadMsMin)
  return useLiveSlots(doctorIds.slice(0, doctorsMax), { onSlots: reread, onStale: reread })
}
