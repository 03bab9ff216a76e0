// tmpcopyup: what a new tmpfs covers is copied into it.
#pragma once

#include "context.h"

// Copies all in directory `from` to directory `to`: contents, owners, modes, times, symlinks, nodes, extended attributes as far as
// the file system takes them. Both descriptors are opened for reading. Returns 0 or a negative errno; call is the failed one's name.
long copy_up(int from, int to, const char *&call);
