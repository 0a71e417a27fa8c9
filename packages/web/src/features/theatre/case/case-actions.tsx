import { milestoneAt } from '@holdfast/contract/case-state'
import type { Case, CaseCancellationReason } from '@holdfast/contract/client'
import { cancellationReasons } from '@holdfast/vocabulary'
import { Button, Group, NativeSelect, Stack, Text } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useSecondsLeft } from '../../../domain/hold/use-seconds-left.ts'
import { api, dataOf } from '../../../lib/api/api.ts'
import { formatCountdown } from '../../../lib/i18n/format.ts'
import { ActionButton } from '../../../ui/buttons/action-button.tsx'
import layoutClasses from '../../../ui/layout.module.css'
import { isMovable } from '../case-state.ts'
import type { Names } from '../conflict-text.ts'
import { useTheatre } from '../use-theatre.ts'
import { ExtendForm } from './extend-form.tsx'
import { FormFrame } from './form-frame.tsx'
import { MoveForm } from './move-form.tsx'
import { SwapForm } from './swap-form.tsx'
import { useCaseAction } from './use-case-action.ts'

type Form = 'move' | 'swap' | 'extend' | 'cancel'

/** What the theatre's staff can do with a case in its present state. */
export function CaseActions({ one, names }: { one: Case; names: Names }) {
  const { t } = useTranslation('theatre')
  const { isStaff } = useTheatre()
  const [form, setForm] = useState<Form | null>(null)
  const canChange = isMovable(one)
  const isRunning = milestoneAt(one, 'in_room') !== undefined && milestoneAt(one, 'out_of_room') === undefined
  if (!isStaff || (!canChange && !isRunning)) return null
  const close = () => setForm(null)
  return (
    <Stack gap="md">
      {one.status === 'PENDING' && one.holdExpiresAt !== null ? (
        <ConfirmHold one={one} holdExpiresAt={one.holdExpiresAt} />
      ) : null}
      {form === null ? (
        <div className={layoutClasses.actions}>
          {canChange ? (
            <>
              <FormButton onClick={() => setForm('move')}>{t('move.title')}</FormButton>
              <FormButton onClick={() => setForm('swap')}>{t('swap.title')}</FormButton>
            </>
          ) : null}
          {isRunning ? (
            <>
              <FormButton onClick={() => setForm('extend')}>{t('extend.title')}</FormButton>
              <FormButton onClick={() => setForm('move')}>{t('relief.title')}</FormButton>
            </>
          ) : null}
          {canChange ? (
            <FormButton isFinal onClick={() => setForm('cancel')}>
              {t('cancel.title')}
            </FormButton>
          ) : null}
        </div>
      ) : form === 'move' ? (
        <MoveForm one={one} names={names} onDone={close} />
      ) : form === 'swap' ? (
        <SwapForm one={one} names={names} onDone={close} />
      ) : form === 'extend' ? (
        <ExtendForm one={one} onDone={close} />
      ) : (
        <CancelForm one={one} onDone={close} />
      )}
    </Stack>
  )
}

type FormButtonProps = { isFinal?: boolean; onClick: () => void; children: ReactNode }

function FormButton({ isFinal = false, onClick, children }: FormButtonProps) {
  return (
    <Button size="sm" {...(isFinal ? { variant: 'outline', color: 'red' } : { variant: 'default' })} onClick={onClick}>
      {children}
    </Button>
  )
}

function ConfirmHold({ one, holdExpiresAt }: { one: Case; holdExpiresAt: string }) {
  const { t } = useTranslation('theatre')
  const action = useCaseAction()
  const seconds = useSecondsLeft(holdExpiresAt)
  return (
    <Group>
      <ActionButton
        isBusy={action.isPending}
        onClick={() =>
          action.mutate({
            run: () => dataOf(api.confirmCase({ path: { caseId: one.id } })),
            done: t('confirm.done', { name: one.procedure.display }),
          })
        }
      >
        {t('confirm.submit')}
      </ActionButton>
      <Text className="tabular">{t('confirm.left', { time: formatCountdown(seconds) })}</Text>
    </Group>
  )
}

function CancelForm({ one, onDone }: { one: Case; onDone: () => void }) {
  const { t } = useTranslation('theatre')
  const action = useCaseAction()
  const [reasonCode, setReasonCode] = useState<CaseCancellationReason>()
  return (
    <FormFrame
      isFinal
      isBusy={action.isPending}
      submit={t('cancel.submit')}
      onLeave={onDone}
      onSubmit={() => {
        if (reasonCode === undefined) return
        action.mutate({
          run: () => dataOf(api.cancelCase({ path: { caseId: one.id }, body: { reasonCode } })),
          done: t('cancel.done', { name: one.procedure.display }),
        })
      }}
    >
      <NativeSelect
        label={t('cancel.reason')}
        required
        value={reasonCode ?? ''}
        onChange={({ currentTarget }) => setReasonCode(cancellationReasons.find((one) => one === currentTarget.value))}
        data={[
          { value: '', label: t('cancel.choose') },
          ...cancellationReasons.map((value) => ({ value, label: t(`reason.${value}`) })),
        ]}
      />
    </FormFrame>
  )
}
