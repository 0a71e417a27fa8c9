import type { Case, NewCase } from '@holdfast/contract/client'
import { useMutation } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api, dataOf } from '../../../lib/api/api.ts'
import { useRequestKeys } from '../../../lib/api/request-keys.ts'
import { formatNumber } from '../../../lib/i18n/format.ts'
import { toastDone } from '../../../ui/toast.ts'
import { useTheatre } from '../use-theatre.ts'

/** Holds a new case, which is then confirmed, released, or lapses. */
export function useHoldCase() {
  const { t } = useTranslation('theatre')
  const { reread } = useTheatre()
  const requestKeys = useRequestKeys()
  return useMutation({
    mutationFn: async (body: NewCase): Promise<Case> => {
      const { bumped, ...held } = await dataOf(api.createCase({ body, headers: requestKeys.headersFor(body) }))
      if (bumped.length > 0) toastDone({ message: t('bump.done', { cases: formatNumber(bumped.length) }) })
      return held
    },
    // The next request may have the same content, and is another case.
    onSuccess: () => requestKeys.clear(),
    onSettled: reread,
  })
}
