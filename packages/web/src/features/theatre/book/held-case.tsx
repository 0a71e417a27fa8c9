import type { Case } from '@holdfast/contract/client'
import { localDay } from '@holdfast/vocabulary'
import { Button, Group, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { useSecondsLeft } from '../../../domain/hold/use-seconds-left.ts'
import { api, dataOf } from '../../../lib/api/api.ts'
import { formatCountdown } from '../../../lib/i18n/format.ts'
import { ActionButton } from '../../../ui/buttons/action-button.tsx'
import { LinkButton } from '../../../ui/buttons/link-button.tsx'
import { PageTitle } from '../../../ui/focus/page-title.tsx'
import layoutClasses from '../../../ui/layout.module.css'
import { CaseFacts } from '../case/case-facts.tsx'
import { useCaseAction } from '../case/use-case-action.ts'
import type { Names } from '../conflict-text.ts'
import { caseQuery } from '../theatre-queries.ts'
import { useTheatre } from '../use-theatre.ts'

type HeldCaseProps = { held: Case; names: Names; onAgain: () => void }

/** A case after its hold: it is confirmed, let go, or lapses. */
export function HeldCase({ held, names, onAgain }: HeldCaseProps) {
  const { t } = useTranslation('theatre')
  const { clinicId, timeZone } = useTheatre()
  const one = useQuery({ ...caseQuery(clinicId, held.id), initialData: held }).data
  const title = one.status === 'PENDING' ? 'held.title' : one.status === 'CONFIRMED' ? 'held.confirmed' : 'held.ended'
  return (
    <Stack gap="lg">
      <PageTitle>{t(title)}</PageTitle>
      <section className={layoutClasses.panel} aria-label={one.procedure.display}>
        <Stack gap="lg">
          {one.status === 'PENDING' && one.holdExpiresAt !== null ? (
            <Decision one={one} holdExpiresAt={one.holdExpiresAt} />
          ) : null}
          <CaseFacts one={one} names={names} />
        </Stack>
      </section>
      <Group>
        {one.status === 'CONFIRMED' ? (
          <LinkButton
            to="/clinic/$clinicId/theatre"
            params={{ clinicId }}
            search={{ day: localDay(one.startsAt, timeZone) }}
          >
            {t('held.toBoard')}
          </LinkButton>
        ) : null}
        {one.status === 'PENDING' ? null : (
          <Button variant="default" onClick={onAgain}>
            {t('held.again')}
          </Button>
        )}
      </Group>
    </Stack>
  )
}

function Decision({ one, holdExpiresAt }: { one: Case; holdExpiresAt: string }) {
  const { t } = useTranslation('theatre')
  const action = useCaseAction()
  const seconds = useSecondsLeft(holdExpiresAt)
  const path = { caseId: one.id }
  const name = one.procedure.display
  return (
    <Group>
      <ActionButton
        isBusy={action.isPending}
        onClick={() =>
          action.mutate({ run: () => dataOf(api.confirmCase({ path })), done: t('confirm.done', { name }) })
        }
      >
        {t('confirm.submit')}
      </ActionButton>
      <ActionButton
        variant="default"
        isBusy={action.isPending}
        onClick={() =>
          action.mutate({
            run: () => dataOf(api.cancelCase({ path, body: { reasonCode: 'administrative', onlyHold: true } })),
            done: t('held.letGoDone'),
          })
        }
      >
        {t('held.letGo')}
      </ActionButton>
      <Text className="tabular">{t('confirm.left', { time: formatCountdown(seconds) })}</Text>
    </Group>
  )
}
