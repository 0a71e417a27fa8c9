import { Button, Skeleton, Stack, Text } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useLiveSlots } from '../../lib/use-live-slots.ts'
import { EmptyState } from '../../ui/empty-state.tsx'
import { ErrorState } from '../../ui/error-state.tsx'
import { PageTitle } from '../../ui/page-title.tsx'
import { DoctorCard } from './doctor-card.tsx'
import { DoctorFilters } from './doctor-filters.tsx'
import type { DoctorSearch } from './doctor-search.ts'
import classes from './doctors-page.module.css'
import { doctorsQuery, type FoundDoctors } from './doctors-query.ts'

const route = getRouteApi('/')
const shownAtOnce = 24
/** A connection follows 50 doctors by default. */
const watchedMax = 48
/** Where many people book, next free times change all the time: often enough is once in so long. */
const rereadMsMin = 5_000

/** Find a doctor: by name, specialisation, clinic and kind of appointment; the soonest first. */
export function DoctorsPage() {
  const { t } = useTranslation('doctors')
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const queryClient = useQueryClient()
  const found = useQuery(doctorsQuery(queryClient, search))
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
      {found.isError && found.data === undefined ? (
        <ErrorState error={found.error} retry={() => void found.refetch()} />
      ) : found.data === undefined ? (
        <LoadingCards />
      ) : (
        <Found found={found.data} isOlder={found.isPlaceholderData} search={search} onReset={() => change({})} />
      )}
    </Stack>
  )
}

type FoundProps = { found: FoundDoctors; isOlder: boolean; search: DoctorSearch; onReset: () => void }

function Found({ found, isOlder, search, onReset }: FoundProps) {
  const { t } = useTranslation('doctors')
  const [shown, setShown] = useState(shownAtOnce)
  const doctors = found.doctors.slice(0, shown)
  useFreshTimes(doctors.slice(0, watchedMax).map(({ id }) => id))
  const isNarrowed = Object.keys(search).length > 0
  return (
    <section aria-label={t('results')}>
      <Text role="status" size="sm" c="dimmed" mb="sm">
        {found.doctors.length === 0 ? '\u00a0' : t('count', { count: found.doctors.length })}
      </Text>
      {found.doctors.length === 0 ? (
        <EmptyState title={t('none.title')} help={isNarrowed ? t('none.narrowed') : t('none.empty')}>
          {isNarrowed ? (
            <Button variant="default" onClick={onReset}>
              {t('none.reset')}
            </Button>
          ) : null}
        </EmptyState>
      ) : null}
      <ul className={classes.cards} data-older={isOlder || undefined}>
        {doctors.map((doctor) => (
          <DoctorCard key={doctor.id} doctor={doctor} type={search.type} />
        ))}
      </ul>
      {found.doctors.length > shown ? (
        <Button variant="default" mt="lg" onClick={() => setShown(shown + shownAtOnce)}>
          {t('more')}
        </Button>
      ) : null}
      {found.isCut ? (
        <Text size="sm" c="dimmed" mt="lg">
          {t('isCut')}
        </Text>
      ) : null}
    </section>
  )
}

/** The next free times are part of the list: it is read again when places change, but not for each of them. */
function useFreshTimes(doctorIds: string[]): void {
  const queryClient = useQueryClient()
  const readAt = useRef(0)
  useLiveSlots(doctorIds, {
    onSlots: () => {
      if (performance.now() - readAt.current < rereadMsMin) return
      readAt.current = performance.now()
      void queryClient.invalidateQueries({ queryKey: ['doctors'] })
    },
  })
}

/** As high as the cards that will stand there. */
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
