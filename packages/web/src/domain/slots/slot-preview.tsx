import type { CreatedSlots } from '@holdfast/contract/client'
import { Button, Group, Stack, Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { formatDate, formatNumber, formatTime } from '../../lib/format.ts'
import tableClasses from '../../ui/table.module.css'
import { previewDays } from './preview-days.ts'

const daysShown = 31

type SlotPreviewProps = { made: CreatedSlots; timeZone: string; isPending: boolean; onMake: () => void }

/** What a rule would make, day by day, and the button that makes it. */
export function SlotPreview({ made, timeZone, isPending, onMake }: SlotPreviewProps) {
  const { t } = useTranslation('desk')
  const days = previewDays(made, timeZone)
  return (
    <Stack gap="md" aria-busy={isPending}>
      <Text role="status" fw={600}>
        {t('preview.created', { count: made.created })}
        {made.skipped > 0 ? ` · ${t('preview.skipped', { count: made.skipped })}` : ''}
        {made.conflicts > 0 ? ` · ${t('preview.conflicts', { count: made.conflicts })}` : ''}
      </Text>
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
                {t('preview.there')}
              </th>
              <th scope="col" className={tableClasses.number}>
                {t('preview.inTheWay')}
              </th>
            </tr>
          </thead>
          <tbody>
            {days.slice(0, daysShown).map(({ day, startsAt, endsAt, created, skipped, conflicts }) => (
              <tr key={day} data-quiet={created === 0 || undefined}>
                <td>{formatDate(day)}</td>
                <td className="tabular">
                  {formatTime(startsAt, timeZone)} – {formatTime(endsAt, timeZone)}
                </td>
                <td className={tableClasses.number} data-label={t('preview.new')}>
                  {formatNumber(created)}
                </td>
                <td className={tableClasses.number} data-label={t('preview.there')}>
                  {formatNumber(skipped)}
                </td>
                <td className={tableClasses.number} data-label={t('preview.inTheWay')}>
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
        <Button loading={isPending} disabled={made.created === 0} onClick={onMake}>
          {t('preview.make', { count: made.created })}
        </Button>
      </Group>
    </Stack>
  )
}
