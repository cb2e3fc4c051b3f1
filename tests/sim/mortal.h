// Mortal is what faults can do to the controller of a simulation, whichever it is.
#pragma once

#include "tests/sim/network.h"

namespace quayside::sim {

class Mortal {
 public:
  virtual ~Mortal() = default;
  virtual void Start() = 0;
  virtual void Kill() = 0;
  // Its next turn commits, and then it dies before anything is sent.
  virtual void KillAfterNextCommit() = 0;
  virtual void CancelKill() = 0;
  virtual bool up() const = 0;
  virtual Network& network() = 0;
};

}  // namespace quayside::sim
