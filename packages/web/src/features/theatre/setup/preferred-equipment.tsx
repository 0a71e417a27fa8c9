import type { Equipment } from '@holdfast/contract/client'
import { MultiSelect } from '@mantine/core'
import { useTranslation } from 'react-i18next'

type PreferredEquipmentProps = {
  equipment: readonly Pick<Equipment, 'id' | 'name'>[]
  ids: string[]
  onChange: (ids: string[]) => void
}

/** What the cases of a surgeon should have. */
export function PreferredEquipment({ equipment, ids, onChange }: PreferredEquipmentProps) {
  const { t } = useTranslation('theatre')
  return (
    <MultiSelect
      size="md"
      label={t('setup.preferred')}
      searchable
      maxValues={20}
      value={ids}
      onChange={onChange}
      data={equipment.map(({ id, name }) => ({ value: id, label: name }))}
    />
  )
}
