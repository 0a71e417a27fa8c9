import type { BusyCalendarState, LeftOutEvents } from '@holdfast/contract/client'
import { lengths } from '@holdfast/vocabulary'
import { Group, Stack, Text, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { type FormEvent, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { refusesField } from '../../lib/api/api-error.ts'
import { formatAppointment, formatDayTime } from '../../lib/i18n/format.ts'
import { ActionButton } from '../../ui/buttons/action-button.tsx'
import { Dialog } from '../../ui/dialogs/dialog.tsx'
import { Panel } from '../../ui/panel.tsx'
import { ErrorState } from '../../ui/states/error-state.tsx'
import { LoadingOrError } from '../../ui/states/loading-or-error.tsx'
import { toastDone } from '../../ui/toast.ts'
import { busyCalendarQuery, useBusyCalendarActions } from './busy-queries.ts'

/** The external calendar of a doctor, whose busy times block free places, and the bookings that conflict with it. */
export function BusySection({ doctorId, timeZone }: { doctorId: string; timeZone: string }) {
  const { t } = useTranslation('calendars')
  const state = useQuery(busyCalendarQuery(doctorId))
  return (
    <Panel id="busy-calendar" title={t('busy.title')} help={t('busy.help')}>
      {state.data === undefined ? (
        <LoadingOrError of={state} />
      ) : (
        <>
          <BusyState state={state.data} timeZone={timeZone} />
          <BusyForm key={String(state.data.calendar?.createdAt)} doctorId={doctorId} state={state.data} />
        </>
      )}
    </Panel>
  )
}

/** Which events were not understood: how many, and why. */
function LeftOut({ count, events }: { count: number; events: readonly LeftOutEvents[] }) {
  const { t } = useTranslation('calendars')
  return (
    <div>
      <Text c="var(--mantine-color-error)">{t('busy.leftOut', { count })}</Text>
      <ul>
        {events.map((event) => (
          <li key={`${event.reason} ${event.detail}`}>
            {t(`busy.leftOutReason.${event.reason}`, { events: event.count, detail: event.detail ?? '' })}
          </li>
        ))}
      </ul>
    </div>
  )
}

function BusyState({ state: { calendar, conflicts }, timeZone }: { state: BusyCalendarState; timeZone: string }) {
  const { t } = useTranslation('calendars')
  if (calendar === null) return <Text role="status">{t('busy.none')}</Text>
  const { host, readAt, failingSince, reason, problem, leftOut, leftOutEvents, emptySince, emptiedAt } = calendar
  return (
    <>
      <Text role="status">
        <bdi>{host ?? '–'}</bdi> ·{' '}
        {readAt === null ? t('busy.unread') : t('busy.readAt', { time: formatDayTime(readAt, timeZone) })}
      </Text>
      {failingSince === null ? null : (
        <Text role="alert" c="var(--mantine-color-error)">
          {t('busy.failing', { time: formatDayTime(failingSince, timeZone) })}{' '}
          {reason ? t(`busy.reason.${reason}`) : null}{' '}
          <Text span size="sm" c="dimmed">
            <bdi>{problem}</bdi>
          </Text>
        </Text>
      )}
      {emptySince === null ? null : <Text>{t('busy.emptySince', { time: formatDayTime(emptySince, timeZone) })}</Text>}
      {emptiedAt === null ? null : (
        <Text c="var(--mantine-color-error)">{t('busy.emptiedAt', { time: formatDayTime(emptiedAt, timeZone) })}</Text>
      )}
      {leftOut === 0 ? null : <LeftOut count={leftOut} events={leftOutEvents} />}
      {conflicts.length === 0 ? null : (
        <div>
          <Text fw={600}>{t('busy.conflicts')}</Text>
          <ul>
            {conflicts.map(({ id, startsAt, endsAt, patient }) => (
              <li key={id}>
                <span className="tabular">{formatAppointment(startsAt, endsAt, timeZone)}</span> ·{' '}
                <bdi>{patient.name}</bdi>
              </li>
            ))}
          </ul>
        </div>
      )}
    </>
  )
}

function BusyForm({ doctorId, state }: { doctorId: string; state: BusyCalendarState }) {
  const { t } = useTranslation('calendars')
  const { set, remove } = useBusyCalendarActions(doctorId)
  const [url, setUrl] = useState('')
  const fieldRef = useRef<HTMLInputElement>(null)
  const [isAsking, setAsking] = useState(false)
  const hasCalendar = state.calendar !== null
  const submit = (event: FormEvent) => {
    event.preventDefault()
    set.mutate(url.trim(), {
      onSuccess: () => toastDone({ message: t('busy.saved') }),
      onError: (error) => {
        if (refusesField(error, 'url')) fieldRef.current?.focus()
      },
    })
  }
  const isUrlRefused = refusesField(set.error, 'url')
  const error = (isUrlRefused ? null : set.error) ?? remove.error
  return (
    <form onSubmit={submit}>
      <Stack gap="sm" maw="40rem">
        <TextInput
          ref={fieldRef}
          label={t(hasCalendar ? 'busy.newUrl' : 'busy.url')}
          description={t('busy.urlHelp')}
          error={isUrlRefused ? t('busy.urlRefused') : null}
          value={url}
          onChange={({ currentTarget }) => {
            setUrl(currentTarget.value)
            if (set.isError) set.reset()
          }}
          required
          withAsterisk={false}
          dir="ltr"
          autoComplete="off"
          maxLength={lengths.url}
        />
        {error === null ? null : <ErrorState error={error} />}
        <Group gap="sm">
          <ActionButton type="submit" variant="default" isBusy={set.isPending}>
            {t('busy.save')}
          </ActionButton>
          {hasCalendar ? (
            <ActionButton variant="default" isBusy={remove.isPending} onClick={() => setAsking(true)}>
              {t('busy.remove')}
            </ActionButton>
          ) : null}
        </Group>
      </Stack>
      <Dialog isForm isOpen={isAsking} onClose={() => setAsking(false)} title={t('busy.remove')}>
        <Stack gap="md">
          <Text>{t('busy.removeHelp')}</Text>
          <Group>
            <ActionButton
              isBusy={false}
              onClick={() => {
                remove.mutate(undefined, { onSuccess: () => toastDone({ message: t('busy.removed') }) })
                setAsking(false)
              }}
            >
              {t('busy.remove')}
            </ActionButton>
          </Group>
        </Stack>
      </Dialog>
    </form>
  )
}
