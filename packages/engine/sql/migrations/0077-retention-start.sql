-- Before this time the clinic's retention erases nobody: it is set when patients are to be erased earlier than before, so
-- that a mistake can be undone. null: there is nothing to wait for.
alter table holdfast.clinic add column patient_data_erased_from timestamptz;
