import type { Block } from '@holdfast/contract/client'
import { localDay } from '@holdfast/vocabulary'
import { Stack } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { formatAppointment, formatDate, formatMinutes } from '../../../lib/i18n/format.ts'
import { Dialog } from '../../../ui/dialogs/dialog.tsx'
import classes from '../case/case.module.css'
import type { Names } from '../conflict-text.ts'
import { ownerText } from '../owner-text.ts'
import { useTheatre } from '../use-theatre.ts'
import { BlockActions } from './block-actions.tsx'

type BlockDialogProps = {
  /** null: closed. */
  block: Block | null
  names: Names
  onClose: () => void
}

/** A block of the board: whose it is, how much of it is left, and what can be done with it. */
export function BlockDialog({ block, names, onClose }: BlockDialogProps) {
  const { t } = useTranslation('theatre')
  const { timeZone, isStaff } = useTheatre()
  return (
    <Dialog isForm isOpen={block !== null} onClose={onClose} size="lg" title={t('block.title')}>
      {block === null ? null : (
        <Stack gap="lg">
          <dl className={classes.facts}>
            <div>
              <dt>{t('field.when')}</dt>
              <dd>{formatAppointment(block.from, block.to, timeZone)}</dd>
            </div>
            <div>
              <dt>{t('field.room')}</dt>
              <dd>
                <bdi>{names.room(block.roomId)}</bdi>
              </dd>
            </div>
            <div>
              <dt>{t('blocks.owner')}</dt>
              <dd>
                <bdi>{ownerText({ ...block, isReleased: false }, names, t)}</bdi>
                {block.isReleased
                  ? ` · ${t('block.released')}`
                  : block.releasedAt === null
                    ? null
                    : ` · ${t('blocks.opensOn', { day: formatDate(localDay(block.releasedAt, timeZone)) })}`}
              </dd>
            </div>
            <div>
              <dt>{t('blocks.used')}</dt>
              <dd>
                {t('blocks.usedOf', { used: formatMinutes(block.usedMinutes), all: formatMinutes(block.minutes) })}
              </dd>
            </div>
          </dl>
          {isStaff ? <BlockActions block={block} /> : null}
        </Stack>
      )}
    </Dialog>
  )
}
