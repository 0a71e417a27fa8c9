import type { Clinic, Doctor } from '@holdfast/contract/client'
import { Text, UnstyledButton } from '@mantine/core'
import { useNavigate } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { attemptToHold, setActiveAttempt } from '../../domain/hold/active-attempt.ts'
import { detailsOf, holderOf } from '../../domain/hold/attempt.ts'
import { JoinWaitlist } from '../../domain/waitlist/join-waitlist.tsx'
import { formatDayTime, formatShortDay, formatTime, formatZone, ownTimeZone } from '../../lib/i18n/format.ts'
import { useSession } from '../../lib/session/session.ts'
import type { DoctorSearch } from './doctor-search.ts'
import classes from './doctors-page.module.css'

type NextTimesProps = { doctor: Doctor; clinic: Clinic | undefined; type: DoctorSearch['type'] }

/** A doctor's next free times, each a button that holds it at once. */
export function NextTimes({ doctor, clinic, type }: NextTimesProps) {
  const { t } = useTranslation('doctors')
  const session = useSession()
  const navigate = useNavigate()
  const { id: doctorId, nextSlots, appointmentTypes, hasOpenSessions } = doctor
  const hold = (slot: Doctor['nextSlots'][number]) => {
    const me = session.kind === 'account' ? session.me : null
    const appointmentType = type ?? appointmentTypes[0] ?? 'in_person'
    // The doctor's page reads the attempt from the storage, and requests it.
    setActiveAttempt(attemptToHold({ slot, doctorId, appointmentType, holder: holderOf(me), details: detailsOf(me) }))
    const search = type ? { type } : {}
    void navigate({ to: '/doctors/$doctorId', params: { doctorId }, search, state: { hold: true } })
  }
  const first = nextSlots[0]
  const zone = first === undefined || clinic === undefined ? '' : zoneNote(first.startsAt, clinic.timezone)
  return (
    <div>
      <Text size="sm" c="dimmed" id={`next-${doctorId}`}>
        {t('nextFree')}
        {zone}
      </Text>
      {first === undefined && hasOpenSessions ? (
        <Text mb="xs">{t('byVisitType')}</Text>
      ) : first === undefined ? (
        <>
          <Text fw={600} mb="xs">
            {t('noFreeTime')}
          </Text>
          <JoinWaitlist of={{ doctorId }} name={doctor.name} />
        </>
      ) : null}
      <ul className={classes.nextTimes} aria-labelledby={`next-${doctorId}`}>
        {clinic === undefined
          ? null
          : nextSlots.map((slot) => {
              const day = formatShortDay(slot.startsAt, clinic.timezone)
              const time = formatTime(slot.startsAt, clinic.timezone)
              return (
                <li key={slot.id}>
                  <UnstyledButton
                    className={classes.nextTime}
                    aria-label={t('holdTime', { when: `${day} ${time}`, name: doctor.name })}
                    onClick={() => hold(slot)}
                  >
                    <span>{day}</span> <strong className="tabular">{time}</strong>
                  </UnstyledButton>
                </li>
              )
            })}
      </ul>
    </div>
  )
}

/** Names the clinic's time zone where the reader's differs. */
function zoneNote(instant: string, timeZone: string): string {
  const own = formatDayTime(instant, ownTimeZone())
  return own === formatDayTime(instant, timeZone) ? '' : ` (${formatZone(instant, timeZone, 'short')})`
}
