/** Why cases are cancelled, as reports count it. The site has a text for each. */
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
