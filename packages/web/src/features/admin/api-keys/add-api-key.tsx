import type { ApiKeyWithSecret, NewApiKey } from '@holdfast/contract/client'
import { type ApiKeyScope, apiKeyLimits, apiKeyScopes } from '@holdfast/vocabulary'
import { Checkbox, Group, Stack, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useTranslation } from 'react-i18next'
import { errorBesidePassword, PasswordDialog } from '../../../domain/password/password-dialog.tsx'
import { instantOf } from '../../../lib/time/local-time.ts'
import { ActionButton } from '../../../ui/buttons/action-button.tsx'
import { DateField } from '../../../ui/fields/date-field.tsx'
import { Panel } from '../../../ui/panel.tsx'
import { ErrorState } from '../../../ui/states/error-state.tsx'
import { useClinic } from '../use-clinic.ts'
import { useApiKeyActions } from './api-key-queries.ts'

type Draft = { name: string; scopes: ApiKeyScope[]; lastDay: string }

/** A form for a new API key. */
export function AddApiKey({ onAdded }: { onAdded(apiKey: ApiKeyWithSecret): void }) {
  const { t } = useTranslation('admin')
  const { timeZone, today } = useClinic()
  const { add } = useApiKeyActions()
  const error = errorBesidePassword(add.error)
  const form = useForm<Draft>({
    initialValues: { name: '', scopes: [], lastDay: '' },
    validate: { scopes: (scopes) => (scopes.length === 0 ? t('apiKeys.chooseScopes') : null) },
  })
  const send = (body: NewApiKey) => {
    const onSuccess = (apiKey: ApiKeyWithSecret) => {
      form.reset()
      onAdded(apiKey)
    }
    add.mutate(body, { onSuccess })
  }
  const submit = form.onSubmit(({ name, scopes, lastDay }) => {
    const expiresAt = lastDay === '' ? {} : { expiresAt: instantOf(lastDay, '24:00', timeZone) }
    send({ name: name.trim(), scopes, ...expiresAt })
  })
  return (
    <Panel id="add-api-key" title={t('apiKeys.add')}>
      <form onSubmit={submit}>
        <Stack gap="md">
          <TextInput
            label={t('apiKeys.name')}
            description={t('apiKeys.nameHelp')}
            required
            maxLength={apiKeyLimits.name}
            autoComplete="off"
            {...form.getInputProps('name')}
          />
          <Checkbox.Group label={t('apiKeys.scopes')} {...form.getInputProps('scopes')}>
            <Stack gap="sm" mt="xs">
              {apiKeyScopes.map((scope) => (
                <Checkbox key={scope} value={scope} label={<Scope scope={scope} />} />
              ))}
            </Stack>
          </Checkbox.Group>
          <DateField
            label={t('apiKeys.expires')}
            description={t('apiKeys.expiresHelp')}
            min={today}
            {...form.getInputProps('lastDay')}
          />
          {error === null ? null : <ErrorState error={error} />}
          <Group>
            <ActionButton type="submit" isBusy={add.isPending}>
              {t('apiKeys.submit')}
            </ActionButton>
          </Group>
        </Stack>
      </form>
      <PasswordDialog of={add} send={send} />
    </Panel>
  )
}

function Scope({ scope }: { scope: ApiKeyScope }) {
  const { t } = useTranslation('admin')
  return (
    <>
      {t(`apiKeys.scope.${scope}`, { nsSeparator: false })} <code dir="ltr">{scope}</code>
    </>
  )
}
