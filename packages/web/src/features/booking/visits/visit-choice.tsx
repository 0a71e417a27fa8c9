import type { Clinic, Doctor } from '@holdfast/contract/client'
import { Alert, Stack, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { type ReactNode, useEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import type { ChosenSlot } from '../../../domain/free-times/no-times.tsx'
import { type OfferedVisit, offeredVisits } from '../../../domain/visits/offered-visits.ts'
import { VisitParts } from '../../../domain/visits/visit-parts.tsx'
import { visitTypeName } from '../../../domain/visits/visit-type-name.ts'
import { visitTypeQuery, visitTypesQuery } from '../../../domain/visits/visit-type-queries.ts'
import { isFinal } from '../../../lib/api/api-error.ts'
import { keptFragment } from '../../../lib/secret-links/use-hidden-fragment.ts'
import { LinkButton } from '../../../ui/buttons/link-button.tsx'
import { LoadingOrError } from '../../../ui/states/loading-or-error.tsx'
import type { WeekSearch } from '../week-search.ts'
import { Preparation, VisitFacts } from './visit-facts.tsx'
import { VisitTimes } from './visit-times.tsx'
import classes from './visits.module.css'

const route = getRouteApi('/doctors/$doctorId')

/** In the URL, the choice of a slot. */
const other = 'other'

type ChoiceProps = {
  doctor: Doctor
  clinic: Clinic
  onChoose: (slot: ChosenSlot) => void
  /** The doctor's slots. */
  children: ReactNode
}

/**
 * Of a doctor with open sessions: first what is booked, then its times. What has no visit type is booked as a slot,
 * where the doctor has free ones.
 */
export function VisitChoice({ doctor, clinic, onChoose, children: slots }: ChoiceProps) {
  const visitTypes = useQuery(visitTypesQuery(clinic.id))
  const { visitType: wanted } = route.useSearch()
  const offered = offeredVisits(visitTypes.data ?? [], doctor, false)
  const hasSlots = doctor.nextAvailableAt !== null
  const only = offered.length === 1 && !hasSlots ? offered[0] : undefined
  const listed = offered.find(({ visitType }) => visitType.id === wanted)
  // A combination is in no list. A link may lead to one.
  const isCombined = visitTypes.isSuccess && listed === undefined && wanted !== undefined && wanted !== other
  const combination = useQuery(visitTypeQuery({ clinicId: clinic.id, ...(isCombined ? { visitTypeId: wanted } : {}) }))
  const combined = isCombined && combination.data?.partIds !== undefined ? [combination.data] : []
  const visit = listed ?? offeredVisits(combined, doctor, false)[0] ?? only
  useFocusOnChoice(visitTypes.data === undefined ? undefined : (wanted ?? null))
  if (visitTypes.data === undefined) return <LoadingOrError of={visitTypes} />
  if (isCombined && combination.data === undefined && !isFinal(combination.error)) {
    return <LoadingOrError of={combination} />
  }
  if (offered.length === 0) return slots
  if (visit !== undefined) {
    return (
      <>
        <ChosenVisit visit={visit} offered={offered} canChange={only === undefined} />
        <VisitTimes key={visit.visitType.id} doctor={doctor} clinic={clinic} visit={visit} onChoose={onChoose} />
      </>
    )
  }
  if (wanted === other) {
    return (
      <>
        <ChosenOther />
        {slots}
      </>
    )
  }
  return <VisitList offered={offered} hasSlots={hasSlots} isGone={wanted !== undefined} />
}

type ListProps = {
  offered: readonly OfferedVisit[]
  hasSlots: boolean
  /** A link led to what cannot be booked here any more. */
  isGone: boolean
}

function VisitList({ offered, hasSlots, isGone }: ListProps) {
  const { t } = useTranslation('visits')
  return (
    <Stack gap="md" component="section" aria-labelledby="visit-title">
      {isGone ? (
        <Alert variant="outline" color="amber" radius="lg" role="status">
          {t('gone')}
        </Alert>
      ) : null}
      <Title order={2} id="visit-title" tabIndex={-1}>
        {t('choose')}
      </Title>
      <ul className={classes.types}>
        {offered.map((visit) => (
          <li key={visit.visitType.id}>
            <ChoiceLink visitType={visit.visitType.id}>
              <bdi className={classes.name}>{visitTypeName(visit.visitType)}</bdi>
              <VisitFacts visit={visit} />
            </ChoiceLink>
          </li>
        ))}
        {hasSlots ? (
          <li>
            <ChoiceLink visitType={other}>
              <span className={classes.name}>{t('other')}</span>
              <Text size="sm">{t('otherHelp')}</Text>
            </ChoiceLink>
          </li>
        ) : null}
      </ul>
    </Stack>
  )
}

/** Its first free day is another one. */
function withVisitType({ from: _from, slot: _slot, units: _units, ...search }: WeekSearch, visitType: string) {
  return { ...search, visitType }
}

function ChoiceLink({ visitType, children }: { visitType: string; children: ReactNode }) {
  return (
    <Link
      className={classes.type}
      from={route.id}
      to="."
      search={(search) => withVisitType(search, visitType)}
      state={keptFragment}
      resetScroll={false}
    >
      {children}
    </Link>
  )
}

type ChosenProps = { visit: OfferedVisit; offered: readonly OfferedVisit[]; canChange: boolean }

function ChosenVisit({ visit, offered, canChange }: ChosenProps) {
  const navigate = useNavigate()
  return (
    <section className={classes.chosen} aria-labelledby="visit-title">
      <div>
        <Title order={2} size="h3" id="visit-title" tabIndex={-1}>
          <bdi>{visitTypeName(visit.visitType)}</bdi>
        </Title>
        <VisitFacts visit={visit} />
        <Preparation of={visit.visitType} />
      </div>
      {canChange ? <Change /> : null}
      <VisitParts
        visitType={visit.visitType}
        offered={offered}
        onChange={(visitType) =>
          void navigate({
            from: route.id,
            to: '.',
            search: (search) => withVisitType(search, visitType),
            state: keptFragment,
            resetScroll: false,
          })
        }
      />
    </section>
  )
}

function ChosenOther() {
  const { t } = useTranslation('visits')
  return (
    <section className={classes.chosen} aria-labelledby="visit-title">
      <Title order={2} size="h3" id="visit-title" tabIndex={-1}>
        {t('other')}
      </Title>
      <Change />
    </section>
  )
}

function Change() {
  const { t } = useTranslation('visits')
  return (
    <LinkButton
      size="sm"
      variant="default"
      from={route.id}
      to="."
      search={({ from: _from, visitType: _visitType, ...search }) => search}
      state={keptFragment}
      resetScroll={false}
    >
      {t('change')}
    </LinkButton>
  )
}

/** After a choice, the focus is on what was chosen, because the link that had it is gone. undefined: not read yet. */
function useFocusOnChoice(wanted: string | null | undefined): void {
  const before = useRef(wanted)
  useEffect(() => {
    if (before.current !== undefined && before.current !== wanted) document.getElementById('visit-title')?.focus()
    before.current = wanted
  }, [wanted])
}
