import type { Clinic } from '@holdfast/contract/client'
import { slotsToComeMax } from '@holdfast/vocabulary'
import { Button, Group, Stack, Text } from '@mantine/core'
import { type UseFormReturnType, useForm } from '@mantine/form'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { feedQuery, useNamesPatients } from '../../../domain/calendar-feed/feed-queries.ts'
import { FeedSection } from '../../../domain/calendar-feed/feed-section.tsx'
import { api, dataOf } from '../../../lib/api/api.ts'
import { RefusedError } from '../../../lib/api/api-error.ts'
import { formatNumber } from '../../../lib/i18n/format.ts'
import { isolated } from '../../../lib/i18n/isolated.ts'
import { clinicKey } from '../../../lib/queries/clinic-queries.ts'
import { clinicQuery } from '../../../lib/queries/directory-queries.ts'
import { submitValid } from '../../../lib/submit-valid.ts'
import { ActionButton } from '../../../ui/buttons/action-button.tsx'
import { ConfirmDialog } from '../../../ui/dialogs/confirm-dialog.tsx'
import { UnsavedChanges } from '../../../ui/dialogs/unsaved-changes.tsx'
import { SavingSwitch } from '../../../ui/fields/saving-switch.tsx'
import { PageTitle } from '../../../ui/focus/page-title.tsx'
import { Panel } from '../../../ui/panel.tsx'
import { ErrorState } from '../../../ui/states/error-state.tsx'
import { toastDone } from '../../../ui/toast.ts'
import { useShowError } from '../../../ui/use-show-error.ts'
import {
  bookingRules,
  type ClinicDraft,
  changeOf,
  draftOfClinic,
  invalidNumbers,
} from '../shared/clinic/clinic-draft.ts'
import { ClinicFields } from '../shared/clinic/clinic-fields.tsx'
import { DurationField } from '../shared/fields/duration-field.tsx'
import { isInRange, NumberField } from '../shared/fields/number-field.tsx'
import { type ReportDirty, useDirtyForms, useReportDirty } from '../shared/fields/use-dirty-forms.ts'
import { useClinic } from '../use-clinic.ts'
import { BurstsSection } from './bursts-section.tsx'
import { LimitsSection } from './limits-section.tsx'
import { LogoSection } from './logo-section.tsx'
import { MessagesSection } from './messages-section.tsx'
import { PreviewSection } from './preview-section.tsx'
import { SecuritySection } from './security-section.tsx'
import classes from './settings.module.css'
import { useStoredValues } from './use-stored-values.ts'

/** The clinic as patients see it, and its booking rules. */
export function SettingsPage() {
  const { t } = useTranslation('admin')
  const { clinic } = useClinic()
  const { isDirty, report } = useDirtyForms()
  return (
    <Stack gap="lg">
      <PageTitle>{t('tabs.settings')}</PageTitle>
      <UnsavedChanges isDirty={isDirty} />
      <SettingsForm clinic={clinic} report={report} />
      <LogoSection />
      <MessagesSection report={report} />
      <PreviewSection />
      <LimitsSection report={report} />
      <CalendarFeedSection />
      <SecuritySection />
      <BurstsSection />
    </Stack>
  )
}

function SettingsForm({ clinic, report }: { clinic: Clinic; report: ReportDirty }) {
  const { t } = useTranslation('admin')
  const form = useForm<ClinicDraft>({
    initialValues: draftOfClinic(clinic),
    validateInputOnBlur: true,
    // The fields of numbers have their own texts.
    validate: (draft) => ({
      ...invalidNumbers(draft, t('field.phoneInvalid')),
      ...Object.fromEntries(
        bookingRules.flatMap(({ name, min, max }) => (isInRange(draft[name], min, max) ? [] : [[name, true]])),
      ),
    }),
  })
  useStoredValues(form, draftOfClinic(clinic))
  const saving = useSaveClinic(clinic)
  const changes = changeOf(form.getValues(), clinic)
  const isInvalid = !form.isValid()
  useReportDirty('clinic', changes !== null || isInvalid, report)
  const submit = submitValid(form, () => {
    if (changes !== null) saving.mutate({ change: changes })
  })
  const refused = saving.variables?.change ?? {}
  return (
    <form onSubmit={submit}>
      {isTimeZoneInUse(saving.error) ? (
        <TimeZoneQuestion
          refusal={saving.error}
          timeZone={refused.timezone ?? clinic.timezone}
          onConfirm={() => saving.mutate({ change: refused, withSlots: true })}
          onClose={() => {
            form.setFieldValue('timezone', clinic.timezone)
            saving.reset()
          }}
        />
      ) : null}
      <Stack gap="lg">
        <Panel id="settings-clinic" title={t('settings.clinic')}>
          <ClinicFields timezone={clinic.timezone} inputProps={form.getInputProps} />
        </Panel>
        <Panel id="settings-rules" title={t('settings.rules')} help={t('settings.rulesHelp')}>
          <div className={classes.rules}>
            {bookingRules.map((rule) => (
              <RuleField key={rule.name} rule={rule} form={form} />
            ))}
          </div>
        </Panel>
        <Group>
          <ActionButton type="submit" disabled={changes === null && !isInvalid} isBusy={saving.isPending}>
            {t('save')}
          </ActionButton>
        </Group>
      </Stack>
    </form>
  )
}

