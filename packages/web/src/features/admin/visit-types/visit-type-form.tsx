import type { VisitType } from '@holdfast/contract/client'
import {
  clinicSettings,
  lengths,
  messageLanguages,
  visitApprovals,
  visitTypeBookers,
  visitTypeColors,
  visitTypeLimits,
} from '@holdfast/vocabulary'
import { Checkbox, Fieldset, Group, Radio, Select, Stack, Text, Textarea, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useTranslation } from 'react-i18next'
import { formatLanguage } from '../../../lib/i18n/format.ts'
import { submitValid } from '../../../lib/submit-valid.ts'
import { BoundedNumber } from '../../../ui/fields/bounded-number.tsx'
import layoutClasses from '../../../ui/layout.module.css'
import { SaveButton } from '../../../ui/save-button.tsx'
import { CurrencyField, FeeField } from '../shared/fees/fee-fields.tsx'
import { usualCurrency } from '../shared/fees/usual-currency.ts'
import { DurationField } from '../shared/fields/duration-field.tsx'
import { isInRange, NumberField } from '../shared/fields/number-field.tsx'
import { useClinic } from '../use-clinic.ts'
import { DoctorFields } from './doctor-fields.tsx'
import { NeedFields } from './need-fields.tsx'
import { QuestionFieldsOfForm } from './question-fields-of-form.tsx'
import { useSaveVisitType } from './use-save-visit-type.ts'
import { draftOf, type VisitTypeDraft, type VisitTypeFormState } from './visit-type-draft.ts'

const ownRules = ['minimumNoticeMinutes', 'bookingHorizonDays', 'cancellationDeadlineMinutes'] as const

type VisitTypeFormProps = { visitType: VisitType | null; onDone: (saved: VisitType) => void }

/** Adds a visit type, or edits one. */
export function VisitTypeForm({ visitType, onDone }: VisitTypeFormProps) {
  const { t } = useTranslation('admin')
  const { timeZone, doctors } = useClinic()
  const saving = useSaveVisitType(visitType)
  const form = useForm<VisitTypeDraft>({
    initialValues: draftOf(visitType, usualCurrency(timeZone, doctors)),
    validateInputOnBlur: [...ownRules],
    validate: (draft) => ({
      ...(draft.appointmentTypes.length === 0 ? { appointmentTypes: t('doctors.typeRequired') } : {}),
      ...(draft.approval !== 'none' && !isAnswerTime(draft.approvalMinutes) ? { approvalMinutes: true } : {}),
      ...(draft.room === 'some' && draft.roomIds.length === 0 ? { roomIds: t('visitTypes.chooseRoom') } : {}),
      ...(draft.offeredBy === 'some' && draft.doctors.length === 0 ? { doctors: t('visitTypes.chooseDoctor') } : {}),
      ...Object.fromEntries(ownRules.filter((name) => !isRuleValid(name, draft[name])).map((name) => [name, true])),
    }),
  })
  const submit = submitValid(form, (draft) => saving.mutate(draft, { onSuccess: onDone }))
  return (
    <form onSubmit={submit}>
      <Stack gap="md">
        <TextInput
          label={t('field.name')}
          required
          maxLength={lengths.visitTypeName}
          dir="auto"
          data-autofocus
          {...form.getInputProps('name')}
        />
        <LengthFields form={form} />
        <BookingFields form={form} />
        <DoctorFields form={form} />
        <NeedFields form={form} />
        <PatientFields form={form} />
        <QuestionFieldsOfForm form={form} />
        <ListFields form={form} />
        <SaveButton of={saving} label={visitType === null ? t('visitTypes.add') : t('save')} />
      </Stack>
    </form>
  )
}

function isRuleValid(name: (typeof ownRules)[number], value: number | string): boolean {
  const { min, max } = clinicSettings[name]
  return value === '' || isInRange(value, min, max)
}

function isAnswerTime(minutes: number | string): boolean {
  const { min, max } = visitTypeLimits.approvalMinutes
  return isInRange(minutes, min, max)
}

function LengthFields({ form }: { form: VisitTypeFormState }) {
  const { t } = useTranslation(['admin', 'shell'])
  const { minutes, bufferMinutes } = visitTypeLimits
  const { currency } = form.getValues()
  const whole = { allowDecimal: false, required: true }
  return (
    <Fieldset legend={t('visitTypes.length')}>
      <Stack gap="md">
        <Text c="dimmed">{t('visitTypes.lengthHelp')}</Text>
        <div className={layoutClasses.shortFields}>
          <BoundedNumber
            label={t('visitTypes.field.minutes')}
            {...whole}
            {...minutes}
            {...form.getInputProps('minutes')}
          />
          {(['bufferBeforeMinutes', 'bufferAfterMinutes'] as const).map((name) => (
            <BoundedNumber
              key={name}
              label={t(`visitTypes.field.${name}`)}
              {...whole}
              {...bufferMinutes}
              {...form.getInputProps(name)}
            />
          ))}
        </div>
        <div className={layoutClasses.shortFields}>
          <FeeField label={t('field.fee')} currency={currency} inputProps={form.getInputProps('fee')} />
          <CurrencyField inputProps={form.getInputProps('currency')} />
        </div>
        <Checkbox.Group size="md" label={t('field.appointmentTypes')} {...form.getInputProps('appointmentTypes')}>
          <Group gap="lg" mt={6}>
            <Checkbox value="in_person" label={t('shell:appointmentType.in_person')} />
            <Checkbox value="video" label={t('shell:appointmentType.video')} />
          </Group>
        </Checkbox.Group>
      </Stack>
    </Fieldset>
  )
}

