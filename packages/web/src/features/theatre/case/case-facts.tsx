import { caseState, type Projection, projectCases } from '@holdfast/contract/case-state'
import type { Case } from '@holdfast/contract/client'
import { Alert } from '@mantine/core'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import {
  comma,
  formatAppointment,
  formatDate,
  formatMinutes,
  formatNumber,
  formatTimesUnlike,
  formatTimeUnlike,
} from '../../../lib/i18n/format.ts'
import { useNow } from '../../../lib/time/use-now.ts'
import { delayed } from '../case-state.ts'
import type { Names } from '../conflict-text.ts'
import { useTheatre } from '../use-theatre.ts'
import classes from './case.module.css'
import { CaseLacks } from './case-lacks.tsx'
import { type Risk, riskOf } from './risk-of.ts'

type CaseFactsProps = {
  one: Case
  names: Names
  /** The case that will keep this one waiting. */
  atRiskBy?: string | null
  /** The projections of the board's cases. */
  projections?: ReadonlyMap<string, Projection>
}

const noProjections: ReadonlyMap<string, Projection> = new Map()

/** When, where, who and with what. */
export function CaseFacts({ one, names, atRiskBy = one.atRiskBy, projections = noProjections }: CaseFactsProps) {
  const { t } = useTranslation(['theatre', 'shell'])
  const { timeZone } = useTheatre()
  const now = useNow()
  const isOver = one.status === 'CANCELLED' || one.status === 'FAILED'
  const lacks = one.lacks ?? []
  const planned = { from: one.startsAt, to: one.endsAt }
  const expected = delayed(one, projections.get(one.id) ?? projectCases([one], [], now).get(one.id), now)
  const risk = atRiskBy === null ? undefined : names.caseOf(atRiskBy)
  return (
    <>
      {lacks.length === 0 ? null : <CaseLacks one={one} lacks={lacks} names={names} />}
      {atRiskBy === null || lacks.some(({ caseId }) => caseId === atRiskBy) ? null : (
        <Alert color="red" variant="outline" title={t('state.atRisk')}>
          <RiskText
            risk={riskOf(one, projections, { id: atRiskBy, other: risk })}
            procedure={risk?.procedure.display ?? t('case.earlier')}
            planned={one.startsAt}
          />
        </Alert>
      )}
      <dl className={classes.facts}>
        <Fact of={t('field.status')}>
          {isOver ? t(`shell:status.${one.status}`) : t(`state.${caseState(one, now)}`)}
          {one.cancellationReason === null
            ? null
            : ` · ${t(`reason.${one.cancellationReason}`, { defaultValue: one.cancellationReason })}`}
        </Fact>
        <Fact of={t('field.when')}>
          {formatAppointment(one.startsAt, one.endsAt, timeZone)} ({formatMinutes(one.minutes)})
          {expected === null
            ? null
            : ` · ${t('case.expected', { times: formatTimesUnlike(planned, expected, timeZone) })}`}
        </Fact>
        <Fact of={t('field.room')}>
          <bdi>{names.room(one.roomId)}</bdi>
        </Fact>
        <Patient one={one} />
        {one.note === null ? null : (
          <Fact of={t('requests.note')}>
            <bdi>{one.note}</bdi>
          </Fact>
        )}
        <Fact of={t('field.service')}>
          <bdi>{one.service}</bdi>
        </Fact>
        <Fact of={t('field.procedureCode')}>
          <bdi>{one.procedure.code}</bdi>
        </Fact>
        <Fact of={t('field.urgency')}>{t(`urgency.${one.urgency}`)}</Fact>
        <Fact of={t('field.surgeon')}>
          <bdi>{names.person(one.surgeonId)}</bdi>
        </Fact>
        {one.anaesthetistId === null ? null : (
          <Fact of={t('field.anaesthetist')}>
            <bdi>{names.person(one.anaesthetistId)}</bdi>
          </Fact>
        )}
        {one.staffIds.length === 0 ? null : (
          <Fact of={t('field.staff')}>
            <bdi>{one.staffIds.map(names.person).join(`${comma()} `)}</bdi>
          </Fact>
        )}
        {one.equipment.length === 0 ? null : (
          <Fact of={t('field.equipment')}>
            <bdi>
              {one.equipment
                .map(({ equipmentId, units }) => `${formatNumber(units)} × ${names.equipment(equipmentId)}`)
                .join(`${comma()} `)}
            </bdi>
          </Fact>
        )}
        {one.override === null ? null : (
          <Fact of={t('override.applied')}>
            <bdi>{one.override.reason ?? t('override.erased')}</bdi>
          </Fact>
        )}
      </dl>
    </>
  )
}

/** @param planned when the case is planned to begin: a time of another day has its day */
function RiskText({ risk, procedure, planned }: { risk: Risk; procedure: string; planned: string }) {
  const { t } = useTranslation('theatre')
  const { timeZone } = useTheatre()
  const time = (at: number) => formatTimeUnlike(planned, at, timeZone)
  if (risk.kind === 'same_time') {
    return t('case.sameTimeAs', { procedure, from: time(risk.from), to: time(risk.to) })
  }
  if (risk.kind === 'takes_until') return t('case.atRiskBy', { procedure, time: time(risk.until) })
  if (risk.kind === 'goes_first') return t('case.goesFirst', { procedure })
  return t('case.beginsAfter', { procedure, time: time(risk.beginsAt) })
}

function Patient({ one: { patient, patientFlags } }: { one: Case }) {
  const { t } = useTranslation(['theatre', 'shell'])
  return (
    <>
      <Fact of={t('field.patient')}>
        <bdi>{patient?.name ?? t('shell:erasedPatient')}</bdi>
      </Fact>
      {patientFlags.length === 0 ? null : (
        <Fact of={t('field.flags')}>
          <strong>
            <bdi>{patientFlags.join(`${comma()} `)}</bdi>
          </strong>
        </Fact>
      )}
      {patient === null ? null : (
        <Fact of={t('field.mrn')}>
          <bdi>{patient.mrn}</bdi>
        </Fact>
      )}
      {patient === null || patient.birthDate === null ? null : (
        <Fact of={t('field.birthDate')}>
          {formatDate(patient.birthDate, { day: 'numeric', month: 'long', year: 'numeric' })}
        </Fact>
      )}
    </>
  )
}

function Fact({ of, children }: { of: string; children: ReactNode }) {
  return (
    <div>
      <dt>{of}</dt>
      <dd>{children}</dd>
    </div>
  )
}