type RuleFieldProps = { rule: (typeof bookingRules)[number]; form: UseFormReturnType<ClinicDraft> }

function RuleField({ rule: { name, unit, min, max }, form }: RuleFieldProps) {
  const { t } = useTranslation('admin')
  const { error, ...inputProps } = form.getInputProps(name)
  const shared = {
    ...inputProps,
    value: form.getValues()[name],
    label: t(`settings.${name}`),
    help: (range: string) => t(`settings.${name}Help`, { range }),
    min,
    max,
    isInvalid: Boolean(error),
  }
  return unit === null ? <NumberField {...shared} required /> : <DurationField {...shared} base={unit} />
}

/** `withSlots`: the time zone may change although slots are not over. */
type Save = { change: NonNullable<ReturnType<typeof changeOf>>; withSlots?: true }

function useSaveClinic(clinic: Clinic) {
  const { t } = useTranslation('admin')
  const showError = useShowError()
  const queryClient = useQueryClient()
  const save = async ({ change: body, withSlots }: Save) => {
    const query = withSlots === undefined ? {} : { withSlots }
    const saved = await dataOf(api.updateClinic({ path: { clinicId: clinic.id }, query, body }))
    queryClient.setQueryData(clinicQuery(clinic.id).queryKey, saved)
    void queryClient.invalidateQueries({ queryKey: ['clinics'] })
    void queryClient.invalidateQueries({ queryKey: [...clinicKey(clinic.id), 'message-preview'] })
    return saved
  }
  const mutation = useMutation({
    mutationFn: save,
    onSuccess: (saved, done) => {
      const back = changeOf(draftOfClinic(clinic), saved)
      toastDone({
        message: (
          <Group justify="space-between">
            <span>{t('saved', { name: saved.name })}</span>
            {back === null ? null : (
              <Button size="compact-sm" variant="default" onClick={() => mutation.mutate({ ...done, change: back })}>
                {t('undo')}
              </Button>
            )}
          </Group>
        ),
      })
    },
    onError: (error) => {
      // It is asked about.
      if (isTimeZoneInUse(error)) return
      showError(error)
    },
  })
  return mutation
}

/** The calendar feed of the clinic, and whether feeds name patients. */
function CalendarFeedSection() {
  const { t } = useTranslation('calendars')
  const { clinicId, timeZone } = useClinic()
  const owner = { kind: 'clinic', clinicId } as const
  const feed = useQuery(feedQuery(owner)).data
  const saving = useNamesPatients(clinicId)
  return (
    <FeedSection owner={owner} timeZone={timeZone}>
      {feed === undefined ? null : (
        <SavingSwitch
          label={t('feed.names')}
          description={t('feed.namesHelp')}
          checked={feed.patientNames ?? false}
          saving={saving}
        />
      )}
      {saving.isError ? <ErrorState error={saving.error} /> : null}
    </FeedSection>
  )
}

type TimeZoneQuestionProps = {
  refusal: RefusedError
  /** The new one. */
  timeZone: string
  onConfirm: () => void
  onClose: () => void
}

/** Whether the time zone was not changed because slots are not over: the site asks whether to go on. */
function isTimeZoneInUse(error: unknown): error is RefusedError {
  return error instanceof RefusedError && error.problem.code === 'time_zone_in_use'
}

/** Says how many slots get another local time, and asks whether to change the time zone all the same. */
function TimeZoneQuestion({ refusal, timeZone, onConfirm, onClose }: TimeZoneQuestionProps) {
  const { t } = useTranslation('admin')
  const { slots = 0, takenSlots = 0 } = refusal.problem
  const counts = { slots: formatNumber(slots), taken: formatNumber(takenSlots) }
  return (
    <ConfirmDialog
      title={t('settings.timeZone.title')}
      isOpen
      onClose={onClose}
      confirm={t('settings.timeZone.confirm')}
      onConfirm={onConfirm}
      back={t('settings.timeZone.keep')}
    >
      <Text fw={600}>
        {slots < slotsToComeMax ? t('settings.timeZone.text', counts) : t('settings.timeZone.textMany', counts)}
      </Text>
      <Text>{t('settings.timeZone.follows', { zone: isolated(timeZone) })}</Text>
    </ConfirmDialog>
  )
}
