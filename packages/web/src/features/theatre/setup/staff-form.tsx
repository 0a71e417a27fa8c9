import type { Profession, TheatreStaff } from '@holdfast/contract/client'
import { NativeSelect } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, dataOf } from '../../../lib/api/api.ts'
import { useTheatre } from '../use-theatre.ts'
import { PreferredEquipment } from './preferred-equipment.tsx'
import { ResourceForm } from './resource-form.tsx'

const professions = ['surgeon', 'anaesthetist', 'nurse', 'technician'] as const satisfies Profession[]

type StaffFormProps = {
  person: TheatreStaff | null
  equipment: readonly { id: string; name: string }[]
  onDone: () => void
}

export function StaffForm({ person, equipment, onDone }: StaffFormProps) {
  const { t } = useTranslation('theatre')
  const { clinicId } = useTheatre()
  const [profession, setProfession] = useState<Profession>(person?.profession ?? 'nurse')
  const [preferred, setPreferred] = useState(person?.preferredEquipmentIds ?? [])
  const fields = { profession, preferredEquipmentIds: profession === 'surgeon' ? preferred : [] }
  return (
    <ResourceForm
      item={person}
      fields={fields}
      create={(name, headers) =>
        dataOf(
          api.createTheatreStaff({
            path: { clinicId },
            body: { name, ...fields },
            headers,
          }),
        )
      }
      update={(common, query) =>
        dataOf(
          api.updateTheatreStaff({
            path: { clinicId, staffId: person?.id ?? '' },
            query,
            body: { ...fields, ...common },
          }),
        )
      }
      onDone={onDone}
    >
      <NativeSelect
        label={t('setup.profession')}
        value={profession}
        onChange={({ currentTarget }) =>
          setProfession(professions.find((one) => one === currentTarget.value) ?? 'nurse')
        }
        data={professions.map((value) => ({ value, label: t(`profession.${value}`) }))}
      />
      {profession === 'surgeon' ? (
        <PreferredEquipment equipment={equipment} ids={preferred} onChange={setPreferred} />
      ) : null}
    </ResourceForm>
  )
}
