#include "tests/unit/controller/store/fault_vfs.h"

#include <limits>
#include <new>

#include <sqlite3.h>

namespace quayside::controller {

struct FaultVfs::State {
  sqlite3_vfs vfs{};
  sqlite3_vfs* real = nullptr;
  int left = std::numeric_limits<int>::max();
  int code = SQLITE_OK;
  int count = 0;

  // SQLITE_OK when this write may go on.
  int Allow() {
    ++count;
    if (left > 0) {
      --left;
      return SQLITE_OK;
    }
    return code;
  }
};

namespace {

// What SQLite sees as its file; the real one lies behind it in the same allocation.
struct FaultFile {
  sqlite3_file base;
  FaultVfs::State* state;
  sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

FaultFile* Cast(sqlite3_file* file) { return reinterpret_cast<FaultFile*>(file); }
sqlite3_file* Real(sqlite3_file* file) { return Cast(file)->real(); }

int Write(sqlite3_file* file, const void* data, int size, sqlite3_int64 offset) {
  const int code = Cast(file)->state->Allow();
  return code != SQLITE_OK ? code : Real(file)->pMethods->xWrite(Real(file), data, size, offset);
}
int Sync(sqlite3_file* file, int flags) {
  const int code = Cast(file)->state->Allow();
  return code != SQLITE_OK ? code : Real(file)->pMethods->xSync(Real(file), flags);
}
int Close(sqlite3_file* file) { return Real(file)->pMethods->xClose(Real(file)); }
int Read(sqlite3_file* file, void* data, int size, sqlite3_int64 offset) {
  return Real(file)->pMethods->xRead(Real(file), data, size, offset);
}
int Truncate(sqlite3_file* file, sqlite3_int64 size) {
  return Real(file)->pMethods->xTruncate(Real(file), size);
}
int FileSize(sqlite3_file* file, sqlite3_int64* size) {
  return Real(file)->pMethods->xFileSize(Real(file), size);
}
int Lock(sqlite3_file* file, int level) { return Real(file)->pMethods->xLock(Real(file), level); }
int Unlock(sqlite3_file* file, int level) {
  return Real(file)->pMethods->xUnlock(Real(file), level);
}
int CheckReservedLock(sqlite3_file* file, int* locked) {
  return Real(file)->pMethods->xCheckReservedLock(Real(file), locked);
}
int FileControl(sqlite3_file* file, int operation, void* argument) {
  return Real(file)->pMethods->xFileControl(Real(file), operation, argument);
}
int SectorSize(sqlite3_file* file) { return Real(file)->pMethods->xSectorSize(Real(file)); }
int DeviceCharacteristics(sqlite3_file* file) {
  return Real(file)->pMethods->xDeviceCharacteristics(Real(file));
}

// Version 1: no shared memory, which a connection with the exclusive lock does not need.
constexpr sqlite3_io_methods kMethods = {1,
                                         Close,
                                         Read,
                                         Write,
                                         Truncate,
                                         Sync,
                                         FileSize,
                                         Lock,
                                         Unlock,
                                         CheckReservedLock,
                                         FileControl,
                                         SectorSize,
                                         DeviceCharacteristics,
                                         nullptr,
                                         nullptr,
                                         nullptr,
                                         nullptr,
                                         nullptr,
                                         nullptr};

int Open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  auto* state = static_cast<FaultVfs::State*>(vfs->pAppData);
  FaultFile* fault = new (file) FaultFile{};
  fault->state = state;
  const int code = state->real->xOpen(state->real, name, fault->real(), flags, out_flags);
  if (fault->real()->pMethods != nullptr) fault->base.pMethods = &kMethods;
  return code;
}

}  // namespace

FaultVfs::FaultVfs() : state_(std::make_unique<State>()) {
  state_->real = sqlite3_vfs_find(nullptr);
  state_->vfs =
      *state_->real;  // all else is the real one's, which keeps nothing in pAppData of these
  state_->vfs.zName = "fault";
  state_->vfs.szOsFile = static_cast<int>(sizeof(FaultFile)) + state_->real->szOsFile;
  state_->vfs.xOpen = Open;
  state_->vfs.pAppData = state_.get();
  state_->vfs.pNext = nullptr;
  sqlite3_vfs_register(&state_->vfs, /*makeDflt=*/1);
}

FaultVfs::~FaultVfs() {
  sqlite3_vfs_unregister(&state_->vfs);
  sqlite3_vfs_register(state_->real, /*makeDflt=*/1);
}

void FaultVfs::FailAfter(int writes, int code) {
  state_->left = writes;
  state_->code = code;
  state_->count = 0;
}

void FaultVfs::Heal() { FailAfter(std::numeric_limits<int>::max(), SQLITE_OK); }

int FaultVfs::count() const { return state_->count; }

}  // namespace quayside::controller
