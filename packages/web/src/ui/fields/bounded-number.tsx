import { NumberInput, type NumberInputProps } from '@mantine/core'
import { useEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { formatNumber } from '../../lib/i18n/format.ts'

type BoundedNumberProps = Omit<NumberInputProps, 'clampBehavior' | 'value' | 'min' | 'max'> & {
  value?: number | string
  min: number
  max: number
}

/**
 * A number within limits. What is outside of them stays as it was typed, with the reason under it, and its form is not
 * submitted: a value that is silently changed is saved unseen.
 */
export function BoundedNumber({ min, max, value = '', error, ...props }: BoundedNumberProps) {
  const { t } = useTranslation('shell')
  const ref = useRef<HTMLInputElement>(null)
  const isOutside = value !== '' && !(Number(value) >= min && Number(value) <= max)
  const problem = isOutside ? t('fieldProblem.range', { min: formatNumber(min), max: formatNumber(max) }) : ''
  useEffect(() => ref.current?.setCustomValidity(problem), [problem])
  return (
    <NumberInput
      ref={ref}
      size="md"
      {...props}
      value={value}
      min={min}
      max={max}
      clampBehavior="none"
      error={problem === '' ? error : problem}
    />
  )
}
