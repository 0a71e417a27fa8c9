import { NativeSelect } from '@mantine/core'
import { useTranslation } from 'react-i18next'

type WhoseFilterProps = { names: readonly string[]; value: string; onChange: (name: string) => void }

/** The choice of whose appointments are shown: everybody's, or those of one patient. */
export function WhoseFilter({ names, value, onChange }: WhoseFilterProps) {
  const { t } = useTranslation('my-bookings')
  return (
    <NativeSelect
      maw="24rem"
      label={t('whose.label')}
      data={[{ value: '', label: t('whose.everybody') }, ...names.map((name) => ({ value: name, label: name }))]}
      value={names.includes(value) ? value : ''}
      onChange={({ currentTarget }) => onChange(currentTarget.value)}
    />
  )
}
