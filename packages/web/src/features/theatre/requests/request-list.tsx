import type { CaseRequest } from '@holdfast/contract/client'
import { Button, Text } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, dataOf } from '../../../lib/api.ts'
import { formatDate, formatMinutes } from '../../../lib/format.ts'
import { isolated } from '../../../lib/isolated.ts'
import { ConfirmDialog } from '../../../ui/confirm-dialog.tsx'
import layoutClasses from '../../../ui/layout.module.css'
import { useCaseAction } from '../case/use-case-action.ts'
import { useTheatre } from '../use-theatre.ts'
import { requestDragType } from './request-drag-type.ts'
import classes from './requests.module.css'

type RequestListProps = {
  requests: readonly CaseRequest[]
  /** Somebody wants a time for it. */
  onFind: (request: CaseRequest) => void
  isDraggable?: boolean
}

/** Requests in the order of the waiting list. Beside the board they are dragged to a room and a time. */
export function RequestList({ requests, onFind, isDraggable = false }: RequestListProps) {
  return (
    <ol className={classes.list} data-draggable={isDraggable || undefined}>
      {requests.map((request) => (
        <li
          key={request.id}
          className={classes.card}
          draggable={isDraggable}
          onDragStart={({ dataTransfer }) => {
            dataTransfer.setData(requestDragType, request.id)
            dataTransfer.effectAllowed = 'copy'
          }}
        >
          <RequestFacts request={request} />
          <RequestActions request={request} canWithdraw={!isDraggable} onFind={() => onFind(request)} />
        </li>
      ))}
    </ol>
  )
}

function RequestFacts({ request }: { request: CaseRequest }) {
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
        {t(`urgency.${urgency}`)} · {formatMinutes(minutes)} · <bdi>{service}</bdi>
      </Text>
      <Text size="sm">
        <bdi>{patient?.name ?? t('shell:erasedPatient')}</bdi>
      </Text>
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

type RequestActionsProps = { request: CaseRequest; canWithdraw: boolean; onFind: () => void }

function RequestActions({ request, canWithdraw, onFind }: RequestActionsProps) {
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
      {canWithdraw ? (
        <Button
          size="compact-sm"
          variant="default"
          aria-label={t('requests.withdrawOf', { name })}
          onClick={() => setAsking(true)}
        >
          {t('requests.withdraw')}
        </Button>
      ) : null}
      <WithdrawDialog request={request} isOpen={isAsking} onClose={() => setAsking(false)} />
    </div>
  )
}

/** Asks first: a withdrawn request does not come back. */
function WithdrawDialog({ request, isOpen, onClose }: { request: CaseRequest; isOpen: boolean; onClose: () => void }) {
  const { t } = useTranslation(['theatre', 'shell'])
  const action = useCaseAction<unknown>()
  const requestId = request.id
  const name = request.procedure.display
  const patient = request.patient?.name ?? t('shell:erasedPatient')
  return (
    <ConfirmDialog
      title={t('requests.withdrawTitle')}
      isOpen={isOpen}
      onClose={onClose}
      confirm={t('requests.withdraw')}
      isBusy={action.isPending}
      onConfirm={() =>
        action.mutate({
          run: async () => {
            await dataOf(api.withdrawCaseRequest({ path: { requestId } }))
            onClose()
          },
          done: t('requests.withdrawn', { name }),
        })
      }
    >
      <Text>{t('requests.withdrawHelp', { name: isolated(name), patient: isolated(patient) })}</Text>
    </ConfirmDialog>
  )
}
