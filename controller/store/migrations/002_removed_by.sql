-- A removal of a large app goes on turn by turn, also after a restart: who asked for it is kept with the app.
ALTER TABLE app ADD COLUMN removed_by TEXT NOT NULL DEFAULT '';
UPDATE app SET removed_by = 'somebody' WHERE removing = 1;
