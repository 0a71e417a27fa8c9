-- The schema that the migrations make, written by a test from the catalogue; nothing runs this file.
-- After a new migration: npm run snapshot --workspace packages/engine

create extension if not exists btree_gist;

create schema holdfast;

create sequence holdfast.archived_row_place_seq as bigint increment 1 minvalue 1 maxvalue 9223372036854775807 start 1 cache 1;
create sequence holdfast.audit_event_seq_seq as bigint increment 1 minvalue 1 maxvalue 9223372036854775807 start 1 cache 1;
create sequence holdfast.booking_event_seq as bigint increment 1 minvalue 1 maxvalue 9223372036854775807 start 1 cache 1;
create sequence holdfast.clinic_no_seq as integer increment 1 minvalue 1 maxvalue 16777215 start 1 cache 1;

CREATE OR REPLACE FUNCTION holdfast.booking_event_is_valid(p_clinic_no integer, p_booking_id uuid, p_type text, p_status_after text, p_actor_id uuid, p_booking_digest bytea)
 RETURNS boolean
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE
AS $function$
begin
  return (((get_byte(uuid_send(p_booking_id), 6) & 15) << 20)
          | (get_byte(uuid_send(p_booking_id), 7) << 12)
          | ((get_byte(uuid_send(p_booking_id), 8) & 63) << 6)
          | (get_byte(uuid_send(p_booking_id), 9) >> 2)) = p_clinic_no
     and case
           when p_status_after is null then
             p_type in ('held', 'offered', 'confirmed', 'extended', 'link_requested', 'moved', 'attendance_confirmed',
                        'attendance_withdrawn', 'cancelled', 'failed', 'arrived', 'completed', 'no_show')
           when p_type = 'moved' then p_status_after = 'ARRIVED'
           when p_type = 'reopened' then p_status_after in ('CONFIRMED', 'ARRIVED')
           else p_type in ('linked', 'corrected', 'contact_corrected', 'erased', 'milestone', 'prolonged')
                and p_status_after in
                  ('PENDING', 'CONFIRMED', 'FAILED', 'CANCELLED', 'ARRIVED', 'NO_SHOW', 'COMPLETED')
                and (p_type <> 'linked' or p_actor_id is not null or p_booking_digest is null) end;
end
$function$
;
CREATE OR REPLACE FUNCTION holdfast.booking_is_valid(p_clinic_no integer, p_id uuid, p_status text, p_failure_reason text, p_appointment_type text, p_hold_expires_at timestamp with time zone)
 RETURNS boolean
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE
AS $function$
begin
  return (((get_byte(uuid_send(p_id), 6) & 15) << 20)
          | (get_byte(uuid_send(p_id), 7) << 12)
          | ((get_byte(uuid_send(p_id), 8) & 63) << 6)
          | (get_byte(uuid_send(p_id), 9) >> 2)) = p_clinic_no
     and p_appointment_type in ('in_person', 'video', 'case')
     and case p_status
           when 'PENDING' then p_hold_expires_at is not null and p_failure_reason is null
           when 'FAILED' then
             coalesce(p_failure_reason in ('hold_expired', 'slot_withdrawn', 'slot_closed', 'system_error'), false)
           when 'CANCELLED' then coalesce(p_failure_reason in ('hold_released', 'bumped'), true)
           else p_failure_reason is null and p_status in ('CONFIRMED', 'ARRIVED', 'NO_SHOW', 'COMPLETED') end;
end
$function$
;
CREATE OR REPLACE FUNCTION holdfast.clinic_no_of(id uuid)
 RETURNS integer
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE STRICT
AS $function$
begin
  return ((get_byte(uuid_send(id), 6) & 15) << 20)
       | (get_byte(uuid_send(id), 7) << 12)
       | ((get_byte(uuid_send(id), 8) & 63) << 6)
       | (get_byte(uuid_send(id), 9) >> 2);
end
$function$
;
CREATE OR REPLACE FUNCTION holdfast.note_clinic_change()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'holdfast', 'pg_catalog', 'pg_temp'
AS $function$
begin
  insert into directory_change (clinic_no) values (new.no);
  return null;
end
$function$
;
CREATE OR REPLACE FUNCTION holdfast.note_emails_since()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'holdfast', 'pg_catalog', 'pg_temp'
AS $function$
begin
  new.emails_since := clock_timestamp();
  return new;
end
$function$
;
CREATE OR REPLACE FUNCTION holdfast.note_logo_change()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'holdfast', 'pg_catalog', 'pg_temp'
AS $function$
begin
  insert into directory_change (clinic_no) values (coalesce(new.clinic_no, old.clinic_no));
  return null;
end
$function$
;
CREATE OR REPLACE FUNCTION holdfast.note_new_slots()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'holdfast', 'pg_catalog', 'pg_temp'
AS $function$
begin
  insert into directory_change (clinic_no, resource_id) select distinct clinic_no, resource_id from made;
  return null;
end
$function$
;
CREATE OR REPLACE FUNCTION holdfast.note_resource_change()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'holdfast', 'pg_catalog', 'pg_temp'
AS $function$
begin
  insert into directory_change (clinic_no, resource_id) values (new.clinic_no, new.id);
  return null;
end
$function$
;
CREATE OR REPLACE FUNCTION holdfast.note_slot_change()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'holdfast', 'pg_catalog', 'pg_temp'
AS $function$
begin
  insert into directory_change (clinic_no, resource_id) values (new.clinic_no, new.resource_id);
  return null;
end
$function$
;

