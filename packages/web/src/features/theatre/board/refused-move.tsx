import { localDay } from '@holdfast/vocabulary'
import { Button, Group, Stack, Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { planSpan } from '../../../domain/time-grid/span.ts'
import { formatTimes } from '../../../lib/i18n/format.ts'
import { Dialog } from '../../../ui/dialogs/dialog.tsx'
import type { CaseMoveRequest, RefusedMove } from '../case/use-move-case.ts'
import type { Names } from '../conflict-text.ts'
import { Refusal } from '../refusal.tsx'
import { useTheatre } from '../use-theatre.ts'

type RefusedMoveDialogProps = {
  refused: RefusedMove | null
  names: Names
  isBusy: boolean
  onMove: (request: CaseMoveRequest) => void
  onClose: () => void
}

/** What is in the way of a move. Admins may override the rules of the house; an emergency may displace others. */
export function RefusedMoveDialog({ refused, names, isBusy, onMove, onClose }: RefusedMoveDialogProps) {
  const { t } = useTranslation('theatre')
  const { timeZone } = useTheatre()
  return (
    <Dialog isOpen={refused !== null} onClose={onClose} title={t('move.refused')}>
      {refused === null ? null : (
        <Stack gap="md">
          <Text>
            {t('move.wanted', {
              name: refused.one.procedure.display,
              room: names.room(refused.plan.roomId),
              times: formatTimes(planSpan(refused.plan).from, planSpan(refused.plan).to, timeZone),
            })}
          </Text>
          <Refusal
            conflicts={refused.conflicts}
            day={localDay(refused.plan.startsAt, timeZone)}
            isBusy={isBusy}
            submit={t('override.submit')}
            onResolve={(resolution) => onMove({ one: refused.one, plan: refused.plan, ...resolution })}
          />
          <Group>
            <Button variant="default" onClick={onClose}>
              {t('move.leave')}
            </Button>
          </Group>
        </Stack>
      )}
    </Dialog>
  )
}
