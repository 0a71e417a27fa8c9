import type { MessageSettings } from '@holdfast/contract/client'
import { isEmailAddress, lengths, messageLimits, smsKinds } from '@holdfast/vocabulary'
import { Checkbox, NativeSelect, Stack, Switch, Textarea, TextInput } from '@mantine/core'
import { type UseFormReturnType, useForm } from '@mantine/form'
import { queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, dataOf } from '../../../lib/api/api.ts'
import { formatMinutes, formatNumber } from '../../../lib/i18n/format.ts'
import { currentLanguage } from '../../../lib/i18n/i18n.ts'
import { isolated } from '../../../lib/i18n/isolated.ts'
import { languageNames, languages } from '../../../lib/i18n/languages.ts'
import { clinicKey } from '../../../lib/queries/clinic-queries.ts'
import { submitValid } from '../../../lib/submit-valid.ts'
import { TimeField } from '../../../ui/fields/time-field.tsx'
import { Panel } from '../../../ui/panel.tsx'
import { SaveButton } from '../../../ui/save-button.tsx'
import { ErrorState } from '../../../ui/states/error-state.tsx'
import { LoadingOrError } from '../../../ui/states/loading-or-error.tsx'
import { toastDone } from '../../../ui/toast.ts'
import { type ReportDirty, useReportDirty } from '../shared/fields/use-dirty-forms.ts'
import { useClinic } from '../use-clinic.ts'
import {
  addsReminders,
  ambiguousHours,
  type MessagesDraft,
  messagesDraftOf,
  parseConfirmMinutes,
  parseReminders,
  settingsOfDraft,
} from './messages-draft.ts'
import { missingRemindersQuery, PlanReminders } from './plan-reminders.tsx'
import classes from './settings.module.css'
import { useStoredValues } from './use-stored-values.ts'

function messageSettingsQuery(clinicId: string) {
  return queryOptions({
    queryKey: ['message-settings', clinicId],
    queryFn: () => dataOf(api.getMessageSettings({ path: { clinicId } })),
  })
}

/** What the clinic sends to patients, and when. */
export function MessagesSection({ report }: { report: ReportDirty }) {
  const { t } = useTranslation('admin')
  const { clinicId } = useClinic()
  const settings = useQuery(messageSettingsQuery(clinicId))
  return (
    <Panel id="settings-messages" title={t('messages.settings.title')} help={t('messages.settings.help')}>
      {settings.data ? <MessagesForm settings={settings.data} report={report} /> : <LoadingOrError of={settings} />}
    </Panel>
  )
}

function MessagesForm({ settings, report }: { settings: MessageSettings; report: ReportDirty }) {
  const { t } = useTranslation('admin')
  const stored = messagesDraftOf(settings)
  const form = useForm<MessagesDraft>({
    initialValues: stored,
    validateInputOnBlur: true,
    validate: {
      reminders: (text) => {
        const part = ambiguousHours(text)
        if (part !== null) return t('messages.settings.remindersAmbiguous', readings(part))
        return parseReminders(text) === null ? t('messages.settings.remindersWrong', reminderRange()) : null
      },
      confirmMinutes: (text) =>
        parseConfirmMinutes(text) === null ? t('messages.settings.confirmMinutesWrong') : null,
      phoneCountry: (country, { smsKinds }) =>
        smsKinds.length > 0 && country === '' ? t('messages.settings.phoneCountryMissing') : null,
      replyTo: (text) => (text === '' || isEmailAddress(text.trim()) ? null : t('messages.settings.replyToWrong')),
    },
  })
  const isDirty = form.isDirty()
  useReportDirty('messages', isDirty, report)
  useStoredValues(form, stored)
  const { clinicId } = useClinic()
  const counting = useQuery(missingRemindersQuery(clinicId))
  const [question, setQuestion] = useState<'open' | 'asked' | 'left'>('open')
  const saving = useSaveSettings(() => {
    setQuestion('asked')
    void counting.refetch()
  })
  const submit = submitValid(form, (draft) => saving.mutate(settingsOfDraft(draft)))
  const { bookings = 0, isMore = false } = counting.data ?? {}
  return (
    <form onSubmit={submit}>
      <Stack gap="md">
        {counting.isError ? <ErrorState error={counting.error} retry={() => void counting.refetch()} /> : null}
        {bookings === 0 || question === 'left' ? null : (
          <PlanReminders
            clinicId={clinicId}
            count={bookings}
            isMore={isMore}
            isAsked={question === 'asked'}
            onLeave={() => setQuestion('left')}
          />
        )}
        <Switch label={t('messages.settings.emails')} {...form.getInputProps('emails', { type: 'checkbox' })} />
        <div className={classes.rules}>
          <TextInput
            label={t('messages.settings.reminders')}
            description={t('messages.settings.remindersHelp')}
            {...form.getInputProps('reminders')}
          />
          <TimeField label={t('messages.settings.quietFrom')} required {...form.getInputProps('quietFrom')} />
          <TimeField label={t('messages.settings.quietUntil')} required {...form.getInputProps('quietUntil')} />
          <NativeSelect
            label={t('messages.settings.language')}
            description={t('messages.settings.languageHelp')}
            data={languages.map((language) => ({ value: language, label: languageNames[language] }))}
            {...form.getInputProps('language')}
          />
          <TextInput
            type="email"
            label={t('messages.settings.replyTo')}
            description={t('messages.settings.replyToHelp')}
            {...form.getInputProps('replyTo')}
          />
        </div>
        <ConfirmByLink form={form} />
        <SmsFields form={form} />
        <Textarea
          label={t('messages.settings.textBefore')}
          maxLength={lengths.reason}
          autosize
          minRows={2}
          {...form.getInputProps('textBefore')}
        />
        <Textarea
          label={t('messages.settings.textAfter')}
          maxLength={lengths.reason}
          autosize
          minRows={2}
          {...form.getInputProps('textAfter')}
        />
        <SaveButton of={saving} isDisabled={!isDirty} label={t('messages.settings.apply')} />
      </Stack>
    </form>
  )
}

