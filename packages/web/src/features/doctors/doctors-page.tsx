import { Button, Skeleton, Stack, Text } from '@mantine/core'
import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { ActionButton } from '../../ui/action-button.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { ErrorState } from '../../ui/error-state.tsx'
import { PageTitle } from '../../ui/page-title.tsx'
import { DoctorCard } from './doctor-card.tsx'
import { DoctorFilters } from './doctor-filters.tsx'
import type { DoctorSearch } from './doctor-search.ts'
import classes from './doctors-page.module.css'
import { doctorsOf, doctorsQuery } from './doctors-query.ts'
import { useFreshTimes } from './use-fresh-times.ts'

const route = getRouteApi('/')

/** Finds doctors by name, specialisation, clinic and appointment type; the soonest first. */
export function DoctorsPage() {
  const { t } = useTranslation('doctors')
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const change = (next: DoctorSearch) => navigate({ search: next, replace: true, resetScroll: false })
  return (
    <Stack gap="xl">
      <Stack gap={6}>
        <PageTitle>{t('title')}</PageTitle>
        <Text size="lg" c="dimmed" maw="42rem">
          {t('intro')}
        </Text>
      </Stack>
      <DoctorFilters search={search} onChange={change} />
      <Found search={search} onReset={() => change({})} />
    </Stack>
  )
}

function Found({ search, onReset }: { search: DoctorSearch; onReset: () => void }) {
  const { t } = useTranslation('doctors')
  const found = useInfiniteQuery(doctorsQuery(useQueryClient(), search))
  const doctors = found.data === undefined ? [] : doctorsOf(found.data)
  const more = useFocusOnMore(doctors.length)
  useFreshTimes(
    search,
    doctors.map(({ id }) => id),
  )
  if (found.data === undefined) {
    return found.isError ? <ErrorState error={found.error} retry={() => void found.refetch()} /> : <LoadingCards />
  }
  const { sort: _, ...narrowing } = search
  const isNarrowed = Object.keys(narrowing).length > 0
  return (
    <section aria-label={t('results')}>
      <Text role="status" size="sm" c="dimmed" mb="sm">
        {doctors.length === 0 ? '\u00a0' : t(found.hasNextPage ? 'countMore' : 'count', { count: doctors.length })}
      </Text>
      {doctors.length === 0 ? (
        <EmptyState title={t('none.title')} help={isNarrowed ? t('none.filtered') : t('none.empty')}>
          {isNarrowed ? (
            <Button variant="default" onClick={onReset}>
              {t('none.reset')}
            </Button>
          ) : null}
        </EmptyState>
      ) : null}
      <ul className={classes.cards} data-older={found.isPlaceholderData || undefined} ref={more.listRef}>
        {doctors.map((doctor) => (
          <DoctorCard key={doctor.id} doctor={doctor} type={search.type} />
        ))}
      </ul>
      {found.hasNextPage ? (
        <Stack mt="lg" gap="md" align="flex-start">
          {found.isFetchNextPageError ? <ErrorState error={found.error} /> : null}
          <ActionButton
            variant="default"
            isBusy={found.isFetchingNextPage}
            onClick={() => {
              more.onLoadMore()
              void found.fetchNextPage()
            }}
          >
            {t('more')}
          </ActionButton>
        </Stack>
      ) : null}
    </section>
  )
}

/** After loading more, moves the focus to the first new doctor. */
function useFocusOnMore(count: number) {
  const listRef = useRef<HTMLUListElement>(null)
  const countBefore = useRef<number | null>(null)
  useEffect(() => {
    const first = countBefore.current
    if (first === null || count <= first) return
    countBefore.current = null
    listRef.current?.children[first]?.querySelector('a')?.focus()
  }, [count])
  const onLoadMore = () => {
    countBefore.current = count
  }
  return { listRef, onLoadMore }
}

/** As high as the cards that will replace them. */
function LoadingCards() {
  const { t } = useTranslation('shell')
  return (
    <div aria-busy="true">
      <Text role="status" size="sm" c="dimmed" mb="sm">
        {t('loading')}
      </Text>
      <div className={classes.cards}>
        {['a', 'b', 'c', 'd', 'e', 'f'].map((key) => (
          <Skeleton key={key} height={236} radius="lg" />
        ))}
      </div>
    </div>
  )
}
