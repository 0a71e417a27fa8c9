import type { Member } from '@holdfast/contract/client'
import { queryOptions } from '@tanstack/react-query'
import { api, dataOf } from '../../../../lib/api/api.ts'
import { readAllPages } from '../../../../lib/api/read-pages.ts'

/** The clinic's members, at most a thousand. */
export function membersQuery(clinicId: string) {
  return queryOptions({
    queryKey: ['members', clinicId],
    queryFn: async (): Promise<Member[]> => {
      const { items } = await readAllPages(10, (start) =>
        dataOf(api.listMembers({ path: { clinicId }, query: { limit: 100, ...start } })),
      )
      return items
    },
  })
}