function PatientFields({ form }: { form: VisitTypeFormState }) {
  const { t } = useTranslation('admin')
  return (
    <Fieldset legend={t('visitTypes.forPatients')}>
      <Stack gap="md">
        <Textarea
          label={t('visitTypes.field.preparation')}
          description={t('visitTypes.preparationHelp')}
          maxLength={lengths.preparation}
          dir="auto"
          autosize
          minRows={2}
          {...form.getInputProps('preparation')}
        />
        <div className={layoutClasses.fields}>
          {messageLanguages.map((language) => (
            <TextInput
              key={language}
              label={t('visitTypes.nameIn', { language: formatLanguage(language) })}
              maxLength={lengths.visitTypeName}
              dir="auto"
              {...form.getInputProps(`names.${language}`)}
            />
          ))}
        </div>
      </Stack>
    </Fieldset>
  )
}

function ListFields({ form }: { form: VisitTypeFormState }) {
  const { t } = useTranslation('admin')
  return (
    <Fieldset legend={t('visitTypes.inLists')}>
      <div className={layoutClasses.fields}>
        <Select
          label={t('visitTypes.field.color')}
          data={visitTypeColors.map((color) => ({ value: color, label: t(`visitTypes.colors.${color}`) }))}
          placeholder={t('visitTypes.noColor')}
          clearable
          {...form.getInputProps('color')}
        />
        <BoundedNumber
          label={t('visitTypes.field.position')}
          description={t('visitTypes.positionHelp')}
          allowDecimal={false}
          {...visitTypeLimits.position}
          {...form.getInputProps('position')}
        />
      </div>
    </Fieldset>
  )
}

/** Who may book a visit type and when, and for how many at once. */
function BookingFields({ form }: { form: VisitTypeFormState }) {
  const { t } = useTranslation('admin')
  return (
    <Fieldset legend={t('visitTypes.booking')}>
      <Stack gap="md">
        <Radio.Group size="md" label={t('visitTypes.field.bookableBy')} {...form.getInputProps('bookableBy')}>
          <Stack gap="xs" mt={6}>
            {visitTypeBookers.map((booker) => (
              <Radio key={booker} value={booker} label={t(`visitTypes.bookers.${booker}`)} />
            ))}
          </Stack>
        </Radio.Group>
        <Radio.Group size="md" label={t('visitTypes.field.approval')} {...form.getInputProps('approval')}>
          <Stack gap="xs" mt={6}>
            {visitApprovals.map((approval) => (
              <Radio key={approval} value={approval} label={t(`visitTypes.approvals.${approval}`)} />
            ))}
          </Stack>
        </Radio.Group>
        {form.getValues().approval !== 'none' ? <AnswerTimeField form={form} /> : null}
        <BoundedNumber
          label={t('visitTypes.field.capacity')}
          description={t('visitTypes.capacityHelp')}
          allowDecimal={false}
          {...visitTypeLimits.capacity}
          {...form.getInputProps('capacity')}
        />
        <Checkbox
          label={t('visitTypes.combine')}
          description={t('visitTypes.combineHelp')}
          {...form.getInputProps('combinable', { type: 'checkbox' })}
        />
        <RuleField name="minimumNoticeMinutes" form={form} />
        <RuleField name="bookingHorizonDays" form={form} />
        <RuleField name="cancellationDeadlineMinutes" form={form} />
      </Stack>
    </Fieldset>
  )
}

/** How long the clinic may take to answer a request. */
function AnswerTimeField({ form }: { form: VisitTypeFormState }) {
  const { t } = useTranslation('admin')
  const { error, ...inputProps } = form.getInputProps('approvalMinutes')
  return (
    <DurationField
      {...inputProps}
      {...visitTypeLimits.approvalMinutes}
      value={form.getValues().approvalMinutes}
      label={t('visitTypes.field.approvalMinutes')}
      help={(range) => t('visitTypes.approvalHelp', { range })}
      base="minutes"
      isInvalid={Boolean(error)}
    />
  )
}

type RuleFieldProps = {
  name: 'minimumNoticeMinutes' | 'bookingHorizonDays' | 'cancellationDeadlineMinutes'
  form: VisitTypeFormState
}

/** A rule of the clinic that the visit type may have in another way. */
function RuleField({ name, form }: RuleFieldProps) {
  const { t } = useTranslation('admin')
  const { min, max, unit } = clinicSettings[name]
  const { error, ...inputProps } = form.getInputProps(name)
  const shared = {
    ...inputProps,
    value: form.getValues()[name],
    label: t(`settings.${name}`),
    help: (range: string) => t('visitTypes.asClinic', { range }),
    min,
    max,
    isInvalid: Boolean(error),
  }
  return unit === null ? <NumberField {...shared} /> : <DurationField {...shared} base={unit} required={false} />
}
