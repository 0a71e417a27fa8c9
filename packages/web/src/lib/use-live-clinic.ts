import { useThrottledCallback } from '@mantine/hooks'
import { useQueryClient } from '@tanstack/react-query'
import { clinicKey } from './clinic-queries.ts'
import type { LiveState } from './live/live-feed.ts'
import { useLiveSlots } from './use-live-slots.ts'

/** However many book: what is shown is read again at most so often. */
const rereadMsMin = 1_000
const doctorsMax = 100

/** Keeps all that is shown of a clinic as it is now, while the component is shown. @returns how it hears of changes */
export function useLiveClinic(clinicId: string, doctorIds: readonly string[]): LiveState {
  const queryClient = useQueryClient()
  const reread = useThrottledCallback(() => {
    void queryClient.invalidateQueries({ queryKey: clinicKey(clinicId) })
  }, rereadMsMin)
  return useLiveSlots(doctorIds.slice(0, doctorsMax), { onSlots: reread, onStale: reread })
}
