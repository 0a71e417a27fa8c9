import { queryOptions } from '@tanstack/react-query'
import { api, dataOf } from '../../lib/api/api.ts'

/** The people whom the owner of the signed-in account books for, the one that was added first first. */
export const myPeopleQuery = queryOptions({
  queryKey: ['me', 'people'],
  queryFn: async () => (await dataOf(api.listMyPeople())).items,
})
