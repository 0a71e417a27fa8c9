import { NumberInput, type NumberInputProps } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { formatNumber } from '../../../../lib/i18n/format.ts'

type NumberFieldProps = Omit<NumberInputProps, 'error' | 'description' | 'label' | 'min' | 'max'> & {
  label: string
  min: number
  max: number
  /** Contains the range. */
  help: (range: string) => string
  isInvalid: boolean
}

/** A whole number within a range that is shown. What is outside of it is refused with the reason, never changed. */
export function NumberField({ help, isInvalid, min, max, ...props }: NumberFieldProps) {
  const { t } = useTranslation('admin')
  const limits = { min: formatNumber(min), max: formatNumber(max) }
  return (
    <NumberInput
      size="md"
      allowDecimal={false}
      allowNegative={false}
      clampBehavior="none"
      {...props}
      min={min}
      max={max}
      description={help(t('settings.range', limits))}
      error={isInvalid ? t('settings.outOfRange', limits) : null}
    />
  )
}

/** Whether a field's value is a whole number within a range. */
export function isInRange(value: number | string, min: number, max: number): boolean {
  return value !== '' && Number.isInteger(Number(value)) && Number(value) >= min && Number(value) <= max
}
