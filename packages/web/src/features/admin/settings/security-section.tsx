import { Text } from '@mantine/core'
import { queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api, dataOf } from '../../../lib/api/api.ts'
import { refusalCode } from '../../../lib/api/api-error.ts'
import { TextLink } from '../../../ui/buttons/text-link.tsx'
import { SavingSwitch } from '../../../ui/fields/saving-switch.tsx'
import { Panel } from '../../../ui/panel.tsx'
import { ErrorState } from '../../../ui/states/error-state.tsx'
import { LoadingOrError } from '../../../ui/states/loading-or-error.tsx'
import { toastDone } from '../../../ui/toast.ts'
import { useClinic } from '../use-clinic.ts'

function securityQuery(clinicId: string) {
  return queryOptions({
    queryKey: ['clinic-security', clinicId],
    queryFn: () => dataOf(api.getClinicSecurity({ path: { clinicId } })),
  })
}

/** How the clinic's people have to sign in. */
export function SecuritySection() {
  const { t } = useTranslation('admin')
  const { clinicId, clinic } = useClinic()
  const queryClient = useQueryClient()
  const query = securityQuery(clinicId)
  const security = useQuery(query)
  const saving = useMutation({
    mutationFn: (rolesNeedSecondFactor: boolean) =>
      dataOf(api.updateClinicSecurity({ path: { clinicId }, body: { rolesNeedSecondFactor } })),
    onSuccess: (saved) => {
      queryClient.setQueryData(query.queryKey, saved)
      toastDone({ message: t('saved', { name: clinic.name }) })
    },
  })
  const isFirst = refusalCode(saving.error) === 'second_factor_required'
  return (
    <Panel id="settings-security" title={t('security.title')}>
      {security.data === undefined ? (
        <LoadingOrError of={security} />
      ) : (
        <SavingSwitch
          label={t('security.rule')}
          description={t('security.help')}
          checked={security.data.rolesNeedSecondFactor}
          saving={saving}
        />
      )}
      {isFirst ? (
        <Text role="alert" c="var(--mantine-color-error)">
          {t('security.first')}{' '}
          <TextLink to="/account" search={{ to: `/clinic/${clinicId}/settings` }}>
            {t('security.toAccount')}
          </TextLink>
        </Text>
      ) : saving.isError ? (
        <ErrorState error={saving.error} />
      ) : null}
    </Panel>
  )
}
