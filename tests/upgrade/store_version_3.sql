-- A database of version 3 with one row or more in every table. Frozen: it is what that release wrote.
PRAGMA application_id = 1364411481;
PRAGMA user_version = 3;
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE app (
  name TEXT NOT NULL PRIMARY KEY,
  newest_revision INTEGER NOT NULL,
  succeeded_revision INTEGER NOT NULL,
  removing INTEGER NOT NULL,
  remove_volumes INTEGER NOT NULL,
  ticket INTEGER NOT NULL,
  held INTEGER NOT NULL
, removed_by TEXT NOT NULL DEFAULT '') STRICT, WITHOUT ROWID;
INSERT INTO "app" VALUES('shop',3,2,1,1,8,1,'root (uid 0)');
CREATE TABLE binding (
  app TEXT NOT NULL,
  service TEXT NOT NULL,
  slot INTEGER NOT NULL,
  host TEXT NOT NULL,
  why TEXT NOT NULL,
  PRIMARY KEY (app, service, slot)
) STRICT, WITHOUT ROWID;
INSERT INTO "binding" VALUES('shop','web',2,'host1','volume shop_data');
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
INSERT INTO "event" VALUES(1,1700000000000000001,'container_started','shop','web-1','i1',3,'started');
CREATE TABLE fleet (
  id INTEGER PRIMARY KEY CHECK (id = 0),
  fleet TEXT NOT NULL,
  epoch TEXT NOT NULL,
  next_event INTEGER NOT NULL,
  next_ticket INTEGER NOT NULL,
  recovery_reason TEXT NOT NULL,
  recovery_since_ns INTEGER NOT NULL
) STRICT;
INSERT INTO "fleet" VALUES(0,'fleet','epoch',12,34,'restored',1700000000000000009);
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
INSERT INTO "host" VALUES('host1','web-1','sha256:secret','machine','{"quote":"\"''\\\n☃","zone":"a"}','["zone"]',7,6,5,'0.1.0',1,'was away','20.10.24','1.41','linux','amd64',4,8589934592,'/var/lib/docker',1099511627776,549755813888,'["stop is cut short"]','["web (old)"]','["lost"]','[{"app":"shop","reason":"privileged is not allowed"}]',1700000000000000001,1700000000000000002);
CREATE TABLE image (
  digest_ref TEXT NOT NULL PRIMARY KEY,
  platforms TEXT NOT NULL,
  volumes TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO "image" VALUES('registry.test/web@sha256:0a','["linux/amd64","linux/arm64"]','["/data","/v \"x\""]');
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
INSERT INTO "instance" VALUES('new','shop','web',2,'host1',3,'sha256:spec','stop',1,1,1500000000,9223372036854775807,'before',1700000000000000003);
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
INSERT INTO "kept" VALUES('before','shop','web',2,'host1',3,'sha256:spec','stop',1,1,1500000000,9223372036854775807,'before',1700000000000000003);
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
INSERT INTO observed VALUES('host1','new','shop','web',2,3,'sha256:spec','exited',1,1,1,'infrastructure',1,'exit code 1','registry/web@sha256:1','c0ffee',4,-1,1,'[{"host_ip":"127.0.0.1","host_port":8080,"port":80,"protocol":"tcp"}]',1700000000000000008,CAST(X'6C696E650A0061667465722061204E554C' AS TEXT));
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
INSERT INTO "removal" VALUES('host1','shop','web',2,1,'scaled down by root',1700000000000000010);
CREATE TABLE request (
  id TEXT NOT NULL PRIMARY KEY,
  at_ns INTEGER NOT NULL,
  method TEXT NOT NULL,
  body_digest TEXT NOT NULL,
  result BLOB NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO "request" VALUES('request',1700000000000000011,'ApplyApp','sha256:body',X'0072');
CREATE TABLE revision (
  app TEXT NOT NULL REFERENCES app (name) DEFERRABLE INITIALLY DEFERRED,
  number INTEGER NOT NULL,
  cause TEXT NOT NULL,
  made_by TEXT NOT NULL,
  created_at_ns INTEGER NOT NULL,
  app_spec BLOB NOT NULL,
  PRIMARY KEY (app, number)
) STRICT;
INSERT INTO "revision" VALUES('shop',3,'git push','root (uid 0)',1700000000000000004,X'0A0473686F70126B0A0377656212230A1572656769737472792F776562407368613235363A3132060A014112016272020803180120032A0042060801200128014A0608012001280152090A02080A120308AC026A1E0A057765622D31121572656769737472792F776562407368613235363A32');
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
INSERT INTO "rollout" VALUES('rollout1','shop',9,2,3,'rolling_back','web.2 exited with 1',1700000000000000005,1700000000000000006,9223372036854775807,-9223372036854775808);
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
INSERT INTO "rollout_target" VALUES('rollout1',0,'shop','web',2,'host1','replace','going_back','new','before',1700000000000000007,'exited');
INSERT INTO "rollout_target" VALUES('rollout1',1,'shop','web',1,'host1','replace','going_back','new','before',1700000000000000007,'exited');
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
INSERT INTO "service" VALUES('shop',3,'web','','sha256:spec','registry/web@sha256:1');
INSERT INTO "service" VALUES('shop',3,'web','web-1','sha256:own','registry/web@sha256:2');
CREATE TABLE spec (
  digest TEXT NOT NULL PRIMARY KEY,
  bytes BLOB NOT NULL
) STRICT;
INSERT INTO "spec" VALUES('sha256:spec',X'0001FF');
CREATE INDEX instance_by_host ON instance (host);
CREATE INDEX instance_by_spec ON instance (spec);
CREATE INDEX kept_by_host ON kept (host);
CREATE INDEX kept_by_spec ON kept (spec);
CREATE INDEX event_by_app ON event (app, id);
CREATE INDEX event_by_host ON event (host, id);
CREATE INDEX event_by_instance ON event (instance, id);
COMMIT;
