import { useQueryClient } from '@tanstack/react-query'
import i18next from 'i18next'
import { useState } from 'react'
import { api, dataOf } from '../../lib/api/api.ts'
import { useRequestKeys } from '../../lib/api/request-keys.ts'
import { isolated } from '../../lib/i18n/isolated.ts'
import { useSession } from '../../lib/session/session.ts'
import { toastFailed } from '../../ui/toast.ts'
import { myPeopleQuery } from './my-people-query.ts'

/**
 * Whether somebody who is typed is to be kept in the account (`choice` is for `WhoFor`). `keep` does it, once the
 * booking is made: once, also if it is called again, and only who is not there. A failure is announced, and changes
 * nothing of the booking.
 */
export function useKeepPerson() {
  const queryClient = useQueryClient()
  const requestKeys = useRequestKeys()
  const session = useSession()
  const [isKept, onKept] = useState(false)
  const keep = async (typed: string): Promise<void> => {
    const name = typed.trim()
    if (!isKept || session.kind !== 'account') return
    const people = queryClient.getQueryData(myPeopleQuery.queryKey) ?? []
    if ([session.me, ...people].some((one) => one.name === name)) return
    const body = { name }
    try {
      await dataOf(api.createMyPerson({ body, headers: requestKeys.headersFor(body) }))
    } catch {
      toastFailed({ message: i18next.t('people:who.notKept', { name: isolated(name) }) })
    }
    await queryClient.invalidateQueries(myPeopleQuery)
  }
  return { choice: { isKept, onKept }, keep }
}
