import { ErrorState } from '../../ui/states/error-state.tsx'
import { SlotPreview } from './slot-preview.tsx'
import type { SlotRuleForm } from './use-slot-rule-form.ts'

type SlotRulePreviewProps = { rule: SlotRuleForm; timeZone: string; onCreated: () => void }

/** Under the form of a slot rule: what it would create, the button that creates it, and what failed. */
export function SlotRulePreview({ rule, timeZone, onCreated }: SlotRulePreviewProps) {
  const { preview, creation, showPreview } = rule
  return (
    <>
      {preview.isError ? <ErrorState error={preview.error} retry={() => showPreview()} /> : null}
      {creation.isError ? <ErrorState error={creation.error} /> : null}
      {preview.isSuccess ? (
        <SlotPreview
          key={preview.submittedAt}
          preview={preview.data}
          timeZone={timeZone}
          isPending={creation.isPending}
          onCreate={() => creation.mutate(preview.variables, { onSuccess: onCreated })}
        />
      ) : null}
    </>
  )
}
