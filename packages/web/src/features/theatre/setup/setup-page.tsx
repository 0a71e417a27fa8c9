import type { Room } from '@holdfast/contract/client'
import { Stack } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { comma, formatMinutes, formatNumber } from '../../../lib/i18n/format.ts'
import { isolated } from '../../../lib/i18n/isolated.ts'
import { PageTitle } from '../../../ui/focus/page-title.tsx'
import { equipmentQuery, roomsQuery, staffQuery, theatreDoctorsQuery } from '../theatre-queries.ts'
import { useTheatre } from '../use-theatre.ts'
import { DoctorForm } from './doctor-form.tsx'
import { EquipmentForm } from './equipment-form.tsx'
import { hoursText } from './hours-text.ts'
import { ResourceSection } from './resource-section.tsx'
import { RoomForm } from './room-form.tsx'
import { StaffForm } from './staff-form.tsx'

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
