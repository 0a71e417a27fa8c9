import type { Block } from '@holdfast/contract/client'
import { localDay } from '@holdfast/vocabulary'
import { Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { formatDate, formatMinutes, formatTimes } from '../../../lib/i18n/format.ts'
import { ListTable } from '../../../ui/list-table.tsx'
import tableClasses from '../../../ui/table.module.css'
import { ownerText } from '../owner-text.ts'
import { staffQuery } from '../theatre-queries.ts'
import { useTheatre } from '../use-theatre.ts'
import { BlockActions } from './block-actions.tsx'

type BlocksTableProps = { blocks: readonly Block[]; rooms: readonly { id: string; name: string }[] }

export function BlocksTable({ blocks, rooms }: BlocksTableProps) {
  const { t } = useTranslation('theatre')
  const { clinicId, timeZone, doctors } = useTheatre()
  const staff = useQuery(staffQuery(clinicId)).data ?? []
  const nameOf = (id: string) => [...staff, ...doctors].find((one) => one.id === id)?.name ?? '–'
  return (
    <ListTable
      caption={t('tabs.blocks')}
      heads={[t('field.when'), t('field.room'), t('blocks.owner'), t('blocks.used'), t('setup.actions')]}
      isDense
    >
      {blocks.map((block) => (
        <tr key={block.id}>
          <td className={`tabular ${tableClasses.nowrap}`}>
            {formatDate(localDay(block.from, timeZone))}
            <br />
            {formatTimes(block.from, block.to, timeZone)}
          </td>
          <td className={tableClasses.oneLine} data-label={t('field.room')}>
            <bdi>{rooms.find(({ id }) => id === block.roomId)?.name ?? '–'}</bdi>
          </td>
          <td data-label={t('blocks.owner')}>
            <bdi>{ownerText({ ...block, isReleased: false }, { person: nameOf }, t)}</bdi>
            {block.isReleased ? (
              <Text size="sm" c="dimmed">
                {t('block.released')}
              </Text>
            ) : block.releasedAt === null ? null : (
              <Text size="sm" c="dimmed">
                {t('blocks.opensOn', { day: formatDate(localDay(block.releasedAt, timeZone)) })}
              </Text>
            )}
          </td>
          <td data-label={t('blocks.used')}>
            {t('blocks.usedOf', { used: formatMinutes(block.usedMinutes), all: formatMinutes(block.minutes) })}
          </td>
          <td className={tableClasses.buttons}>
            <BlockActions block={block} />
          </td>
        </tr>
      ))}
    </ListTable>
  )
}
