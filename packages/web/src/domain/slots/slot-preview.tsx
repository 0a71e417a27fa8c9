import type { CreatedSlots } from '@holdfast/contract/client'
import { Group, Stack, Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { formatDate, formatNumber, formatTimes } from '../../lib/i18n/format.ts'
import { ActionButton } from '../../ui/buttons/action-button.tsx'
import { FocusedTitle } from '../../ui/focus/focused-title.tsx'
import tableClasses from '../../ui/table.module.css'
import { previewDays } from './preview-days.ts'

const daysShown = 31

type SlotPreviewProps = { preview: CreatedSlots; timeZone: string; isPending: boolean; onCreate: () => void }

/** The slots that a rule would create, by day, and the button that creates them. */
export function SlotPreview({ preview, timeZone, isPending, onCreate }: SlotPreviewProps) {
  const { t } = useTranslation('schedule')
  const days = previewDays(preview, timeZone)
  return (
    <Stack gap="md" aria-busy={isPending}>
      <FocusedTitle id="slot-preview" order={3}>
        {t('preview.created', { count: preview.created })}
        {preview.skipped > 0 ? ` · ${t('preview.skipped', { count: preview.skipped })}` : ''}
        {preview.differing > 0 ? ` · ${t('preview.differing', { count: preview.differing })}` : ''}
        {preview.inSessions ? ` · ${t('preview.inSessions', { count: preview.inSessions })}` : ''}
        {preview.conflicts > 0 ? ` · ${t('preview.conflicts', { count: preview.conflicts })}` : ''}
      </FocusedTitle>
      {days.length === 0 ? null : (
        <table className={tableClasses.table}>
          <caption className={tableClasses.caption}>{t('preview.caption')}</caption>
          <thead>
            <tr>
              <th scope="col">{t('preview.day')}</th>
              <th scope="col">{t('preview.hours')}</th>
              <th scope="col" className={tableClasses.number}>
                {t('preview.new')}
              </th>
              <th scope="col" className={tableClasses.number}>
                {t('preview.existing')}
              </th>
              <th scope="col" className={tableClasses.number}>
                {t('preview.overlapping')}
              </th>
            </tr>
          </thead>
          <tbody>
            {days.slice(0, daysShown).map(({ day, startsAt, endsAt, created, skipped, conflicts }) => (
              <tr key={day} data-quiet={created === 0 || undefined}>
                <td>{formatDate(day)}</td>
                <td className="tabular">{formatTimes(startsAt, endsAt, timeZone)}</td>
                <td className={tableClasses.number} data-label={t('preview.new')}>
                  {formatNumber(created)}
                </td>
                <td className={tableClasses.number} data-label={t('preview.existing')}>
                  {formatNumber(skipped)}
                </td>
                <td className={tableClasses.number} data-label={t('preview.overlapping')}>
                  {formatNumber(conflicts)}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {days.length > daysShown ? (
        <Text c="dimmed">{t('preview.moreDays', { count: days.length - daysShown })}</Text>
      ) : null}
      <Group>
        <ActionButton isBusy={isPending} disabled={preview.created === 0} onClick={onCreate}>
          {t('preview.create', { count: preview.created })}
        </ActionButton>
      </Group>
    </Stack>
  )
}
