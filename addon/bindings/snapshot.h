// The heap that QuickJS has when the whole core is loaded, as a part of the executable.
//
// Reading bytecode and running the top level of every module takes longer than most commands. So the executable is linked
// twice (scripts/build-standalone.mjs): the first one loads the core, writes its heap to a file and ends; the second one
// has that file as a segment, at the same address, and goes on from there. The kernel maps it with the executable, and
// only the pages that a command touches are ever read.
//
// What makes the pointers in it hold: QuickJS allocates nothing but from the arena, both links have the same code at the
// same addresses (which the build checks), and neither is position-independent.
#pragma once

#include <string>

#include <quickjs/quickjs.h>

namespace tsrunc::quickjs {

// All that lives outside QuickJS's own structures, and outlasts the first link.
struct Roots {
  JSRuntime *runtime;
  JSContext *context;
  JSValue main;
  JSValue native;
  JSValue error_factory;
};

// In the arena, zero at first.
Roots &roots();

// True in the first link: there is nothing to go on from yet.
bool making_snapshot();

// Allocates from the arena, and from the C library's heap once that is full. Nothing large is ever given back: a command
// lives for milliseconds.
extern const JSMallocFunctions arena_functions;

// Before anything is allocated: the heap is made for training (heap-layout.h), or by what was found out then. False where
// that isn't possible.
bool prepare_training();
bool lay_out_by(const std::string &profile);

// The heap is complete; what is allocated from here on is a command's.
void end_snapshot();

// The runtime remembers where the stack of this process is, which is elsewhere in each: forgets that, so that the heap is the same
// in every build. Running a command sets it anew. False where QuickJS keeps it in another way than is expected here.
bool forget_stack(JSRuntime *runtime);

// Ends the arena and writes it to a file: what the second link holds. Into another go the offsets of its parts, each a line of a
// symbol and its value (first-pages.cc).
bool write_snapshot(const char *path, const char *offsets);

} // namespace tsrunc::quickjs
