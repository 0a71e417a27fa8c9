import { NativeSelect, Stack, Text } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { EmptyState } from '../../../ui/empty-state.tsx'
import { ErrorState } from '../../../ui/error-state.tsx'
import layoutClasses from '../../../ui/layout.module.css'
import { PageLoading } from '../../../ui/page-loading.tsx'
import { PageTitle } from '../../../ui/page-title.tsx'
import { ShowMore } from '../../../ui/show-more.tsx'
import { messageStates, parseMessagesSearch } from '../admin-search.ts'
import classes from '../filters.module.css'
import { MessageTable } from '../message-table.tsx'
import { messagesQuery } from '../messages-query.ts'
import { useClinic } from '../use-clinic.ts'

const route = getRouteApi('/clinic/$clinicId/messages')

/** What was sent to the clinic's patients, or would have been. */
export function MessagesPage() {
  const { t } = useTranslation('admin')
  const { clinicId } = useClinic()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const found = useInfiniteQuery(messagesQuery(clinicId, search))
  const messages = found.data?.pages.flatMap(({ items }) => items) ?? []
  const rowsRef = useRef<HTMLTableSectionElement>(null)
  const setState = (state: string) =>
    void navigate({ search: parseMessagesSearch({ state }), replace: true, resetScroll: false })
  return (
    <Stack gap="lg">
      <div>
        <PageTitle>{t('messages.title')}</PageTitle>
        <Text c="dimmed">{t('messages.intro')}</Text>
      </div>
      <form className={classes.filters} onSubmit={(event) => event.preventDefault()}>
        <NativeSelect
          label={t('messages.result')}
          value={search.state ?? ''}
          onChange={({ currentTarget }) => setState(currentTarget.value)}
          data={[
            { value: '', label: t('messages.anyState') },
            ...messageStates.map((state) => ({ value: state, label: t(`messages.state.${state}`) })),
          ]}
        />
      </form>
      {found.data === undefined ? (
        found.isError ? (
          <ErrorState error={found.error} retry={() => void found.refetch()} />
        ) : (
          <PageLoading />
        )
      ) : messages.length === 0 ? (
        <EmptyState title={t('messages.none')} help={t('messages.noneHelp')} />
      ) : (
        <>
          <MessageTable
            messages={messages}
            rowsRef={rowsRef}
            bookingOf={({ bookingId }) => (
              <Link
                className={layoutClasses.link}
                to="/clinic/$clinicId/bookings/$bookingId"
                params={{ clinicId, bookingId }}
              >
                {t('messages.booking')}
              </Link>
            )}
          />
          <ShowMore pages={found} count={messages.length} listRef={rowsRef} />
        </>
      )}
    </Stack>
  )
}
