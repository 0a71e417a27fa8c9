import { milestoneAt } from '@holdfast/contract/case-state'
import type { Case, Milestone, Problem } from '@holdfast/contract/client'
import { milestones } from '@holdfast/vocabulary'
import { Button, Group, Text, Title } from '@mantine/core'
import { useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, dataOf } from '../../../lib/api/api.ts'
import { RefusedError } from '../../../lib/api/api-error.ts'
import { formatDay, formatTime, isSameDay } from '../../../lib/i18n/format.ts'
import { localTime } from '../../../lib/time/local-time.ts'
import { serverNow } from '../../../lib/time/server-clock.ts'
import { useNow } from '../../../lib/time/use-now.ts'
import { ActionButton } from '../../../ui/buttons/action-button.tsx'
import { TextLink } from '../../../ui/buttons/text-link.tsx'
import { TimeField } from '../../../ui/fields/time-field.tsx'
import { enteredMilestone, isFarAhead } from '../case-state.ts'
import type { Names } from '../conflict-text.ts'
import { useTheatre } from '../use-theatre.ts'
import classes from './case.module.css'
import { useCaseAction } from './use-case-action.ts'

/** The milestones of a case: recorded as they happen, corrected, or removed. */
export function CaseMilestones({ one, names }: { one: Case; names: Names }) {
  const { t } = useTranslation('theatre')
  const { isStaff, timeZone } = useTheatre()
  const isAhead = isFarAhead(one, useNow(), timeZone)
  const [edited, setEdited] = useState<Milestone | null>(null)
  const [lastEdited, setLastEdited] = useState<Milestone | null>(null)
  const edit = (milestone: Milestone) => {
    setEdited(milestone)
    setLastEdited(milestone)
  }
  if (one.status === 'PENDING' || one.status === 'CANCELLED' || one.status === 'FAILED') return null
  return (
    <section aria-labelledby="case-milestones">
      <Title order={3} size="h4" mb="xs" id="case-milestones">
        {t('case.milestones')}
      </Title>
      {isStaff && isAhead ? (
        <Text size="sm" c="dimmed" mb="xs">
          {t('milestones.ahead')}
        </Text>
      ) : null}
      <ol className={classes.list}>
        {milestones.map((milestone) => (
          <li key={milestone} className={classes.milestone}>
            {edited === milestone ? (
              <EditMilestone one={one} milestone={milestone} names={names} onDone={() => setEdited(null)} />
            ) : (
              <MilestoneLine
                one={one}
                milestone={milestone}
                names={names}
                canRecord={isStaff && !isAhead}
                isFocused={lastEdited === milestone}
                onEdit={() => edit(milestone)}
              />
            )}
          </li>
        ))}
      </ol>
    </section>
  )
}

type MilestoneLineProps = {
  one: Case
  milestone: Milestone
  names: Names
  canRecord: boolean
  /** Its form was here: the focus stays in its place. */
  isFocused: boolean
  onEdit: () => void
}

function MilestoneLine({ one, milestone, names, canRecord, isFocused, onEdit }: MilestoneLineProps) {
  const { t } = useTranslation('theatre')
  const { timeZone } = useTheatre()
  const change = useRef<HTMLButtonElement>(null)
  // The button that was pressed disappears, and the focus would fall back to the page, unless somebody has moved it.
  const record = useRecord(one, () => {
    const focused = document.activeElement
    if (focused === document.body || change.current?.closest('li')?.contains(focused)) change.current?.focus()
  })
  const at = milestoneAt(one, milestone)
  const name = t(`milestone.${milestone}`)
  return (
    <>
      <span>{name}</span>
      <Group gap="xs">
        {at === undefined ? null : <Text className="tabular">{formatTime(at, timeZone)}</Text>}
        {canRecord && at === undefined ? (
          <ActionButton
            size="compact-sm"
            isBusy={record.isPending}
            aria-label={t('milestones.nowOf', { name })}
            onClick={() => record.send(milestone, new Date(serverNow()).toISOString())}
          >
            {t('milestones.now')}
          </ActionButton>
        ) : null}
        {canRecord ? (
          <Button
            ref={change}
            autoFocus={isFocused}
            size="compact-sm"
            variant="default"
            aria-label={t(at === undefined ? 'milestones.editOf' : 'milestones.changeOf', { name })}
            onClick={onEdit}
          >
            {t(at === undefined ? 'milestones.edit' : 'milestones.change')}
          </Button>
        ) : null}
      </Group>
      <RecordAnyway record={record} names={names} />
    </>
  )
}

type EditMilestoneProps = { one: Case; milestone: Milestone; names: Names; onDone: () => void }

