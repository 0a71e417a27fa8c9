import { Checkbox, NativeSelect, Stack } from '@mantine/core'
import type { UseFormReturnType } from '@mantine/form'
import { useTranslation } from 'react-i18next'
import { smsKinds } from '../../../domain/messages/sms-kinds.ts'
import type { MessagesDraft } from './messages-draft.ts'
import { phoneCountries } from './phone-countries.ts'

/** Which messages go by SMS, too, and the country of telephone numbers without a country's code. */
export function SmsFields({ form }: { form: UseFormReturnType<MessagesDraft> }) {
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
