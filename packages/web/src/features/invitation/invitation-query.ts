import { queryOptions } from '@tanstack/react-query'
import { api, dataOf } from '../../lib/api.ts'

/** What the token of an invitation offers. */
export function invitationQuery(token: string) {
  return queryOptions({
    queryKey: ['invitation', token],
    queryFn: () => dataOf(api.getInvitation({ body: { token } })),
    staleTime: 60_000,
  })
}