function EditMilestone({ one, milestone, names, onDone }: EditMilestoneProps) {
  const { t } = useTranslation(['theatre', 'shell', 'problems'])
  const { timeZone } = useTheatre()
  const record = useRecord(one, onDone)
  const at = milestoneAt(one, milestone)
  const now = useNow()
  const [openedAt] = useState(serverNow)
  const [time, setTime] = useState(localTime(at ?? openedAt, timeZone))
  const entered = time === '' ? null : enteredMilestone(one, milestone, { time, timeZone, now, openedAt })
  const [isRefused, setIsRefused] = useState(false)
  const input = useRef<HTMLInputElement>(null)
  const name = t(`milestone.${milestone}`)
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        setIsRefused(entered === null)
        if (entered !== null) record.send(milestone, entered)
        else input.current?.focus()
      }}
    >
      <Group align="end" gap="xs">
        <TimeField
          ref={input}
          size="sm"
          label={name}
          description={entered === null || isSameDay(entered, now, timeZone) ? null : formatDay(entered, timeZone)}
          error={isRefused ? t(['problems:milestone_time.title', 'problems:unexpected.title']) : null}
          required
          autoFocus
          value={time}
          onChange={(value) => {
            setTime(value)
            setIsRefused(false)
            record.forget()
          }}
        />
        <ActionButton type="submit" size="sm" isBusy={record.isPending}>
          {t('save')}
        </ActionButton>
        {at === undefined ? null : (
          <ActionButton
            size="sm"
            variant="default"
            isBusy={record.isPending}
            aria-label={t('milestones.removeOf', { name })}
            onClick={() => record.send(milestone, null)}
          >
            {t('milestones.remove')}
          </ActionButton>
        )}
        <Button size="sm" variant="default" onClick={onDone}>
          {t('shell:cancel')}
        </Button>
      </Group>
      <RecordAnyway record={record} names={names} />
    </form>
  )
}

function useRecord(one: Case, onDone?: () => void) {
  const { t } = useTranslation('theatre')
  const action = useCaseAction({ shows: (error) => contradictionOf(error) !== null, isShown: true })
  const [refused, setRefused] = useState<Refused | null>(null)
  const record = ({ milestone, at }: Recorded, force: boolean) =>
    action.mutate(
      {
        run: () =>
          dataOf(
            api.recordMilestone({ path: { caseId: one.id }, body: { milestone, at, ...(force ? { force } : {}) } }),
          ),
        done: t(at === null ? 'milestones.removed' : 'milestones.recorded', { name: t(`milestone.${milestone}`) }),
      },
      {
        onSuccess: () => {
          setRefused(null)
          onDone?.()
        },
        onError: (error) => {
          const contradiction = contradictionOf(error)
          setRefused(contradiction === null ? null : { milestone, at, contradiction })
        },
      },
    )
  const forget = () => setRefused(null)
  const send = (milestone: Milestone, at: string | null) => {
    forget()
    record({ milestone, at }, false)
  }
  return { send, refused, forget, force: (again: Recorded) => record(again, true), isPending: action.isPending }
}

type Recorded = { milestone: Milestone; at: string | null }
type Refused = Recorded & { contradiction: Problem }

/** What contradicts it may have been recorded late, or not at all. */
function contradictionOf(error: Error): Problem | null {
  const isForceable =
    error instanceof RefusedError &&
    ['milestone_missing', 'room_occupied', 'patient_elsewhere'].includes(error.problem.code)
  return isForceable ? error.problem : null
}

type RecordAnywayProps = { record: ReturnType<typeof useRecord>; names: Names }

/** Shows, below a milestone that was refused because of what is recorded, what that is. */
function RecordAnyway({ record: { refused, force, isPending }, names }: RecordAnywayProps) {
  const { t } = useTranslation('theatre')
  return refused === null ? null : (
    <Group gap="xs" className={classes.refused}>
      <Contradiction key={`${refused.milestone} ${refused.at}`} refused={refused} names={names} />
      <ActionButton size="compact-sm" variant="default" isBusy={isPending} onClick={() => force(refused)}>
        {t(refused.at === null ? 'milestones.forceRemove' : 'milestones.force')}
      </ActionButton>
    </Group>
  )
}

/** It gets the focus: what can be done about it is next. */
function Contradiction({ refused: { at, contradiction }, names }: { refused: Refused; names: Names }) {
  const { t } = useTranslation('theatre')
  const { clinicId, timeZone } = useTheatre()
  const text = useRef<HTMLParagraphElement>(null)
  useEffect(() => text.current?.focus(), [])
  const { inRoomAt, caseId, milestone } = contradiction
  const missing = milestones.find((one) => one === milestone)
  if (inRoomAt === undefined || caseId === undefined) {
    return (
      <Text ref={text} tabIndex={-1} size="sm">
        {missing === undefined
          ? null
          : t(at === null ? 'milestones.needed' : 'milestones.missing', { name: t(`milestone.${missing}`) })}
      </Text>
    )
  }
  const values = { time: formatTime(inRoomAt, timeZone) }
  return (
    <Text ref={text} tabIndex={-1} size="sm">
      {t(contradiction.code === 'patient_elsewhere' ? 'milestones.elsewhere' : 'milestones.occupied', values)}{' '}
      <TextLink to="/clinic/$clinicId/theatre" params={{ clinicId }} search={(shown) => ({ ...shown, caseId })}>
        {names.caseOf(caseId)?.procedure.display ?? t('milestones.other')}
      </TextLink>
    </Text>
  )
}
