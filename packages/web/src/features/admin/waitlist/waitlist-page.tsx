import { Group, NativeSelect, Stack } from '@mantine/core'
import { infiniteQueryOptions, keepPreviousData, useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { api, dataOf } from '../../../lib/api/api.ts'
import { pageByPage } from '../../../lib/api/read-pages.ts'
import { clinicKey, rereadMs } from '../../../lib/queries/clinic-queries.ts'
import { useSearched, withoutText } from '../../../lib/searched-text.ts'
import { LinkButton } from '../../../ui/buttons/link-button.tsx'
import { SearchField } from '../../../ui/fields/search-field.tsx'
import classes from '../../../ui/filters.module.css'
import { PageHead } from '../../../ui/focus/page-head.tsx'
import { ShowMore } from '../../../ui/show-more.tsx'
import { EmptyState } from '../../../ui/states/empty-state.tsx'
import { LoadingOrError } from '../../../ui/states/loading-or-error.tsx'
import { parseWaitlistSearch, type WaitlistSearch, waitlistStatuses } from '../admin-search.ts'
import { DoctorFilter } from '../shared/clinic/doctor-filter.tsx'
import { useClinic } from '../use-clinic.ts'
import { useSpecializationOptions } from './use-specialization-options.ts'
import { WaitlistTable } from './waitlist-table.tsx'

const route = getRouteApi('/clinic/$clinicId/waitlist')

/** Shows who waits for the clinic's doctors, and what was offered to whom. */
export function WaitlistPage() {
  const { t } = useTranslation(['waitlist', 'admin'])
  const { clinicId } = useClinic()
  const search = useSearched(route.useSearch())
  const navigate = route.useNavigate()
  const found = useInfiniteQuery(waitlistQuery(clinicId, search))
  const entries = found.data?.pages.flatMap(({ items }) => items) ?? []
  const isFiltered = Object.keys(search).length > 0
  const rowsRef = useRef<HTMLTableSectionElement>(null)
  return (
    <Stack gap="lg">
      <Group justify="space-between" align="end">
        <PageHead title={t('admin:tabs.waitlist')} intro={t('clinic.intro')} maw="44rem" />
        <LinkButton size="sm" variant="default" to="/clinic/$clinicId/waitlist/add" params={{ clinicId }}>
          {t('clinic.add')}
        </LinkButton>
      </Group>
      <Filters
        search={search}
        onChange={(next) => void navigate({ ...withoutText(next), replace: true, resetScroll: false })}
      />
      {found.data === undefined ? (
        <LoadingOrError of={found} />
      ) : (
        <>
          <WaitlistTable
            entries={entries}
            rowsRef={rowsRef}
            empty={
              <EmptyState
                title={t(isFiltered ? 'clinic.none' : 'clinic.empty')}
                help={t(isFiltered ? 'clinic.noneHelp' : 'clinic.emptyHelp')}
              />
            }
          />
          <ShowMore pages={found} count={entries.length} listRef={rowsRef} />
        </>
      )}
    </Stack>
  )
}

type ListFilters = WaitlistSearch & { q?: string }
type FiltersProps = { search: ListFilters; onChange: (search: ListFilters) => void }

function Filters({ search, onChange }: FiltersProps) {
  const { t } = useTranslation(['waitlist', 'admin'])
  const specializations = useSpecializationOptions()
  const set = (part: Record<string, string>) => {
    const { q = '', ...next } = { ...search, ...part }
    onChange({ ...parseWaitlistSearch(next), q })
  }
  return (
    <form
      className={classes.filters}
      aria-label={t('admin:tabs.waitlist')}
      onSubmit={(event) => event.preventDefault()}
    >
      <SearchField
        label={t('admin:filter.text')}
        placeholder={t('admin:filter.placeholder')}
        text={search.q}
        onSearch={(q) => set({ q })}
      />
      <NativeSelect
        label={t('clinic.status')}
        value={search.entryStatus ?? 'open'}
        onChange={({ currentTarget }) => set({ entryStatus: currentTarget.value })}
        data={waitlistStatuses.map((status) => ({
          value: status,
          label:
            status === 'any'
              ? t('clinic.anyStatus')
              : status === 'open'
                ? t('clinic.openStatus')
                : t(`status.${status}`),
        }))}
      />
      <DoctorFilter doctorId={search.doctorId} onChange={(doctorId) => set({ doctorId })} />
      <NativeSelect
        label={t('clinic.specialization')}
        value={search.specialization ?? ''}
        onChange={({ currentTarget }) => set({ specialization: currentTarget.value })}
        data={[{ value: '', label: t('clinic.allSpecializations') }, ...specializations]}
      />
    </form>
  )
}

const pageSize = 50

/** A clinic's waitlist, page by page; among patients who wait or have an offer, the next one comes first. */
function waitlistQuery(clinicId: string, { entryStatus: status = 'open', ...filter }: WaitlistSearch & { q?: string }) {
  const query = { ...filter, ...(status === 'any' ? {} : { status }), limit: pageSize }
  return infiniteQueryOptions({
    ...pageByPage,
    queryKey: [...clinicKey(clinicId), 'waitlist', query],
    queryFn: ({ pageParam }) =>
      dataOf(api.listWaitlistEntries({ path: { clinicId }, query: { ...query, ...pageParam } })),
    placeholderData: keepPreviousData,
    refetchInterval: rereadMs,
  })
}