create table holdfast.account_clinic (
  account_id uuid not null,
  clinic_no integer not null,
  mark uuid not null default gen_random_uuid(),
  constraint account_clinic_pkey PRIMARY KEY (account_id, clinic_no),
  constraint account_clinic_clinic_no_check CHECK ((clinic_no > 0))
);
create table holdfast.account_mail (
  id uuid not null,
  kind text not null,
  is_request boolean not null,
  sealed text not null,
  due_at timestamp with time zone not null default clock_timestamp(),
  expires_at timestamp with time zone not null,
  attempts integer not null default 0,
  attempts_lost integer not null default 0,
  attempt_until timestamp with time zone,
  before_sending boolean not null default true,
  created_at timestamp with time zone not null default clock_timestamp(),
  booking_id uuid,
  constraint account_mail_pkey PRIMARY KEY (id),
  constraint account_mail_kind_check CHECK ((char_length(kind) <= 50)),
  constraint account_mail_sealed_check CHECK ((char_length(sealed) <= 20000))
);
create table holdfast.allocation (
  clinic_no integer not null,
  booking_id uuid not null,
  resource_id uuid not null,
  unit_no integer not null,
  kind text not null,
  during tstzrange not null,
  planned_at timestamp with time zone,
  constraint allocation_pkey PRIMARY KEY (clinic_no, booking_id, resource_id, unit_no),
  constraint allocation_check CHECK ((holdfast.clinic_no_of(booking_id) = clinic_no)),
  constraint allocation_during_check CHECK (((NOT lower_inf(during)) AND (NOT upper_inf(during)))),
  constraint allocation_kind_check CHECK ((kind = ANY (ARRAY['room'::text, 'surgeon'::text, 'anaesthetist'::text, 'staff'::text, 'equipment'::text, 'patient'::text]))),
  constraint allocation_no_overlap EXCLUDE USING gist (clinic_no WITH =, resource_id WITH =, unit_no WITH =, during WITH &&),
  constraint allocation_planned_at_check CHECK ((isempty(during) = (planned_at IS NOT NULL))),
  constraint allocation_unit_no_check CHECK ((unit_no >= 1))
);
create table holdfast.answer (
  key uuid not null,
  request_hash uuid not null,
  body jsonb not null,
  created_at timestamp with time zone not null default now(),
  ids uuid[],
  constraint answer_pkey PRIMARY KEY (key)
);
create table holdfast.archived_month (
  month date not null,
  state text not null default 'moving'::text,
  slots bigint,
  bookings bigint,
  events bigint,
  manage_tokens bigint,
  checksum bytea,
  file_name text,
  archived_at timestamp with time zone,
  constraint archived_month_pkey PRIMARY KEY (month),
  constraint archived_month_check CHECK (((state = 'moving'::text) OR (num_nulls(slots, bookings, events, manage_tokens, checksum, file_name, archived_at) = 0))),
  constraint archived_month_checksum_check CHECK ((octet_length(checksum) = 32)),
  constraint archived_month_month_check CHECK ((EXTRACT(day FROM month) = (1)::numeric)),
  constraint archived_month_state_check CHECK ((state = ANY (ARRAY['moving'::text, 'archived'::text, 'loading'::text, 'restoring'::text])))
);
create table holdfast.archived_row (
  clinic_no integer not null,
  place bigint not null,
  month date not null,
  kind text not null,
  "row" jsonb not null,
  constraint archived_row_pkey PRIMARY KEY (clinic_no, place),
  constraint archived_row_kind_check CHECK ((kind = ANY (ARRAY['slot'::text, 'booking'::text, 'booking_event'::text, 'manage_token'::text])))
);
create table holdfast.arrived_clinic (
  clinic_no integer not null,
  xid xid8 not null,
  constraint arrived_clinic_pkey PRIMARY KEY (clinic_no)
);
create table holdfast.audit_event (
  clinic_no integer not null,
  at timestamp with time zone not null,
  seq bigint not null,
  kind text not null,
  count integer not null,
  actor_kind text not null,
  actor_id uuid,
  subject_id uuid,
  network cidr,
  details text[] not null,
  constraint audit_event_pkey PRIMARY KEY (clinic_no, at, seq),
  constraint audit_event_actor_kind_check CHECK ((actor_kind = ANY (ARRAY['account'::text, 'nobody'::text, 'command'::text, 'system'::text]))),
  constraint audit_event_check CHECK (((actor_kind = 'account'::text) = (actor_id IS NOT NULL))),
  constraint audit_event_clinic_no_check CHECK ((clinic_no >= 0)),
  constraint audit_event_count_check CHECK ((count >= 1)),
  constraint audit_event_details_check CHECK ((cardinality(details) <= 40)),
  constraint audit_event_kind_check CHECK ((kind ~ '^[a-z0-9_]{1,64}$'::text)),
  constraint audit_event_network_check CHECK ((masklen((network)::inet) =
CASE family((network)::inet)
    WHEN 4 THEN 24
    ELSE 48
END))
);
create table holdfast.audit_retention (
  is_only boolean not null default true,
  months integer not null,
  constraint audit_retention_pkey PRIMARY KEY (is_only),
  constraint audit_retention_is_only_check CHECK (is_only),
  constraint audit_retention_months_check CHECK (((months >= 1) AND (months <= 1200)))
);
create table holdfast.block (
  clinic_no integer not null,
  slot_id uuid not null,
  service text,
  surgeon_id uuid,
  release_days integer,
  released_at timestamp with time zone,
  series_id uuid,
  updated_by uuid,
  minutes integer,
  constraint block_pkey PRIMARY KEY (clinic_no, slot_id),
  constraint block_check CHECK ((holdfast.clinic_no_of(slot_id) = clinic_no)),
  constraint block_minutes_check CHECK ((minutes >= 1)),
  constraint block_release_days_check CHECK (((release_days >= 0) AND (release_days <= 365))),
  constraint block_service_check CHECK (((char_length(service) >= 1) AND (char_length(service) <= 100)))
);
create table holdfast.block_filling (
  clinic_no integer not null,
  block_id uuid not null,
  run_id uuid not null,
  running_until timestamp with time zone not null,
  examined integer not null,
  booked integer not null,
  constraint block_filling_pkey PRIMARY KEY (clinic_no, block_id)
);
create table holdfast.booking (
  clinic_no integer not null,
  id uuid not null,
  slot_id uuid not null,
  resource_id uuid not null,
  units integer not null,
  status text not null,
  failure_reason text,
  hold_expires_at timestamp with time zone,
  extended_by uuid,
  account_id uuid,
  appointment_type text not null,
  patient jsonb not null,
  reason text,
  cancellation_reason text,
  version integer not null default 1,
  created_at timestamp with time zone not null,
  updated_at timestamp with time zone not null,
  erased_at timestamp with time zone,
  waitlist_entry_id uuid,
  attendance_confirmed_at timestamp with time zone,
  constraint booking_pkey PRIMARY KEY (clinic_no, id),
  constraint booking_is_valid CHECK (holdfast.booking_is_valid(clinic_no, id, status, failure_reason, appointment_type, hold_expires_at)),
  constraint booking_units_check CHECK ((units >= 1))
) partition by RANGE (id);
create table holdfast.booking_event (
  clinic_no integer not null,
  booking_id uuid not null,
  version integer not null,
  xid xid8 not null default pg_current_xact_id(),
  seq bigint not null default nextval('holdfast.booking_event_seq'::regclass),
  at timestamp with time zone not null,
  type text not null,
  slot_id uuid not null,
  resource_id uuid not null,
  units integer not null,
  hold_expires_at timestamp with time zone,
  from_slot_id uuid,
  reason text,
  actor_id uuid,
  status_after text,
  request_key uuid,
  booking_digest bytea,
  case_details jsonb,
  waitlist_entry_id uuid,
  constraint booking_event_pkey PRIMARY KEY (clinic_no, booking_id, version),
  constraint booking_event_is_valid CHECK (holdfast.booking_event_is_valid(clinic_no, booking_id, type, status_after, actor_id, booking_digest)),
  constraint booking_event_version_check CHECK ((version >= 1))
) partition by RANGE (booking_id);
create table holdfast.booking_origin (
  clinic_no integer not null,
  subject uuid not null,
  booking_id uuid not null,
  kind text not null,
  at timestamp with time zone not null,
  key uuid,
  constraint booking_origin_pkey PRIMARY KEY (clinic_no, subject, booking_id),
  constraint booking_origin_check CHECK ((holdfast.clinic_no_of(booking_id) = clinic_no)),
  constraint booking_origin_kind_check CHECK ((kind = ANY (ARRAY['address'::text, 'network'::text, 'account'::text, 'contact'::text])))
);
create table holdfast.busy_calendar (
  clinic_no integer not null,
  resource_id uuid not null,
  url text not null,
  busy tstzmultirange not null default '{}'::tstzmultirange,
  etag text,
  last_modified text,
  read_next_at timestamp with time zone not null default now(),
  read_at timestamp with time zone,
  failing_since timestamp with time zone,
  problem text,
  notified_at timestamp with time zone,
  created_at timestamp with time zone not null default now(),
  expanded_at timestamp with time zone,
  reason text,
  left_out integer not null default 0,
  left_out_events jsonb not null default '[]'::jsonb,
  empty_since timestamp with time zone,
  emptied_at timestamp with time zone,
  emptied_notified_at timestamp with time zone,
  constraint busy_calendar_pkey PRIMARY KEY (clinic_no, resource_id),
  constraint busy_calendar_check CHECK (((failing_since IS NULL) = (problem IS NULL))),
  constraint busy_calendar_check1 CHECK (((notified_at IS NULL) OR (failing_since IS NOT NULL))),
  constraint busy_calendar_etag_check CHECK ((char_length(etag) <= 500)),
  constraint busy_calendar_last_modified_check CHECK ((char_length(last_modified) <= 100)),
  constraint busy_calendar_left_out_check CHECK ((left_out >= 0)),
  constraint busy_calendar_problem_check CHECK ((char_length(problem) <= 300)),
  constraint busy_calendar_reason_check CHECK ((char_length(reason) <= 50)),
  constraint busy_calendar_url_check CHECK ((char_length(url) <= 4000))
);
create table holdfast.calendar_feed (
  subject_id uuid not null,
  kind text not null,
  token_hash bytea not null,
  created_by uuid not null,
  language text not null,
  created_at timestamp with time zone not null default now(),
  constraint calendar_feed_pkey PRIMARY KEY (subject_id),
  constraint calendar_feed_check CHECK (((kind <> 'account'::text) OR (created_by = subject_id))),
  constraint calendar_feed_kind_check CHECK ((kind = ANY (ARRAY['account'::text, 'doctor'::text, 'clinic'::text]))),
  constraint calendar_feed_language_check CHECK ((language = ANY (ARRAY['en'::text, 'de'::text, 'ar'::text]))),
  constraint calendar_feed_token_hash_check CHECK ((octet_length(token_hash) = 32)),
  constraint calendar_feed_token_hash_key UNIQUE (token_hash)
);
create table holdfast.case_milestone (
  clinic_no integer not null,
  booking_id uuid not null,
  milestone text not null,
  at timestamp with time zone not null,
  constraint case_milestone_pkey PRIMARY KEY (clinic_no, booking_id, milestone),
  constraint case_milestone_milestone_check CHECK ((milestone = ANY (ARRAY['arrived'::text, 'in_room'::text, 'anaesthesia_start'::text, 'incision'::text, 'closure'::text, 'out_of_room'::text, 'cleaned'::text])))
);
create table holdfast.case_request (
  clinic_no integer not null,
  id uuid not null,
  patient_id uuid not null,
  service text not null,
  procedure_code text not null,
  procedure_display text not null,
  minutes integer not null,
  urgency text not null,
  due_on date,
  room_id uuid,
  surgeon_id uuid,
  anaesthetist_id uuid,
  staff_ids uuid[] not null default '{}'::uuid[],
  equipment jsonb not null default '[]'::jsonb,
  note text,
  case_id uuid,
  bumped_case_id uuid,
  bump_reason text,
  withdrawn_at timestamp with time zone,
  created_by uuid,
  created_at timestamp with time zone not null default now(),
  constraint case_request_pkey PRIMARY KEY (clinic_no, id),
  constraint case_request_bump_reason_check CHECK ((char_length(bump_reason) <= 500)),
  constraint case_request_check CHECK ((holdfast.clinic_no_of(id) = clinic_no)),
  constraint case_request_minutes_check CHECK (((minutes >= 1) AND (minutes <= 1440))),
  constraint case_request_note_check CHECK ((char_length(note) <= 1000)),
  constraint case_request_procedure_code_check CHECK (((char_length(procedure_code) >= 1) AND (char_length(procedure_code) <= 64))),
  constraint case_request_procedure_display_check CHECK (((char_length(procedure_display) >= 1) AND (char_length(procedure_display) <= 500))),
  constraint case_request_service_check CHECK (((char_length(service) >= 1) AND (char_length(service) <= 100))),
  constraint case_request_staff_ids_check CHECK ((cardinality(staff_ids) <= 20)),
  constraint case_request_urgency_check CHECK ((urgency = ANY (ARRAY['immediate'::text, 'urgent'::text, 'expedited'::text, 'elective'::text])))
);
create table holdfast.clinic (
  no integer not null,
  id uuid not null,
  name text not null,
  timezone text not null,
  address text,
  phone text,
  hold_seconds integer not null default 120,
  minimum_notice_minutes integer not null default 0,
  booking_horizon_days integer not null default 730,
  cancellation_deadline_minutes integer not null default 0,
  created_at timestamp with time zone not null default now(),
  updated_at timestamp with time zone not null default now(),
  guest_units_max integer not null default 4,
  address_holds_max integer not null default 10,
  address_bookings_max integer not null default 40,
  account_holds_max integer not null default 5,
  account_bookings_max integer not null default 20,
  contact_holds_max integer not null default 3,
  contact_bookings_max integer not null default 10,
  patient_data_months integer not null default 0,
  roles_need_second_factor boolean not null default false,
  hold_extensions_max integer not null default 5,
  patient_data_erased_from timestamp with time zone,
  waitlist_offer_minutes integer not null default 30,
  waitlist_notice_minutes integer not null default 60,
  feed_patient_names boolean not null default false,
  constraint clinic_pkey PRIMARY KEY (no),
  constraint clinic_account_bookings_max_check CHECK (((account_bookings_max >= 1) AND (account_bookings_max <= 1000))),
  constraint clinic_account_holds_max_check CHECK (((account_holds_max >= 1) AND (account_holds_max <= 1000))),
  constraint clinic_address_bookings_max_check CHECK (((address_bookings_max >= 1) AND (address_bookings_max <= 1000))),
  constraint clinic_address_check CHECK ((char_length(address) <= 500)),
  constraint clinic_address_holds_max_check CHECK (((address_holds_max >= 1) AND (address_holds_max <= 1000))),
  constraint clinic_booking_horizon_days_check CHECK (((booking_horizon_days >= 1) AND (booking_horizon_days <= 730))),
  constraint clinic_cancellation_deadline_minutes_check CHECK (((cancellation_deadline_minutes >= 0) AND (cancellation_deadline_minutes <= 525600))),
  constraint clinic_check CHECK ((holdfast.clinic_no_of(id) = no)),
  constraint clinic_contact_bookings_max_check CHECK (((contact_bookings_max >= 1) AND (contact_bookings_max <= 1000))),
  constraint clinic_contact_holds_max_check CHECK (((contact_holds_max >= 1) AND (contact_holds_max <= 1000))),
  constraint clinic_guest_units_max_check CHECK (((guest_units_max >= 1) AND (guest_units_max <= 1000000))),
  constraint clinic_hold_extensions_max_check CHECK (((hold_extensions_max >= 0) AND (hold_extensions_max <= 20))),
  constraint clinic_hold_seconds_check CHECK (((hold_seconds >= 30) AND (hold_seconds <= 900))),
  constraint clinic_id_key UNIQUE (id),
  constraint clinic_minimum_notice_minutes_check CHECK (((minimum_notice_minutes >= 0) AND (minimum_notice_minutes <= 525600))),
  constraint clinic_name_check CHECK (((char_length(name) >= 1) AND (char_length(name) <= 200))),
  constraint clinic_no_check CHECK (((no >= 1) AND (no <= 16777215))),
  constraint clinic_patient_data_months_check CHECK (((patient_data_months >= 0) AND (patient_data_months <= 120))),
  constraint clinic_phone_check CHECK ((char_length(phone) <= 50)),
  constraint clinic_timezone_check CHECK (((char_length(timezone) >= 1) AND (char_length(timezone) <= 64))),
  constraint clinic_waitlist_notice_minutes_check CHECK (((waitlist_notice_minutes >= 0) AND (waitlist_notice_minutes <= 10080))),
  constraint clinic_waitlist_offer_minutes_check CHECK (((waitlist_offer_minutes >= 5) AND (waitlist_offer_minutes <= 240)))
);
create table holdfast.clinic_logo (
  clinic_no integer not null,
  media_type text not null,
  image bytea not null,
  width integer not null,
  height integer not null,
  digest text not null,
  updated_at timestamp with time zone not null default now(),
  constraint clinic_logo_pkey PRIMARY KEY (clinic_no),
  constraint clinic_logo_digest_check CHECK ((char_length(digest) = 43)),
  constraint clinic_logo_height_check CHECK (((height >= 1) AND (height <= 1200))),
  constraint clinic_logo_image_check CHECK ((octet_length(image) <= 204800)),
  constraint clinic_logo_media_type_check CHECK ((media_type = ANY (ARRAY['image/png'::text, 'image/jpeg'::text, 'image/webp'::text]))),
  constraint clinic_logo_width_check CHECK (((width >= 1) AND (width <= 1200)))
);
create table holdfast.clinic_shard (
  clinic_no integer not null,
  shard_no smallint not null,
  moving_to smallint,
  changed_at timestamp with time zone not null default now(),
  constraint clinic_shard_pkey PRIMARY KEY (clinic_no),
  constraint clinic_shard_clinic_no_check CHECK ((clinic_no > 0)),
  constraint clinic_shard_moving_to_check CHECK (((moving_to >= 0) AND (moving_to <= 99))),
  constraint clinic_shard_shard_no_check CHECK (((shard_no >= 0) AND (shard_no <= 99)))
);
create table holdfast.directory_change (
  clinic_no integer not null,
  seq bigint not null default nextval('holdfast.booking_event_seq'::regclass),
  xid xid8 not null default pg_current_xact_id(),
  at timestamp with time zone not null default clock_timestamp(),
  resource_id uuid,
  constraint directory_change_pkey PRIMARY KEY (clinic_no, seq)
);
create table holdfast.erased_booking (
  clinic_no integer not null,
  booking_id uuid not null,
  erased_at timestamp with time zone not null,
  constraint erased_booking_pkey PRIMARY KEY (clinic_no, booking_id),
  constraint erased_booking_check CHECK ((holdfast.clinic_no_of(booking_id) = clinic_no))
);
create table holdfast.erasure (
  clinic_no integer not null,
  kind text not null,
  id uuid not null,
  erased_at timestamp with time zone not null,
  constraint erasure_pkey PRIMARY KEY (clinic_no, kind, id),
  constraint erasure_kind_check CHECK ((kind = ANY (ARRAY['booking'::text, 'waitlist_entry'::text, 'theatre_patient'::text])))
);
create table holdfast.function_file (
  name text not null,
  checksum text not null,
  release text not null,
  applied_at timestamp with time zone not null default now(),
  constraint function_file_pkey PRIMARY KEY (name)
);
create table holdfast.idempotency (
  clinic_no integer not null,
  key uuid not null,
  request_hash uuid not null,
  booking_id uuid not null,
  created_at timestamp with time zone not null,
  constraint idempotency_pkey PRIMARY KEY (clinic_no, key)
);
create table holdfast.invitation (
  clinic_no integer not null,
  id uuid not null,
  token_hash bytea not null,
  email text not null,
  role text not null,
  doctor_id uuid,
  invited_by uuid not null,
  created_at timestamp with time zone not null default now(),
  expires_at timestamp with time zone not null default (now() + '72:00:00'::interval),
  accepted_at timestamp with time zone,
  accepted_by uuid,
  constraint invitation_pkey PRIMARY KEY (clinic_no, id),
  constraint invitation_check CHECK ((holdfast.clinic_no_of(id) = clinic_no)),
  constraint invitation_check1 CHECK (((role = 'doctor'::text) = (doctor_id IS NOT NULL))),
  constraint invitation_check2 CHECK (((accepted_at IS NULL) = (accepted_by IS NULL))),
  constraint invitation_email_check CHECK (((char_length(email) >= 3) AND (char_length(email) <= 254))),
  constraint invitation_role_check CHECK ((role = ANY (ARRAY['doctor'::text, 'staff'::text, 'admin'::text]))),
  constraint invitation_token_hash_check CHECK ((octet_length(token_hash) = 32))
);
create table holdfast.late_event (
  clinic_no integer not null,
  booking_id uuid not null,
  version integer not null,
  xid xid8 not null,
  seq bigint not null,
  at timestamp with time zone not null,
  type text not null,
  slot_id uuid not null,
  resource_id uuid not null,
  units integer not null,
  hold_expires_at timestamp with time zone,
  from_slot_id uuid,
  reason text,
  actor_id uuid,
  status_after text,
  case_details jsonb,
  constraint late_event_pkey PRIMARY KEY (clinic_no, booking_id, version),
  constraint late_event_check CHECK ((holdfast.clinic_no_of(booking_id) = clinic_no)),
  constraint late_event_version_check CHECK ((version >= 1))
);
create table holdfast.log_epoch (
  no bigint not null,
  server text not null,
  starts_at xid8 not null,
  began_at timestamp with time zone not null default clock_timestamp(),
  constraint log_epoch_pkey PRIMARY KEY (no),
  constraint log_epoch_no_check CHECK (((no >= 1) AND (no <= '999999999999'::bigint)))
);
create table holdfast.log_receiver (
  name text not null,
  epoch bigint not null,
  xid xid8 not null,
  seq bigint not null,
  holder uuid,
  held_until timestamp with time zone,
  delivered_at timestamp with time zone,
  added_at timestamp with time zone not null default now(),
  constraint log_receiver_pkey PRIMARY KEY (name),
  constraint log_receiver_check CHECK (((holder IS NULL) = (held_until IS NULL))),
  constraint log_receiver_epoch_check CHECK ((epoch >= 1)),
  constraint log_receiver_name_check CHECK ((name ~ '^[a-z][a-z0-9-]{0,62}$'::text))
);
create table holdfast.manage_token (
  clinic_no integer not null,
  booking_id uuid not null,
  epoch integer not null,
  renewal_key uuid not null,
  renewed_at timestamp with time zone not null default now(),
  constraint manage_token_pkey PRIMARY KEY (clinic_no, booking_id),
  constraint manage_token_check CHECK ((holdfast.clinic_no_of(booking_id) = clinic_no)),
  constraint manage_token_epoch_check CHECK ((epoch >= 1))
);
create table holdfast.membership (
  clinic_no integer not null,
  account_id uuid not null,
  role text not null,
  doctor_id uuid,
  created_at timestamp with time zone not null default now(),
  constraint membership_pkey PRIMARY KEY (clinic_no, account_id),
  constraint membership_check CHECK (((role = 'doctor'::text) = (doctor_id IS NOT NULL))),
  constraint membership_role_check CHECK ((role = ANY (ARRAY['doctor'::text, 'staff'::text, 'admin'::text])))
);
create table holdfast.message (
  clinic_no integer not null,
  id uuid not null,
  booking_id uuid not null,
  version integer not null,
  slot_id uuid not null,
  kind text not null,
  channel text not null,
  minutes_before integer not null default 0,
  by_patient boolean,
  state text not null default 'due'::text,
  due_at timestamp with time zone not null,
  attempts integer not null default 0,
  attempts_lost integer not null default 0,
  attempt_until timestamp with time zone,
  masked_address text,
  result text,
  content jsonb,
  done_at timestamp with time zone,
  created_at timestamp with time zone not null default now(),
  by_clinic boolean not null default false,
  sent_again_at timestamp with time zone,
  failure text,
  reason text,
  before_sending boolean not null default false,
  may_have_arrived boolean not null default false,
  attempted_at timestamp with time zone,
  constraint message_pkey PRIMARY KEY (clinic_no, id),
  constraint message_channel_check CHECK ((channel = ANY (ARRAY['email'::text, 'sms'::text]))),
  constraint message_check CHECK ((holdfast.clinic_no_of(id) = clinic_no)),
  constraint message_check1 CHECK ((holdfast.clinic_no_of(booking_id) = clinic_no)),
  constraint message_check2 CHECK (((state = 'due'::text) = (done_at IS NULL))),
  constraint message_check3 CHECK (((content IS NULL) OR (state = 'kept'::text))),
  constraint message_clinic_no_booking_id_version_kind_channel_minutes_b_key UNIQUE (clinic_no, booking_id, version, kind, channel, minutes_before),
  constraint message_failure_check CHECK ((failure = ANY (ARRAY['address_refused'::text, 'refused'::text, 'unavailable'::text, 'unknown'::text, 'number_unusable'::text, 'internal_error'::text]))),
  constraint message_kind_check CHECK ((kind = ANY (ARRAY['offered'::text, 'unanswered'::text, 'confirm'::text, 'confirmed'::text, 'moved'::text, 'cancelled'::text, 'withdrawn'::text, 'reminder'::text]))),
  constraint message_masked_address_check CHECK ((char_length(masked_address) <= 254)),
  constraint message_minutes_before_check CHECK (((minutes_before >= 0) AND (minutes_before <= 20160))),
  constraint message_reason_check CHECK ((char_length(reason) <= 50)),
  constraint message_result_check CHECK ((char_length(result) <= 300)),
  constraint message_state_check CHECK ((state = ANY (ARRAY['due'::text, 'sent'::text, 'kept'::text, 'failed'::text, 'skipped'::text]))),
  constraint message_version_check CHECK ((version >= 1))
);
create table holdfast.message_budget (
  clinic_no integer not null,
  recipient uuid not null,
  sent integer not null,
  since timestamp with time zone not null,
  constraint message_budget_pkey PRIMARY KEY (clinic_no, recipient),
  constraint message_budget_sent_check CHECK ((sent >= 1))
);
create table holdfast.message_choice (
  account_id uuid not null,
  reminder_emails boolean not null,
  sms_kinds_off text[] not null,
  language text,
  changed_at timestamp with time zone not null default now(),
  constraint message_choice_pkey PRIMARY KEY (account_id),
  constraint message_choice_language_check CHECK ((language = ANY (ARRAY['en'::text, 'de'::text, 'ar'::text]))),
  constraint message_choice_sms_kinds_off_check CHECK ((sms_kinds_off <@ '{offered,confirmed,moved,cancelled,withdrawn,reminder}'::text[]))
);
create table holdfast.message_settings (
  clinic_no integer not null,
  emails boolean not null default true,
  language text not null default 'en'::text,
  reply_to text,
  reminder_minutes integer[] not null default '{1440,120}'::integer[],
  quiet_from time without time zone not null default '21:00:00'::time without time zone,
  quiet_until time without time zone not null default '07:00:00'::time without time zone,
  text_before text,
  text_after text,
  confirm_by_link boolean not null default false,
  confirm_minutes integer not null default 15,
  sms_kinds text[] not null default '{}'::text[],
  phone_country text,
  emails_since timestamp with time zone,
  constraint message_settings_pkey PRIMARY KEY (clinic_no),
  constraint message_settings_confirm_minutes_check CHECK (((confirm_minutes >= 5) AND (confirm_minutes <= 60))),
  constraint message_settings_language_check CHECK ((language = ANY (ARRAY['en'::text, 'de'::text, 'ar'::text]))),
  constraint message_settings_link_check CHECK ((emails OR (NOT confirm_by_link))),
  constraint message_settings_phone_country_check CHECK ((phone_country ~ '^[A-Z]{2}$'::text)),
  constraint message_settings_reminder_minutes_check CHECK (((cardinality(reminder_minutes) <= 5) AND (10 <= ALL (reminder_minutes)) AND (20160 >= ALL (reminder_minutes)))),
  constraint message_settings_reply_to_check CHECK (((char_length(reply_to) >= 3) AND (char_length(reply_to) <= 254))),
  constraint message_settings_sms_kinds_check CHECK ((sms_kinds <@ '{offered,confirmed,moved,cancelled,withdrawn,reminder}'::text[])),
  constraint message_settings_text_after_check CHECK ((char_length(text_after) <= 1000)),
  constraint message_settings_text_before_check CHECK ((char_length(text_before) <= 1000))
);
create table holdfast.migration (
  version integer not null,
  name text not null,
  checksum text not null,
  applied_at timestamp with time zone not null default now(),
  constraint migration_pkey PRIMARY KEY (version)
);
create table holdfast.moving_clinic (
  clinic_no integer not null,
  token uuid not null,
  refused_until timestamp with time zone not null,
  constraint moving_clinic_pkey PRIMARY KEY (clinic_no)
);
create table holdfast.reminder_opt_out (
  clinic_no integer not null,
  recipient uuid not null,
  since timestamp with time zone not null default now(),
  constraint reminder_opt_out_pkey PRIMARY KEY (clinic_no, recipient)
);
create table holdfast.resource (
  clinic_no integer not null,
  id uuid not null,
  kind text not null,
  name text not null,
  units integer not null default 1,
  active boolean not null default true,
  specialization text,
  experience_years integer,
  rating numeric(2,1),
  languages text[] not null default '{}'::text[],
  fee_amount integer,
  fee_currency text,
  appointment_types text[] not null default '{in_person}'::text[],
  created_at timestamp with time zone not null default now(),
  updated_at timestamp with time zone not null default now(),
  video_room text,
  turnover_minutes integer not null default 0,
  site text,
  hours jsonb,
  profession text,
  preferred_equipment_ids uuid[] not null default '{}'::uuid[],
  open_time_id uuid,
  constraint resource_pkey PRIMARY KEY (clinic_no, id),
  constraint resource_appointment_types_check CHECK (((appointment_types <@ '{in_person,video}'::text[]) AND ((cardinality(appointment_types) >= 1) AND (cardinality(appointment_types) <= 2)))),
  constraint resource_check CHECK ((holdfast.clinic_no_of(id) = clinic_no)),
  constraint resource_check1 CHECK (((fee_amount IS NULL) = (fee_currency IS NULL))),
  constraint resource_check2 CHECK (((kind <> 'doctor'::text) OR (specialization IS NOT NULL))),
  constraint resource_experience_years_check CHECK (((experience_years >= 0) AND (experience_years <= 80))),
  constraint resource_fee_amount_check CHECK (((fee_amount >= 0) AND (fee_amount <= 1000000000))),
  constraint resource_fee_currency_check CHECK ((fee_currency ~ '^[A-Z]{3}$'::text)),
  constraint resource_kind_check CHECK ((kind = ANY (ARRAY['doctor'::text, 'operating_room'::text, 'open_time'::text, 'equipment'::text, 'staff'::text, 'patient'::text]))),
  constraint resource_languages_check CHECK ((cardinality(languages) <= 20)),
  constraint resource_name_check CHECK (((char_length(name) >= 1) AND (char_length(name) <= 200))),
  constraint resource_open_time CHECK (((kind = 'operating_room'::text) = (open_time_id IS NOT NULL))),
  constraint resource_preferred_equipment_ids_check CHECK ((cardinality(preferred_equipment_ids) <= 20)),
  constraint resource_profession CHECK (((kind = 'staff'::text) = (profession IS NOT NULL))),
  constraint resource_profession_check CHECK ((profession = ANY (ARRAY['surgeon'::text, 'anaesthetist'::text, 'nurse'::text, 'technician'::text]))),
  constraint resource_rating_check CHECK (((rating >= (0)::numeric) AND (rating <= (5)::numeric))),
  constraint resource_site_check CHECK ((char_length(site) <= 200)),
  constraint resource_turnover_minutes_check CHECK (((turnover_minutes >= 0) AND (turnover_minutes <= 2880))),
  constraint resource_units_check CHECK (((units >= 1) AND (units <= 1000000))),
  constraint resource_video_room_check CHECK (((char_length(video_room) <= 500) AND (video_room ~ '^https://[^[:space:][:cntrl:]]+$'::text)))
);
create table holdfast.retention_progress (
  clinic_no integer not null,
  starts_at timestamp with time zone not null,
  slot_id uuid not null,
  constraint retention_progress_pkey PRIMARY KEY (clinic_no),
  constraint retention_progress_check CHECK ((holdfast.clinic_no_of(slot_id) = clinic_no))
);
create table holdfast.setting (
  name text not null,
  value text not null,
  created_at timestamp with time zone not null default now(),
  constraint setting_pkey PRIMARY KEY (name)
);
create table holdfast.shard (
  no smallint not null,
  name text not null,
  drained_at timestamp with time zone,
  constraint shard_pkey PRIMARY KEY (no),
  constraint shard_name_check CHECK ((name ~ '^[a-z][a-z0-9-]{0,30}$'::text)),
  constraint shard_name_key UNIQUE (name),
  constraint shard_no_check CHECK (((no >= 1) AND (no <= 99)))
);
create table holdfast.site_administrator (
  account_id uuid not null,
  created_at timestamp with time zone not null default now(),
  constraint site_administrator_pkey PRIMARY KEY (account_id)
);
create table holdfast.slot (
  clinic_no integer not null,
  id uuid not null,
  resource_id uuid not null,
  starts_at timestamp with time zone not null,
  ends_at timestamp with time zone not null,
  capacity integer not null,
  taken integer not null default 0,
  next_lapse timestamp with time zone,
  withdrawn_at timestamp with time zone,
  created_at timestamp with time zone not null default now(),
  oldest_booking_at timestamp with time zone,
  blocked_at timestamp with time zone,
  digest bytea,
  constraint slot_pkey PRIMARY KEY (clinic_no, id),
  constraint slot_capacity_check CHECK (((capacity >= 1) AND (capacity <= 1000000))),
  constraint slot_check CHECK ((holdfast.clinic_no_of(id) = clinic_no)),
  constraint slot_never_overbooked CHECK (((taken >= 0) AND (taken <= capacity))),
  constraint slot_no_overlap EXCLUDE USING gist (clinic_no WITH =, resource_id WITH =, tstzrange(starts_at, ends_at) WITH &&) WHERE ((withdrawn_at IS NULL)),
  constraint slot_not_empty CHECK ((starts_at < ends_at))
) with (fillfactor=50);
create table holdfast.specialization (
  name text not null,
  constraint specialization_pkey PRIMARY KEY (name),
  constraint specialization_name_check CHECK (((char_length(name) >= 1) AND (char_length(name) <= 100)))
);
create table holdfast.theatre_case (
  clinic_no integer not null,
  booking_id uuid not null,
  room_id uuid not null,
  starts_at timestamp with time zone not null,
  ends_at timestamp with time zone not null,
  expected_ends_at timestamp with time zone not null,
  turnover_minutes integer not null,
  surgeon_id uuid not null,
  anaesthetist_id uuid,
  staff_ids uuid[] not null,
  equipment jsonb not null,
  patient_id uuid not null,
  service text not null,
  procedure_code text not null,
  procedure_display text not null,
  urgency text not null,
  override jsonb,
  request_id uuid,
  digest bytea,
  constraint theatre_case_pkey PRIMARY KEY (clinic_no, booking_id),
  constraint theatre_case_check CHECK ((holdfast.clinic_no_of(booking_id) = clinic_no)),
  constraint theatre_case_check1 CHECK (((starts_at < ends_at) AND (ends_at <= expected_ends_at))),
  constraint theatre_case_procedure_code_check CHECK (((char_length(procedure_code) >= 1) AND (char_length(procedure_code) <= 64))),
  constraint theatre_case_procedure_display_check CHECK (((char_length(procedure_display) >= 1) AND (char_length(procedure_display) <= 500))),
  constraint theatre_case_service_check CHECK (((char_length(service) >= 1) AND (char_length(service) <= 100))),
  constraint theatre_case_staff_ids_check CHECK ((cardinality(staff_ids) <= 20)),
  constraint theatre_case_turnover_minutes_check CHECK ((turnover_minutes >= 0)),
  constraint theatre_case_urgency_check CHECK ((urgency = ANY (ARRAY['immediate'::text, 'urgent'::text, 'expedited'::text, 'elective'::text])))
);
create table holdfast.theatre_patient (
  clinic_no integer not null,
  id uuid not null,
  mrn text,
  name text,
  birth_date date,
  erased_at timestamp with time zone,
  created_at timestamp with time zone not null default now(),
  updated_at timestamp with time zone not null default now(),
  record_key text,
  constraint theatre_patient_pkey PRIMARY KEY (clinic_no, id),
  constraint theatre_patient_check CHECK (
CASE
    WHEN (erased_at IS NULL) THEN (num_nulls(mrn, name) = 0)
    ELSE (num_nonnulls(mrn, name, birth_date) = 0)
END),
  constraint theatre_patient_mrn_check CHECK (((char_length(mrn) >= 1) AND (char_length(mrn) <= 64))),
  constraint theatre_patient_name_check CHECK (((char_length(name) >= 1) AND (char_length(name) <= 200))),
  constraint theatre_patient_record_key_check CHECK (((record_key IS NULL) OR (mrn IS NOT NULL)))
);
create table holdfast.upkeep_result (
  kind text not null,
  succeeded_at timestamp with time zone,
  failing_since timestamp with time zone,
  interval_seconds integer,
  constraint upkeep_result_pkey PRIMARY KEY (kind),
  constraint upkeep_result_kind_check CHECK ((kind = ANY (ARRAY['backup'::text, 'verify'::text])))
);
create table holdfast.verified_account (
  account_id uuid not null,
  verified_at timestamp with time zone not null default now(),
  constraint verified_account_pkey PRIMARY KEY (account_id)
);
create table holdfast.waitlist_entry (
  clinic_no integer not null,
  id uuid not null,
  resource_id uuid,
  specialization text,
  from_date date not null,
  to_date date not null,
  weekdays integer[],
  time_from time without time zone,
  time_to time without time zone,
  units integer not null default 1,
  urgency integer not null default 0,
  missed integer not null default 0,
  joined_at timestamp with time zone not null,
  joined_by uuid,
  account_id uuid,
  patient jsonb not null,
  offer_id uuid,
  ended_at timestamp with time zone,
  end_reason text,
  erased_at timestamp with time zone,
  constraint waitlist_entry_pkey PRIMARY KEY (clinic_no, id),
  constraint waitlist_entry_check CHECK ((holdfast.clinic_no_of(id) = clinic_no)),
  constraint waitlist_entry_check1 CHECK (((resource_id IS NULL) <> (specialization IS NULL))),
  constraint waitlist_entry_check2 CHECK ((from_date <= to_date)),
  constraint waitlist_entry_check3 CHECK ((time_from < time_to)),
  constraint waitlist_entry_check4 CHECK (((ended_at IS NULL) = (end_reason IS NULL))),
  constraint waitlist_entry_check5 CHECK (((erased_at IS NULL) OR (ended_at IS NOT NULL))),
  constraint waitlist_entry_end_reason_check CHECK ((end_reason = ANY (ARRAY['accepted'::text, 'left'::text, 'removed'::text, 'unanswered'::text, 'expired'::text]))),
  constraint waitlist_entry_missed_check CHECK ((missed >= 0)),
  constraint waitlist_entry_units_check CHECK (((units >= 1) AND (units <= 1000000))),
  constraint waitlist_entry_urgency_check CHECK (((urgency >= 0) AND (urgency <= 2))),
  constraint waitlist_entry_weekdays_check CHECK (((weekdays <@ '{1,2,3,4,5,6,7}'::integer[]) AND ((cardinality(weekdays) >= 1) AND (cardinality(weekdays) <= 7))))
);
create table holdfast.waitlist_offer (
  clinic_no integer not null,
  entry_id uuid not null,
  slot_id uuid not null,
  booking_id uuid not null,
  offered_at timestamp with time zone not null,
  ends_at timestamp with time zone not null,
  outcome text,
  closed_at timestamp with time zone,
  notified boolean,
  "position" integer,
  constraint waitlist_offer_pkey PRIMARY KEY (clinic_no, booking_id),
  constraint waitlist_offer_check CHECK ((holdfast.clinic_no_of(booking_id) = clinic_no)),
  constraint waitlist_offer_check1 CHECK (((outcome IS NULL) = (closed_at IS NULL))),
  constraint waitlist_offer_outcome_check CHECK ((outcome = ANY (ARRAY['accepted'::text, 'declined'::text, 'lapsed'::text, 'withdrawn'::text])))
);
create table holdfast.waitlist_origin (
  clinic_no integer not null,
  subject uuid not null,
  entry_id uuid not null,
  kind text not null,
  constraint waitlist_origin_pkey PRIMARY KEY (clinic_no, subject, entry_id),
  constraint waitlist_origin_kind_check CHECK ((kind = ANY (ARRAY['address'::text, 'network'::text, 'account'::text, 'contact'::text])))
);
create table holdfast.webhook (
  clinic_no integer not null,
  id uuid not null,
  url text not null,
  events text[] not null,
  secret text not null,
  previous_secret text,
  previous_secret_until timestamp with time zone,
  paused_at timestamp with time zone,
  pause_reason text,
  failures integer not null default 0,
  failing_since timestamp with time zone,
  blocked_until timestamp with time zone,
  replay_after text,
  replay_until timestamp with time zone,
  created_at timestamp with time zone not null default now(),
  constraint webhook_pkey PRIMARY KEY (clinic_no, id),
  constraint webhook_check CHECK ((holdfast.clinic_no_of(id) = clinic_no)),
  constraint webhook_check1 CHECK (((paused_at IS NULL) = (pause_reason IS NULL))),
  constraint webhook_check2 CHECK (((previous_secret IS NULL) = (previous_secret_until IS NULL))),
  constraint webhook_check3 CHECK (((failures = 0) = (failing_since IS NULL))),
  constraint webhook_check4 CHECK (((replay_until IS NOT NULL) OR (replay_after IS NULL))),
  constraint webhook_events_check CHECK (((cardinality(events) >= 1) AND (cardinality(events) <= 30))),
  constraint webhook_failures_check CHECK ((failures >= 0)),
  constraint webhook_pause_reason_check CHECK ((pause_reason = ANY (ARRAY['admin'::text, 'failing'::text, 'gone'::text]))),
  constraint webhook_previous_secret_check CHECK ((char_length(previous_secret) <= 1000)),
  constraint webhook_replay_after_check CHECK ((char_length(replay_after) <= 100)),
  constraint webhook_secret_check CHECK ((char_length(secret) <= 1000)),
  constraint webhook_url_check CHECK (((char_length(url) >= 8) AND (char_length(url) <= 2000)))
);
create table holdfast.webhook_delivery (
  clinic_no integer not null,
  id uuid not null,
  webhook_id uuid not null,
  event text not null,
  booking_id uuid,
  version integer,
  payload text not null,
  state text not null default 'due'::text,
  due_at timestamp with time zone not null,
  attempts integer not null default 0,
  attempt_until timestamp with time zone,
  status integer,
  result text,
  duration_ms integer,
  done_at timestamp with time zone,
  created_at timestamp with time zone not null default now(),
  reason text,
  constraint webhook_delivery_pkey PRIMARY KEY (clinic_no, id),
  constraint webhook_delivery_check CHECK ((holdfast.clinic_no_of(id) = clinic_no)),
  constraint webhook_delivery_check1 CHECK ((holdfast.clinic_no_of(booking_id) = clinic_no)),
  constraint webhook_delivery_check2 CHECK (((booking_id IS NULL) = (version IS NULL))),
  constraint webhook_delivery_check3 CHECK (((state = 'due'::text) = (done_at IS NULL))),
  constraint webhook_delivery_clinic_no_webhook_id_booking_id_version_key UNIQUE (clinic_no, webhook_id, booking_id, version),
  constraint webhook_delivery_event_check CHECK ((char_length(event) <= 60)),
  constraint webhook_delivery_payload_check CHECK ((char_length(payload) <= 10000)),
  constraint webhook_delivery_reason_check CHECK ((char_length(reason) <= 50)),
  constraint webhook_delivery_result_check CHECK ((char_length(result) <= 300)),
  constraint webhook_delivery_state_check CHECK ((state = ANY (ARRAY['due'::text, 'delivered'::text, 'failed'::text]))),
  constraint webhook_delivery_status_check CHECK (((status >= 100) AND (status <= 999))),
  constraint webhook_delivery_version_check CHECK ((version >= 1))
);

