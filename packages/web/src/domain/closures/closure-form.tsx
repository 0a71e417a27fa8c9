import type { Closure, NewClosure } from '@holdfast/contract/client'
import { Button, Group, Stack } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ActionButton } from '../../ui/buttons/action-button.tsx'
import { ErrorState } from '../../ui/states/error-state.tsx'
import { type ClosureDraft, draftOf, newDraft, requestOf } from './closure-draft.ts'
import { type BookingLinks, ClosureEffect } from './closure-effect.tsx'
import { ClosureFields } from './closure-fields.tsx'

type FormProps = {
  clinicId: string
  today: string
  /** The closure to change; absent: a new one. */
  closure?: Closure
  /** The doctor whose closures alone are entered; null: all can be chosen. */
  ownDoctorId: string | null
  links: BookingLinks
  submitLabel: string
  isBusy: boolean
  error: Error | null
  onSubmit: (request: NewClosure, reset: () => void) => void
}

/** A form of a closure: it is written after a preview of what it concerns. */
export function ClosureForm(props: FormProps) {
  const { clinicId, today, closure, ownDoctorId, links, submitLabel, isBusy, error, onSubmit } = props
  const { t } = useTranslation('calendars')
  const first = closure === undefined ? newDraft(today, ownDoctorId ?? '') : draftOf(closure)
  const [draft, setDraft] = useState<ClosureDraft>(first)
  const [shown, setShown] = useState<NewClosure | null>(null)
  const request = requestOf(draft)
  const reset = () => {
    setDraft(first)
    setShown(null)
  }
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        if (shown !== null) onSubmit(shown, reset)
        else if (request !== null) setShown(request)
      }}
    >
      <Stack gap="md">
        <ClosureFields
          draft={draft}
          onChange={(changed) => {
            setShown(null)
            setDraft(changed)
          }}
          doctors={closure === undefined && ownDoctorId === null ? links.doctors : undefined}
          resources={links.resources}
          isNew={closure === undefined}
        />
        {shown === null ? null : (
          <>
            <ClosureEffect
              clinicId={clinicId}
              of={{ closure: shown }}
              isOfResource={shown.resourceId !== undefined}
              links={links}
            />
            <Withdrawal of={shown} links={links} />
            {error === null ? null : <ErrorState error={error} />}
          </>
        )}
        <Group gap="sm">
          {shown === null ? (
            <Button type="submit" variant="default" disabled={request === null}>
              {t('closures.preview')}
            </Button>
          ) : (
            <ActionButton type="submit" isBusy={isBusy}>
              {submitLabel}
            </ActionButton>
          )}
        </Group>
      </Stack>
    </form>
  )
}

function Withdrawal({ of: { doctorId, from, to, yearly }, links }: { of: NewClosure; links: BookingLinks }): ReactNode {
  if (doctorId === undefined || yearly === true) return null
  return links.withdrawOf?.({ doctorId, from: from.slice(0, 10), to: to.slice(0, 10) })
}
