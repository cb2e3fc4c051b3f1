-- The first schema. Times are nanoseconds since 1970 (_ns); the least and the greatest integer stand for the infinite
-- past and future. Words are those of words.h and never change; lists and maps that nothing queries are JSON text.
-- References are checked at the commit, so that a turn may write its rows in any order.
PRAGMA application_id = 0x51534459;

CREATE TABLE fleet (
  id INTEGER PRIMARY KEY CHECK (id = 0),
  fleet TEXT NOT NULL,
  epoch TEXT NOT NULL,
  next_event INTEGER NOT NULL,
  next_ticket INTEGER NOT NULL,
  recovery_reason TEXT NOT NULL,
  recovery_since_ns INTEGER NOT NULL
) STRICT;

CREATE TABLE host (
  id TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  secret_digest TEXT NOT NULL,
  machine_id TEXT NOT NULL,
  labels TEXT NOT NULL,
  labels_set_by_ctl TEXT NOT NULL,
  generation INTEGER NOT NULL,
  acked_generation INTEGER NOT NULL,
  applied_generation INTEGER NOT NULL,
  agent_version TEXT NOT NULL,
  engine_reachable INTEGER NOT NULL,
  engine_unreachable_reason TEXT NOT NULL,
  engine_version TEXT NOT NULL,
  engine_api_version TEXT NOT NULL,
  os TEXT NOT NULL,
  arch TEXT NOT NULL,
  cpus INTEGER NOT NULL,
  memory_bytes INTEGER NOT NULL,
  data_root TEXT NOT NULL,
  disk_total_bytes INTEGER NOT NULL,
  disk_free_bytes INTEGER NOT NULL,
  engine_warnings TEXT NOT NULL,
  strays TEXT NOT NULL,
  unnamed_apps TEXT NOT NULL,
  rejections TEXT NOT NULL,
  joined_at_ns INTEGER NOT NULL,
  last_report_at_ns INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE app (
  name TEXT NOT NULL PRIMARY KEY,
  newest_revision INTEGER NOT NULL,
  succeeded_revision INTEGER NOT NULL,
  removing INTEGER NOT NULL,
  remove_volumes INTEGER NOT NULL,
  ticket INTEGER NOT NULL,
  held INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- `app_spec` is the whole AppSpec as the wire codec encodes it; `service` repeats what people ask for.
CREATE TABLE revision (
  app TEXT NOT NULL REFERENCES app (name) DEFERRABLE INITIALLY DEFERRED,
  number INTEGER NOT NULL,
  cause TEXT NOT NULL,
  made_by TEXT NOT NULL,
  created_at_ns INTEGER NOT NULL,
  app_spec BLOB NOT NULL,
  PRIMARY KEY (app, number)
) STRICT;

CREATE TABLE service (
  app TEXT NOT NULL,
  revision INTEGER NOT NULL,
  name TEXT NOT NULL,
  host TEXT NOT NULL,  -- '' = every host; else the host that has an image of its own
  spec TEXT NOT NULL,
  image TEXT NOT NULL,
  PRIMARY KEY (app, revision, name, host),
  FOREIGN KEY (app, revision) REFERENCES revision (app, number)
    ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED
) STRICT, WITHOUT ROWID;

CREATE TABLE spec (
  digest TEXT NOT NULL PRIMARY KEY,
  bytes BLOB NOT NULL
) STRICT;

CREATE TABLE instance (
  id TEXT NOT NULL PRIMARY KEY,
  app TEXT NOT NULL,
  service TEXT NOT NULL,
  slot INTEGER NOT NULL,
  host TEXT NOT NULL REFERENCES host (id) DEFERRABLE INITIALLY DEFERRED,
  revision INTEGER NOT NULL,
  spec TEXT NOT NULL REFERENCES spec (digest) DEFERRABLE INITIALLY DEFERRED,
  intent TEXT NOT NULL,
  start_first_forced INTEGER NOT NULL,
  stop_first_forced INTEGER NOT NULL,
  min_healthy_ns INTEGER NOT NULL,
  healthy_deadline_ns INTEGER NOT NULL,
  predecessor TEXT NOT NULL,
  created_at_ns INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX instance_by_host ON instance (host);
CREATE INDEX instance_by_spec ON instance (spec);

CREATE TABLE kept (
  id TEXT NOT NULL PRIMARY KEY,
  app TEXT NOT NULL,
  service TEXT NOT NULL,
  slot INTEGER NOT NULL,
  host TEXT NOT NULL REFERENCES host (id) DEFERRABLE INITIALLY DEFERRED,
  revision INTEGER NOT NULL,
  spec TEXT NOT NULL REFERENCES spec (digest) DEFERRABLE INITIALLY DEFERRED,
  intent TEXT NOT NULL,
  start_first_forced INTEGER NOT NULL,
  stop_first_forced INTEGER NOT NULL,
  min_healthy_ns INTEGER NOT NULL,
  healthy_deadline_ns INTEGER NOT NULL,
  predecessor TEXT NOT NULL,
  created_at_ns INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX kept_by_host ON kept (host);
CREATE INDEX kept_by_spec ON kept (spec);

CREATE TABLE removal (
  host TEXT NOT NULL REFERENCES host (id) DEFERRABLE INITIALLY DEFERRED,
  app TEXT NOT NULL,
  service TEXT NOT NULL,  -- '' = the whole app
  slot INTEGER NOT NULL,
  volumes INTEGER NOT NULL,
  why TEXT NOT NULL,
  since_ns INTEGER NOT NULL,
  PRIMARY KEY (host, app, service, slot)
) STRICT, WITHOUT ROWID;

CREATE TABLE binding (
  app TEXT NOT NULL,
  service TEXT NOT NULL,
  slot INTEGER NOT NULL,
  host TEXT NOT NULL,
  why TEXT NOT NULL,
  PRIMARY KEY (app, service, slot)
) STRICT, WITHOUT ROWID;

CREATE TABLE rollout (
  id TEXT NOT NULL PRIMARY KEY,
  app TEXT NOT NULL,
  ticket INTEGER NOT NULL,
  from_revision INTEGER NOT NULL,
  to_revision INTEGER NOT NULL,
  state TEXT NOT NULL,
  reason TEXT NOT NULL,
  started_at_ns INTEGER NOT NULL,
  ended_at_ns INTEGER NOT NULL,
  deadline_ns INTEGER NOT NULL,
  next_step_at_ns INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE rollout_target (
  rollout TEXT NOT NULL REFERENCES rollout (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  position INTEGER NOT NULL,
  app TEXT NOT NULL,
  service TEXT NOT NULL,
  slot INTEGER NOT NULL,
  host TEXT NOT NULL,
  action TEXT NOT NULL,
  state TEXT NOT NULL,
  instance TEXT NOT NULL,
  predecessor TEXT NOT NULL,
  since_ns INTEGER NOT NULL,
  reason TEXT NOT NULL,
  PRIMARY KEY (rollout, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE observed (
  host TEXT NOT NULL REFERENCES host (id) DEFERRABLE INITIALLY DEFERRED,
  instance TEXT NOT NULL,
  app TEXT NOT NULL,
  service TEXT NOT NULL,
  slot INTEGER NOT NULL,
  revision INTEGER NOT NULL,
  spec TEXT NOT NULL,
  state TEXT NOT NULL,
  proven INTEGER NOT NULL,
  uptime_only INTEGER NOT NULL,
  retired INTEGER NOT NULL,
  failure TEXT NOT NULL,
  verdict INTEGER NOT NULL,
  reason TEXT NOT NULL,
  image TEXT NOT NULL,
  container TEXT NOT NULL,
  restarts INTEGER NOT NULL,
  exit_code INTEGER NOT NULL,
  oom_killed INTEGER NOT NULL,
  ports TEXT NOT NULL,
  since_ns INTEGER NOT NULL,
  log_tail TEXT NOT NULL,
  PRIMARY KEY (host, instance)
) STRICT, WITHOUT ROWID;

CREATE TABLE event (
  id INTEGER PRIMARY KEY,
  at_ns INTEGER NOT NULL,
  kind TEXT NOT NULL,
  app TEXT NOT NULL,
  host TEXT NOT NULL,
  instance TEXT NOT NULL,
  revision INTEGER NOT NULL,
  message TEXT NOT NULL
) STRICT;
CREATE INDEX event_by_app ON event (app, id);
CREATE INDEX event_by_host ON event (host, id);
CREATE INDEX event_by_instance ON event (instance, id);

CREATE TABLE request (
  id TEXT NOT NULL PRIMARY KEY,
  at_ns INTEGER NOT NULL,
  method TEXT NOT NULL,
  body_digest TEXT NOT NULL,
  result BLOB NOT NULL
) STRICT, WITHOUT ROWID;
