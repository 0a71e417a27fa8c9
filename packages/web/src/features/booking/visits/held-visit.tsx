import type { Doctor } from '@holdfast/contract/client'
import { Text } from '@mantine/core'
import { visitFee } from '../../../domain/visits/visit-fee.ts'
import { visitTypeName } from '../../../domain/visits/visit-type-name.ts'
import { useVisitType } from '../../../domain/visits/visit-type-queries.ts'
import { formatMoney } from '../../../lib/i18n/format.ts'
import { Preparation } from './visit-facts.tsx'

/** What is held, what it costs, and what to do before it. */
export function HeldVisit({ visitTypeId, doctor }: { visitTypeId: string; doctor: Doctor }) {
  const visitType = useVisitType({ clinicId: doctor.clinicId, visitTypeId })
  if (visitType === undefined) return null
  const fee = visitFee(visitType, doctor.id)
  return (
    <>
      <Text mt="xs">
        <strong>
          <bdi>{visitTypeName(visitType)}</bdi>
        </strong>
        {fee === null ? null : ` · ${formatMoney(fee)}`}
      </Text>
      <Preparation of={visitType} />
    </>
  )
}
