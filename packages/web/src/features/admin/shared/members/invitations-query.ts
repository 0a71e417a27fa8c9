import type { Invitation } from '@holdfast/contract/client'
import { queryOptions } from '@tanstack/react-query'
import { api, dataOf } from '../../../../lib/api/api.ts'
import { readAllPages } from '../../../../lib/api/read-pages.ts'

/** The clinic's open invitations, at most a few hundred. */
export function invitationsQuery(clinicId: string) {
  return queryOptions({
    queryKey: ['invitations', clinicId],
    queryFn: async (): Promise<Invitation[]> => {
      const { items } = await readAllPages(5, (start) =>
        dataOf(api.listInvitations({ path: { clinicId }, query: { limit: 100, ...start } })),
      )
      return items
    },
  })
}
