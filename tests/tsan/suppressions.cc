// Debian's libabsl_status is not instrumented: ThreadSanitizer does not see the atomic count by
// which the last owner of a Status frees it, and reports that free now and then. Nothing else is
// left out.
extern "C" const char* __tsan_default_suppressions() {
  return "race:absl::debian3::Status::Unref\n";
}
