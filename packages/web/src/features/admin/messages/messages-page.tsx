import type { ListedMessage } from '@holdfast/contract/client'
import { NativeSelect, Stack, Text } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { formatDayTime } from '../../../lib/i18n/format.ts'
import { searchedFor, useSearched } from '../../../lib/searched-text.ts'
import { SearchField } from '../../../ui/fields/search-field.tsx'
import classes from '../../../ui/filters.module.css'
import { PageHead } from '../../../ui/focus/page-head.tsx'
import { ShowMore } from '../../../ui/show-more.tsx'
import { EmptyState } from '../../../ui/states/empty-state.tsx'
import { LoadingOrError } from '../../../ui/states/loading-or-error.tsx'
import { messageStates, parseMessagesSearch } from '../admin-search.ts'
import { BookingLink } from '../shared/booking/booking-link.tsx'
import { MessageTable } from '../shared/messages/message-table.tsx'
import { messagesQuery } from '../shared/messages/messages-query.ts'
import { useClinic } from '../use-clinic.ts'

const route = getRouteApi('/clinic/$clinicId/messages')

/** What was sent to the clinic's patients, or would have been. */
export function MessagesPage() {
  const { t } = useTranslation('admin')
  const { clinicId } = useClinic()
  const search = useSearched(route.useSearch())
  const navigate = route.useNavigate()
  const found = useInfiniteQuery(messagesQuery(clinicId, search))
  const messages = found.data?.pages.flatMap(({ items }) => items) ?? []
  const rowsRef = useRef<HTMLTableSectionElement>(null)
  const set = (part: { state?: string; q?: string }) => {
    const next = { ...search, ...part }
    const shown = { search: parseMessagesSearch(next), state: searchedFor(next.q) }
    void navigate({ ...shown, replace: true, resetScroll: false })
  }
  return (
    <Stack gap="lg">
      <PageHead title={t('messages.title')} intro={t('messages.intro')} />
      <form className={classes.filters} aria-label={t('messages.search')} onSubmit={(event) => event.preventDefault()}>
        <SearchField
          label={t('filter.text')}
          placeholder={t('filter.placeholder')}
          text={search.q}
          onSearch={(q) => set({ q })}
        />
        <NativeSelect
          label={t('messages.result')}
          value={search.state ?? ''}
          onChange={({ currentTarget }) => set({ state: currentTarget.value })}
          data={[
            { value: '', label: t('messages.anyState') },
            ...messageStates.map((state) => ({ value: state, label: t(`messages.state.${state}`) })),
          ]}
        />
      </form>
      {found.data === undefined ? (
        <LoadingOrError of={found} />
      ) : messages.length === 0 ? (
        Object.keys(search).length === 0 ? (
          <EmptyState title={t('messages.none')} help={t('messages.noneHelp')} />
        ) : (
          <EmptyState title={t('messages.noneFound')} help={t('messages.noneFoundHelp')} />
        )
      ) : (
        <>
          <MessageTable
            messages={messages}
            rowsRef={rowsRef}
            bookingOf={(message) => <MessageBooking message={message} />}
          />
          <ShowMore pages={found} count={messages.length} listRef={rowsRef} />
        </>
      )}
    </Stack>
  )
}

/** The patient, as a link to the booking, and the appointment as it is now. */
function MessageBooking({ message: { bookingId, booking } }: { message: ListedMessage }) {
  const { t } = useTranslation('admin')
  const { clinicId, doctors, timeZone } = useClinic()
  if (booking === undefined) return t('messages.archived')
  const doctor = doctors.find(({ id }) => id === booking.doctorId)?.name
  return (
    <>
      <BookingLink booking={{ ...booking, id: bookingId, clinicId }} />
      <Text size="sm" c="dimmed">
        {formatDayTime(booking.startsAt, timeZone)}
        {doctor === undefined ? null : (
          <>
            {' · '}
            <bdi>{doctor}</bdi>
          </>
        )}
      </Text>
    </>
  )
}
