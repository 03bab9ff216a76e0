// What init's sources want of its main.cc.
#include "../../addon/init/context.h"

void Context::begin_failure(const char *call, long) {
  failure_text.clear();
  failure_text.add(call);
  end_part();
}

void *allocate(u64 size, bool) { return new char[size]; }
