import { queryOptions } from '@tanstack/react-query'
import { api, dataOf } from '../../lib/api/api.ts'

/** Whether a clinic has operating rooms: most practices have none, and need no link to them. */
export function hasTheatreQuery(clinicId: string) {
  return queryOptions({
    queryKey: ['has-theatre', clinicId],
    queryFn: async () => (await dataOf(api.listRooms({ path: { clinicId } }))).items.some(({ active }) => active),
    staleTime: 10 * 60_000,
  })
}
