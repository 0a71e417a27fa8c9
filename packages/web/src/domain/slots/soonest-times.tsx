import type { AppointmentType, Slot, VisitType } from '@holdfast/contract/client'
import { addDays, listedDaysMax, localDay } from '@holdfast/vocabulary'
import { Button, Skeleton, Stack, Text } from '@mantine/core'
import { infiniteQueryOptions, useInfiniteQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { api, dataOf } from '../../lib/api/api.ts'
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
    texts: { none: string; later: string }
  }

const pageSize = 40

/**
 * When a visit can begin with any doctor of a clinic, soonest first, in the shape of slots: where several are free,
 * with one of them. Those who ask at once get different ones.
 */
export function SoonestTimes({ texts, chosen, onChoose, labelOf, ...of }: SoonestProps) {
  const { visitType, timeZone } = of
  const found = useInfiniteQuery(soonestQuery(of))
  const [any] = useState(() => Math.floor(Math.random() * 1_000))
  if (found.data === undefined) {
    if (found.isError) return <ErrorState error={found.error} retry={() => void found.refetch()} />
    return <Skeleton height={120} radius="lg" />
  }
  const times = found.data.pages.flatMap(({ items }) => items)
  const slots = times.flatMap(({ startsAt, doctors }, index): Slot[] => {
    const free = doctors[(any + index) % doctors.length]
    if (free === undefined) return []
    const { doctorId, endsAt, available } = free
    return [
      { id: timeIdOf({ ...free, startsAt }), doctorId, startsAt, endsAt, capacity: visitType.capacity, available },
    ]
  })
  return (
    <Stack gap="md" align="flex-start">
      {slots.length === 0 ? (
        <Text role="status">{texts.none}</Text>
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

/** Pages by the start after which they continue. */
function soonestQuery({ clinicId, timeZone, visitType, appointmentType, byDesk = false }: TimesOf) {
  const from = localDay(serverNow(), timeZone)
  const to = addDays(from, listedDaysMax - 1)
  return infiniteQueryOptions({
    queryKey: ['soonest', clinicId, visitType.id, appointmentType, byDesk, from],
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
