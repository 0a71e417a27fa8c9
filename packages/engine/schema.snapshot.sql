-- The schema that the migrations make, written by a test from the catalogue; nothing runs this file.
-- After a new migration: npm run snapshot --workspace packages/engine

create extension if not exists btree_gist;

create schema holdfast;

create sequence holdfast.archived_row_place_seq as bigint increment 1 minvalue 1 maxvalue 9223372036854775807 start 1 cache 1;
create sequence holdfast.audit_event_seq_seq as bigint increment 1 minvalue 1 maxvalue 9223372036854775807 start 1 cache 1;
create sequence holdfast.booking_event_seq as bigint increment 1 minvalue 1 maxvalue 9223372036854775807 start 1 cache 1;
create sequence holdfast.clinic_no_seq as integer increment 1 minvalue 1 maxvalue 16777215 start 1 cache 1;

CREATE OR REPLACE FUNCTION holdfast.clinic_no_of(id uuid)
 RETURNS integer
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE STRICT
RETURN (((((get_byte(uuid_send(id), 6) & 15) << 20) | (get_byte(uuid_send(id), 7) << 12)) | ((get_byte(uuid_send(id), 8) & 63) << 6)) | (get_byte(uuid_send(id), 9) >> 2))
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

create table holdfast.allocation (
  clinic_no integer not null,
  id uuid not null,
  booking_id uuid not null,
  resource_id uuid not null,
  unit_no integer not null,
  during tstzrange not null,
  active boolean not null default true,
  hold_expires_at timestamp with time zone,
  constraint allocation_pkey PRIMARY KEY (clinic_no, id),
  constraint allocation_check CHECK ((holdfast.clinic_no_of(id) = clinic_no)),
  constraint allocation_during_check CHECK (((NOT isempty(during)) AND (NOT lower_inf(during)) AND (NOT upper_inf(during)))),
  constraint allocation_no_overlap EXCLUDE USING gist (clinic_no WITH =, resource_id WITH =, unit_no WITH =, during WITH &&) WHERE (active),
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
  constraint booking_pkey PRIMARY KEY (clinic_no, id),
  constraint booking_appointment_type_check CHECK ((appointment_type = ANY (ARRAY['in_person'::text, 'video'::text]))),
  constraint booking_check CHECK (((((((get_byte(uuid_send(id), 6) & 15) << 20) | (get_byte(uuid_send(id), 7) << 12)) | ((get_byte(uuid_send(id), 8) & 63) << 6)) | (get_byte(uuid_send(id), 9) >> 2)) = clinic_no)),
  constraint booking_check2 CHECK (((status <> 'PENDING'::text) OR (hold_expires_at IS NOT NULL))),
  constraint booking_failure_reason_check CHECK ((failure_reason = ANY (ARRAY['hold_expired'::text, 'slot_withdrawn'::text, 'system_error'::text, 'hold_released'::text]))),
  constraint booking_failure_reason_status_check CHECK (
CASE status
    WHEN 'FAILED'::text THEN ((failure_reason IS NOT NULL) AND (failure_reason <> 'hold_released'::text))
    WHEN 'CANCELLED'::text THEN ((failure_reason IS NULL) OR (failure_reason = 'hold_released'::text))
    ELSE (failure_reason IS NULL)
END),
  constraint booking_status_check CHECK ((status = ANY (ARRAY['PENDING'::text, 'CONFIRMED'::text, 'FAILED'::text, 'CANCELLED'::text, 'ARRIVED'::text, 'NO_SHOW'::text, 'COMPLETED'::text]))),
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
  constraint booking_event_pkey PRIMARY KEY (clinic_no, booking_id, version),
  constraint booking_event_check CHECK (((((((get_byte(uuid_send(booking_id), 6) & 15) << 20) | (get_byte(uuid_send(booking_id), 7) << 12)) | ((get_byte(uuid_send(booking_id), 8) & 63) << 6)) | (get_byte(uuid_send(booking_id), 9) >> 2)) = clinic_no)),
  constraint booking_event_status_check CHECK ((((type = ANY (ARRAY['linked'::text, 'reopened'::text, 'erased'::text])) = (status_after IS NOT NULL)) AND ((type <> 'linked'::text) OR (actor_id IS NOT NULL) OR (booking_digest IS NULL)) AND ((type <> 'reopened'::text) OR (status_after = ANY (ARRAY['CONFIRMED'::text, 'ARRIVED'::text]))) AND (status_after = ANY (ARRAY['PENDING'::text, 'CONFIRMED'::text, 'FAILED'::text, 'CANCELLED'::text, 'ARRIVED'::text, 'NO_SHOW'::text, 'COMPLETED'::text])))),
  constraint booking_event_type_check CHECK ((type = ANY (ARRAY['held'::text, 'confirmed'::text, 'extended'::text, 'moved'::text, 'cancelled'::text, 'failed'::text, 'arrived'::text, 'completed'::text, 'no_show'::text, 'linked'::text, 'reopened'::text, 'erased'::text]))),
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
  constraint clinic_timezone_check CHECK (((char_length(timezone) >= 1) AND (char_length(timezone) <= 64)))
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
create table holdfast.log_epoch (
  no bigint not null,
  server text not null,
  starts_at xid8 not null,
  began_at timestamp with time zone not null default clock_timestamp(),
  constraint log_epoch_pkey PRIMARY KEY (no),
  constraint log_epoch_no_check CHECK (((no >= 1) AND (no <= '999999999999'::bigint)))
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
create table holdfast.migration (
  version integer not null,
  name text not null,
  checksum text not null,
  applied_at timestamp with time zone not null default now(),
  constraint migration_pkey PRIMARY KEY (version)
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
  constraint resource_pkey PRIMARY KEY (clinic_no, id),
  constraint resource_appointment_types_check CHECK (((appointment_types <@ '{in_person,video}'::text[]) AND ((cardinality(appointment_types) >= 1) AND (cardinality(appointment_types) <= 2)))),
  constraint resource_check CHECK ((holdfast.clinic_no_of(id) = clinic_no)),
  constraint resource_check1 CHECK (((fee_amount IS NULL) = (fee_currency IS NULL))),
  constraint resource_check2 CHECK (((kind <> 'doctor'::text) OR (specialization IS NOT NULL))),
  constraint resource_experience_years_check CHECK (((experience_years >= 0) AND (experience_years <= 80))),
  constraint resource_fee_amount_check CHECK (((fee_amount >= 0) AND (fee_amount <= 1000000000))),
  constraint resource_fee_currency_check CHECK ((fee_currency ~ '^[A-Z]{3}$'::text)),
  constraint resource_kind_check CHECK ((kind = ANY (ARRAY['doctor'::text, 'operating_room'::text, 'equipment'::text, 'staff'::text]))),
  constraint resource_languages_check CHECK ((cardinality(languages) <= 20)),
  constraint resource_name_check CHECK (((char_length(name) >= 1) AND (char_length(name) <= 200))),
  constraint resource_rating_check CHECK (((rating >= (0)::numeric) AND (rating <= (5)::numeric))),
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
  constraint slot_pkey PRIMARY KEY (clinic_no, id),
  constraint slot_capacity_check CHECK (((capacity >= 1) AND (capacity <= 1000000))),
  constraint slot_check CHECK (((((((get_byte(uuid_send(id), 6) & 15) << 20) | (get_byte(uuid_send(id), 7) << 12)) | ((get_byte(uuid_send(id), 8) & 63) << 6)) | (get_byte(uuid_send(id), 9) >> 2)) = clinic_no)),
  constraint slot_never_overbooked CHECK (((taken >= 0) AND (taken <= capacity))),
  constraint slot_no_overlap EXCLUDE USING gist (clinic_no WITH =, resource_id WITH =, tstzrange(starts_at, ends_at) WITH &&) WHERE ((withdrawn_at IS NULL)),
  constraint slot_not_empty CHECK ((starts_at < ends_at))
) with (fillfactor=50);
create table holdfast.specialization (
  name text not null,
  constraint specialization_pkey PRIMARY KEY (name),
  constraint specialization_name_check CHECK (((char_length(name) >= 1) AND (char_length(name) <= 100)))
);

CREATE INDEX allocation_booking ON holdfast.allocation USING btree (clinic_no, booking_id);
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
CREATE INDEX booking_origin_at ON holdfast.booking_origin USING brin (at);
CREATE INDEX booking_pending ON holdfast.booking USING btree (clinic_no, slot_id, hold_expires_at) WHERE (status = 'PENDING'::text);
CREATE INDEX booking_settled ON holdfast.booking USING btree (clinic_no, slot_id) WHERE (status <> 'PENDING'::text);
CREATE INDEX clinic_roles_need_second_factor ON holdfast.clinic USING btree (no) WHERE roles_need_second_factor;
CREATE INDEX directory_change_at ON holdfast.directory_change USING brin (at);
CREATE INDEX directory_change_tail ON holdfast.directory_change USING btree (xid, seq);
CREATE INDEX idempotency_created_at ON holdfast.idempotency USING brin (created_at);
CREATE UNIQUE INDEX invitation_open ON holdfast.invitation USING btree (clinic_no, email) WHERE (accepted_at IS NULL);
CREATE INDEX membership_account ON holdfast.membership USING btree (account_id);
CREATE INDEX resource_name ON holdfast.resource USING btree (clinic_no, kind, name, id);
CREATE INDEX resource_specialization ON holdfast.resource USING btree (specialization, name, id) WHERE ((kind = 'doctor'::text) AND active);
CREATE INDEX slot_ahead ON holdfast.slot USING btree (starts_at) WHERE (withdrawn_at IS NULL);
CREATE INDEX slot_resource ON holdfast.slot USING btree (clinic_no, resource_id, starts_at);
CREATE INDEX slot_starts_at ON holdfast.slot USING btree (clinic_no, starts_at);

alter table holdfast.allocation add constraint allocation_clinic_no_resource_id_fkey FOREIGN KEY (clinic_no, resource_id) REFERENCES holdfast.resource(clinic_no, id);
alter table holdfast.invitation add constraint invitation_clinic_no_doctor_id_fkey FOREIGN KEY (clinic_no, doctor_id) REFERENCES holdfast.resource(clinic_no, id);
alter table holdfast.invitation add constraint invitation_clinic_no_fkey FOREIGN KEY (clinic_no) REFERENCES holdfast.clinic(no);
alter table holdfast.membership add constraint membership_clinic_no_doctor_id_fkey FOREIGN KEY (clinic_no, doctor_id) REFERENCES holdfast.resource(clinic_no, id);
alter table holdfast.membership add constraint membership_clinic_no_fkey FOREIGN KEY (clinic_no) REFERENCES holdfast.clinic(no);
alter table holdfast.resource add constraint resource_clinic_no_fkey FOREIGN KEY (clinic_no) REFERENCES holdfast.clinic(no);
alter table holdfast.resource add constraint resource_specialization_fkey FOREIGN KEY (specialization) REFERENCES holdfast.specialization(name);
alter table holdfast.slot add constraint slot_clinic_no_resource_id_fkey FOREIGN KEY (clinic_no, resource_id) REFERENCES holdfast.resource(clinic_no, id);

CREATE TRIGGER note_change AFTER INSERT OR UPDATE ON holdfast.clinic FOR EACH ROW EXECUTE FUNCTION holdfast.note_clinic_change();
CREATE TRIGGER note_change AFTER INSERT OR UPDATE ON holdfast.resource FOR EACH ROW EXECUTE FUNCTION holdfast.note_resource_change();
CREATE TRIGGER note_change AFTER UPDATE OF starts_at, ends_at, capacity, withdrawn_at ON holdfast.slot FOR EACH ROW EXECUTE FUNCTION holdfast.note_slot_change();
CREATE TRIGGER note_new AFTER INSERT ON holdfast.slot REFERENCING NEW TABLE AS made FOR EACH STATEMENT EXECUTE FUNCTION holdfast.note_new_slots();
