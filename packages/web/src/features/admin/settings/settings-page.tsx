import type { Clinic } from '@holdfast/contract/client'
import { Button, Group, NumberInput, Stack, Text, Title } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api, dataOf } from '../../../lib/api.ts'
import { clinicQuery } from '../../../lib/directory-queries.ts'
import { problemMessage } from '../../../lib/problem-message.ts'
import { ActionButton } from '../../../ui/action-button.tsx'
import layoutClasses from '../../../ui/layout.module.css'
import { PageTitle } from '../../../ui/page-title.tsx'
import { toastDone, toastFailed } from '../../../ui/toast.ts'
import { type ClinicDraft, changeOf, draftOfClinic, settingLimits } from '../clinic-draft.ts'
import { ClinicFields } from '../clinic-fields.tsx'
import { useClinic } from '../use-clinic.ts'
import { BurstsSection } from './bursts-section.tsx'
import { LimitsSection } from './limits-section.tsx'
import { SecuritySection } from './security-section.tsx'
import classes from './settings.module.css'
import { useStoredValues } from './use-stored-values.ts'

/** The clinic as patients see it, and its booking rules. */
export function SettingsPage() {
  const { t } = useTranslation('admin')
  const { clinic } = useClinic()
  return (
    <Stack gap="lg">
      <PageTitle>{t('tabs.settings')}</PageTitle>
      <SettingsForm clinic={clinic} />
      <LimitsSection />
      <SecuritySection />
      <BurstsSection />
    </Stack>
  )
}

function SettingsForm({ clinic }: { clinic: Clinic }) {
  const { t } = useTranslation('admin')
  const form = useForm<ClinicDraft>({ initialValues: draftOfClinic(clinic) })
  useStoredValues(form, draftOfClinic(clinic))
  const saving = useSaveClinic(clinic)
  const changes = changeOf(form.getValues(), clinic)
  return (
    <form
      onSubmit={form.onSubmit(() => {
        if (changes !== null) saving.mutate(changes)
      })}
    >
      <Stack gap="lg">
        <section className={layoutClasses.panel} aria-labelledby="settings-clinic">
          <Stack gap="md">
            <Title order={2} size="h3" id="settings-clinic">
              {t('settings.clinic')}
            </Title>
            <ClinicFields timezone={clinic.timezone} inputProps={form.getInputProps} />
          </Stack>
        </section>
        <section className={layoutClasses.panel} aria-labelledby="settings-rules">
          <Stack gap="md">
            <div>
              <Title order={2} size="h3" id="settings-rules">
                {t('settings.rules')}
              </Title>
              <Text c="dimmed">{t('settings.rulesHelp')}</Text>
            </div>
            <div className={classes.rules}>
              {settingLimits.map(({ name, min, max, step }) => (
                <NumberInput
                  key={name}
                  size="md"
                  label={t(`settings.${name}`)}
                  description={t(`settings.${name}Help`)}
                  inputWrapperOrder={['label', 'input', 'description', 'error']}
                  required
                  min={min}
                  max={max}
                  step={step}
                  allowDecimal={false}
                  {...form.getInputProps(name)}
                />
              ))}
            </div>
          </Stack>
        </section>
        <Group>
          <ActionButton type="submit" disabled={changes === null} isBusy={saving.isPending}>
            {t('save')}
          </ActionButton>
        </Group>
      </Stack>
    </form>
  )
}

type Change = NonNullable<ReturnType<typeof changeOf>>

function useSaveClinic(clinic: Clinic) {
  const { t } = useTranslation('admin')
  const { t: tProblem } = useTranslation('problems')
  const queryClient = useQueryClient()
  const save = async (body: Change) => {
    const saved = await dataOf(api.updateClinic({ path: { clinicId: clinic.id }, body }))
    queryClient.setQueryData(clinicQuery(clinic.id).queryKey, saved)
    void queryClient.invalidateQueries({ queryKey: ['clinics'] })
    return saved
  }
  const mutation = useMutation({
    mutationFn: save,
    onSuccess: (saved) => {
      const back = changeOf(draftOfClinic(clinic), saved)
      toastDone({
        message: (
          <Group justify="space-between">
            <span>{t('saved', { name: saved.name })}</span>
            {back === null ? null : (
              <Button size="compact-sm" variant="default" onClick={() => mutation.mutate(back)}>
                {t('undo')}
              </Button>
            )}
          </Group>
        ),
      })
    },
    onError: (error) => {
      const { title, help } = problemMessage(error, tProblem)
      toastFailed({ title, message: help })
    },
  })
  return mutation
}
