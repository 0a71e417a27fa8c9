import type { WorkingBand, WorkingHours } from '@holdfast/contract/client'
import { NativeSelect, Stack, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { formatDate, formatLocalTime, formatLocalTimes, formatNumber, formatWeekday } from '../../../lib/i18n/format.ts'
import { PageHead } from '../../../ui/focus/page-head.tsx'
import { Panel } from '../../../ui/panel.tsx'
import { LoadingOrError } from '../../../ui/states/loading-or-error.tsx'
import { NoDoctors } from '../shared/clinic/no-doctors.tsx'
import { useClinic } from '../use-clinic.ts'
import { BandDays } from './band-days.tsx'
import { ComingSessions } from './coming-sessions.tsx'
import { HoursForm } from './hours-form.tsx'
import { workingHoursQuery } from './hours-queries.ts'

const route = getRouteApi('/clinic/$clinicId/working-hours')

/** A doctor's weekly hours, of which sessions and slots are created, and the sessions to come. Staff only read them. */
export function WorkingHoursPage() {
  const { t } = useTranslation('working-hours')
  const { clinicId, doctors, timeZone, today, isAdmin } = useClinic()
  const navigate = route.useNavigate()
  // While the page is open, another doctor may become the first of the list.
  const [first, setFirst] = useState(doctors[0]?.id)
  if (first === undefined && doctors[0] !== undefined) setFirst(doctors[0].id)
  const doctorId = route.useSearch().doctorId ?? first
  return (
    <Stack gap="lg">
      <PageHead
        title={t('title')}
        intro={isAdmin ? t('intro') : `${t('intro')} ${t('adminsChange')}`}
        help={{ href: '/help/working-hours', text: t('help') }}
      />
      {doctorId === undefined ? (
        <NoDoctors />
      ) : (
        <>
          <NativeSelect
            maw="24rem"
            label={t('doctor')}
            value={doctorId}
            onChange={({ currentTarget }) => navigate({ search: { doctorId: currentTarget.value } })}
            data={doctors.map(({ id, name }) => ({ value: id, label: name }))}
          />
          <Stack gap="lg" key={doctorId}>
            <Hours clinicId={clinicId} doctorId={doctorId} today={today} />
            <ComingSessions {...{ clinicId, doctorId, today, timeZone }} canChange={isAdmin} />
          </Stack>
        </>
      )}
    </Stack>
  )
}

function Hours(of: { clinicId: string; doctorId: string; today: string }) {
  const { t } = useTranslation('working-hours')
  const { isAdmin } = useClinic()
  const hours = useQuery(workingHoursQuery(of))
  const [started, setStarted] = useState(0)
  if (hours.data === undefined) return <LoadingOrError of={hours} />
  return (
    <>
      <Versions hours={hours.data} today={of.today} />
      {isAdmin ? (
        <Panel id="change-hours" title={t('change')} help={t('changeHelp')}>
          <HoursForm key={started} {...of} hours={hours.data} onRestart={() => setStarted(started + 1)} />
        </Panel>
      ) : null}
    </>
  )
}

/** The hours that the doctor has, and until when they are filled. */
function Versions({ hours, today }: { hours: WorkingHours; today: string }) {
  const { versions, filledUntil, runsOutOn } = hours
  const { t } = useTranslation('working-hours')
  return (
    <section aria-labelledby="present-hours">
      <Title order={2} size="h3" id="present-hours" mb="xs">
        {t('present')}
      </Title>
      {versions.length === 0 ? <Text>{t('none')}</Text> : null}
      {versions.map(({ validFrom, validUntil, bands }) => {
        const days = { from: formatDate(validFrom), until: validUntil === null ? '' : formatDate(validUntil) }
        return (
          <div key={validFrom}>
            <Text fw={600}>{t(validUntil === null ? 'since' : 'sinceUntil', days)}</Text>
            <ul>
              {bands.map((band) => (
                <li key={`${band.weekdays} ${band.from} ${band.inWeekOf}`}>
                  <BandText band={band} />
                  {band.everyWeeks === 1 ? null : (
                    <>
                      {' · '}
                      <BandDays band={band} from={validFrom < today ? today : validFrom} until={validUntil} />
                    </>
                  )}
                </li>
              ))}
              {bands.length === 0 ? <li>{t('off')}</li> : null}
            </ul>
          </div>
        )
      })}
      {versions.length > 0 && filledUntil !== null ? (
        <Text c="dimmed">{t('filledUntil', { day: formatDate(filledUntil) })}</Text>
      ) : null}
      {runsOutOn === null ? null : (
        <Text fw={600} role="status">
          {t('runsOut', { day: formatDate(runsOutOn) })}
        </Text>
      )}
    </section>
  )
}

function BandText({ band }: { band: WorkingBand }) {
  const { t } = useTranslation('working-hours')
  const { weekdays, from, to, everyWeeks, gridMinutes, slotMinutes } = band
  const parts = [
    weekdays.map(formatWeekday).join(', '),
    // One that ends on the next day is no range of a day.
    to > from ? formatLocalTimes(from, to) : `${formatLocalTime(from)}–${formatLocalTime(to)}`,
    ...(everyWeeks > 1 ? [t('inWeeks', { weeks: formatNumber(everyWeeks) })] : []),
    slotMinutes === null
      ? t('sessionOf', { minutes: formatNumber(gridMinutes ?? 0) })
      : t('slotsOf', { minutes: formatNumber(slotMinutes) }),
  ]
  return <>{parts.join(' · ')}</>
}
