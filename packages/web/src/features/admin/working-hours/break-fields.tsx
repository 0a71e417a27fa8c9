import { Button, Group } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { TimeField } from '../../../ui/fields/time-field.tsx'
import layoutClasses from '../../../ui/layout.module.css'
import { type BandDraft, withBreak } from './hours-draft.ts'

type Props = { band: BandDraft; number: number; onDivide: (bands: [BandDraft, BandDraft]) => void }

/** Divides a row by a break: the row ends where the break begins, and another one begins at its end. */
export function BreakFields({ band, number, onDivide }: Props) {
  const { t } = useTranslation('working-hours')
  const [times, setTimes] = useState<{ from: string; to: string } | null>(null)
  const divided = times === null ? null : withBreak(band, times)
  const isWrong = times !== null && times.from !== '' && times.to !== '' && divided === null
  const divide = () => {
    if (times === null) return setTimes({ from: '12:00', to: '13:00' })
    if (divided === null) return
    onDivide(divided)
    setTimes(null)
  }
  return (
    <>
      {times === null ? null : (
        <div className={layoutClasses.shortFields}>
          <TimeField label={t('break.from')} value={times.from} onChange={(from) => setTimes({ ...times, from })} />
          <TimeField
            label={t('break.to')}
            value={times.to}
            onChange={(to) => setTimes({ ...times, to })}
            error={isWrong ? t('break.outside') : null}
          />
        </div>
      )}
      <Group>
        {/* One button, which keeps the focus. */}
        <Button
          size="sm"
          variant="default"
          {...(times === null ? { 'aria-label': t('break.addTo', { number }) } : {})}
          onClick={divide}
        >
          {times === null ? t('break.add') : t('break.divide', { number })}
        </Button>
      </Group>
    </>
  )
}
