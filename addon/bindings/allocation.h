// The C library's heap as bin/tsrunc has it.
#pragma once

namespace tsrunc {

// Where the next new blocks of malloc go, for who wants to have their pages made before.
const char *unused_heap();

} // namespace tsrunc
