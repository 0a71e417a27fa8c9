/** The codes that reports count; `reason.*` has their texts. */
export const cancellationReasons = [
  'patient_unfit',
  'patient_cancelled',
  'no_bed',
  'no_staff',
  'no_equipment',
  'list_overrun',
  'emergency',
  'administrative',
  'other',
] as const
