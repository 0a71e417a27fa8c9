import type { AppointmentType, ClinicTimeList, Slot, VisitType } from '@holdfast/contract/client'
import { addDays, listedDaysMax, localDay } from '@holdfast/vocabulary'
import { Button, Skeleton, Stack } from '@mantine/core'
import {
  type InfiniteData,
  infiniteQueryOptions,
  type UseInfiniteQueryResult,
  useInfiniteQuery,
} from '@tanstack/react-query'
import { type ReactNode, useEffect, useState } from 'react'
import { api, dataOf } from '../../lib/api/api.ts'
import { clinicKey } from '../../lib/queries/clinic-queries.ts'
import { serverNow } from '../../lib/time/server-clock.ts'
import { ErrorState } from '../../ui/states/error-state.tsx'
import { timeIdOf } from '../visits/visit-times-query.ts'
import { TimesByDay, type TimesByDayProps } from './times-by-day.tsx'

type TimesOf = {
  clinicId: string
  timeZone: string
  visitType: Pick<VisitType, 'id' | 'capacity'>
  /** Only of doctors who offer it so; absent: either way. */
  appointmentType?: AppointmentType
  /** The times that the clinic's people can book. */
  byDesk?: boolean
}

type SoonestProps = TimesOf &
  Omit<TimesByDayProps, 'slots'> & {
    texts: { none: ReactNode; later: string }
  }

const pageSize = 40

type Found = InfiniteData<ClinicTimeList>

/**
 * When a visit can begin with any doctor of a clinic, soonest first, in the shape of slots: where several are free,
 * with one of them. Those who ask at once get different ones.
 */
export function SoonestTimes({ texts, chosen, onChoose, labelOf, ...of }: SoonestProps) {
  const { visitType, timeZone } = of
  const found = useInfiniteQuery(soonestQuery(of))
  const [seed] = useState(() => Math.random().toString())
  const isSearching = useSearchOn(found)
  const times = found.data?.pages.flatMap(({ items }) => items) ?? []
  if (found.isError && times.length === 0) {
    return <ErrorState error={found.error} retry={() => void found.refetch()} />
  }
  if (found.data === undefined || isSearching) return <Skeleton height={120} radius="lg" />
  const slots = times.flatMap(({ startsAt, doctors }): Slot[] => {
    const kept = doctors.find((one) => timeIdOf({ ...one, startsAt }) === chosen?.id)
    const free = kept ?? minBy(doctors, ({ doctorId }) => rankOf(seed + startsAt + doctorId))
    if (free === undefined) return []
    const { doctorId, endsAt, available } = free
    return [
      { id: timeIdOf({ ...free, startsAt }), doctorId, startsAt, endsAt, capacity: visitType.capacity, available },
    ]
  })
  return (
    <Stack gap="md" align="flex-start">
      {slots.length === 0 ? (
        <div role="status">{texts.none}</div>
      ) : (
        <TimesByDay {...{ slots, timeZone, chosen, onChoose, labelOf }} />
      )}
      {found.hasNextPage ? (
        <Button variant="default" loading={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
          {texts.later}
        </Button>
      ) : null}
    </Stack>
  )
}

/** Reads on while what was searched has no time. */
function useSearchOn({
  data,
  hasNextPage,
  isFetching,
  isError,
  fetchNextPage,
}: UseInfiniteQueryResult<Found>): boolean {
  const isEmpty = data?.pages.every(({ items }) => items.length === 0) ?? false
  const isSearching = isEmpty && hasNextPage && !isError
  useEffect(() => {
    if (isSearching && !isFetching) void fetchNextPage()
  }, [isSearching, isFetching, fetchNextPage])
  return isSearching
}

function minBy<Item>(items: readonly Item[], rank: (item: Item) => number): Item | undefined {
  return items.toSorted((a, b) => rank(a) - rank(b))[0]
}

/** A number that only depends on the text, and is spread. */
function rankOf(text: string): number {
  return [...text].reduce((sum, character) => (Math.imul(sum, 31) + (character.codePointAt(0) ?? 0)) >>> 0, 7)
}

/** Pages by the start after which they continue. */
function soonestQuery({ clinicId, timeZone, visitType, appointmentType, byDesk = false }: TimesOf) {
  const from = localDay(serverNow(), timeZone)
  const to = addDays(from, listedDaysMax - 1)
  return infiniteQueryOptions({
    queryKey: [...clinicKey(clinicId), 'soonest', visitType.id, appointmentType, byDesk, from],
    queryFn: ({ pageParam: after }) => {
      const query = { visitTypeId: visitType.id, from, to, limit: pageSize, ...(after === null ? {} : { after }) }
      const more = { ...(appointmentType && { appointmentType }), ...(byDesk ? { onBehalf: true } : {}) }
      return dataOf(api.listClinicTimes({ path: { clinicId }, query: { ...query, ...more } }))
    },
    initialPageParam: null as string | null,
    getNextPageParam: ({ items, searchedUntil }) => {
      if (items.length === pageSize) return items.at(-1)?.startsAt
      // The days after this were not searched yet.
      return localDay(searchedUntil, timeZone) <= to ? new Date(Date.parse(searchedUntil) - 1).toISOString() : undefined
    },
    staleTime: 15_000,
    refetchInterval: 30_000,
  })
}
