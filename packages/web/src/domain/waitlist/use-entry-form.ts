import type { NewWaitlistEntry } from '@holdfast/contract/client'
import { type UseFormReturnType, useForm } from '@mantine/form'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api, dataOf } from '../../lib/api/api.ts'
import { useRequestKeys } from '../../lib/api/request-keys.ts'
import { useMarkRefused } from '../contacts/use-mark-refused.ts'
import { type EntryDraft, entryProblems } from './entry-draft.ts'

type FormRule = { initial: EntryDraft; today: string; needsEmail: boolean }

/** The form of an entry, whose fields are `EntryFields`. */
export function useEntryForm({ initial, today, needsEmail }: FormRule) {
  const { t } = useTranslation('waitlist')
  return useForm<EntryDraft>({
    initialValues: initial,
    validate: (draft) =>
      Object.fromEntries(
        Object.entries(entryProblems(draft, { today, needsEmail })).map(([field, problem]) => [
          field,
          t(`invalid.${problem}`),
        ]),
      ),
  })
}

/**
 * Adds an entry: once, also if the request is sent again after a lost response. A field that the server refuses is
 * marked in the form, and gets the focus.
 */
export function useJoin(form: UseFormReturnType<EntryDraft>) {
  const queryClient = useQueryClient()
  const requestKeys = useRequestKeys()
  return useMutation({
    mutationFn: (body: NewWaitlistEntry) =>
      dataOf(api.createWaitlistEntry({ body, headers: requestKeys.headersFor(body) })),
    onSuccess: async () => {
      requestKeys.clear()
      await queryClient.invalidateQueries({ queryKey: ['waitlist'] })
    },
    onError: useMarkRefused(form),
  })
}
