// Programs that serve requests over a socket of ours: criu swrk.
#pragma once

#include "result.h"
#include "types.h"

namespace tsrunc {

Result<SpawnedInit> spawn_service(const ServiceStart &start);

} // namespace tsrunc
