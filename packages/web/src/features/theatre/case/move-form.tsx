import type { Case } from '@holdfast/contract/client'
import { localDay, theatreLimits } from '@holdfast/vocabulary'
import { NativeSelect, Stack, Text } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { instantOf, localTime } from '../../../lib/time/local-time.ts'
import { BoundedNumber } from '../../../ui/fields/bounded-number.tsx'
import { DateField } from '../../../ui/fields/date-field.tsx'
import { TimeField } from '../../../ui/fields/time-field.tsx'
import layoutClasses from '../../../ui/layout.module.css'
import { isSamePlan, planOf } from '../case-plan.ts'
import { isMovable } from '../case-state.ts'
import type { Names } from '../conflict-text.ts'
import { type CaseDraft, draftOfCase, teamOf } from '../draft/case-draft.ts'
import { TeamFields } from '../draft/case-fields.tsx'
import { Refusal } from '../refusal.tsx'
import type { Resolution } from '../resolution.ts'
import { roomsQuery } from '../theatre-queries.ts'
import { useTheatre } from '../use-theatre.ts'
import { FormFrame } from './form-frame.tsx'
import { type TeamChange, useMoveCase } from './use-move-case.ts'

/**
 * Changes a case without dragging: another day, time, room, length, team or equipment, in one step. Only the
 * anaesthetist and the staff of a running case can be changed.
 */
export function MoveForm({ one, names, onDone }: { one: Case; names: Names; onDone: () => void }) {
  const { t } = useTranslation('theatre')
  const { clinicId, timeZone } = useTheatre()
  const rooms = useQuery(roomsQuery(clinicId)).data ?? []
  const [roomId, setRoomId] = useState(one.roomId)
  const [day, setDay] = useState(localDay(one.startsAt, timeZone))
  const [time, setTime] = useState(localTime(one.startsAt, timeZone))
  const [minutes, setMinutes] = useState<number | string>(one.minutes)
  const team = useForm<CaseDraft>({ initialValues: draftOfCase(one) })
  const { moving, refused } = useMoveCase((id) => rooms.find((room) => room.id === id)?.name ?? names.room(id))
  const move = (resolution: Resolution = {}) => {
    const plan = { roomId, startsAt: Date.parse(instantOf(day, time, timeZone)), minutes: Number(minutes) }
    const change = teamChange(one, team.getValues())
    if (isSamePlan(plan, planOf(one)) && Object.keys(change).length === 0) onDone()
    else moving.mutate({ one, plan, team: change, ...resolution }, { onSuccess: onDone })
  }
  const isRunning = !isMovable(one)
  return (
    <Stack gap="md">
      <FormFrame
        isBusy={moving.isPending}
        submit={t(isRunning ? 'relief.submit' : 'move.submit')}
        onSubmit={() => move()}
        onLeave={onDone}
      >
        {isRunning ? (
          <>
            <Text size="sm">{t('relief.help')}</Text>
            <TeamFields form={team} isRelief />
          </>
        ) : (
          <>
            <NativeSelect
              label={t('field.room')}
              value={roomId}
              onChange={({ currentTarget }) => setRoomId(currentTarget.value)}
              data={rooms
                .filter(({ id, active }) => active || id === one.roomId)
                .map(({ id, name }) => ({ value: id, label: name }))}
            />
            <div className={layoutClasses.shortFields}>
              <DateField required label={t('field.day')} value={day} onChange={setDay} />
              <TimeField required label={t('field.start')} value={time} onChange={setTime} />
              <BoundedNumber
                required
                label={t('field.minutes')}
                min={1}
                max={theatreLimits.caseMinutesMax}
                allowDecimal={false}
                value={minutes}
                onChange={setMinutes}
              />
            </div>
            {/* A browser names a field that it refuses only if the field can be seen. */}
            <details
              onInvalidCapture={({ currentTarget }) => {
                currentTarget.open = true
              }}
            >
              <summary>{t('move.team')}</summary>
              <Stack gap="sm" mt="sm">
                <TeamFields form={team} />
              </Stack>
            </details>
          </>
        )}
      </FormFrame>
      {refused === null ? null : (
        <div role="alert">
          <strong>{t(isRunning ? 'relief.refused' : 'move.refused')}</strong>
          <Refusal
            conflicts={refused.conflicts}
            day={day}
            isBusy={moving.isPending}
            submit={t('override.submit')}
            onResolve={move}
          />
        </div>
      )}
    </Stack>
  )
}

/** Only what differs: what is not sent, stays. */
function teamChange(one: Case, draft: CaseDraft): TeamChange {
  const { anaesthetistId = null, staffIds = [], equipment = [] } = teamOf(draft)
  const isOther = (now: unknown, before: unknown) => JSON.stringify(now) !== JSON.stringify(before)
  return {
    ...(draft.surgeonId === one.surgeonId || draft.surgeonId === '' ? {} : { surgeonId: draft.surgeonId }),
    ...(anaesthetistId === one.anaesthetistId ? {} : { anaesthetistId }),
    ...(isOther(staffIds, one.staffIds) ? { staffIds } : {}),
    ...(isOther(equipment, one.equipment) ? { equipment } : {}),
  }
}
