import { Alert, Button, Group, Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { formatDate, formatNumber } from '../../../lib/i18n/format.ts'
import { isolated } from '../../../lib/i18n/isolated.ts'
import { ActionButton } from '../../../ui/buttons/action-button.tsx'
import { showPageTitle } from '../../../ui/focus/page-focus.ts'
import { ErrorState } from '../../../ui/states/error-state.tsx'
import { toastDone } from '../../../ui/toast.ts'
import { useClinic } from '../use-clinic.ts'
import { type LastMoves, useMoves } from './use-moves.ts'

type LastMovesProps = { last: LastMoves; keep: (last: LastMoves | null) => void }

/** What was moved last, and its undo, which is there until somebody closes it. */
export function LastMovesPanel({ last, keep }: LastMovesProps) {
  const { t } = useTranslation(['series', 'shell'])
  const { clinicId, doctors } = useClinic()
  const { move } = useMoves(clinicId)
  const { day, count, back, isPartlyUndone = false } = last
  const doctor = isolated(doctors.find(({ id }) => id === back.doctorId)?.name ?? '–')
  const close = () => {
    showPageTitle()
    keep(null)
  }
  const undo = () =>
    move.mutate(back, {
      onSuccess: ({ changes }) => {
        const unmoved = new Set(changes.filter(({ outcome }) => outcome === 'unchanged').map((one) => one.bookingId))
        const left = back.moves.filter(({ bookingId }) => unmoved.has(bookingId))
        if (left.length > 0) return keep({ ...last, back: { ...back, moves: left }, isPartlyUndone: true })
        toastDone({ message: t('several.undone') })
        close()
      },
    })
  return (
    <Alert role="status" variant="outline" color={isPartlyUndone ? 'amber' : 'pine'}>
      <Text fw={600}>{t('several.moved', { doctor, day: formatDate(day), moved: formatNumber(count) })}</Text>
      <Text>{t(isPartlyUndone ? 'several.notUndone' : 'several.undoHelp')}</Text>
      {move.isError && move.variables === back ? <ErrorState error={move.error} /> : null}
      <Group gap="sm" mt="sm">
        <ActionButton variant="default" size="sm" isBusy={move.isPending} onClick={undo}>
          {t('several.undo')}
        </ActionButton>
        <Button variant="default" size="sm" onClick={close}>
          {t('shell:close')}
        </Button>
      </Group>
    </Alert>
  )
}
