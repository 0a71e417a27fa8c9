import type { Clinic, Doctor, VisitType } from '@holdfast/contract/client'
import { addDays, listedDaysMax, localDay } from '@holdfast/vocabulary'
import { Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { useSession } from '../../lib/session/session.ts'
import { serverNow } from '../../lib/time/server-clock.ts'
import { LinkButton } from '../../ui/buttons/link-button.tsx'
import { ErrorState } from '../../ui/states/error-state.tsx'
import type { TicketLink } from '../bookings/ticket-link.ts'
import { CallClinic } from '../clinics/call-clinic.tsx'
import { NoTimesAlert } from '../free-times/no-times-alert.tsx'
import { daysShown } from '../free-times/week-days.ts'
import { canWaitFor, type OfferedVisit } from './offered-visits.ts'
import { visitTimesQuery } from './visit-times-query.ts'

type NoTimesProps = {
  doctor: Doctor
  clinic: Clinic
  visit: OfferedVisit
  from: string
  onFrom: (from: string) => void
  /** As in {@link visitTimesQuery}. */
  moved: TicketLink | undefined
  /** Called when it can be shown. What is below waits for it. */
  onRead: () => void
}

/** In a week without free times: when the next one is, or whom to ask, and the waitlist. */
export function NoVisitTimes({ doctor, clinic, visit, from, onFrom, moved, onRead }: NoTimesProps) {
  const { next, isReading, later } = useNextTime({ doctor, clinic, visit, from, moved })
  const { visitType } = visit
  const canWait = moved === undefined && canWaitFor(visitType)
  return (
    <>
      {later.isError ? <ErrorState error={later.error} retry={() => void later.refetch()} /> : null}
      <NoTimesAlert
        {...{ clinic, from, onFrom, onRead, isReading }}
        next={later.isError ? undefined : (next ?? null)}
        none={
          <>
            <WhyNoVisits of={visitType} />
            <CallClinic clinic={clinic} />
          </>
        }
        waitlist={canWait ? { doctorId: doctor.id, visitTypeId: visitType.id } : null}
      />
    </>
  )
}

/** Why there are no times at all. */
export function WhyNoVisits({ of: { bookableBy } }: { of: Pick<VisitType, 'bookableBy'> }) {
  const { t } = useTranslation('visits')
  return bookableBy === 'known_patients' ? <ForKnownPatients /> : <Text>{t('none')}</Text>
}

/** Somebody who is not known to be a patient of the clinic sees no times. */
function ForKnownPatients() {
  const { t } = useTranslation(['visits', 'shell'])
  const session = useSession()
  const isGuest = session.kind === 'guest'
  return (
    <>
      {isGuest ? null : <Text>{t('none')}</Text>}
      <Text>{t(isGuest ? 'knownSignIn' : 'knownOnly')}</Text>
      {isGuest ? (
        <LinkButton size="sm" to="/sign-in" search={{ to: `${window.location.pathname}${window.location.search}` }}>
          {t('shell:nav.signIn')}
        </LinkButton>
      ) : null}
    </>
  )
}

/** The start of the first time after the week that begins on `from`, else before it; undefined: none. */
function useNextTime({ doctor, clinic, visit, from, moved }: Omit<NoTimesProps, 'onFrom' | 'onRead'>) {
  const today = localDay(serverNow(), clinic.timezone)
  const of = { doctorId: doctor.id, visitType: visit.visitType, moved }
  const end = addDays(from, daysShown)
  const later = useQuery(visitTimesQuery({ ...of, from: end, to: addDays(end, listedDaysMax - 1) }))
  const isLast = later.data?.items.length === 0 && from > today
  const earliest = addDays(from, -listedDaysMax)
  const before = { ...of, from: earliest > today ? earliest : today, to: addDays(from, -1) }
  const earlier = useQuery({ ...visitTimesQuery(before), enabled: isLast })
  const isReading = later.isLoading || earlier.isLoading
  return { next: (later.data?.items[0] ?? earlier.data?.items[0])?.startsAt, isReading, later }
}
