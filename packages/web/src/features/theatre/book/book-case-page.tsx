import type { CaseRequest } from '@holdfast/contract/client'
import { localDay } from '@holdfast/vocabulary'
import { Group, Stack, Text } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { formatDayTime } from '../../../lib/i18n/format.ts'
import { ActionButton } from '../../../ui/buttons/action-button.tsx'
import { PageTitle } from '../../../ui/focus/page-title.tsx'
import { useTitleFocusAfter } from '../../../ui/focus/use-title-focus-after.ts'
import { Panel } from '../../../ui/panel.tsx'
import { ErrorState } from '../../../ui/states/error-state.tsx'
import { PageLoading } from '../../../ui/states/page-loading.tsx'
import { type CaseDraft, draftOf, newCaseOf } from '../draft/case-draft.ts'
import { CaseFields } from '../draft/case-fields.tsx'
import { NoRooms } from '../no-rooms.tsx'
import type { Resolution } from '../resolution.ts'
import { caseRequestQuery, equipmentQuery, roomsQuery, staffQuery } from '../theatre-queries.ts'
import { useDayBoard } from '../use-day-board.ts'
import { useTheatre } from '../use-theatre.ts'
import { HeldCase } from './held-case.tsx'
import { HoldRefusal } from './hold-refusal.tsx'
import { type Place, type RoomOption, TimeChoice } from './time-choice.tsx'
import { useHoldCase } from './use-hold-case.ts'

const route = getRouteApi('/clinic/$clinicId/theatre/book')

/** Books a case: what is needed, a time, a hold, and its confirmation. */
export function BookCasePage() {
  const { t } = useTranslation('theatre')
  const { clinicId } = useTheatre()
  const { requestId } = route.useSearch()
  const rooms = useQuery(roomsQuery(clinicId))
  const request = useQuery({ ...caseRequestQuery(clinicId, requestId ?? ''), enabled: requestId !== undefined })
  const team = [useQuery(staffQuery(clinicId)), useQuery(equipmentQuery(clinicId))]
  const failed = [rooms, request, ...team].find(({ isLoadingError }) => isLoadingError)
  if (failed !== undefined) return <ErrorState error={failed.error} retry={() => void failed.refetch()} />
  const isRead = team.every(({ data }) => data !== undefined) && (requestId === undefined || request.data !== undefined)
  if (rooms.data === undefined || !isRead) return <PageLoading />
  if (!rooms.data.some(({ active }) => active)) {
    return (
      <>
        <PageTitle>{t('book.title')}</PageTitle>
        <NoRooms />
      </>
    )
  }
  return <BookCase key={requestId} request={request.data ?? null} rooms={rooms.data} />
}

type BookCaseProps = { request: CaseRequest | null; rooms: readonly RoomOption[] }

function BookCase({ request, rooms }: BookCaseProps) {
  const { t } = useTranslation('theatre')
  const { clinicId, timeZone, today } = useTheatre()
  const search = route.useSearch()
  const form = useForm<CaseDraft>({ initialValues: draftOf(request) })
  const [place, setPlace] = useState<Place | null>(
    search.startsAt === undefined || search.roomId === undefined
      ? null
      : { roomId: search.roomId, startsAt: search.startsAt },
  )
  const day = place === null ? today : localDay(place.startsAt, timeZone)
  const { names } = useDayBoard(day)
  const holding = useHoldCase()
  useTitleFocusAfter(holding.isSuccess)
  if (holding.data !== undefined) {
    return <HeldCase held={holding.data} names={names} onAgain={() => holding.reset()} />
  }
  const { error } = holding
  const hold = (resolution: Resolution = {}) => {
    if (place === null) return
    const wanted = newCaseOf(form.getValues(), { clinicId, ...place, requestId: request?.id })
    holding.mutate({ ...wanted, ...resolution })
  }
  return (
    <Stack gap="lg" maw="67.5rem">
      <PageTitle>{t('book.title')}</PageTitle>
      <form onSubmit={form.onSubmit(() => hold())}>
        <Stack gap="lg">
          <Panel id="book-what" title={t('book.what')}>
            <CaseFields form={form} />
          </Panel>
          <Panel id="book-when" title={t('book.when')}>
            <TimeChoice
              draft={form.getValues()}
              place={place}
              rooms={rooms}
              neededRoomId={request?.roomId ?? null}
              names={names}
              onPlace={setPlace}
            />
          </Panel>
          <Group>
            <ActionButton type="submit" isBusy={holding.isPending} disabled={place === null}>
              {place === null
                ? t('book.choose')
                : t('book.hold', { when: formatDayTime(place.startsAt, timeZone), room: names.room(place.roomId) })}
            </ActionButton>
          </Group>
          <Text size="sm" c="dimmed">
            {t('book.help')}
          </Text>
        </Stack>
      </form>
      {error === null ? null : <HoldRefusal error={error} day={day} isBusy={holding.isPending} onResolve={hold} />}
    </Stack>
  )
}
