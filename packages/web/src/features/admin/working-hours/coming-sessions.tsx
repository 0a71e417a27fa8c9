import type { OpenSession } from '@holdfast/contract/client'
import { addDays, sessionLimits } from '@holdfast/vocabulary'
import { Button, Group, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { formatAppointment } from '../../../lib/i18n/format.ts'
import { instantOf } from '../../../lib/time/local-time.ts'
import { ActionButton } from '../../../ui/buttons/action-button.tsx'
import { ConfirmDialog } from '../../../ui/dialogs/confirm-dialog.tsx'
import { BoundedNumber } from '../../../ui/fields/bounded-number.tsx'
import { DateField } from '../../../ui/fields/date-field.tsx'
import { EndTimeField, TimeField } from '../../../ui/fields/time-field.tsx'
import layoutClasses from '../../../ui/layout.module.css'
import { Panel } from '../../../ui/panel.tsx'
import { ErrorState } from '../../../ui/states/error-state.tsx'
import { LoadingOrError } from '../../../ui/states/loading-or-error.tsx'
import { toastDone } from '../../../ui/toast.ts'
import { isInRange } from '../shared/fields/number-field.tsx'
import { comingSessionsQuery, useSessionActions } from './hours-queries.ts'

type SessionsProps = { clinicId: string; doctorId: string; today: string; timeZone: string }

/** The open sessions of the next weeks. With `canChange`, each can be withdrawn, and one can be added. */
export function ComingSessions({ canChange, ...props }: SessionsProps & { canChange: boolean }) {
  const { t } = useTranslation('working-hours')
  const { timeZone, today } = props
  const sessions = useQuery(comingSessionsQuery(props, today))
  const [chosen, setChosen] = useState<OpenSession | null>(null)
  const { withdraw } = useSessionActions(props)
  const timesOf = ({ startsAt, endsAt }: OpenSession) => formatAppointment(startsAt, endsAt, timeZone)
  return (
    <Panel id="coming-sessions" title={t('sessions.title')} help={t('sessions.help')}>
      {canChange ? <AddSession {...props} /> : null}
      {sessions.data === undefined ? <LoadingOrError of={sessions} /> : null}
      {sessions.data?.length === 0 ? <Text role="status">{t('sessions.none')}</Text> : null}
      {sessions.data?.map((session) => (
        <Group key={session.id} justify="space-between" gap="xs">
          <Text>
            {timesOf(session)} · {t('sessions.grid', { minutes: session.gridMinutes })}
          </Text>
          {canChange ? (
            <Button
              size="sm"
              variant="default"
              aria-label={t('sessions.withdrawOf', { times: timesOf(session) })}
              onClick={() => setChosen(session)}
            >
              {t('sessions.withdraw')}
            </Button>
          ) : null}
        </Group>
      ))}
      <ConfirmDialog
        title={chosen === null ? '' : t('sessions.withdrawOf', { times: timesOf(chosen) })}
        isOpen={chosen !== null}
        onClose={() => setChosen(null)}
        confirm={t('sessions.withdraw')}
        isBusy={withdraw.isPending}
        error={withdraw.error}
        onConfirm={() => {
          if (chosen === null) return
          const onSuccess = () => {
            setChosen(null)
            toastDone({ message: t('sessions.withdrawn') })
          }
          withdraw.mutate(chosen.id, { onSuccess })
        }}
      >
        <Text>{t('sessions.withdrawHelp')}</Text>
      </ConfirmDialog>
    </Panel>
  )
}

function AddSession(props: SessionsProps) {
  const { t } = useTranslation('working-hours')
  const { today, timeZone } = props
  const [draft, setDraft] = useState({ day: today, from: '09:00', to: '12:00', minutes: 10 as number | string })
  const { add } = useSessionActions(props)
  const { day, from, to, minutes } = draft
  const set = (part: Partial<typeof draft>) => {
    add.reset()
    setDraft({ ...draft, ...part })
  }
  const { min, max } = sessionLimits.gridMinutes
  const isComplete = day !== '' && from !== '' && to !== '' && from !== to && isInRange(minutes, min, max)
  const isInTheWay = add.data?.items[0]?.outcome === 'conflict'
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        if (!isComplete) return
        const times = {
          startsAt: instantOf(day, from, timeZone),
          endsAt: instantOf(to <= from ? addDays(day, 1) : day, to, timeZone),
        }
        const onSuccess = ({ created }: { created: number }) => {
          if (created > 0) toastDone({ message: t('sessions.added') })
        }
        add.mutate({ ...times, gridMinutes: Number(minutes) }, { onSuccess })
      }}
    >
      <Stack gap="sm">
        <div className={layoutClasses.shortFields}>
          <DateField label={t('sessions.day')} min={today} value={day} onChange={(chosen) => set({ day: chosen })} />
          <TimeField label={t('from')} value={from} onChange={(time) => set({ from: time })} />
          <EndTimeField label={t('to')} value={to} onChange={(time) => set({ to: time })} />
          <BoundedNumber
            label={t('gridMinutes')}
            min={min}
            max={max}
            allowDecimal={false}
            value={minutes}
            onChange={(value) => set({ minutes: value })}
          />
        </div>
        {isInTheWay ? (
          <Text role="alert" c="red">
            {t('sessions.conflict')}
          </Text>
        ) : null}
        {add.isError ? <ErrorState error={add.error} /> : null}
        <Group>
          <ActionButton type="submit" variant="default" isBusy={add.isPending} disabled={!isComplete}>
            {t('sessions.add')}
          </ActionButton>
        </Group>
      </Stack>
    </form>
  )
}
