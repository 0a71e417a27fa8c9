-- How often changes are backed up (HOLDFAST_BACKUP_SECONDS): alerts judge the age of a backup by it. Of verify: null.
alter table holdfast.upkeep_result add column interval_seconds integer;
