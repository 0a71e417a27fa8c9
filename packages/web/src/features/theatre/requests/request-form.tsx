import type { CaseRequest, NewCaseRequest } from '@holdfast/contract/client'
import { lengths } from '@holdfast/vocabulary'
import { NativeSelect, Stack, Text, Textarea } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, dataOf } from '../../../lib/api/api.ts'
import { useRequestKeys } from '../../../lib/api/request-keys.ts'
import { DateField } from '../../../ui/fields/date-field.tsx'
import { SaveButton } from '../../../ui/save-button.tsx'
import { toastDone } from '../../../ui/toast.ts'
import { type CaseDraft, draftOf, patientOf, teamOf } from '../draft/case-draft.ts'
import { CaseFields } from '../draft/case-fields.tsx'
import { roomsQuery } from '../theatre-queries.ts'
import { useTheatre } from '../use-theatre.ts'

/** What a request has beside what a case has. */
type Wishes = { roomId: string; dueOn: string; note: string }

type RequestFormProps = {
  /** The request that is corrected; null: a new one. */
  request: CaseRequest | null
  onDone: () => void
}

/** Puts a case on the waitlist, or corrects a request there, as it was when the form was opened. */
export function RequestForm({ request, onDone }: RequestFormProps) {
  const { t } = useTranslation(['theatre', 'shell'])
  const { today } = useTheatre()
  const form = useForm<CaseDraft>({ initialValues: draftOf(request) })
  const [wishes, setWishes] = useState<Wishes>({
    roomId: request?.roomId ?? '',
    dueOn: request?.dueOn ?? '',
    note: request?.note ?? '',
  })
  const set = (part: Partial<Wishes>) => setWishes({ ...wishes, ...part })
  const [version] = useState(request?.version ?? 0)
  const adding = useAddRequest(onDone)
  const changing = useChangeRequest(onDone)
  const sending = request === null ? adding : changing
  const submit = form.onSubmit((draft) => {
    if (request === null) adding.mutate(newRequestOf(draft, wishes))
    else changing.mutate({ requestId: request.id, body: changeOf(draft, wishes, version) })
  })
  return (
    <form onSubmit={submit}>
      <Stack gap="md">
        {request === null ? null : (
          <Text>
            <bdi>{request.patient?.name ?? t('shell:erasedPatient')}</bdi>
          </Text>
        )}
        <CaseFields form={form} isSurgeonOptional hasPatient={request === null} />
        <div>
          <RoomField roomId={wishes.roomId} onChange={(roomId) => set({ roomId })} />
        </div>
        <DateField
          label={t('requests.dueOn')}
          min={request?.dueOn != null && request.dueOn < today ? request.dueOn : today}
          value={wishes.dueOn}
          onChange={(dueOn) => set({ dueOn })}
        />
        <Textarea
          label={t('requests.note')}
          maxLength={lengths.reason}
          autosize
          minRows={2}
          value={wishes.note}
          onChange={({ currentTarget }) => set({ note: currentTarget.value })}
        />
        <SaveButton of={sending} label={t(request === null ? 'requests.submit' : 'requests.save')} />
      </Stack>
    </form>
  )
}

function RoomField({ roomId, onChange }: { roomId: string; onChange: (roomId: string) => void }) {
  const { t } = useTranslation('theatre')
  const { clinicId } = useTheatre()
  const rooms = useQuery(roomsQuery(clinicId)).data
  // A field that does not list what is chosen yet would show another room.
  const offered = rooms?.filter(({ id, active }) => active || id === roomId) ?? [
    { id: roomId, name: '…', active: true },
  ]
  return (
    <NativeSelect
      label={t('field.room')}
      value={roomId}
      onChange={({ currentTarget }) => onChange(currentTarget.value)}
      data={[
        { value: '', label: t('requests.anyRoom') },
        ...offered
          .filter(({ id }) => id !== '')
          .map(({ id, name, active }) => ({ value: id, label: active ? name : `${name} · ${t('board.inactive')}` })),
      ]}
    />
  )
}

function newRequestOf(draft: CaseDraft, { roomId, dueOn, note }: Wishes): NewCaseRequest {
  return {
    ...requestedOf(draft),
    patient: patientOf(draft),
    ...(draft.surgeonId === '' ? {} : { surgeonId: draft.surgeonId }),
    ...teamOf(draft),
    ...(roomId === '' ? {} : { roomId }),
    ...(dueOn === '' ? {} : { dueOn }),
    ...(note.trim() === '' ? {} : { note: note.trim() }),
  }
}

function changeOf(draft: CaseDraft, { roomId, dueOn, note }: Wishes, version: number) {
  const { anaesthetistId = null, staffIds = [], equipment = [] } = teamOf(draft)
  return {
    ...requestedOf(draft),
    version,
    surgeonId: draft.surgeonId || null,
    anaesthetistId,
    staffIds,
    equipment,
    roomId: roomId || null,
    dueOn: dueOn || null,
    note: note.trim() || null,
  }
}

function requestedOf({ service, code, display, minutes, urgency }: CaseDraft) {
  return {
    service: service.trim(),
    procedure: { code: code.trim(), display: display.trim() },
    minutes: Number(minutes),
    urgency,
  }
}

function useAddRequest(onDone: () => void) {
  const { t } = useTranslation('theatre')
  const { clinicId, reread } = useTheatre()
  const requestKeys = useRequestKeys()
  return useMutation({
    mutationFn: (body: NewCaseRequest): Promise<CaseRequest> => {
      return dataOf(api.createCaseRequest({ path: { clinicId }, body, headers: requestKeys.headersFor(body) }))
    },
    onSuccess: ({ procedure }) => {
      toastDone({ message: t('requests.added', { name: procedure.display }) })
      onDone()
    },
    onSettled: reread,
  })
}

function useChangeRequest(onDone: () => void) {
  const { t } = useTranslation('theatre')
  const { reread } = useTheatre()
  return useMutation({
    mutationFn: ({ requestId, body }: { requestId: string; body: ReturnType<typeof changeOf> }): Promise<CaseRequest> =>
      dataOf(api.changeCaseRequest({ path: { requestId }, body })),
    onSuccess: ({ procedure }) => {
      toastDone({ message: t('requests.changed', { name: procedure.display }) })
      onDone()
    },
    onSettled: reread,
  })
}
