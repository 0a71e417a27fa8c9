import { queryOptions } from '@tanstack/react-query'
import { api, dataOf } from '../../lib/api/api.ts'

/** What the signed-in account gets about its bookings. */
export const messageChoicesQuery = queryOptions({
  queryKey: ['me', 'message-choices'],
  queryFn: () => dataOf(api.getMyMessageChoices()),
})
