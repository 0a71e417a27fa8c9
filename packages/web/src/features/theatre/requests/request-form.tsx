import type { CaseRequest, NewCaseRequest } from '@holdfast/contract/client'
import { lengths } from '@holdfast/vocabulary'
import { Group, Stack, Textarea } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, dataOf } from '../../../lib/api/api.ts'
import { createRequestKeys } from '../../../lib/api/request-keys.ts'
import { ActionButton } from '../../../ui/buttons/action-button.tsx'
import { DateField } from '../../../ui/fields/date-field.tsx'
import { ErrorState } from '../../../ui/states/error-state.tsx'
import { toastDone } from '../../../ui/toast.ts'
import { type CaseDraft, draftOf, patientOf, teamOf } from '../draft/case-draft.ts'
import { CaseFields } from '../draft/case-fields.tsx'
import { useTheatre } from '../use-theatre.ts'

/** Puts a case on the waitlist. */
export function RequestForm({ onDone }: { onDone: () => void }) {
  const { t } = useTranslation('theatre')
  const { today } = useTheatre()
  const form = useForm<CaseDraft>({ initialValues: draftOf(null) })
  const [dueOn, setDueOn] = useState('')
  const [note, setNote] = useState('')
  const adding = useAddRequest(onDone)
  const submit = form.onSubmit((draft) =>
    adding.mutate({
      patient: patientOf(draft),
      service: draft.service.trim(),
      procedure: { code: draft.code.trim(), display: draft.display.trim() },
      minutes: Number(draft.minutes),
      urgency: draft.urgency,
      ...(draft.surgeonId === '' ? {} : { surgeonId: draft.surgeonId }),
      ...teamOf(draft),
      ...(dueOn === '' ? {} : { dueOn }),
      ...(note.trim() === '' ? {} : { note: note.trim() }),
    }),
  )
  return (
    <form onSubmit={submit}>
      <Stack gap="md">
        <CaseFields form={form} isSurgeonOptional />
        <DateField label={t('requests.dueOn')} min={today} value={dueOn} onChange={setDueOn} />
        <Textarea
          label={t('requests.note')}
          maxLength={lengths.reason}
          autosize
          minRows={2}
          value={note}
          onChange={({ currentTarget }) => setNote(currentTarget.value)}
        />
        {adding.isError ? <ErrorState error={adding.error} /> : null}
        <Group>
          <ActionButton type="submit" isBusy={adding.isPending}>
            {t('requests.submit')}
          </ActionButton>
        </Group>
      </Stack>
    </form>
  )
}

function useAddRequest(onDone: () => void) {
  const { t } = useTranslation('theatre')
  const { clinicId, reread } = useTheatre()
  const [requestKeys] = useState(createRequestKeys)
  return useMutation({
    mutationFn: (body: NewCaseRequest): Promise<CaseRequest> => {
      const headers = { 'Idempotency-Key': requestKeys.keyFor(body) }
      return dataOf(api.createCaseRequest({ path: { clinicId }, body, headers }))
    },
    onSuccess: ({ procedure }) => {
      toastDone({ message: t('requests.added', { name: procedure.display }) })
      onDone()
    },
    onSettled: reread,
  })
}
