import type { AppointmentType, Doctor, VisitType } from '@holdfast/contract/client'
import { NativeSelect, Stack } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { offeredVisits } from '../../../domain/visits/offered-visits.ts'
import { VisitParts } from '../../../domain/visits/visit-parts.tsx'
import { visitTypeName } from '../../../domain/visits/visit-type-name.ts'
import { visitTypeQuery, visitTypesQuery } from '../../../domain/visits/visit-type-queries.ts'
import { formatMinutes } from '../../../lib/i18n/format.ts'
import { useClinic } from '../use-clinic.ts'

type Wanted = { doctorId?: string; inSession?: true }

type Choice = {
  /** undefined: a slot is booked. */
  visitType: VisitType | undefined
  choose: (visitTypeId: string) => void
  /** Those that a doctor with open sessions offers, also for the desk alone. */
  offered: readonly VisitType[]
  /** The doctors who offer what is chosen. */
  doctors: readonly Doctor[]
  /** How the appointment with a doctor can be. */
  typesOf: (doctor: Doctor | undefined) => readonly AppointmentType[]
}

/**
 * What is booked: a visit type in a doctor's open sessions, or a slot. Where no slot is free at first, it is a visit
 * type unless another choice is made.
 *
 * @param first the id of the first choice
 * @param firstDoctorId whose visit types are preferred
 * @param wanted `doctorId`: whose free slots count, instead of the clinic's; `inSession`: none do
 */
export function useVisitTypeChoice(first: string | undefined, firstDoctorId: string, wanted: Wanted): Choice {
  const { clinicId, doctors: all } = useClinic()
  const [chosenId, setChosenId] = useState(first)
  const [preferredId] = useState(firstDoctorId)
  const [hasSlots] = useState(() => hasFreeSlots(all, wanted))
  const open = all.filter(({ active, hasOpenSessions }) => active && hasOpenSessions)
  const visitTypes = useQuery({ ...visitTypesQuery(clinicId), enabled: open.length > 0 }).data ?? []
  const isOfferedBy = (visitType: VisitType) => (doctor: Doctor) => offeredVisits([visitType], doctor, true).length > 0
  const offered = visitTypes.filter((visitType) => open.some(isOfferedBy(visitType)))
  const preferred = open.find(({ id }) => id === preferredId)
  const ofPreferred = offered.find((one) => preferred !== undefined && isOfferedBy(one)(preferred))
  const unchosen = hasSlots ? undefined : (ofPreferred ?? offered[0])
  const listed = offered.find(({ id }) => id === chosenId)
  // A combination is in no list.
  const isCombined = visitTypes.length > 0 && chosenId !== undefined && chosenId !== '' && listed === undefined
  const combination = useQuery(visitTypeQuery({ clinicId, ...(isCombined ? { visitTypeId: chosenId } : {}) })).data
  const combined = isCombined && combination?.partIds !== undefined && combination.active ? combination : undefined
  const visitType = chosenId === undefined ? unchosen : (listed ?? combined)
  return {
    visitType,
    choose: setChosenId,
    offered,
    doctors: visitType === undefined ? all : open.filter(isOfferedBy(visitType)),
    typesOf: (doctor) => {
      if (doctor === undefined) return []
      if (visitType === undefined) return doctor.appointmentTypes
      return offeredVisits([visitType], doctor, true)[0]?.appointmentTypes ?? []
    },
  }
}

function hasFreeSlots(all: readonly Doctor[], { doctorId, inSession }: Wanted): boolean {
  const asked = all.filter(({ id, active }) => active && (doctorId === undefined || id === doctorId))
  return inSession !== true && asked.some(({ nextAvailableAt }) => nextAvailableAt !== null)
}

/** Chooses the visit type, or several for one appointment; nothing, where none can be booked. */
export function VisitTypeField({ choice, onChange }: { choice: Choice; onChange: () => void }) {
  const { t } = useTranslation('admin')
  const { offered, visitType, choose } = choice
  if (offered.length === 0) return null
  const change = (visitTypeId: string) => {
    choose(visitTypeId)
    onChange()
  }
  const combined = visitType?.partIds === undefined ? [] : [visitType]
  return (
    <Stack gap="sm" mb="md">
      <NativeSelect
        label={t('visitTypes.one')}
        value={visitType?.id ?? ''}
        onChange={({ currentTarget }) => change(currentTarget.value)}
        data={[
          { value: '', label: t('book.noVisitType') },
          ...[...combined, ...offered].map((one) => ({
            value: one.id,
            label: `${visitTypeName(one)} · ${formatMinutes(one.minutes)}`,
          })),
        ]}
      />
      {visitType === undefined ? null : (
        <VisitParts
          visitType={visitType}
          offered={offered.map((one) => ({ visitType: one, minutes: one.minutes, fee: one.fee }))}
          onChange={change}
        />
      )}
    </Stack>
  )
}
