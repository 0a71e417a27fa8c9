import type { ListedMessage, Message } from '@holdfast/contract/client'
import { Button, Group, Stack, Text } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type ReactNode, type RefObject, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, dataOf } from '../../../../lib/api/api.ts'
import { formatDayTime } from '../../../../lib/i18n/format.ts'
import { clinicKey } from '../../../../lib/queries/clinic-queries.ts'
import { ActionButton } from '../../../../ui/buttons/action-button.tsx'
import { Dialog } from '../../../../ui/dialogs/dialog.tsx'
import { ListTable } from '../../../../ui/list-table.tsx'
import { ErrorState } from '../../../../ui/states/error-state.tsx'
import { LoadingOrError } from '../../../../ui/states/loading-or-error.tsx'
import tableClasses from '../../../../ui/table.module.css'
import { toastDone } from '../../../../ui/toast.ts'
import { useClinic } from '../../use-clinic.ts'
import { messageReason, messageStateKey } from './message-state-key.ts'

type MessageTableProps = {
  messages: readonly ListedMessage[]
  /** A column about the booking, if the messages are about several. */
  bookingOf?: (message: ListedMessage) => ReactNode
  rowsRef: RefObject<HTMLTableSectionElement | null>
}

/** Messages to patients: what, when, to whom, with what result; with a button to send each again. */
export function MessageTable({ messages, bookingOf, rowsRef }: MessageTableProps) {
  const { t } = useTranslation('admin')
  const [read, setRead] = useState<Message | null>(null)
  const sending = useSendAgain()
  return (
    <>
      {sending.isError ? <ErrorState error={sending.error} /> : null}
      <ListTable
        caption={t('messages.title')}
        heads={[
          t('audit.when'),
          t('messages.what'),
          t('messages.to'),
          t('messages.result'),
          bookingOf ? t('messages.appointment') : null,
          t('messages.actions'),
        ]}
        rowsRef={rowsRef}
      >
        {messages.map((message) => (
          <Row key={message.id} message={message} onRead={() => setRead(message)} sending={sending}>
            {bookingOf ? <td data-label={t('messages.appointment')}>{bookingOf(message)}</td> : null}
          </Row>
        ))}
      </ListTable>
      <Dialog isOpen={read !== null} onClose={() => setRead(null)} title={t('messages.content')}>
        {read === null ? null : <MessageContent messageId={read.id} />}
      </Dialog>
    </>
  )
}

type RowProps = {
  message: ListedMessage
  onRead: () => void
  sending: ReturnType<typeof useSendAgain>
  children: ReactNode
}

function Row({ message, onRead, sending, children }: RowProps) {
  const { t } = useTranslation('admin')
  const { timeZone, isAdmin } = useClinic()
  const { id, kind, channel, state, maskedAddress, result, failure, dueAt, doneAt, hasContent } = message
  const reason = messageReason(message)
  return (
    <tr>
      <td className={`tabular ${tableClasses.nowrap}`}>{formatDayTime(doneAt ?? dueAt, timeZone)}</td>
      <td data-label={t('messages.what')}>
        {t(`messages.kind.${kind}`)}
        <Text size="sm" c="dimmed">
          {t(`messages.channel.${channel}`)}
        </Text>
      </td>
      <td data-label={t('messages.to')}>
        <bdi>{maskedAddress ?? '–'}</bdi>
      </td>
      <td data-label={t('messages.result')}>
        {t(messageStateKey(message))}
        <Stack gap={0}>
          <LastAttempt message={message} />
          {failure ? <Text size="sm">{t(`messages.failure.${failure}`)}</Text> : null}
          {reason === null ? null : <Text size="sm">{t(`messages.reason.${reason}`)}</Text>}
          {result === null ? null : (
            <Text size="sm" c="dimmed">
              <bdi>{result}</bdi>
            </Text>
          )}
        </Stack>
      </td>
      {children}
      <td>
        <Group gap="xs">
          {hasContent && isAdmin ? (
            <Button size="compact-sm" variant="default" onClick={onRead}>
              {t('messages.read')}
            </Button>
          ) : null}
          {state === 'due' ? null : (
            <ActionButton
              size="compact-sm"
              variant="default"
              isBusy={sending.isPending && sending.variables.id === id}
              onClick={() => sending.mutate(message)}
            >
              {t('messages.again')}
            </ActionButton>
          )}
        </Group>
      </td>
    </tr>
  )
}

/** Says that the last attempt at a message that waits did not succeed; nothing if there was none. */
function LastAttempt({ message: { state, attemptedAt, reason, willSkip, dueAt } }: { message: ListedMessage }) {
  const { t } = useTranslation('admin')
  const { timeZone } = useClinic()
  if (state !== 'due' || attemptedAt === null || reason !== null || willSkip !== null) return null
  const [time, next] = [formatDayTime(attemptedAt, timeZone), formatDayTime(dueAt, timeZone)]
  return <Text size="sm">{t('messages.lastAttempt', { time, next })}</Text>
}

function useSendAgain() {
  const { t } = useTranslation('admin')
  const { clinicId } = useClinic()
  const queryClient = useQueryClient()
  return useMutation({
    mutationFn: ({ id: messageId, doneAt, dueAt }: ListedMessage) => {
      // Pressed again after a lost response, it is not sent twice. What was sent since has another key.
      const headers = { 'Idempotency-Key': `send ${messageId} ${doneAt ?? dueAt}` }
      return dataOf(api.sendMessage({ path: { clinicId, messageId }, headers }))
    },
    onSuccess: async () => {
      toastDone({ message: t('messages.willSend') })
      await queryClient.invalidateQueries({ queryKey: [...clinicKey(clinicId), 'messages'] })
    },
  })
}

/** What a message says, as text, while it was not sent. */
function MessageContent({ messageId }: { messageId: string }) {
  const { t } = useTranslation('admin')
  const { clinicId } = useClinic()
  const message = useQuery({
    queryKey: [...clinicKey(clinicId), 'messages', messageId],
    queryFn: () => dataOf(api.getMessage({ path: { clinicId, messageId } })),
    staleTime: 0,
    // It contains the patient's link.
    gcTime: 0,
  })
  if (!message.isSuccess) return <LoadingOrError of={message} />
  const { subject, text } = message.data
  if (text === null) return <Text>{t('messages.gone')}</Text>
  return (
    <Stack gap="sm">
      <Text fw={600} dir="auto">
        {subject}
      </Text>
      <Text dir="auto" style={{ whiteSpace: 'pre-line', overflowWrap: 'anywhere' }}>
        {text}
      </Text>
    </Stack>
  )
}
