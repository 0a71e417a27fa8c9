import type { SeenData } from '@holdfast/contract/client'
import { Stack, Text } from '@mantine/core'
import { infiniteQueryOptions, useInfiniteQuery } from '@tanstack/react-query'
import { type RefObject, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { api, dataOf } from '../../lib/api/api.ts'
import { pageByPage } from '../../lib/api/read-pages.ts'
import { formatDayTime, formatNumber, formatZone, ownTimeZone } from '../../lib/i18n/format.ts'
import { useSession } from '../../lib/session/session.ts'
import { serverNow } from '../../lib/time/server-clock.ts'
import { PageHead } from '../../ui/focus/page-head.tsx'
import { ListTable } from '../../ui/list-table.tsx'
import { ShowMore } from '../../ui/show-more.tsx'
import { EmptyState } from '../../ui/states/empty-state.tsx'
import { LoadingOrError } from '../../ui/states/loading-or-error.tsx'
import { PageLoading } from '../../ui/states/page-loading.tsx'
import { SessionFailed } from '../../ui/states/session-failed.tsx'
import { SignInFirst } from '../../ui/states/sign-in-first.tsx'
import { viewTextKey } from './view-text-key.ts'

const pageSize = 50

function dataViewsQuery(accountId: string) {
  return infiniteQueryOptions({
    ...pageByPage,
    queryKey: ['my-data-views', accountId],
    queryFn: ({ pageParam }) => dataOf(api.listMyDataViews({ query: { limit: pageSize, ...pageParam } })),
    // It is read to look something up: it must be what the server knows now.
    staleTime: 0,
  })
}

/** Who of the clinics has seen the account's appointments: when, and in which role. */
export function DataViewsPage() {
  const { t } = useTranslation('personal-data')
  const session = useSession()
  if (session.kind === 'unknown') return <PageLoading />
  if (session.kind === 'failed') return <SessionFailed title={t('seen.title')} session={session} />
  if (session.kind === 'guest') return <SignInFirst title={t('seen.title')} />
  return (
    <Stack gap="lg" maw="60rem">
      <PageHead title={t('seen.title')} intro={t('seen.intro')} maw="44rem" />
      <Views accountId={session.me.id} />
    </Stack>
  )
}

function Views({ accountId }: { accountId: string }) {
  const { t } = useTranslation('personal-data')
  const found = useInfiniteQuery(dataViewsQuery(accountId))
  const rowsRef = useRef<HTMLTableSectionElement>(null)
  if (found.data === undefined) return <LoadingOrError of={found} />
  const views = found.data.pages.flatMap(({ items }) => items)
  if (views.length === 0 && !found.hasNextPage) {
    return <EmptyState title={t('seen.none')} help={t('seen.noneHelp')} />
  }
  return (
    <>
      <Text size="sm" c="dimmed">
        {t('times', { zone: formatZone(serverNow(), ownTimeZone()) })}
      </Text>
      <ViewsTable views={views} rowsRef={rowsRef} />
      <ShowMore pages={found} count={views.length} listRef={rowsRef} />
    </>
  )
}

type TableProps = { views: readonly SeenData[]; rowsRef: RefObject<HTMLTableSectionElement | null> }

function ViewsTable({ views, rowsRef }: TableProps) {
  const { t } = useTranslation('personal-data')
  // Views have no ids, and never change their places.
  const read = views.map((view, place) => ({ view, place }))
  return (
    <ListTable
      caption={t('seen.title')}
      heads={[t('field.at'), t('seen.what'), t('seen.role'), t('field.clinic')]}
      rowsRef={rowsRef}
    >
      {read.map(({ view, place }) => (
        <tr key={place}>
          <td className="tabular">{formatDayTime(view.at, ownTimeZone())}</td>
          <td data-label={t('seen.what')}>
            <What view={view} />
          </td>
          <td data-label={t('seen.role')}>{view.role === null ? <Nobody view={view} /> : t(`word.${view.role}`)}</td>
          <td data-label={t('field.clinic')}>
            <bdi>{view.clinicName}</bdi>
          </td>
        </tr>
      ))}
    </ListTable>
  )
}

function Nobody({ view }: { view: SeenData }) {
  const { t } = useTranslation('personal-data')
  return t(view.actorKind === 'account' ? 'seen.noRole' : `word.${view.actorKind}`)
}

/** What it was in words, and which appointments. */
function What({ view }: { view: SeenData }) {
  const { t } = useTranslation('personal-data')
  const what = t(viewTextKey(view))
  return (
    <div>
      {view.count === 1 ? what : t('seen.times', { what, number: formatNumber(view.count) })}
      {view.appointments.map(({ bookingId, startsAt, doctorName }) => (
        <Text key={bookingId} size="sm" c="dimmed">
          {formatDayTime(startsAt, ownTimeZone())} · <bdi>{doctorName}</bdi>
        </Text>
      ))}
    </div>
  )
}
