-- What a case's plan needs of one resource, as case_needs returns it. A named type, so that a function can keep all of
-- them in an array instead of computing them again in each statement.
create type holdfast.case_need as (
  -- room | surgeon | anaesthetist | staff | equipment | patient
  kind text,
  -- Where the plan has it.
  path text,
  resource_id uuid,
  units integer,
  during tstzrange,
  -- Of the resource, which may not exist: then null.
  name text,
  resource_kind text,
  units_max integer,
  active boolean,
  is_fit boolean
);