CREATE INDEX account_mail_booking_id ON holdfast.account_mail USING btree (booking_id) WHERE (booking_id IS NOT NULL);
CREATE INDEX account_mail_due ON holdfast.account_mail USING btree (is_request, due_at);
CREATE INDEX account_mail_expires_at ON holdfast.account_mail USING btree (expires_at);
CREATE INDEX allocation_empty ON holdfast.allocation USING btree (clinic_no, resource_id, planned_at) WHERE isempty(during);
CREATE INDEX answer_created_at ON holdfast.answer USING brin (created_at);
CREATE INDEX answer_ids ON holdfast.answer USING gin (ids) WITH (fastupdate=off) WHERE (ids IS NOT NULL);
CREATE INDEX answer_without_ids ON holdfast.answer USING btree (created_at) WHERE (ids IS NULL);
CREATE INDEX archived_row_month ON holdfast.archived_row USING btree (month, place);
CREATE INDEX audit_event_actor ON holdfast.audit_event USING btree (actor_id, at) WHERE (actor_id IS NOT NULL);
CREATE INDEX audit_event_at ON holdfast.audit_event USING btree (at, seq);
CREATE INDEX audit_event_kind ON holdfast.audit_event USING btree (clinic_no, kind, at);
CREATE INDEX audit_event_subject ON holdfast.audit_event USING btree (subject_id, at) WHERE (subject_id IS NOT NULL);
CREATE INDEX booking_account ON holdfast.booking USING btree (account_id, id) WHERE (account_id IS NOT NULL);
CREATE INDEX booking_event_clinic ON holdfast.booking_event USING btree (clinic_no, xid, seq);
CREATE INDEX booking_event_tail ON holdfast.booking_event USING btree (xid, seq);
CREATE INDEX booking_origin_booking ON holdfast.booking_origin USING btree (booking_id);
CREATE INDEX booking_pending ON holdfast.booking USING btree (clinic_no, slot_id, hold_expires_at) WHERE (status = 'PENDING'::text);
CREATE INDEX booking_settled ON holdfast.booking USING btree (clinic_no, slot_id) WHERE (status <> 'PENDING'::text);
CREATE INDEX busy_calendar_read_next_at ON holdfast.busy_calendar USING btree (read_next_at);
CREATE INDEX calendar_feed_created_by ON holdfast.calendar_feed USING btree (created_by);
CREATE INDEX case_request_list ON holdfast.case_request USING btree (clinic_no, created_at) WHERE (withdrawn_at IS NULL);
CREATE INDEX case_request_patient ON holdfast.case_request USING btree (clinic_no, patient_id);
CREATE INDEX clinic_roles_need_second_factor ON holdfast.clinic USING btree (no) WHERE roles_need_second_factor;
CREATE INDEX clinic_shard_by_change ON holdfast.clinic_shard USING btree (changed_at);
CREATE INDEX clinic_shard_by_shard ON holdfast.clinic_shard USING btree (shard_no);
CREATE INDEX directory_change_at ON holdfast.directory_change USING brin (at);
CREATE INDEX directory_change_tail ON holdfast.directory_change USING btree (xid, seq);
CREATE INDEX erasure_erased_at ON holdfast.erasure USING btree (erased_at);
CREATE INDEX idempotency_booking ON holdfast.idempotency USING btree (booking_id);
CREATE UNIQUE INDEX invitation_open ON holdfast.invitation USING btree (clinic_no, email) WHERE (accepted_at IS NULL);
CREATE INDEX late_event_at ON holdfast.late_event USING brin (at);
CREATE INDEX late_event_clinic ON holdfast.late_event USING btree (clinic_no, xid, seq);
CREATE INDEX late_event_tail ON holdfast.late_event USING btree (xid, seq);
CREATE INDEX membership_account ON holdfast.membership USING btree (account_id);
CREATE INDEX message_created_at ON holdfast.message USING brin (created_at);
CREATE INDEX message_due ON holdfast.message USING btree (clinic_no, due_at) WHERE (state = 'due'::text);
CREATE INDEX message_list ON holdfast.message USING btree (clinic_no, created_at, id);
CREATE INDEX reminder_opt_out_recipient ON holdfast.reminder_opt_out USING btree (recipient);
CREATE INDEX resource_name ON holdfast.resource USING btree (clinic_no, kind, name, id);
CREATE INDEX resource_specialization ON holdfast.resource USING btree (specialization, name, id) WHERE ((kind = 'doctor'::text) AND active);
CREATE INDEX slot_ahead ON holdfast.slot USING btree (starts_at) WHERE (withdrawn_at IS NULL);
CREATE INDEX slot_resource ON holdfast.slot USING btree (clinic_no, resource_id, starts_at);
CREATE INDEX slot_starts_at ON holdfast.slot USING btree (clinic_no, starts_at);
CREATE INDEX theatre_case_patient ON holdfast.theatre_case USING btree (clinic_no, patient_id);
CREATE INDEX theatre_case_procedure ON holdfast.theatre_case USING btree (clinic_no, procedure_code, surgeon_id);
CREATE INDEX theatre_case_starts_at ON holdfast.theatre_case USING btree (clinic_no, starts_at);
CREATE UNIQUE INDEX theatre_patient_mrn ON holdfast.theatre_patient USING btree (clinic_no, mrn) WHERE (mrn IS NOT NULL);
CREATE UNIQUE INDEX theatre_patient_record_key ON holdfast.theatre_patient USING btree (clinic_no, record_key) WHERE (record_key IS NOT NULL);
CREATE INDEX waitlist_entry_account ON holdfast.waitlist_entry USING btree (account_id, joined_at) WHERE (account_id IS NOT NULL);
CREATE INDEX waitlist_entry_doctor ON holdfast.waitlist_entry USING btree (clinic_no, resource_id, urgency DESC, missed, joined_at, id) WHERE ((ended_at IS NULL) AND (offer_id IS NULL) AND (resource_id IS NOT NULL));
CREATE INDEX waitlist_entry_joined_at ON holdfast.waitlist_entry USING btree (clinic_no, joined_at, id);
CREATE INDEX waitlist_entry_open ON holdfast.waitlist_entry USING btree (clinic_no, resource_id, specialization) WHERE (ended_at IS NULL);
CREATE INDEX waitlist_entry_specialization ON holdfast.waitlist_entry USING btree (clinic_no, specialization, urgency DESC, missed, joined_at, id) WHERE ((ended_at IS NULL) AND (offer_id IS NULL) AND (specialization IS NOT NULL));
CREATE INDEX waitlist_offer_slot ON holdfast.waitlist_offer USING btree (clinic_no, entry_id, slot_id);
CREATE INDEX waitlist_origin_entry ON holdfast.waitlist_origin USING btree (clinic_no, entry_id);
CREATE INDEX webhook_delivery_created_at ON holdfast.webhook_delivery USING brin (created_at);
CREATE INDEX webhook_delivery_due ON holdfast.webhook_delivery USING btree (clinic_no, webhook_id, due_at) WHERE (state = 'due'::text);
CREATE INDEX webhook_delivery_list ON holdfast.webhook_delivery USING btree (clinic_no, webhook_id, id);
CREATE INDEX webhook_delivery_underway ON holdfast.webhook_delivery USING btree (clinic_no, webhook_id) WHERE ((state = 'due'::text) AND (attempt_until IS NOT NULL));

