import { queryOptions } from '@tanstack/react-query'
import { api, dataOf } from '../../lib/api/api.ts'

/** What the token of an invitation offers, and whether this account (null: a guest) has the invited address. */
export function invitationQuery(token: string, accountId: string | null) {
  return queryOptions({
    queryKey: ['invitation', token, accountId],
    queryFn: () => dataOf(api.getInvitation({ body: { token } })),
    // Read again whenever the tab is shown: the address may have been confirmed in another.
    staleTime: 0,
  })
}
