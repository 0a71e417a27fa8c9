import type { CaseConflict } from '@holdfast/contract/client'
import { lengths } from '@holdfast/vocabulary'
import { Checkbox, Group, Stack, Text, Textarea } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { comma, formatTimes } from '../../lib/i18n/format.ts'
import { ActionButton } from '../../ui/buttons/action-button.tsx'
import { ConflictList } from './conflict-list.tsx'
import { type ConflictWays, conflictWays } from './conflict-ways.ts'
import type { Resolution } from './resolution.ts'
import { useDayBoard } from './use-day-board.ts'
import { useTheatre } from './use-theatre.ts'

type RefusalProps = {
  conflicts: readonly CaseConflict[]
  /** The day on which the case would be. */
  day: string
  isBusy: boolean
  /** The label of the button that overrides rules. */
  submit: string
  onResolve: (resolution: Resolution) => void
}

/** What is in the way of a case, and what can be done about it: rules to override, cases that give way. */
export function Refusal({ conflicts, day, isBusy, submit, onResolve }: RefusalProps) {
  const { isAdmin } = useTheatre()
  const { cases, names } = useDayBoard(day)
  const ways = conflictWays(conflicts, { cases, isAdmin })
  return (
    <Stack gap="md">
      <ConflictList conflicts={conflicts} names={names} />
      {ways === null ? null : (
        <ResolveForm
          key={ways.candidates.map(({ id }) => id).join(' ')}
          ways={ways}
          roomName={names.room}
          isBusy={isBusy}
          submit={submit}
          onResolve={onResolve}
        />
      )}
    </Stack>
  )
}

type ResolveFormProps = Pick<RefusalProps, 'isBusy' | 'submit' | 'onResolve'> & {
  ways: ConflictWays
  roomName: (roomId: string) => string
}

function ResolveForm({ ways, roomName, isBusy, submit, onResolve }: ResolveFormProps) {
  const { t } = useTranslation('theatre')
  const { timeZone } = useTheatre()
  const [typed, setReason] = useState('')
  const [caseIds, setCaseIds] = useState(() => ways.sufficientIds)
  const { rules, candidates } = ways
  const reason = typed.trim()
  const isBump = candidates.length > 0
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        onResolve({
          ...(rules.length === 0 ? {} : { override: { rules, reason } }),
          ...(isBump ? { bump: { caseIds, reason } } : {}),
        })
      }}
    >
      <Stack gap="sm">
        {isBump ? (
          <Checkbox.Group label={t('bump.cases')} description={t('bump.help')} value={caseIds} onChange={setCaseIds}>
            <Stack gap="xs" mt="xs">
              {candidates.map(({ id, roomId, procedure, startsAt, endsAt }) => (
                <Checkbox
                  key={id}
                  value={id}
                  label={[procedure.display, roomName(roomId), formatTimes(startsAt, endsAt, timeZone)].join(
                    `${comma()} `,
                  )}
                />
              ))}
            </Stack>
          </Checkbox.Group>
        ) : null}
        {rules.length === 0 ? null : <Text size="sm">{t('override.help')}</Text>}
        <Textarea
          label={t('override.reason')}
          required
          maxLength={lengths.overrideReason}
          value={typed}
          onChange={({ currentTarget }) => setReason(currentTarget.value)}
        />
        <Group>
          <ActionButton type="submit" isBusy={isBusy} disabled={reason === '' || (isBump && caseIds.length === 0)}>
            {isBump ? t('bump.submit') : submit}
          </ActionButton>
        </Group>
      </Stack>
    </form>
  )
}
