import type { Answer, Booking } from '@holdfast/contract/client'
import { Button, Text } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ConfirmDialog } from '../../ui/dialogs/confirm-dialog.tsx'
import { toastDone } from '../../ui/toast.ts'
import { answerText, canBeWithdrawn } from './answer-text.ts'
import classes from './answers.module.css'
import { localLabel } from './local-label.ts'

type BookedAnswersProps = {
  answers: NonNullable<Booking['answers']>
  timeZone: string
  /** Withdraws a consent; null: it cannot be withdrawn here. */
  onWithdraw: ((questionId: string) => Promise<unknown>) | null
  byDesk?: boolean
}

/** What was asked, as it was then, and the answers. */
export function BookedAnswers({ answers, timeZone, onWithdraw, byDesk = false }: BookedAnswersProps) {
  const { t } = useTranslation('answers')
  const [asked, setAsked] = useState<Answer | null>(null)
  return (
    <>
      <dl className={classes.answers}>
        {answers.map((answer) => (
          <div key={answer.questionId}>
            <dt dir="auto">{localLabel(answer)}</dt>
            <dd>
              <bdi>{answerText(answer, t, timeZone)}</bdi>
              {onWithdraw !== null && canBeWithdrawn(answer) ? (
                <div className="no-print">
                  <Button
                    mt={4}
                    size="sm"
                    variant="default"
                    aria-label={t('withdraw.of', { label: localLabel(answer) })}
                    onClick={() => setAsked(answer)}
                  >
                    {t('withdraw.button')}
                  </Button>
                </div>
              ) : null}
            </dd>
          </div>
        ))}
      </dl>
      {onWithdraw === null ? null : (
        <WithdrawDialog asked={asked} byDesk={byDesk} onWithdraw={onWithdraw} onClose={() => setAsked(null)} />
      )}
    </>
  )
}

type WithdrawDialogProps = {
  /** null: the dialog is closed. */
  asked: Answer | null
  byDesk: boolean
  onWithdraw: (questionId: string) => Promise<unknown>
  onClose: () => void
}

function WithdrawDialog({ asked, byDesk, onWithdraw, onClose }: WithdrawDialogProps) {
  const { t } = useTranslation('answers')
  const withdrawal = useMutation({
    mutationFn: (answer: Answer) => onWithdraw(answer.questionId),
    onSuccess: () => {
      onClose()
      toastDone({ message: t('withdraw.done') })
    },
  })
  const close = () => {
    withdrawal.reset()
    onClose()
  }
  return (
    <ConfirmDialog
      title={t('withdraw.title')}
      isOpen={asked !== null}
      onClose={close}
      confirm={t('withdraw.button')}
      onConfirm={() => asked !== null && withdrawal.mutate(asked)}
      isBusy={withdrawal.isPending}
      error={withdrawal.error}
    >
      {asked === null ? null : (
        <Text fw={600} dir="auto" style={{ whiteSpace: 'pre-line' }}>
          {localLabel(asked)}
        </Text>
      )}
      <Text>{t(byDesk ? 'withdraw.helpDesk' : 'withdraw.help')}</Text>
    </ConfirmDialog>
  )
}