alter table holdfast.allocation add constraint allocation_clinic_no_resource_id_fkey FOREIGN KEY (clinic_no, resource_id) REFERENCES holdfast.resource(clinic_no, id);
alter table holdfast.block add constraint block_clinic_no_surgeon_id_fkey FOREIGN KEY (clinic_no, surgeon_id) REFERENCES holdfast.resource(clinic_no, id);
alter table holdfast.busy_calendar add constraint busy_calendar_clinic_no_resource_id_fkey FOREIGN KEY (clinic_no, resource_id) REFERENCES holdfast.resource(clinic_no, id);
alter table holdfast.case_request add constraint case_request_clinic_no_fkey FOREIGN KEY (clinic_no) REFERENCES holdfast.clinic(no);
alter table holdfast.case_request add constraint case_request_clinic_no_patient_id_fkey FOREIGN KEY (clinic_no, patient_id) REFERENCES holdfast.resource(clinic_no, id);
alter table holdfast.clinic_logo add constraint clinic_logo_clinic_no_fkey FOREIGN KEY (clinic_no) REFERENCES holdfast.clinic(no);
alter table holdfast.invitation add constraint invitation_clinic_no_doctor_id_fkey FOREIGN KEY (clinic_no, doctor_id) REFERENCES holdfast.resource(clinic_no, id);
alter table holdfast.invitation add constraint invitation_clinic_no_fkey FOREIGN KEY (clinic_no) REFERENCES holdfast.clinic(no);
alter table holdfast.membership add constraint membership_clinic_no_doctor_id_fkey FOREIGN KEY (clinic_no, doctor_id) REFERENCES holdfast.resource(clinic_no, id);
alter table holdfast.membership add constraint membership_clinic_no_fkey FOREIGN KEY (clinic_no) REFERENCES holdfast.clinic(no);
alter table holdfast.message_settings add constraint message_settings_clinic_no_fkey FOREIGN KEY (clinic_no) REFERENCES holdfast.clinic(no);
alter table holdfast.reminder_opt_out add constraint reminder_opt_out_clinic_no_fkey FOREIGN KEY (clinic_no) REFERENCES holdfast.clinic(no);
alter table holdfast.resource add constraint resource_clinic_no_fkey FOREIGN KEY (clinic_no) REFERENCES holdfast.clinic(no);
alter table holdfast.resource add constraint resource_clinic_no_open_time_id_fkey FOREIGN KEY (clinic_no, open_time_id) REFERENCES holdfast.resource(clinic_no, id);
alter table holdfast.resource add constraint resource_specialization_fkey FOREIGN KEY (specialization) REFERENCES holdfast.specialization(name);
alter table holdfast.slot add constraint slot_clinic_no_resource_id_fkey FOREIGN KEY (clinic_no, resource_id) REFERENCES holdfast.resource(clinic_no, id);
alter table holdfast.theatre_case add constraint theatre_case_clinic_no_patient_id_fkey FOREIGN KEY (clinic_no, patient_id) REFERENCES holdfast.resource(clinic_no, id);
alter table holdfast.theatre_case add constraint theatre_case_clinic_no_room_id_fkey FOREIGN KEY (clinic_no, room_id) REFERENCES holdfast.resource(clinic_no, id);
alter table holdfast.theatre_case add constraint theatre_case_clinic_no_surgeon_id_fkey FOREIGN KEY (clinic_no, surgeon_id) REFERENCES holdfast.resource(clinic_no, id);
alter table holdfast.waitlist_entry add constraint waitlist_entry_clinic_no_fkey FOREIGN KEY (clinic_no) REFERENCES holdfast.clinic(no);
alter table holdfast.waitlist_entry add constraint waitlist_entry_clinic_no_resource_id_fkey FOREIGN KEY (clinic_no, resource_id) REFERENCES holdfast.resource(clinic_no, id);
alter table holdfast.waitlist_entry add constraint waitlist_entry_specialization_fkey FOREIGN KEY (specialization) REFERENCES holdfast.specialization(name);
alter table holdfast.webhook add constraint webhook_clinic_no_fkey FOREIGN KEY (clinic_no) REFERENCES holdfast.clinic(no);
alter table holdfast.webhook_delivery add constraint webhook_delivery_clinic_no_webhook_id_fkey FOREIGN KEY (clinic_no, webhook_id) REFERENCES holdfast.webhook(clinic_no, id) ON DELETE CASCADE;

