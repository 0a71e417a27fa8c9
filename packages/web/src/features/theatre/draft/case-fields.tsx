import { lengths, theatreLimits } from '@holdfast/vocabulary'
import { Checkbox, MultiSelect, NativeSelect, Skeleton, Stack, Text, TextInput } from '@mantine/core'
import type { UseFormReturnType } from '@mantine/form'
import { useDebouncedValue } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api, dataOf } from '../../../lib/api/api.ts'
import { formatMinutes, formatNumber } from '../../../lib/i18n/format.ts'
import { withEachWord } from '../../../lib/with-each-word.ts'
import { BoundedNumber } from '../../../ui/fields/bounded-number.tsx'
import { DateField } from '../../../ui/fields/date-field.tsx'
import layoutClasses from '../../../ui/layout.module.css'
import { ErrorState } from '../../../ui/states/error-state.tsx'
import { theatreKey } from '../board-query.ts'
import { urgencies } from '../theatre-search.ts'
import { useTheatre } from '../use-theatre.ts'
import type { CaseDraft } from './case-draft.ts'
import { useTeam } from './use-team.ts'

type FieldsProps = { form: UseFormReturnType<CaseDraft>; isSurgeonOptional?: boolean }

type CaseFieldsProps = FieldsProps & {
  /** false: the patient stays. */
  hasPatient?: boolean
}

/** The patient, the procedure, the team and the equipment of a case or a request. */
export function CaseFields({ form, isSurgeonOptional = false, hasPatient = true }: CaseFieldsProps) {
  const { t } = useTranslation('theatre')
  const input = form.getInputProps
  return (
    <Stack gap="md">
      {hasPatient ? <PatientFields form={form} /> : null}
      <div className={layoutClasses.fields}>
        <TextInput
          label={t('field.service')}
          required
          maxLength={lengths.specialization}
          dir="auto"
          {...input('service')}
        />
        <TextInput
          label={t('field.procedure')}
          required
          maxLength={lengths.procedure}
          dir="auto"
          {...input('display')}
        />
        <TextInput label={t('field.procedureCode')} required maxLength={lengths.code} dir="auto" {...input('code')} />
      </div>
      <div className={layoutClasses.fields}>
        <NativeSelect
          label={t('field.urgency')}
          data={urgencies.map((value) => ({ value, label: t(`urgency.${value}`) }))}
          {...input('urgency')}
        />
        <div>
          <BoundedNumber
            label={t('field.minutes')}
            required
            min={1}
            max={theatreLimits.caseMinutesMax}
            allowDecimal={false}
            {...input('minutes')}
          />
          <Estimate code={form.getValues().code} surgeonId={form.getValues().surgeonId} />
        </div>
      </div>
      <TeamFields form={form} isSurgeonOptional={isSurgeonOptional} />
    </Stack>
  )
}

function PatientFields({ form }: FieldsProps) {
  const { t } = useTranslation('theatre')
  const { isStaff, today } = useTheatre()
  const input = form.getInputProps
  return (
    <>
      <div className={layoutClasses.fields}>
        <TextInput
          label={t('field.mrn')}
          required
          maxLength={lengths.code}
          autoComplete="off"
          dir="auto"
          {...input('mrn')}
        />
        <TextInput
          label={t('field.patientName')}
          required
          maxLength={lengths.name}
          autoComplete="off"
          dir="auto"
          {...input('name')}
        />
        <DateField label={t('field.birthDate')} max={today} {...input('birthDate')} />
      </div>
      {isStaff ? (
        <Checkbox
          label={t('field.correctPatient')}
          description={t('field.correctPatientHelp')}
          {...form.getInputProps('correct', { type: 'checkbox' })}
        />
      ) : null}
    </>
  )
}

type TeamFieldsProps = FieldsProps & {
  /** The case is running, so that its surgeon and equipment stay. */
  isRelief?: boolean
}

/** Who and what a case needs. */
export function TeamFields({ form, isSurgeonOptional = false, isRelief = false }: TeamFieldsProps) {
  const { t } = useTranslation('theatre')
  const { isRead, failed, surgeons, anaesthetists, others, equipment } = useTeam(form.getValues())
  const { equipmentIds } = form.getValues()
  const none = { value: '', label: t('field.none') }
  if (failed !== undefined) return <ErrorState error={failed.error} retry={() => void failed.refetch()} />
  // A required field that does not list what is chosen yet would refuse the form.
  if (!isRead) return <Skeleton height={220} aria-busy="true" />
  return (
    <>
      <div className={layoutClasses.fields}>
        {isRelief ? null : (
          <NativeSelect
            label={t('field.surgeon')}
            required={!isSurgeonOptional}
            data={[{ value: '', label: t(isSurgeonOptional ? 'field.undecided' : 'field.choose') }, ...surgeons]}
            {...form.getInputProps('surgeonId')}
          />
        )}
        <NativeSelect
          label={t('field.anaesthetist')}
          data={[none, ...anaesthetists]}
          {...form.getInputProps('anaesthetistId')}
        />
      </div>
      <MultiSelect
        size="md"
        label={t('field.staff')}
        data={others}
        searchable
        filter={withEachWord}
        {...form.getInputProps('staffIds')}
      />
      {isRelief ? null : (
        <MultiSelect
          size="md"
          label={t('field.equipment')}
          data={equipment}
          searchable
          filter={withEachWord}
          {...form.getInputProps('equipmentIds')}
        />
      )}
      {isRelief || equipmentIds.length === 0 ? null : (
        <div className={layoutClasses.shortFields}>
          {equipmentIds.map((id) => (
            <BoundedNumber
              key={id}
              label={t('field.unitsOf', { name: equipment.find(({ value }) => value === id)?.label ?? '–' })}
              min={1}
              max={theatreLimits.unitsMax}
              allowDecimal={false}
              value={form.getValues().units[id] ?? 1}
              onChange={(units) => form.setFieldValue('units', { ...form.getValues().units, [id]: units })}
            />
          ))}
        </div>
      )}
    </>
  )
}

/** How long such cases took: shown beside the minutes, which stay what was typed. */
function Estimate({ code, surgeonId }: { code: string; surgeonId: string }) {
  const { t } = useTranslation('theatre')
  const { clinicId } = useTheatre()
  const [procedureCode] = useDebouncedValue(code.trim(), 400)
  const { data } = useQuery({
    queryKey: [...theatreKey(clinicId), 'estimate', procedureCode, surgeonId],
    queryFn: () =>
      dataOf(
        api.estimateCaseDuration({
          path: { clinicId },
          query: { procedureCode, ...(surgeonId === '' ? {} : { surgeonId }) },
        }),
      ),
    enabled: procedureCode !== '',
  })
  if (data === undefined || data.medianMinutes === null || data.p80Minutes === null) return null
  return (
    <Text size="sm" c="dimmed" mt={4}>
      {t('estimate', {
        median: formatMinutes(Math.round(data.medianMinutes)),
        p80: formatMinutes(Math.round(data.p80Minutes)),
        cases: formatNumber(data.cases),
      })}
    </Text>
  )
}
