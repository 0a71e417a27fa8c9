import type { CaseRequest } from '@holdfast/contract/client'
import { Button, Text } from '@mantine/core'
import { lazy, type RefObject, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { comma, formatDate, formatMinutes, formatNumber } from '../../../lib/i18n/format.ts'
import { OnceOpened } from '../../../ui/dialogs/once-opened.tsx'
import layoutClasses from '../../../ui/layout.module.css'
import type { Names } from '../conflict-text.ts'
import { useTheatre } from '../use-theatre.ts'
import { requestDragType } from './request-drag-type.ts'
import classes from './requests.module.css'
import { useRequestNames } from './use-request-names.ts'

const WithdrawDialog = lazy(async () => ({ default: (await import('./withdraw-dialog.tsx')).WithdrawDialog }))

type RequestListProps = {
  requests: readonly CaseRequest[]
  /** Somebody wants a time for it. */
  onFind: (request: CaseRequest) => void
  /** Somebody wants to correct it, or withdraw it; absent: that is done elsewhere. */
  onChange?: (request: CaseRequest) => void
  /** They are draggable, and this one is dragged; null: no longer. */
  onDrag?: (request: CaseRequest | null) => void
  listRef?: RefObject<HTMLOListElement | null>
}

/** Requests in the order of the waitlist. Beside the board they are dragged to a room and a time. */
export function RequestList({ requests, onFind, onChange, onDrag, listRef }: RequestListProps) {
  const isDraggable = onDrag !== undefined
  const names = useRequestNames()
  return (
    <ol ref={listRef} className={classes.list} data-draggable={isDraggable || undefined}>
      {requests.map((request) => (
        <li
          key={request.id}
          className={classes.card}
          draggable={isDraggable}
          onDragStart={({ dataTransfer }) => {
            dataTransfer.setData(requestDragType, request.id)
            dataTransfer.effectAllowed = 'copy'
            onDrag?.(request)
          }}
          onDragEnd={() => onDrag?.(null)}
        >
          <RequestFacts request={request} names={names} />
          <RequestActions
            request={request}
            onFind={() => onFind(request)}
            onChange={onChange === undefined ? null : () => onChange(request)}
          />
        </li>
      ))}
    </ol>
  )
}

function RequestFacts({ request, names }: { request: CaseRequest; names: Names }) {
  const { t } = useTranslation(['theatre', 'shell'])
  const { today } = useTheatre()
  const { procedure, patient, urgency, minutes, service, dueOn, bumpReason, note } = request
  const isOverdue = dueOn !== null && dueOn < today
  return (
    <>
      <Text fw={600}>
        <bdi>{procedure.display}</bdi>
      </Text>
      <Text size="sm">
        <bdi>{service}</bdi> · {t(`urgency.${urgency}`)}
      </Text>
      <Text size="sm">{formatMinutes(minutes)}</Text>
      <Text size="sm">
        <bdi>{patient?.name ?? t('shell:erasedPatient')}</bdi>
      </Text>
      <RequestNeeds request={request} names={names} />
      {dueOn === null ? null : (
        <Text size="sm" {...(isOverdue ? { c: 'var(--mantine-color-error)' } : {})}>
          {t(isOverdue ? 'requests.overdue' : 'requests.due', { day: formatDate(dueOn) })}
        </Text>
      )}
      {bumpReason === null ? null : <Text size="sm">{t('requests.bumped', { reason: bumpReason })}</Text>}
      {note === null ? null : (
        <Text size="sm" c="dimmed">
          <bdi>{note}</bdi>
        </Text>
      )}
    </>
  )
}

/** Who, where and with what: `Surgeon: Dr. Chen`. */
function RequestNeeds({ request, names }: { request: CaseRequest; names: Names }) {
  const { t } = useTranslation('theatre')
  const { surgeonId, anaesthetistId, staffIds, equipment, roomId } = request
  const needs = [
    [t('field.surgeon'), surgeonId === null ? t('field.undecided') : names.person(surgeonId)],
    [t('field.anaesthetist'), anaesthetistId === null ? '' : names.person(anaesthetistId)],
    [t('field.staff'), staffIds.map(names.person).join(`${comma()} `)],
    [
      t('field.equipment'),
      equipment
        .map(({ equipmentId, units }) => `${formatNumber(units)} × ${names.equipment(equipmentId)}`)
        .join(`${comma()} `),
    ],
    [t('field.room'), roomId === null ? '' : names.room(roomId)],
  ] as const
  return needs.map(([of, text]) =>
    text === '' ? null : (
      <Text key={of} size="sm">
        {of}: <bdi>{text}</bdi>
      </Text>
    ),
  )
}

type RequestActionsProps = { request: CaseRequest; onFind: () => void; onChange: (() => void) | null }

function RequestActions({ request, onFind, onChange }: RequestActionsProps) {
  const { t } = useTranslation('theatre')
  const { isStaff } = useTheatre()
  const [isAsking, setAsking] = useState(false)
  const name = request.procedure.display
  return (
    <div className={layoutClasses.actions}>
      {isStaff ? (
        <Button size="compact-sm" aria-label={t('requests.findOf', { name })} onClick={onFind}>
          {t('requests.find')}
        </Button>
      ) : null}
      {onChange === null ? null : (
        <>
          <Button size="compact-sm" variant="default" aria-label={t('requests.changeOf', { name })} onClick={onChange}>
            {t('requests.change')}
          </Button>
          <Button
            size="compact-sm"
            variant="default"
            aria-label={t('requests.withdrawOf', { name })}
            onClick={() => setAsking(true)}
          >
            {t('requests.withdraw')}
          </Button>
        </>
      )}
      <OnceOpened isOpen={isAsking}>
        <WithdrawDialog request={request} isOpen={isAsking} onClose={() => setAsking(false)} />
      </OnceOpened>
    </div>
  )
}
