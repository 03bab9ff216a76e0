// What init says to the runtime and hears from it; src/plan/steps/protocol.ts has the diagram.
#pragma once

#include "context.h"

// Sends a message of the step that runs. Ends the process when nobody is there to read it: without a runtime nobody wants
// this container.
void send(Context &context, u32 kind, i32 value, Str text);

// The same with a descriptor (SCM_RIGHTS).
void send_descriptor(Context &context, u32 kind, i32 value, Str text, int descriptor);

// Fills the first slots with the descriptors that the runtime sends before the plan: `u32 how many in all`, again with
// every further message while they are not all there.
void receive_slots(Context &context);

// Reads exactly size bytes; ends the process when the other end is closed.
void receive(int from, void *to, u64 size);

constexpr const char *damaged_reply = "the runtime's reply is damaged";

// Waits for the reply to the message just sent. Returns 0, or what Context::fail returns.
int receive_reply(Context &context, Bytes &payload);
