import { queryOptions } from '@tanstack/react-query'
import { api, dataOf } from '../../lib/api/api.ts'

/** Whether the signed-in account's e-mail address is confirmed. */
export const emailQuery = queryOptions({
  queryKey: ['me', 'email'],
  queryFn: () => dataOf(api.getEmailStatus()),
})
