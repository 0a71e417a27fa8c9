import { Button, Group } from '@mantine/core'
import { type KeyboardEvent, useRef } from 'react'
import { flushSync } from 'react-dom'
import { useTranslation } from 'react-i18next'
import { TimeField } from '../../../ui/fields/time-field.tsx'
import layoutClasses from '../../../ui/layout.module.css'
import { type BandDraft, breakProblemOf, dividedBand, type Pause } from './hours-draft.ts'

type Props = {
  band: BandDraft
  number: number
  onChange: (pause: Pause | null) => void
  onDivide: (bands: BandDraft[]) => void
}

/** A break divides a row: it ends where the break begins, and another row begins at its end. */
export function BreakFields({ band, number, onChange, onDivide }: Props) {
  const { t } = useTranslation('working-hours')
  const { pause } = band
  const problem = breakProblemOf(band)
  const first = useRef<HTMLButtonElement>(null)
  const divide = () => {
    if (pause === null) return onChange({ from: '12:00', to: '13:00' })
    const divided = dividedBand(band)
    if (divided !== null) onDivide(divided)
  }
  const divideOnEnter = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.key !== 'Enter' || event.defaultPrevented) return
    event.preventDefault()
    const field = event.currentTarget
    // The field has just sent what was typed, by which the button divides.
    flushSync(() => {})
    flushSync(() => first.current?.click())
    if (!field.isConnected) first.current?.focus()
  }
  return (
    <>
      {pause === null ? null : (
        <div className={layoutClasses.shortFields}>
          <TimeField
            label={t('break.from')}
            value={pause.from}
            onChange={(from) => onChange({ ...pause, from })}
            onKeyDown={divideOnEnter}
          />
          <TimeField
            label={t('break.to')}
            value={pause.to}
            onChange={(to) => onChange({ ...pause, to })}
            onKeyDown={divideOnEnter}
            error={problem === null ? null : t(`break.${problem}`)}
          />
        </div>
      )}
      <Group gap="sm">
        {/* One button, which keeps the focus. */}
        <Button
          ref={first}
          size="sm"
          variant="default"
          {...(pause === null ? { 'aria-label': t('break.addTo', { number }) } : {})}
          onClick={divide}
        >
          {pause === null ? t('break.add') : t('break.divide', { number })}
        </Button>
        {pause === null ? null : (
          <Button
            size="sm"
            variant="default"
            aria-label={t('break.removeFrom', { number })}
            onClick={() => {
              onChange(null)
              first.current?.focus()
            }}
          >
            {t('break.remove')}
          </Button>
        )}
      </Group>
    </>
  )
}
