import type { VisitType } from '@holdfast/contract/client'
import { visitTypeLimits } from '@holdfast/vocabulary'
import { Button } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { api, dataOf } from '../../lib/api/api.ts'
import { formatMinutes, formatMoney } from '../../lib/i18n/format.ts'
import { isolated } from '../../lib/i18n/isolated.ts'
import { ErrorState } from '../../ui/states/error-state.tsx'
import type { OfferedVisit } from './offered-visits.ts'
import classes from './visit-parts.module.css'
import { visitTypeName } from './visit-type-name.ts'
import { visitTypeQuery } from './visit-type-queries.ts'

/** What can be booked alone, or as a part of one appointment. */
type Part = Pick<OfferedVisit, 'visitType' | 'minutes' | 'fee'>

type PartsProps = {
  /** What is chosen: alone, or a combination. */
  visitType: VisitType
  offered: readonly Part[]
  onChange: (visitTypeId: string) => void
}

/** What one appointment is for, of which each part can be left out, and what can be added to it. */
export function VisitParts({ visitType, offered, onChange }: PartsProps) {
  const { t } = useTranslation('visits')
  const group = useRef<HTMLElement>(null)
  const combining = useCombination(visitType.clinicId, (visitTypeId) => {
    onChange(visitTypeId)
    // The button that was pressed is gone.
    group.current?.focus()
  })
  const ids = visitType.partIds ?? [visitType.id]
  const choose = (partIds: readonly string[]) => combining.isPending || combining.mutate(partIds)
  const { parts, others } = partsOf(ids, offered)
  if (parts.length < 2 && others.length === 0) return null
  return (
    <section ref={group} className={classes.parts} tabIndex={-1} aria-label={t('parts.title')}>
      {parts.length < 2 ? null : (
        <ul className={classes.list}>
          {parts.map((part) => {
            const { id } = part.visitType
            const name = isolated(visitTypeName(part.visitType))
            return (
              <li key={id}>
                <PartFacts part={part} />
                <Button
                  size="sm"
                  variant="subtle"
                  aria-label={t('parts.removeOf', { name })}
                  onClick={() => choose(ids.filter((one) => one !== id))}
                >
                  {t('parts.remove')}
                </Button>
              </li>
            )
          })}
        </ul>
      )}
      {others.length === 0 ? null : (
        <details key={visitType.id}>
          <summary>{t('parts.add')}</summary>
          <ul className={classes.others}>
            {others.map((part) => (
              <li key={part.visitType.id}>
                <Button size="sm" variant="default" onClick={() => choose([...ids, part.visitType.id])}>
                  <PartFacts part={part} />
                </Button>
              </li>
            ))}
          </ul>
        </details>
      )}
      {combining.isError ? (
        <ErrorState error={combining.error} retry={() => combining.mutate(combining.variables)} />
      ) : null}
    </section>
  )
}

/** Those that are chosen, and those that can be added. Whether they suit each other, the server says. */
function partsOf(ids: readonly string[], offered: readonly Part[]) {
  const parts = offered.filter(({ visitType }) => ids.includes(visitType.id))
  const canAdd = ids.length < visitTypeLimits.parts.max && parts.every(({ visitType }) => isCombinable(visitType))
  const others = offered.filter(({ visitType }) => isCombinable(visitType) && !ids.includes(visitType.id))
  return { parts, others: canAdd ? others : [] }
}

const isCombinable = ({ combinable, capacity }: VisitType) => combinable && capacity === 1

function PartFacts({ part: { visitType, minutes, fee } }: { part: Part }) {
  return (
    <span>
      <bdi>{visitTypeName(visitType)}</bdi> · {formatMinutes(minutes)}
      {fee === null ? null : ` · ${formatMoney(fee)}`}
    </span>
  )
}

/** Asks for the combination of visit types, or takes the only one; `onDone` gets its id. */
function useCombination(clinicId: string, onDone: (visitTypeId: string) => void) {
  const queryClient = useQueryClient()
  return useMutation({
    mutationFn: async (partIds: readonly string[]): Promise<string> => {
      const [only, ...others] = partIds
      if (only !== undefined && others.length === 0) return only
      const body = { visitTypeIds: [...partIds] }
      const combination = await dataOf(api.combineVisitTypes({ path: { clinicId }, body }))
      const { queryKey } = visitTypeQuery({ clinicId, visitTypeId: combination.id })
      queryClient.setQueryData(queryKey, combination)
      return combination.id
    },
    onSuccess: onDone,
  })
}