/** The range in which reminders can be sent before the visit, as people say it: `10 minutes`, `14 days`. */
function reminderRange() {
  const { min, max } = messageLimits.reminderMinutes
  const to = formatNumber(max / (24 * 60), { style: 'unit', unit: 'day', unitDisplay: 'long' })
  return { from: formatMinutes(min), to }
}

/** Hours such as `2,5`, and how either reading is written: `2.5` and `2, 5`. */
function readings(part: string) {
  return { part: isolated(part), one: isolated(part.replace(',', '.')), two: isolated(part.replace(',', ', ')) }
}

/** Whether guests have to prove their e-mail address before a booking is theirs. */
function ConfirmByLink({ form }: { form: UseFormReturnType<MessagesDraft> }) {
  const { t } = useTranslation('admin')
  const { emails, confirmByLink } = form.getValues()
  const { checked, ...switched } = form.getInputProps('confirmByLink', { type: 'checkbox' })
  return (
    <>
      <Switch
        label={t('messages.settings.confirmByLink')}
        description={t(emails ? 'messages.settings.confirmByLinkHelp' : 'messages.settings.confirmNeedsEmails')}
        disabled={!emails}
        checked={emails && checked}
        {...switched}
      />
      {emails && confirmByLink ? (
        <TextInput
          label={t('messages.settings.confirmMinutes')}
          description={t('messages.settings.confirmMinutesHelp')}
          inputMode="numeric"
          required
          {...form.getInputProps('confirmMinutes')}
        />
      ) : null}
    </>
  )
}

/** @param onAdded after a change that adds reminders */
function useSaveSettings(onAdded: () => void) {
  const { t } = useTranslation('admin')
  const { clinicId, clinic } = useClinic()
  const queryClient = useQueryClient()
  return useMutation({
    mutationFn: (body: MessageSettings) => dataOf(api.updateMessageSettings({ path: { clinicId }, body })),
    onSuccess: (saved) => {
      const before = queryClient.getQueryData(messageSettingsQuery(clinicId).queryKey)
      if (before !== undefined && addsReminders(before, saved)) onAdded()
      else void queryClient.invalidateQueries({ queryKey: missingRemindersQuery(clinicId).queryKey })
      queryClient.setQueryData(messageSettingsQuery(clinicId).queryKey, saved)
      void queryClient.invalidateQueries({ queryKey: [...clinicKey(clinicId), 'message-preview'] })
      toastDone({ message: t('saved', { name: clinic.name }) })
    },
  })
}

/** Which messages go by SMS, too, and the country of telephone numbers without a country's code. */
function SmsFields({ form }: { form: UseFormReturnType<MessagesDraft> }) {
  const { t } = useTranslation('admin')
  return (
    <>
      <Checkbox.Group
        label={t('messages.settings.sms')}
        description={t('messages.settings.smsHelp')}
        {...form.getInputProps('smsKinds')}
      >
        <Stack gap="xs" mt="xs">
          {smsKinds.map((kind) => (
            <Checkbox key={kind} value={kind} label={t(`messages.kind.${kind}`)} />
          ))}
        </Stack>
      </Checkbox.Group>
      {form.getValues().smsKinds.length === 0 ? null : (
        <NativeSelect
          label={t('messages.settings.phoneCountry')}
          description={t('messages.settings.phoneCountryHelp')}
          data={[{ value: '', label: t('messages.settings.choose') }, ...phoneCountries()]}
          {...form.getInputProps('phoneCountry')}
        />
      )}
    </>
  )
}

/** The countries whose telephone numbers the server knows (ISO 3166-1, and some that have codes of their own). */
const codes = (
  'AC AD AE AF AG AI AL AM AO AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BW BY BZ CA CC ' +
  'CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB ' +
  'GD GE GF GG GH GI GL GM GN GP GQ GR GT GU GW GY HK HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH ' +
  'KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV ' +
  'MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PR PS PT PW PY QA RE RO RS RU RW SA SB ' +
  'SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TA TC TD TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG US ' +
  'UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW'
).split(' ')

/** The countries to choose from, sorted by their names in the page's language. */
function phoneCountries(): { value: string; label: string }[] {
  const language = currentLanguage()
  const names = new Intl.DisplayNames(language, { type: 'region' })
  const { compare } = new Intl.Collator(language)
  return codes.map((value) => ({ value, label: names.of(value) ?? value })).sort((a, b) => compare(a.label, b.label))
}
