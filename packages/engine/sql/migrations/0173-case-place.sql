-- Where a case is booked and by which rules, as place_of_case returns it. A named type, so that a claim reads it once and
-- hands it from function to function.
create type holdfast.case_place as (
  clinic_id uuid,
  timezone text,
  hold_seconds integer,
  room_id uuid,
  turnover_minutes integer,
  hours jsonb,
  open_time_id uuid,
  -- Of the surgeon; null: there is no such resource.
  preferred_equipment_ids uuid[],
  -- As case_slot; null: a day of open time that does not exist yet.
  slot_id uuid,
  is_block boolean,
  starts_at timestamptz,
  ends_at timestamptz,
  capacity integer,
  taken integer,
  next_lapse timestamptz,
  -- null: the slot is none.
  block holdfast.block
);