CREATE TRIGGER note_change AFTER INSERT OR UPDATE ON holdfast.clinic FOR EACH ROW EXECUTE FUNCTION holdfast.note_clinic_change();
CREATE TRIGGER note_change AFTER INSERT OR UPDATE ON holdfast.resource FOR EACH ROW WHEN ((new.kind <> 'patient'::text)) EXECUTE FUNCTION holdfast.note_resource_change();
CREATE TRIGGER note_change AFTER UPDATE OF starts_at, ends_at, capacity, withdrawn_at ON holdfast.slot FOR EACH ROW EXECUTE FUNCTION holdfast.note_slot_change();
CREATE TRIGGER note_emails_since BEFORE UPDATE ON holdfast.message_settings FOR EACH ROW WHEN ((new.emails AND (NOT old.emails))) EXECUTE FUNCTION holdfast.note_emails_since();
CREATE TRIGGER note_logo_change AFTER INSERT OR DELETE OR UPDATE ON holdfast.clinic_logo FOR EACH ROW EXECUTE FUNCTION holdfast.note_logo_change();
CREATE TRIGGER note_new AFTER INSERT ON holdfast.slot REFERENCING NEW TABLE AS made FOR EACH STATEMENT EXECUTE FUNCTION holdfast.note_new_slots();
