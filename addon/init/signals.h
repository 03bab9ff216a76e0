// The dispositions of signals in init.
#pragma once

#include "context.h"

// Every signal default: what the runtime ignores (Node: SIGPIPE) is not the container's. The mask is the caller's.
int reset_signals(Context &context);

// For the first process of a pid namespace, to which the kernel gives no signal that it has no handler for, SIGKILL apart
// (pid_namespaces(7)): those that ask a program to end do end it, until it executes the container's process, which finds them default
// again. Does nothing in any other process.
int heed_signals(Context &context);
