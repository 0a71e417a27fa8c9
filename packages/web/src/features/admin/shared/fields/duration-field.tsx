import { NativeSelect } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { FieldProblem } from '../../../../ui/fields/field-problem.tsx'
import classes from './duration-field.module.css'
import { type DurationUnit, shownUnit, unitsOf } from './duration-units.ts'
import { NumberField } from './number-field.tsx'

type DurationFieldProps = {
  label: string
  help: (range: string) => string
  /** The unit of `value`, `min` and `max`. */
  base: 'seconds' | 'minutes'
  min: number
  max: number
  /** '' while the field is empty */
  value: number | string
  onChange: (value: number | string) => void
  onBlur?: () => void
  isInvalid: boolean
  /** Default true. */
  required?: boolean
}

/** A duration with its unit, which can be chosen: two days instead of 2,880 minutes. */
export function DurationField({
  label,
  base,
  help,
  value,
  min,
  max,
  onChange,
  required = true,
  ...rest
}: DurationFieldProps) {
  const { t } = useTranslation('admin')
  const [chosen, setChosen] = useState<DurationUnit | null>(null)
  const unit = shownUnit(base, value, chosen)
  const { size } = unit
  const inUnit = (amount: number | string, of: DurationUnit) => (amount === '' ? '' : Number(amount) * of.size)
  const amount = value === '' ? '' : Number(value) / size
  const units = (
    <NativeSelect
      aria-label={t('settings.unitOf', { label })}
      value={unit.name}
      onChange={({ currentTarget }) => {
        const next = unitsOf[base].find(({ name }) => name === currentTarget.value)
        if (next === undefined) return
        setChosen(next)
        onChange(inUnit(amount, next))
      }}
      data={unitsOf[base].map(({ name }) => ({ value: name, label: t(`settings.unit.${name}`) }))}
    />
  )
  return (
    <NumberField
      {...rest}
      label={label}
      help={(range) => help(t('settings.rangeOf', { range, unit: t(`settings.unit.${unit.name}`) }))}
      required={required}
      min={Math.ceil(min / size)}
      max={Math.floor(max / size)}
      value={amount}
      onChange={(next) => onChange(inUnit(next, unit))}
      inputContainer={(input) => (
        <FieldProblem>
          <div className={classes.duration}>
            {input}
            {units}
          </div>
        </FieldProblem>
      )}
    />
  )
}
