import { visitTypeLimits } from '@holdfast/vocabulary'
import { Fieldset, MultiSelect, Radio, Stack } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { withEachWord } from '../../../lib/with-each-word.ts'
import { BoundedNumber } from '../../../ui/fields/bounded-number.tsx'
import layoutClasses from '../../../ui/layout.module.css'
import { FeeField } from '../shared/fees/fee-fields.tsx'
import { useClinic } from '../use-clinic.ts'
import { type VisitTypeFormState, withDoctors } from './visit-type-draft.ts'

/** Who offers a visit type, and what is different with each of them. */
export function DoctorFields({ form }: { form: VisitTypeFormState }) {
  const { t } = useTranslation('admin')
  const { doctors: all } = useClinic()
  const { offeredBy, doctors } = form.getValues()
  const { value: _value, onChange: _onChange, ...inputProps } = form.getInputProps('doctors')
  const nameOf = (id: string) => all.find((doctor) => doctor.id === id)?.name ?? id
  const chosenIds = doctors.map(({ doctorId }) => doctorId)
  const isListed = all.filter(({ id, active }) => active || chosenIds.includes(id))
  return (
    <Fieldset legend={t('visitTypes.field.doctorIds')}>
      <Stack gap="md">
        <Radio.Group size="md" aria-label={t('visitTypes.field.doctorIds')} {...form.getInputProps('offeredBy')}>
          <Stack gap="xs">
            <Radio value="all" label={t('visitTypes.allDoctors')} />
            <Radio value="some" label={t('visitTypes.someDoctors')} />
          </Stack>
        </Radio.Group>
        {offeredBy === 'all' ? null : (
          <>
            <MultiSelect
              size="md"
              label={t('tabs.doctors')}
              description={t('visitTypes.doctorsHelp')}
              searchable
              filter={withEachWord}
              maxValues={visitTypeLimits.doctorsMax}
              data={isListed.map(({ id, name }) => ({ value: id, label: name }))}
              {...inputProps}
              value={chosenIds}
              onChange={(ids) => form.setFieldValue('doctors', withDoctors(doctors, ids))}
            />
            {doctors.map(({ doctorId }, index) => (
              <DifferenceFields key={doctorId} name={nameOf(doctorId)} index={index} form={form} />
            ))}
          </>
        )}
      </Stack>
    </Fieldset>
  )
}

type DifferenceFieldsProps = { name: string; index: number; form: VisitTypeFormState }

/** Empty fields show what the visit type says. */
function DifferenceFields({ name, index, form }: DifferenceFieldsProps) {
  const { t } = useTranslation('admin')
  const { doctors, currency: usual, ...visitType } = form.getValues()
  const currency = doctors[index]?.currency ?? usual
  const { minutes, bufferMinutes } = visitTypeLimits
  const fields = [
    ['minutes', minutes],
    ['bufferBeforeMinutes', bufferMinutes],
    ['bufferAfterMinutes', bufferMinutes],
  ] as const
  return (
    <Fieldset legend={name}>
      <div className={layoutClasses.shortFields}>
        {fields.map(([field, limits]) => (
          <BoundedNumber
            key={field}
            label={t(`visitTypes.field.${field}`)}
            placeholder={String(visitType[field])}
            allowDecimal={false}
            {...limits}
            {...form.getInputProps(`doctors.${index}.${field}`)}
          />
        ))}
        <FeeField
          label={t('visitTypes.feeIn', { currency })}
          currency={currency}
          placeholder={String(visitType.fee)}
          inputProps={form.getInputProps(`doctors.${index}.fee`)}
        />
      </div>
    </Fieldset>
  )
}
