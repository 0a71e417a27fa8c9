import type { Equipment, Room, TheatreDoctor } from '@holdfast/contract/client'
import { theatreLimits } from '@holdfast/vocabulary'
import { Stack } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, dataOf } from '../../../lib/api/api.ts'
import { comma, formatMinutes, formatNumber } from '../../../lib/i18n/format.ts'
import { isolated } from '../../../lib/i18n/isolated.ts'
import { PageTitle } from '../../../ui/focus/page-title.tsx'
import { SaveButton } from '../../../ui/save-button.tsx'
import { toastDone } from '../../../ui/toast.ts'
import { equipmentQuery, roomsQuery, staffQuery, theatreDoctorsQuery } from '../theatre-queries.ts'
import { useTheatre } from '../use-theatre.ts'
import { hoursText } from './hours-text.ts'
import { PreferredEquipment } from './preferred-equipment.tsx'
import { ResourceForm } from './resource-form.tsx'
import { ResourceSection } from './resource-section.tsx'
import { RoomForm } from './room-form.tsx'
import { StaffForm } from './staff-form.tsx'
import { WholeNumber } from './whole-number.tsx'

/** What cases need: rooms, staff and equipment. */
export function SetupPage() {
  const { t } = useTranslation('theatre')
  const { clinicId } = useTheatre()
  const equipment = useQuery(equipmentQuery(clinicId))
  const hoursOf = ({ hours }: Room) =>
    hours === null ? t('setup.alwaysOpen') : hours.length === 0 ? t('setup.neverOpen') : hoursText(hours)
  return (
    <Stack gap="lg" maw="67.5rem">
      <PageTitle>{t('tabs.setup')}</PageTitle>
      <ResourceSection
        title={t('setup.rooms')}
        none={t('setup.noRooms')}
        add={t('setup.addRoom')}
        read={useQuery(roomsQuery(clinicId))}
        factsOf={(room) =>
          [room.site, t('setup.turnoverOf', { minutes: formatMinutes(room.turnoverMinutes) }), hoursOf(room)]
            .filter((fact) => fact !== null)
            .join(' · ')
        }
        renderForm={(room, onDone) => <RoomForm room={room} onDone={onDone} />}
      />
      <ResourceSection
        title={t('setup.staff')}
        none={t('setup.noStaff')}
        add={t('setup.addStaff')}
        read={useQuery(staffQuery(clinicId))}
        factsOf={({ profession }) => t(`profession.${profession}`)}
        renderForm={(person, onDone) => <StaffForm person={person} equipment={equipment.data ?? []} onDone={onDone} />}
      />
      <ResourceSection
        title={t('setup.doctors')}
        none={t('setup.noDoctors')}
        read={useQuery(theatreDoctorsQuery(clinicId))}
        factsOf={({ preferredEquipmentIds }) => {
          const preferred = equipment.data?.filter(({ id }) => preferredEquipmentIds.includes(id)) ?? []
          const names = preferred.map(({ name }) => isolated(name)).join(`${comma()} `)
          return preferred.length === 0 ? t('setup.prefersNothing') : t('setup.prefers', { names })
        }}
        renderForm={(doctor, onDone) =>
          doctor === null ? null : <DoctorForm doctor={doctor} equipment={equipment.data ?? []} onDone={onDone} />
        }
      />
      <ResourceSection
        title={t('setup.equipment')}
        none={t('setup.noEquipment')}
        add={t('setup.addEquipment')}
        read={equipment}
        factsOf={({ units, reprocessingMinutes }) =>
          t('setup.equipmentFacts', { units: formatNumber(units), minutes: formatMinutes(reprocessingMinutes) })
        }
        renderForm={(item, onDone) => <EquipmentForm item={item} onDone={onDone} />}
      />
    </Stack>
  )
}

type DoctorFormProps = { doctor: TheatreDoctor; equipment: readonly Equipment[]; onDone: () => void }

/** What the cases of a doctor should have; all else of doctors is changed among the clinic's doctors. */
function DoctorForm({ doctor: { id, name, preferredEquipmentIds }, equipment, onDone }: DoctorFormProps) {
  const { t } = useTranslation('theatre')
  const { clinicId, reread } = useTheatre()
  const [preferred, setPreferred] = useState(preferredEquipmentIds)
  const saving = useMutation({
    mutationFn: () =>
      dataOf(api.updateTheatreDoctor({ path: { clinicId, doctorId: id }, body: { preferredEquipmentIds: preferred } })),
    onSuccess: () => {
      toastDone({ message: t('setup.saved', { name }) })
      onDone()
    },
    onSettled: reread,
  })
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        saving.mutate()
      }}
    >
      <Stack gap="md">
        <PreferredEquipment equipment={equipment} ids={preferred} onChange={setPreferred} />
        <SaveButton of={saving} label={t('save')} />
      </Stack>
    </form>
  )
}

function EquipmentForm({ item, onDone }: { item: Equipment | null; onDone: () => void }) {
  const { t } = useTranslation('theatre')
  const { clinicId } = useTheatre()
  const [units, setUnits] = useState<number | string>(item?.units ?? 1)
  const [reprocessing, setReprocessing] = useState<number | string>(item?.reprocessingMinutes ?? 0)
  const fields = { units: Number(units), reprocessingMinutes: Number(reprocessing) }
  return (
    <ResourceForm
      item={item}
      fields={fields}
      create={(name, headers) =>
        dataOf(api.createEquipment({ path: { clinicId }, body: { name, ...fields }, headers }))
      }
      update={(common, query) =>
        dataOf(
          api.updateEquipment({
            path: { clinicId, equipmentId: item?.id ?? '' },
            query,
            body: { ...fields, ...common },
          }),
        )
      }
      onDone={onDone}
    >
      <WholeNumber label={t('setup.units')} min={1} max={theatreLimits.unitsMax} value={units} onChange={setUnits} />
      <WholeNumber
        label={t('setup.reprocessing')}
        description={t('setup.reprocessingHelp')}
        min={0}
        max={theatreLimits.reprocessingMinutesMax}
        value={reprocessing}
        onChange={setReprocessing}
      />
    </ResourceForm>
  )
}
