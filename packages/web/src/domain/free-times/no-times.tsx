import type { AppointmentType, Clinic, Doctor, Slot } from '@holdfast/contract/client'
import { addDays, listedDaysMax, localDay } from '@holdfast/vocabulary'
import { Button, Group, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { comma, formatDayTime } from '../../lib/i18n/format.ts'
import { doctorQuery } from '../../lib/queries/directory-queries.ts'
import { slotsQuery } from '../../lib/queries/slots-query.ts'
import { serverNow } from '../../lib/time/server-clock.ts'
import { LinkButton } from '../../ui/buttons/link-button.tsx'
import { CallClinic } from '../clinics/call-clinic.tsx'
import { type ColleagueTime, colleagueTimesQuery, hasOtherDoctorsQuery } from './colleague-times-query.ts'
import { isFirstAttempt, NoTimesAlert } from './no-times-alert.tsx'
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
export function NoTimes({ doctorId, ...props }: NoTimesProps) {
  const doctor = useQuery(doctorQuery(doctorId))
  if (doctor.data !== undefined) return <Ways {...props} doctor={doctor.data} />
  return <NoTimesAlert {...props} next={undefined} isReading={isFirstAttempt(doctor)} none={null} waitlist={null} />
}

function Ways({ doctor, onColleague, ...props }: Omit<NoTimesProps, 'doctorId'> & { doctor: Doctor }) {
  const { t } = useTranslation('booking')
  const { clinic, from } = props
  const { next, isReading } = useNextFree(doctor, clinic, from)
  const hasColleagues = onColleague !== undefined
  const isReadingOthers = useIsReadingOthers(doctor, next, hasColleagues)
  return (
    <NoTimesAlert
      {...props}
      next={next}
      isReading={isReading || isReadingOthers}
      none={
        <>
          <Text>{t('noTimes.none')}</Text>
          <OtherWays doctor={doctor} clinic={clinic} hasColleagues={hasColleagues} />
        </>
      }
      waitlist={hasColleagues ? { doctorId: doctor.id } : null}
    >
      {hasColleagues ? <Colleagues doctor={doctor} clinic={clinic} next={next ?? null} onChoose={onColleague} /> : null}
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

/** Whether what is shown beside the next free time is being read. */
function useIsReadingOthers(doctor: Doctor, next: FoundTime['next'], hasColleagues: boolean): boolean {
  const colleagues = useQuery({ ...colleagueTimesQuery(doctor), enabled: hasColleagues })
  const others = useQuery({ ...hasOtherDoctorsQuery(doctor), enabled: hasColleagues && next === null })
  return [colleagues, others].some(isFirstAttempt)
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
