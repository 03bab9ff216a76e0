// The C library's heap as bin/tsrunc has it.
#pragma once

#include <cstddef>

namespace tsrunc {

// Has the kernel make the pages at once that are going to be written to: a page fault each takes several times as long, in a virtual
// machine ten times.
void make_pages(const void *from, size_t size);

} // namespace tsrunc
