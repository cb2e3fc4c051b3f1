#include "ctl/verbs.h"

#include <algorithm>

namespace quayside::ctl {
namespace {

std::vector<Flag> operator+(std::vector<Flag> a, const std::vector<Flag>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

// Of verbs that begin a rollout and wait for its end.
std::vector<Flag> Waiting() {
  return {{"detach", 0, "", "return as soon as the change is recorded"},
          {"timeout", 0, "10m", "stop waiting after this long (exit 4); the rollout goes on"},
          {"allow-away", 0, "", "a rollout that ends `partial`, with hosts away, is a success"}};
}

// Of verbs that read compose files.
std::vector<Flag> Files() {
  return {{"file", 'f', "compose.yaml", "the compose file; later ones are merged over it", true},
          {"project", 'p', "NAME", "the app's name instead of the file's own"},
          {"env-file", 0, "FILE", "variables for interpolation instead of .env", true},
          {"profile", 0, "NAME", "services of this profile too", true},
          {"set-image", 0, "SVC=IMAGE", "this image for that service instead of the file's", true},
          {"ignore-unsupported", 0, "", "keys that cannot be honoured become warnings"}};
}

// Tables, a row per verb.
// clang-format off

std::vector<Verb> FileVerbs() {
  return {
      {"apply", "", 0, 0, "Make what runs like a compose file, and wait until it is proven",
       Files() + Waiting(),
       {"ctl apply -f compose.yaml", "ctl apply -f compose.yaml -f prod.yaml --env-file prod.env",
        "ctl apply -f compose.yaml --set-image web=registry:5000/web:2 --timeout 10m"},
       &Apply},
      {"plan", "", 0, 0, "What an apply would do, per host, and why (exit 1: something)", Files(),
       {"ctl plan -f compose.yaml"}, &Plan},
      {"diff", "[APP]", 0, 1, "What differs from what runs (exit 1: something)", Files(),
       {"ctl diff hello", "ctl diff -f compose.yaml"}, &Diff},
      {"config", "", 0, 0, "The file as it is understood; asks no controller", Files(),
       {"ctl config -f compose.yaml", "ctl config -f compose.yaml -f prod.yaml --profile debug"},
       &Config}};
}

std::vector<Verb> ChangeVerbs() {
  return {
      {"deploy", "APP [SVC=]IMAGE...", 2, 65, "Give services of an app new images",
       std::vector<Flag>{{"host", 0, "HOST", "on this host alone, which it sets apart"}} +
           Waiting(),
       {"ctl deploy hello registry:5000/hello:2", "ctl deploy shop web=shop/web:7 api=shop/api:7",
        "ctl deploy shop web=shop/web:8-rc1 --host alpha"},
       &Deploy},
      {"scale", "APP/SVC=N", 1, 1, "Run N instances of a service", Waiting(),
       {"ctl scale shop/web=4"}, &Scale},
      {"restart", "APP[/SVC]", 1, 1, "Replace every instance by a new one of the same spec",
       Waiting(), {"ctl restart shop/web", "ctl restart shop"}, &Restart},
      {"stop", "APP[/SVC]", 1, 1, "Stop instances and keep them stopped", Waiting(),
       {"ctl stop shop/worker"}, &Stop},
      {"start", "APP[/SVC]", 1, 1, "Run again what was stopped", Waiting(),
       {"ctl start shop/worker"}, &Start},
      {"rollback", "APP", 1, 1, "Go back to the revision that last succeeded, or to N",
       std::vector<Flag>{{"to", 0, "N", "this revision"}} + Waiting(),
       {"ctl rollback shop", "ctl rollback shop --to 3"}, &Rollback},
      {"rm", "APP", 1, 1, "Remove an app from every host",
       std::vector<Flag>{{"volumes", 0, "", "its volumes and what is in them too"}} +
           Waiting(),
       {"ctl rm shop", "ctl rm shop --volumes -y"}, &Remove},
      {"rollout status", "APP", 1, 1, "Where the newest rollout of an app stands", {},
       {"ctl rollout status shop"}, &RolloutStatus},
      {"rollout watch", "APP", 1, 1, "Follow the newest rollout of an app to its end", Waiting(),
       {"ctl rollout watch shop", "ctl rollout watch shop --timeout 5m"}, &RolloutWatch}};
}

std::vector<Verb> ReadVerbs() {
  return {
      {"ls", "", 0, 0, "The apps", {}, {"ctl ls", "ctl ls -o json"}, &Ls},
      {"ps", "[APP]", 0, 1, "The instances, with what each of them runs",
       {{"host", 0, "HOST", "on this host only"},
        {"all", 'a', "", "also those that are kept for going back"}},
       {"ctl ps", "ctl ps shop --host alpha", "ctl ps -a -o wide"}, &Ps},
      {"status", "[APP]", 0, 1, "Whether an app is what it should be, service by service", {},
       {"ctl status shop", "ctl status shop -o json"}, &Status},
      {"history", "APP", 1, 1, "The revisions of an app and how each of them went", {},
       {"ctl history shop"}, &History},
      {"inspect", "APP|INSTANCE", 1, 1, "Everything about an app's revision, or about an instance",
       {{"revision", 0, "N", "this revision instead of the newest"}},
       {"ctl inspect shop", "ctl inspect shop --revision 3", "ctl inspect k3v7q2xw"}, &Inspect},
      {"explain", "APP", 1, 1, "Why each instance is where it is, or is not",
       {{"host", 0, "HOST", "about this host only"}},
       {"ctl explain shop", "ctl explain shop --host alpha"}, &Explain},
      {"events", "", 0, 0, "What happened, oldest first",
       {{"follow", 'f', "", "go on as it happens"},
        {"app", 0, "APP", "of this app"},
        {"host", 0, "HOST", "of this host"},
        {"lines", 'n', "100", "the newest N; 1 to 1,000"},
        {"kinds", 0, "", "print the kinds of events there are; asks no controller"}},
       {"ctl events -n 20", "ctl events -f --app shop", "ctl events --host alpha -o json"},
       &Events}};
}

std::vector<Verb> HostVerbs() {
  return {
      {"host ls", "", 0, 0, "The hosts and how they are", {},
       {"ctl host ls", "ctl host ls -o wide"}, &HostLs},
      {"host inspect", "HOST", 1, 1, "Everything about a host", {}, {"ctl host inspect alpha"},
       &HostInspect},
      {"host label", "HOST k=v|k-...", 2, 66, "Set labels of a host, or remove them (k-)", {},
       {"ctl host label alpha disk=ssd zone=b", "ctl host label alpha disk-"}, &HostLabel},
      {"host confirm", "HOST", 1, 1, "Let go of what a host runs although nothing names it",
       {{"app", 0, "APP", "this app only"}},
       {"ctl host confirm alpha", "ctl host confirm alpha --app shop"}, &HostConfirm},
      {"host adopt", "HOST", 1, 1, "Give a host the identity that its stray containers carry",
       {{"from", 0, "HOST-ID", "the id they carry; needed when they carry several"}},
       {"ctl host adopt alpha", "ctl host adopt alpha --from h7x2kq4m"}, &HostAdopt},
      {"host move", "APP/SVC.SLOT", 1, 1, "Move an instance and its place to another host",
       std::vector<Flag>{{"to", 0, "HOST", "where to"}} + Waiting(),
       {"ctl host move shop/db.1 --to beta"}, &HostMove},
      {"host rm", "HOST", 1, 1, "Take a host out of the fleet",
       {{"keep", 0, "", "its containers go on, and nobody looks after them"},
        {"force", 0, "", "it is dead and will not answer"}},
       {"ctl host rm alpha", "ctl host rm alpha --force -y"}, &HostRemove}};
}

std::vector<Verb> KeepVerbs() {
  return {
      {"backup", "FILE", 1, 1, "Copy the controller's database to a file here; - is stdout", {},
       {"ctl backup /srv/backup/quayside.db", "ctl backup - | age -r KEY > quayside.db.age"},
       &Backup},
      {"recovery status", "", 0, 0, "What waits for a person after a restore", {},
       {"ctl recovery status"}, &RecoveryStatus},
      {"recovery accept", "[APP]", 0, 1, "Let the held changes happen",
       {}, {"ctl recovery accept shop", "ctl recovery accept -y"}, &RecoveryAccept},
      {"gc", "", 0, 0, "Remove images that nothing needs any more",
       {{"dry-run", 0, "", "say what would go, remove nothing"},
        {"host", 0, "HOST", "on this host only"}},
       {"ctl gc --dry-run", "ctl gc --host alpha"}, &CollectGarbage},
      {"doctor", "[HOST]", 0, 1, "Look for what is wrong or soon will be (exit 1: errors)", {},
       {"ctl doctor", "ctl doctor alpha"}, &Doctor},
      {"context ls", "", 0, 0, "The controllers that are known here", {}, {"ctl context ls"},
       &ContextLs},
      {"context use", "NAME", 1, 1, "Talk to this controller from now on", {},
       {"ctl context use prod"}, &ContextUse},
      {"context add", "NAME", 1, 1, "Remember a controller under a name",
       {{"socket", 0, "PATH", "the controller's ctl.sock"},
        {"from", 0, "FILE", "a context file, as the controller writes it (admin.context)"}},
       {"ctl context add local --socket /var/lib/quayside/ctl.sock",
        "ctl context add prod --from admin.context"},
       &ContextAdd},
      {"completion", "bash|zsh|fish", 1, 1, "The completion script of a shell", {},
       {"ctl completion bash > /etc/bash_completion.d/ctl"}, &Completion},
      {"version", "", 0, 0, "The versions of ctl and of the controller", {}, {"ctl version"},
       &Version}};
}

// clang-format on

}  // namespace

const std::vector<Verb>& Verbs() {
  static const std::vector<Verb>* const kVerbs = [] {
    auto* all = new std::vector<Verb>;
    for (const auto& group : {FileVerbs(), ChangeVerbs(), ReadVerbs(), HostVerbs(), KeepVerbs()}) {
      all->insert(all->end(), group.begin(), group.end());
    }
    return all;
  }();
  return *kVerbs;
}

const std::vector<Flag>& CommonFlags() {
  static const std::vector<Flag>* const kFlags = new std::vector<Flag>{
      {"context", 0, "FILE", "the context file that names the controller"},
      {"output",
       'o',
       "table",
       "table, wide, json or yaml",
       false,
       {"table", "wide", "json", "yaml"}},
      {"yes", 'y', "", "do not ask before what is dangerous; needed without a terminal"},
      {"help", 'h', "", "what a verb does, with examples"},
      {"version", 0, "", "the version of ctl"}};
  return *kFlags;
}

const Verb* FindVerb(std::string_view path) {
  for (const Verb& verb : Verbs()) {
    if (verb.path == path) return &verb;
  }
  return nullptr;
}

std::vector<std::string_view> Groups() {
  std::vector<std::string_view> groups;
  for (const Verb& verb : Verbs()) {
    const size_t space = verb.path.find(' ');
    if (space == std::string_view::npos) continue;
    const std::string_view group = verb.path.substr(0, space);
    if (std::find(groups.begin(), groups.end(), group) == groups.end()) groups.push_back(group);
  }
  return groups;
}

std::string_view GroupSummary(std::string_view group) {
  if (group == "host") return "The servers: list, label, move, remove";
  if (group == "rollout") return "The way from one revision to the next";
  if (group == "recovery") return "After the database was restored";
  if (group == "context") return "Which controller to talk to";
  return "";
}

const Flag* FindFlag(const Verb& verb, std::string_view name) {
  for (const auto* flags : {&verb.flags, &CommonFlags()}) {
    for (const Flag& flag : *flags) {
      if (flag.name == name) return &flag;
    }
  }
  return nullptr;
}

}  // namespace quayside::ctl
