import type { CaseRequest } from '@holdfast/contract/client'
import { localDay } from '@holdfast/vocabulary'
import { NativeSelect, Stack, Text } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { formatDayTime, formatMinutes } from '../../../lib/i18n/format.ts'
import { ActionButton } from '../../../ui/buttons/action-button.tsx'
import { Dialog } from '../../../ui/dialogs/dialog.tsx'
import { ErrorState } from '../../../ui/states/error-state.tsx'
import { LoadingOrError } from '../../../ui/states/loading-or-error.tsx'
import { HoldRefusal } from '../book/hold-refusal.tsx'
import { type Place, TimeChoice } from '../book/time-choice.tsx'
import { useHoldCase } from '../book/use-hold-case.ts'
import { type CaseDraft, draftOf, newCaseOf } from '../draft/case-draft.ts'
import { useTeam } from '../draft/use-team.ts'
import type { Resolution } from '../resolution.ts'
import { roomsQuery } from '../theatre-queries.ts'
import { useDayBoard } from '../use-day-board.ts'
import { useTheatre } from '../use-theatre.ts'

type ScheduleDialogProps = {
  /** null: closed. */
  request: CaseRequest | null
  /** Where it was dropped on the board, and why it does not fit there. */
  place?: Place | null
  refused?: Error | null
  onScheduled: (caseId: string, day: string) => void
  onClose: () => void
}

/** Finds a time for a request of the waitlist, and holds the case: what dragging it to the board does. */
export function ScheduleDialog({ request, onClose, ...props }: ScheduleDialogProps) {
  const { t } = useTranslation('theatre')
  return (
    <Dialog
      isForm
      isOpen={request !== null}
      onClose={onClose}
      size="lg"
      title={request === null ? '' : t('requests.findOf', { name: request.procedure.display })}
    >
      {request === null ? null : (
        <ScheduleForm key={`${request.id} ${props.place?.startsAt}`} request={request} {...props} />
      )}
    </Dialog>
  )
}

type ScheduleFormProps = Omit<ScheduleDialogProps, 'request' | 'onClose'> & { request: CaseRequest }

function ScheduleForm({ request, place: dropped = null, refused = null, onScheduled }: ScheduleFormProps) {
  const { t } = useTranslation(['theatre', 'shell'])
  const { clinicId, timeZone, today } = useTheatre()
  const { surgeons, failed } = useTeam()
  const form = useForm<CaseDraft>({ initialValues: draftOf(request) })
  const [place, setPlace] = useState(dropped)
  const rooms = useQuery(roomsQuery(clinicId))
  const day = place === null ? today : localDay(place.startsAt, timeZone)
  const { names } = useDayBoard(day)
  const holding = useHoldCase()
  // The result of a drop, until something else is tried.
  const error = holding.isIdle && place === dropped ? refused : holding.error
  const draft = form.getValues()
  const hold = (resolution: Resolution = {}) => {
    if (place === null) return
    const body = { ...newCaseOf(draft, { clinicId, ...place, requestId: request.id }), ...resolution }
    holding.mutate(body, { onSuccess: (held) => onScheduled(held.id, localDay(held.startsAt, timeZone)) })
  }
  if (request.patient === null) return <Text>{t('shell:erasedPatient')}</Text>
  return (
    <Stack gap="md">
      <Text>
        <bdi>{request.patient.name}</bdi> · {formatMinutes(request.minutes)} · <bdi>{request.service}</bdi>
      </Text>
      {request.surgeonId === null ? (
        <NativeSelect
          label={t('field.surgeon')}
          required
          data={[{ value: '', label: t('field.choose') }, ...surgeons]}
          {...form.getInputProps('surgeonId')}
        />
      ) : null}
      {request.surgeonId === null && failed !== undefined ? (
        <ErrorState error={failed.error} retry={() => void failed.refetch()} />
      ) : null}
      {rooms.data === undefined ? (
        <LoadingOrError of={rooms} />
      ) : (
        <TimeChoice
          key={draft.surgeonId}
          draft={draft}
          place={place}
          rooms={rooms.data}
          neededRoomId={request.roomId}
          names={names}
          onPlace={setPlace}
          isEager={dropped === null}
        />
      )}
      {error === null ? null : <HoldRefusal error={error} day={day} isBusy={holding.isPending} onResolve={hold} />}
      <div>
        <ActionButton
          isBusy={holding.isPending}
          disabled={place === null || draft.surgeonId === ''}
          onClick={() => hold()}
        >
          {place === null
            ? t('book.choose')
            : t('book.hold', { when: formatDayTime(place.startsAt, timeZone), room: names.room(place.roomId) })}
        </ActionButton>
      </div>
      <Text size="sm" c="dimmed">
        {t('book.help')}
      </Text>
    </Stack>
  )
}
