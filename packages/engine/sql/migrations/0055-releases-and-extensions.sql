-- A hold can be extended up to this many times, each time by the clinic's hold_seconds.
alter table holdfast.clinic
  add column hold_extensions_max integer not null default 5 check (hold_extensions_max between 0 and 20);

-- A CANCELLED booking that was never confirmed has the reason `hold_released`, so that lists can leave it out. Older
-- ones have none. Not checked for existing rows, which satisfied narrower checks; 0056 does that beside the claims.
alter table holdfast.booking
  drop constraint booking_failure_reason_check,
  drop constraint booking_check1,
  add constraint booking_failure_reason_check check
    (failure_reason in ('hold_expired', 'slot_withdrawn', 'system_error', 'hold_released')) not valid,
  add constraint booking_failure_reason_status_check check (
    case status when 'FAILED' then failure_reason is not null and failure_reason <> 'hold_released'
                when 'CANCELLED' then failure_reason is null or failure_reason = 'hold_released'
                else failure_reason is null end) not valid;
