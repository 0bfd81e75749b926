-- An adjustment that waits can be withdrawn: by whom and when, null of every other. Its column why says the reason.
ALTER TABLE adjustments ADD COLUMN withdrawn_by TEXT;
ALTER TABLE adjustments ADD COLUMN withdrawn_at TEXT;
