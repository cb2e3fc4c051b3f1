// Creates a container from its plan: finds the networks it joins, makes missing bind sources where
// the spec asks for that, creates, and connects what this API version cannot connect at create. A
// repeated create is one act: when the name is taken by a container of the same instance, that one
// is the answer.
#pragma once

#include "agent/docker/api.h"
#include "agent/engine.h"

namespace quayside::agent::docker {

// `done` gets Created, or
//   kAlreadyExists  the name belongs to another container     kNotFound  image, network or volume
//   is missing and the classes of ErrorOfAnswer.
void Create(Api& api, CreateContainer call, Engine::Done done);

}  // namespace quayside::agent::docker
