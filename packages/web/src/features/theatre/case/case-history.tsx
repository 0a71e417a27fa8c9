import type { BookingHistoryEntry, Case } from '@holdfast/contract/client'
import { milestones } from '@holdfast/vocabulary'
import { Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { comma, formatDayTime, formatTime, formatTimeUnlike } from '../../../lib/i18n/format.ts'
import { ErrorState } from '../../../ui/states/error-state.tsx'
import { caseEventsQuery } from '../theatre-queries.ts'
import { useTheatre } from '../use-theatre.ts'
import classes from './case.module.css'

/** Every change of a case, with who made it. */
export function CaseHistory({ one }: { one: Case }) {
  const { t } = useTranslation('theatre')
  const { clinicId, timeZone } = useTheatre()
  const events = useQuery(caseEventsQuery(clinicId, one.id))
  return (
    <section aria-labelledby="case-history">
      <Title order={3} size="h4" mb="xs" id="case-history">
        {t('case.history')}
      </Title>
      {events.data === undefined ? (
        events.isError ? (
          <ErrorState error={events.error} retry={() => void events.refetch()} />
        ) : null
      ) : (
        <ol className={classes.list}>
          {events.data.map(({ event, actorName, people }) => (
            <li key={event.version}>
              <EventText event={event} people={people} planned={one.endsAt} />
              <Text size="sm" c="dimmed" className="tabular">
                {formatDayTime(event.at, timeZone)}
                {actorName === null ? null : (
                  <>
                    {' · '}
                    <bdi>{actorName}</bdi>
                  </>
                )}
              </Text>
            </li>
          ))}
        </ol>
      )}
    </section>
  )
}

/**
 * What happened, and what the event says of it: which milestone, until when, who relieved whom, why.
 *
 * @param planned the planned end: an expected one of another day has its day
 */
function EventText({
  event: { type, reason, caseDetails },
  people,
  planned,
}: Pick<BookingHistoryEntry, 'event' | 'people'> & { planned: string }) {
  const { t } = useTranslation('theatre')
  const { timeZone } = useTheatre()
  const milestone = milestones.find((one) => one === caseDetails?.milestone)
  const at = caseDetails?.at ?? null
  const nameOf = (of: string) => people.find(({ id }) => id === of)?.name ?? '–'
  const details = [
    milestone === undefined ? null : t(`milestone.${milestone}`),
    milestone === undefined || at === null ? null : formatTime(at, timeZone),
    milestone !== undefined && caseDetails?.at === null ? t('milestones.wasRemoved') : null,
    caseDetails?.forced === true ? t('milestones.forced') : null,
    caseDetails?.expectedEndsAt === undefined
      ? null
      : t('case.expectedUntil', { time: formatTimeUnlike(planned, caseDetails.expectedEndsAt, timeZone) }),
    ...(caseDetails?.relieved?.left ?? []).map((id) => t('relief.left', { name: nameOf(id) })),
    ...(caseDetails?.relieved?.joined ?? []).map((id) => t('relief.joined', { name: nameOf(id) })),
    ...(caseDetails?.relieved?.changed ?? []).map(({ id, role }) => t(`relief.${role}`, { name: nameOf(id) })),
    reason === null ? null : t(`reason.${reason}`, { defaultValue: reason }),
    caseDetails?.afterwards === true ? t('case.afterwards') : null,
    caseDetails?.override?.reason ?? null,
  ].filter((detail) => detail !== null)
  return (
    <>
      {caseDetails?.relieved === undefined ? t(`event.${type}`) : t('relief.event')}
      {details.length === 0 ? null : (
        <>
          {': '}
          <bdi>{details.join(`${comma()} `)}</bdi>
        </>
      )}
    </>
  )
}
