import type { AppointmentType, Clinic, Doctor, Slot } from '@holdfast/contract/client'
import { addDays, listedDaysMax, localDay } from '@holdfast/vocabulary'
import { Button, Group, Stack, Text } from '@mantine/core'
import { type UseQueryResult, useQuery } from '@tanstack/react-query'
import { useLayoutEffect } from 'react'
import { useTranslation } from 'react-i18next'
import { comma, formatDayTime } from '../../lib/i18n/format.ts'
import { doctorQuery } from '../../lib/queries/directory-queries.ts'
import { slotsQuery } from '../../lib/queries/slots-query.ts'
import { serverNow } from '../../lib/time/server-clock.ts'
import { LinkButton } from '../../ui/buttons/link-button.tsx'
import { CallClinic } from '../clinics/call-clinic.tsx'
import { doctorWaitlistQuery } from '../waitlist/doctor-waitlist-query.ts'
import { JoinWaitlist } from '../waitlist/join-waitlist.tsx'
import { type ColleagueTime, colleagueTimesQuery, hasOtherDoctorsQuery } from './colleague-times-query.ts'
import { NextFree, NoTimesAlert } from './next-free.tsx'
import { daysShown, isBookable } from './week-days.ts'

/** With `visitTypeId`, a visit in the open session `id`. `appointmentType`: absent: the one that the page has. */
export type ChosenSlot = Pick<Slot, 'id' | 'doctorId' | 'startsAt' | 'endsAt'> & {
  visitTypeId?: string
  appointmentType?: AppointmentType
}

type NoTimesProps = {
  doctorId: string
  clinic: Clinic
  from: string
  onFrom: (from: string) => void
  /** undefined: neither other doctors nor the waitlist are offered. */
  onColleague: ((slot: ChosenSlot) => void) | undefined
  /** Called when all of it can be shown. What is below waits for it, and does not move down under the reader. */
  onRead: () => void
}

/**
 * Shows, for a week without free times, when the doctor is next free, colleagues who are free earlier, and the
 * waitlist.
 */
export function NoTimes(props: NoTimesProps) {
  const doctor = useQuery(doctorQuery(props.doctorId))
  useReport(doctor.data === undefined && !isFirstAttempt(doctor), props.onRead)
  return doctor.data === undefined ? null : <Ways {...props} doctor={doctor.data} />
}

function Ways({ doctor, clinic, from, onFrom, onColleague, onRead }: NoTimesProps & { doctor: Doctor }) {
  const { t } = useTranslation('booking')
  const { next, isReading: isReadingNext } = useNextFree(doctor, clinic, from)
  const isReadingOthers = useIsReadingOthers(doctor, next, onColleague !== undefined)
  const isReading = isReadingNext || isReadingOthers
  useReport(!isReading, onRead)
  if (isReading || next === undefined) return null
  return (
    <NoTimesAlert>
      <Stack gap="sm" align="flex-start">
        {next === null ? (
          <>
            <Text>{t('noTimes.none')}</Text>
            <OtherWays doctor={doctor} clinic={clinic} hasColleagues={onColleague !== undefined} />
          </>
        ) : (
          <NextFree at={next} timeZone={clinic.timezone} onFrom={onFrom} />
        )}
        {onColleague === undefined ? null : (
          <>
            <Colleagues doctor={doctor} clinic={clinic} next={next} onChoose={onColleague} />
            <JoinWaitlist doctorId={doctor.id} from={from} isSecond={next !== null} />
          </>
        )}
      </Stack>
    </NoTimesAlert>
  )
}

type OtherWaysProps = { doctor: Doctor; clinic: Clinic; hasColleagues: boolean }

/** How to go on with a doctor who has no times: to call the clinic, or to see its other doctors. */
function OtherWays({ doctor, clinic, hasColleagues }: OtherWaysProps) {
  const { t } = useTranslation('booking')
  const hasOthers = useQuery({ ...hasOtherDoctorsQuery(doctor), enabled: hasColleagues }).data
  return (
    <Group gap="sm">
      <CallClinic clinic={clinic} />
      {hasOthers === true ? (
        <LinkButton size="sm" variant="default" to="/" search={{ clinicId: clinic.id }}>
          {t('noTimes.others')}
        </LinkButton>
      ) : null}
    </Group>
  )
}

type ColleaguesProps = { doctor: Doctor; clinic: Clinic; next: string | null; onChoose: (slot: ChosenSlot) => void }

function Colleagues({ doctor, clinic, next, onChoose }: ColleaguesProps) {
  const { t } = useTranslation('booking')
  const found = useQuery(colleagueTimesQuery(doctor)).data ?? []
  const earlier = found.filter(({ slot }) => next === null || Date.parse(slot.startsAt) < Date.parse(next))
  if (earlier.length === 0) return null
  const text = ({ name, slot }: ColleagueTime) => `${name}${comma()} ${formatDayTime(slot.startsAt, clinic.timezone)}`
  return (
    <>
      <Text fw={600}>{t('noTimes.colleagues')}</Text>
      <Group gap="sm">
        {earlier.map((one) => (
          <Button key={one.slot.id} size="sm" variant="default" onClick={() => onChoose(one.slot)}>
            {text(one)}
          </Button>
        ))}
      </Group>
    </>
  )
}

/** Calls `report` before the next paint when it is time. */
function useReport(isTime: boolean, report: () => void): void {
  useLayoutEffect(() => {
    if (isTime) report()
  }, [isTime, report])
}

/** Nothing waits for the repetitions of a read that failed. */
function isFirstAttempt({ isLoading, failureCount }: Pick<UseQueryResult, 'isLoading' | 'failureCount'>): boolean {
  return isLoading && failureCount === 0
}

/** Whether what is shown beside the next free time is being read. */
function useIsReadingOthers(doctor: Doctor, next: FoundTime['next'], hasColleagues: boolean): boolean {
  const colleagues = useQuery({ ...colleagueTimesQuery(doctor), enabled: hasColleagues })
  const others = useQuery({ ...hasOtherDoctorsQuery(doctor), enabled: hasColleagues && next === null })
  const waiting = useQuery({ ...doctorWaitlistQuery(doctor.id), enabled: hasColleagues })
  return [colleagues, others, waiting].some(isFirstAttempt)
}

type FoundTime = { next: string | null | undefined; isReading: boolean }

/** The start of the next free slot after the week that begins on `from`, else before it; null: none. */
function useNextFree(doctor: Doctor, clinic: Clinic, from: string): FoundTime {
  const end = addDays(from, daysShown)
  const soonest = doctor.nextAvailableAt
  const isLater = soonest !== null && localDay(soonest, clinic.timezone) >= end
  const isSought = soonest !== null && !isLater
  const later = useQuery({
    ...slotsQuery(doctor.id, end, addDays(end, listedDaysMax - 1)),
    enabled: isSought,
  })
  if (!isSought || later.isError) return { next: soonest, isReading: false }
  if (later.data === undefined) return { next: undefined, isReading: isFirstAttempt(later) }
  const now = serverNow()
  const next = later.data.items.find((slot) => isBookable(slot, clinic.settings, now))?.startsAt ?? soonest
  return { next, isReading: false }
}
