#include "ctl/json.h"

#include <gtest/gtest.h>

#include "ctl/json_parts.h"

namespace quayside::ctl {
namespace {

TEST(Json, HostsAsTheContractSays) {
  v1::ListHostsReply reply;
  v1::Host* host = reply.add_hosts();
  host->set_id("h1");
  host->set_name("alpha");
  host->set_state("ready");
  host->set_availability("active");
  host->set_engine_state("ok");
  auto* label = host->add_labels();
  label->set_key("disk");
  label->set_value("ssd");
  host->set_platform("linux/amd64");
  host->mutable_engine()->set_version("20.10.24");
  host->set_agent_version("0.1.0");
  host->set_instances(3);
  host->set_generation(7);
  host->set_applied_generation(7);
  host->mutable_last_seen()->set_nanos(420'000'000);
  v1::Host* unknown = reply.add_hosts();
  unknown->set_name("beta");
  unknown->set_state("unknown");
  EXPECT_EQ(HostsJson(reply), R"([
  {
    "name": "alpha",
    "state": "ready",
    "availability": "active",
    "engine_state": "ok",
    "labels": {
      "disk": "ssd"
    },
    "platform": "linux/amd64",
    "engine": "20.10.24",
    "agent": "0.1.0",
    "instances": 3,
    "generation": 7,
    "applied_generation": 7,
    "last_seen_seconds": 0.4,
    "id": "h1"
  },
  {
    "name": "beta",
    "state": "unknown",
    "labels": {},
    "instances": 0,
    "generation": 0,
    "applied_generation": 0,
    "id": ""
  }
]
)");
}

TEST(Json, InstancesAsTheContractSays) {
  std::vector<v1::InstanceRow> rows(1);
  v1::InstanceRow* row = &rows[0];
  row->set_host("alpha");
  row->set_desired(true);
  row->set_host_known(true);
  v1::InstanceStatus* status = row->mutable_status();
  status->set_instance("i1");
  status->set_app("shop");
  status->set_service("web");
  status->set_slot(1);
  status->set_revision(3);
  status->set_image("r/web@sha256:00");
  status->set_container("c0ffee");
  status->set_state(v1::INSTANCE_STATE_HEALTHY);
  status->set_proven(true);
  status->mutable_since()->set_seconds(1'700'000'000);
  v1::Port* port = status->add_ports();
  port->set_host_ip("0.0.0.0");
  port->set_host_port(8080);
  port->set_container_port(80);
  port->set_protocol("tcp");
  EXPECT_EQ(InstancesJson(rows), R"([
  {
    "instance": "i1",
    "app": "shop",
    "service": "web",
    "slot": 1,
    "host": "alpha",
    "revision": 3,
    "image": "r/web@sha256:00",
    "container": "c0ffee",
    "state": "healthy",
    "reason": "",
    "restarts": 0,
    "ports": [
      {
        "host_ip": "0.0.0.0",
        "host_port": 8080,
        "port": 80,
        "protocol": "tcp"
      }
    ],
    "since": "2023-11-14T22:13:20Z",
    "proven": true,
    "desired": true,
    "host_known": true
  }
]
)");
}

TEST(Json, StatusAsTheContractSays) {
  v1::AppStatus status;
  status.set_app("shop");
  status.set_revision(3);
  status.set_converged(true);
  v1::Rollout* rollout = status.mutable_rollout();
  rollout->set_id("r1");
  rollout->set_from(2);
  rollout->set_to(3);
  rollout->set_state("monitoring");
  rollout->mutable_deadline()->set_seconds(1'700'000'000);
  v1::ServiceStatus* service = status.add_services();
  service->set_name("web");
  service->set_desired(2);
  service->set_updated(2);
  service->set_healthy(1);
  EXPECT_EQ(StatusJson(status), R"({
  "app": "shop",
  "revision": 3,
  "converged": true,
  "rollout": {
    "id": "r1",
    "from": 2,
    "to": 3,
    "state": "monitoring",
    "reason": "",
    "deadline": "2023-11-14T22:13:20Z",
    "done": 0,
    "total": 0
  },
  "services": [
    {
      "name": "web",
      "desired": 2,
      "updated": 2,
      "healthy": 1,
      "stopped": false
    }
  ],
  "pending": []
}
)");
}

TEST(Json, HistoryEventsAndPlanAsTheContractSays) {
  v1::GetHistoryReply history;
  v1::Revision* revision = history.add_revisions();
  revision->set_revision(3);
  revision->set_cause("apply");
  revision->set_by("root (uid 0)");
  revision->mutable_created_at()->set_seconds(1'700'000'000);
  auto* image = revision->add_images();
  image->set_key("web");
  image->set_value("r/web@sha256:00");
  revision->set_outcome("succeeded");
  EXPECT_EQ(HistoryJson(history), R"json([
  {
    "revision": 3,
    "cause": "apply",
    "by": "root (uid 0)",
    "created_at": "2023-11-14T22:13:20Z",
    "images": {
      "web": "r/web@sha256:00"
    },
    "outcome": "succeeded"
  }
]
)json");
  v1::Event event;
  event.set_id(9);
  event.mutable_at()->set_seconds(1'700'000'000);
  event.set_kind("container_started");
  event.set_app("shop");
  event.set_host("alpha");
  event.set_instance("i1");
  event.set_revision(3);
  event.set_message("web.1 started");
  EXPECT_EQ(EventJson(event),
            R"({"id":9,"at":"2023-11-14T22:13:20Z","kind":"container_started","app":"shop",)"
            R"("host":"alpha","instance":"i1","revision":3,"message":"web.1 started"})"
            "\n");
  v1::PlanReply plan;
  auto* change = plan.add_changes();
  change->set_host("alpha");
  change->set_app("shop");
  change->set_service("web");
  change->set_slot(1);
  change->set_action("replace");
  change->set_why("the image changed");
  EXPECT_EQ(PlanJson(plan), R"({
  "changes": [
    {
      "host": "alpha",
      "app": "shop",
      "service": "web",
      "slot": 1,
      "action": "replace",
      "downtime": false,
      "why": "the image changed"
    }
  ],
  "undone": [],
  "warnings": []
}
)");
}

TEST(Json, SpecsUseLowerCaseWordsPlainDurationsAndMaskSecrets) {
  v1::AppSpec spec;
  spec.set_name("shop");
  v1::Service* service = spec.add_services();
  service->set_mode(v1::SERVICE_MODE_GLOBAL);
  service->mutable_update()->mutable_delay()->set_seconds(90);
  v1::ContainerSpec* container = service->mutable_container();
  container->mutable_command()->add_values("run");
  container->add_mounts()->set_type(v1::MOUNT_TYPE_BIND);
  for (const char* name : {"API_TOKEN", "db_password", "COLOUR"}) {
    auto* entry = container->add_environment();
    entry->set_key(name);
    entry->set_value("x");
  }
  EXPECT_EQ(MessageJson(spec),
            R"({"name":"shop","services":[{"container":{"command":["run"],"environment":)"
            R"({"API_TOKEN":"********","db_password":"********","COLOUR":"x"},"mounts":)"
            R"([{"type":"bind"}]},"mode":"global","update":{"delay":"1m30s"}}]})");
}

TEST(Json, BytesThatAreNoUtf8AreReplaced) {
  v1::Event event;
  event.set_message("a\xff z");
  EXPECT_NE(EventJson(event).find("\"message\":\"a\xef\xbf\xbd z\"}\n"), std::string::npos);
}

TEST(JsonToYaml, WritesBlocks) {
  EXPECT_EQ(JsonToYaml(R"({"a":{"b":1,"c":[]},"l":[{"x":"one","y":null},["p","q"],"r"],)"
                       R"("t":"true","e":"","n":"1","s":"two words: x","p":"/a/b.c","m":{}})"),
            R"(a:
  b: 1
  c: []
l:
  - x: one
    "y": null
  - - p
    - q
  - r
t: "true"
e: ""
"n": "1"
s: "two words: x"
p: /a/b.c
m: {}
)");
  EXPECT_EQ(JsonToYaml("[]"), "[]\n");
}

}  // namespace
}  // namespace quayside::ctl
