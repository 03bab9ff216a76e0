// The pages that a command is going to use, had at once before anything else runs: a page fault takes 12 to 16 us in a virtual machine whose
// page tables the host looks after, ten times as long as the page by itself.
#pragma once

#include <cstddef>

// The C library's heap begins here (allocation.cc), and that of QuickJS for what a command allocates (snapshot.cc): after all other
// variables, which fill few pages.
constexpr size_t tsrunc_first_chunk_size = 256 << 10;
constexpr size_t tsrunc_tail_size = 8 << 20;
extern "C" char tsrunc_first_chunk[tsrunc_first_chunk_size];
extern "C" char tsrunc_tail[tsrunc_tail_size];

namespace tsrunc::quickjs {

// How much of tsrunc_tail was made.
size_t tail_made_first();

} // namespace tsrunc::quickjs
