// Starts the container's init, and sends it its plan.
#pragma once

#include "result.h"
#include "types.h"

namespace tsrunc {

// Makes ready what init needs, in the background; one at a time. `namespaces`: CLONE_NEW* to be made by then, of the network,
// IPC and UTS.
Status prepare_spawn(uint32_t namespaces, int preserve, const std::vector<int> &missing);
// Begins to start the init that was prepared for, in the background. `cgroup` stays open until end_spawn. Returns our end of
// its socket: what is sent finds it when it is there, or fails with EPIPE.
Result<int> begin_spawn(uint32_t clone_flags, int cgroup, const std::vector<int> &stdio);
// Waits until it is there; says why it couldn't be started. ECANCELED for one that was only prepared for.
Result<SpawnedInit> end_spawn();
// A plan or a part of it, and before it what init finds in its slots: how many, with the descriptors.
Status send_plan(int socket, const std::vector<int> &slots, const ByteSpan &plan);
Status send_bytes(int socket, const ByteSpan &data);
Status send_reply(int socket, uint32_t kind, const std::vector<std::string> &texts);

} // namespace tsrunc
