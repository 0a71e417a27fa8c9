import type { Doctor } from '@holdfast/contract/client'
import { useTranslation } from 'react-i18next'
import { DoctorFilter } from '../shared/clinic/doctor-filter.tsx'
import classes from './today-bar.module.css'

/** A clinic with more has a choice of one instead. */
const chipsMax = 24

type ChipsProps = {
  doctors: readonly Doctor[]
  /** The ids of those who are shown; empty: all. */
  chosen: readonly string[]
  onChange: (chosen: readonly string[]) => void
}

/** Whose visits are shown: all doctors, one, or some of them. */
export function DoctorChips({ doctors, chosen, onChange }: ChipsProps) {
  const { t } = useTranslation('admin')
  if (doctors.length < 2) return null
  if (doctors.length > chipsMax) {
    return <DoctorFilter doctorId={chosen[0]} onChange={(doctorId) => onChange(doctorId === '' ? [] : [doctorId])} />
  }
  const toggle = (id: string) => {
    const next = chosen.includes(id) ? chosen.filter((one) => one !== id) : [...chosen, id]
    onChange(next.length === doctors.length ? [] : next)
  }
  return (
    <fieldset className={classes.chips} aria-label={t('today.doctors')}>
      <button type="button" className={classes.chip} aria-pressed={chosen.length === 0} onClick={() => onChange([])}>
        {t('today.all')}
      </button>
      {doctors.map(({ id, name }) => (
        <button
          key={id}
          type="button"
          className={classes.chip}
          aria-pressed={chosen.includes(id)}
          onClick={() => toggle(id)}
        >
          <bdi>{name}</bdi>
        </button>
      ))}
    </fieldset>
  )
}
